"""What an operator can set for the AI bot (KAOHE_WECOM_BOT_*), and which values are wrong.

Without a bot's id the channel does not exist and its host is never contacted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.addresses import is_loopback_host
from bot.secret import Secret
from bot.wecom import addresses

_ID = re.compile(r"\S{1,128}")
_URL = re.compile(r"wss?://[^\s/?#@]+(/[^\s?#]*)?")


@dataclass(frozen=True, slots=True)
class WecomBotSettings:
    """`url` is that of a private deployment; `rate`: messages a minute to one person, of which
    WeCom drops without a word what is above 30."""

    id: str
    secret: Secret
    url: str = addresses.LONG_CONNECTION
    rate: float = 25.0

    def faults(self) -> Iterator[tuple[str, str]]:
        """Each wrong field with the rest of a sentence that begins with the variable's name."""
        if not _ID.fullmatch(self.id):
            yield "id", "不是机器人 Bot ID 的样子，请从智能机器人的 API 设置页复制。"
        if not _URL.fullmatch(self.url):
            yield "url", "应是 wss://主机 的样子，请改正。"
        elif self.url.startswith("ws:") and not self.on_loopback():
            yield "url", "在本机以外要用 wss://，请改正。"
        if not 1 <= self.rate <= 1000:
            yield "rate", "应是 1 至 1000 的数（每人每分钟条数），请改正。"

    def on_loopback(self) -> bool:
        return is_loopback_host(urlsplit(self.url).hostname or "")
