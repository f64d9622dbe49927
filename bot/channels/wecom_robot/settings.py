"""What an operator can set for group robots (KAOHE_WECOM_ROBOTS), and which values are wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.addresses import is_loopback_url, url_fault
from bot.secret import Secret
from bot.wecom import addresses

_NAME = re.compile(r"[^\s=,:]{1,30}")
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(frozen=True, slots=True)
class WecomRobotSettings:
    """`robots`: `name=key` separated by commas; the keys are secrets."""

    robots: Secret
    base_url: str = addresses.API

    def faults(self) -> Iterator[tuple[str, str]]:
        """Each wrong field with the rest of a sentence that begins with the variable's name."""
        parts = self._parts()
        names = [name for name, _ in parts]
        if any(not _NAME.fullmatch(n) or not _KEY.fullmatch(k) for n, k in parts) or not parts:
            yield "robots", "应是“群名=密钥”的样子，多个用逗号分开，请改正。"
        elif len(set(names)) < len(names):
            yield "robots", "里有两个同名的群，请改名。"
        if fault := url_fault(self.base_url, https_off_loopback=False):
            yield "base_url", fault

    def on_loopback(self) -> bool:
        return is_loopback_url(self.base_url)

    def keys(self) -> dict[str, str]:
        """By name."""
        return dict(self._parts())

    def _parts(self) -> list[tuple[str, str]]:
        given = [part.strip() for part in self.robots.reveal().split(",") if part.strip()]
        pairs = [part.partition("=") for part in given]
        return [(name.strip(), key.strip()) for name, _, key in pairs]
