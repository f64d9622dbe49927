"""What the operator has to mend about Telegram."""

from __future__ import annotations

from typing import Final

REFUSED: Final = "Telegram 不认机器人的令牌，请到 BotFather 核对 KAOHE_TELEGRAM_TOKEN。"
