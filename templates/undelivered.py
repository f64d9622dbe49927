"""Why a message did not arrive, or perhaps did not, in words for those who run the centre.

What a channel said stands in the outbox row as it said it; only fragments of it are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from templates import words

PARTS: Final = {
    "picture": "名次图片",
    "ranking": "名次文字",
    "sheet": "评分表",
    "summary": "汇总表",
}
_FAILED: Final = (
    ("blocked", "对方停用了机器人"),
    ("deactivated", "对方账号已注销"),
    ("kicked", "机器人已被移出群"),
    ("not a member", "机器人不在群里"),
    ("upgraded", "群已升级，换了编号"),
    ("not enough rights", "群里不允许机器人发言"),
    ("chat not found", "找不到对方账号"),
    ("no such account", "找不到对方账号"),
    ("can't initiate", "对方还没有打开过机器人"),
    ("peer_id_invalid", "找不到对方账号"),
    ("too_big", "文件太大"),
    ("too big", "文件太大"),
    ("file can't be read", "文件读不出来"),
    ("file is not there", "文件已不在"),
    ("not ready after", "文件没能按时生成"),
    ("process ended", "文件没能生成"),
    (" at ", "文件没能生成"),
    ("no publication", "文件没能生成"),
    ("not in scope", "对方不在企业微信应用的可见范围"),
    ("no licence", "对方没有企业微信的接口许可"),
    ("never wrote", "对方还没有和机器人说过话"),
    ("robot is not configured", "该群的机器人已停用"),
)
_REFUSED: Final = "对方平台拒收"
_LOST: Final = "发送时程序中断，可能已收到"
_NO_ANSWER: Final = "对方平台没有回应，可能已收到"


def part(code: str) -> str:
    """A part of a publication; one that is new is called by its code."""
    return PARTS.get(code, code)


def route(name: str, before: Sequence[str]) -> str:
    """The channel it was sent on last, and where it was sent in vain before that."""
    if not before:
        return words.channel(name)
    return f"{words.channel(name)}，此前{'、'.join(map(words.channel, before))}未送达"


def passed_on(name: str, problem: str, to: str) -> str:
    """企业微信未送达（对方不在企业微信应用的可见范围），已改发网页."""
    return f"{words.channel(name)}未送达（{reason('failed', problem)}），已改发{words.channel(to)}"


def reason(state: str, problem: str) -> str:
    """`state` failed or unknown; `problem` as the outbox has it."""
    if state == "unknown":
        return _LOST if problem == "worker lost" else _NO_ANSWER
    said = problem.lower()
    return next((words for fragment, words in _FAILED if fragment in said), _REFUSED)
