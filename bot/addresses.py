"""Reads the addresses in a configuration: is this a usable URL, does it stay on this machine?

No name is looked up: a host counts as loopback only when it is written as one.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def is_loopback_host(host: str) -> bool:
    """True for localhost, 127.0.0.0/8 and ::1, with or without brackets."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def is_loopback_url(url: str) -> bool:
    parts = _split(url)
    return parts is not None and is_loopback_host(parts.hostname or "")


def url_fault(url: str, *, https_off_loopback: bool) -> str | None:
    """What is wrong with an http(s) URL, as the rest of a sentence; None if it can be used."""
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return "不是网址，请写成 https://主机名/路径 的样子。"
    if parts.username is not None or parts.query or parts.fragment:
        return "不能带账号、问号或井号部分，请只写到路径为止。"
    if https_off_loopback and parts.scheme == "http" and not is_loopback_host(parts.hostname):
        return "不在本机，必须以 https:// 开头，请改用 https 地址。"
    return None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    if any(char.isspace() or not char.isprintable() for char in url):
        return None
    return parts
