"""What the operator has to mend about WeCom's AI bot and group robots."""

from __future__ import annotations

from typing import Final

KICKED: Final = (
    "另一个程序正在使用同一个智能机器人，本程序已让开，三十分钟后再连接；"
    "请停用那个程序，或为它另建一个机器人。"
)
REFUSED: Final = (
    "企业微信没有接受智能机器人的连接（错误码{}），"
    "请核对 KAOHE_WECOM_BOT_ID 和 KAOHE_WECOM_BOT_SECRET。"
)
WRONG_KEYS: Final = "企业微信不认群机器人“{}”的密钥，请在 KAOHE_WECOM_ROBOTS 中改正。"
