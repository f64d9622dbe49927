"""What an operator can set for Telegram (KAOHE_TELEGRAM_*), and which values are wrong.

Without a token the channel does not exist and no Telegram host is ever contacted. The file
imports no Telegram library, so that checking the configuration stays quick.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.addresses import is_loopback_url, url_fault
from bot.secret import Secret

WEBHOOK_PATH: Final = "/telegram"
_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{8,}")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """Rates are messages a second; the token is appended to both base URLs."""

    token: Secret
    base_url: str = "https://api.telegram.org/bot"
    base_file_url: str = "https://api.telegram.org/file/bot"
    webhook_secret: Secret | None = None
    rate: float = 30.0
    chat_rate: float = 1.0

    def faults(self) -> Iterator[tuple[str, str]]:
        """Each wrong field with the rest of a sentence that begins with the variable's name."""
        if not _TOKEN.fullmatch(self.token.reveal()):
            yield "token", "不是机器人令牌的样子，请填 BotFather 给出的“数字:字母”整串。"
        for name in ("base_url", "base_file_url"):
            if fault := url_fault(getattr(self, name), https_off_loopback=False):
                yield name, fault
        if self.webhook_secret and not _WEBHOOK_SECRET.fullmatch(self.webhook_secret.reveal()):
            yield "webhook_secret", "只能由 1 至 256 个字母、数字、“_”或“-”组成，请换一个。"
        for name in ("rate", "chat_rate"):
            if not 0 < getattr(self, name) <= 1000:
                yield name, "应是大于 0、不超过 1000 的数（每秒条数），请改正。"

    def on_loopback(self) -> bool:
        return is_loopback_url(self.base_url) and is_loopback_url(self.base_file_url)
