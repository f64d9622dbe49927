"""Asks a server something for a check-up.

Every question ends within five seconds and tells nothing of tokens: an address that holds one
never gets into a line, only the kind of the failure does.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from yarl import URL

from bot.addresses import is_loopback_url
from bot.config import Config
from bot.doctor.findings import Finding, Site, bad

SECONDS: Final = 5.0
APART: Final = 60.0  # seconds between two clocks
_MOST: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    payload: Mapping[str, Any]
    text: str
    date: datetime | None


class NotReached(Exception):
    """The text says why, in the operator's language."""


@asynccontextmanager
async def session(config: Config) -> AsyncIterator[aiohttp.ClientSession]:
    trust: ssl.SSLContext | bool = True
    if config.ca_bundle is not None:
        trust = ssl.create_default_context()
        trust.load_verify_locations(config.ca_bundle)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=trust),
        timeout=aiohttp.ClientTimeout(total=SECONDS),
    ) as opened:
        yield opened


async def get(config: Config, url: str, *, proxied: bool = True) -> Answer:
    """Raises NotReached."""
    proxy = proxy_for(config, url) if proxied else None
    reason = ""
    try:
        async with (
            session(config) as opened,
            opened.get(URL(url, encoded=True), proxy=proxy, allow_redirects=False) as answer,
        ):
            body = b""
            async for piece in answer.content.iter_any():
                body += piece
                if len(body) > _MOST:
                    break
            text = body.decode(errors="replace")
            return Answer(answer.status, _parsed(body), text, _date(answer))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        reason = reason_of(error)
    # out here, so that the error drags no other one along: aiohttp's own name the URL
    raise NotReached(reason)


def proxy_for(config: Config, url: str) -> str | None:
    """What is on this machine is asked directly."""
    return config.proxy.reveal() if config.proxy and not is_loopback_url(url) else None


def reason_of(error: Exception) -> str:
    match error:
        case TimeoutError():
            return f"{SECONDS:.0f} 秒没有回应，请检查网络和防火墙"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError() | ssl.SSLError():
            return "证书不被信任，请核对地址；内部证书请设置 KAOHE_CA_BUNDLE"
        case aiohttp.ClientHttpProxyError():
            return f"代理拒绝（{error.status}），请核对 KAOHE_PROXY 的账号和密码"
        case aiohttp.ClientProxyConnectionError():
            return "代理连不上，请核对 KAOHE_PROXY"
        case aiohttp.ClientConnectorDNSError():
            return "主机名解析不了，请检查地址和 DNS"
        case _:
            return f"连不上（{type(error).__name__}），请检查地址和网络"


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _date(answer: aiohttp.ClientResponse) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None


def clocks(site: Site, theirs: datetime | None, *, whose: str) -> list[Finding]:
    """A line if our clock and that of an answer are too far apart."""
    if theirs is None:
        return []
    apart = abs((site.clock.wall() - theirs.astimezone(UTC)).total_seconds())
    if apart <= APART:
        return []
    return [bad("系统时间", f"与{whose}相差 {apart:.0f} 秒，请校对系统时间（NTP）。")]
