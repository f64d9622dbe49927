"""What Telegram's answer to a failed call means: pure, from status and body to a DeliveryError.

The classes follow the Bot API's documented and observed error texts. Telegram changes wordings
now and then, so only fragments are compared, and an unknown refusal is `Rejected` with its words.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from bot.channels.base import (
    DeliveryError,
    InDoubt,
    RecipientGone,
    Rejected,
    RetryLater,
    Unavailable,
)

TOO_BIG = "file.too_big"
_LONGEST = 180  # descriptions are stored and logged
# Telegram's own words are plain English; what else stands there it quotes from a message
_QUOTED = re.compile(r"[^ -~]+|\d{7,}")
_GONE = ("chat not found", "user is deactivated", "can't initiate", "peer_id_invalid")


class Conflict(RetryLater):
    """Somebody else receives this bot's updates, or a webhook is set."""


class Moved(RecipientGone):
    """A group has another id from now on. Nothing was sent."""

    def __init__(self, reason: str, *, to: str) -> None:
        super().__init__(reason)
        self.to = to


class Unreadable(InDoubt):
    """A success whose body can't be understood; `payload` for whoever can make something of it."""

    def __init__(self, payload: bytes) -> None:
        super().__init__("answer can't be read")
        self.payload = payload


def decode(payload: bytes) -> Any:
    """JSON, also with what orjson refuses (half surrogate pairs, broken UTF-8); else None."""
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(payload.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None


def verdict(status: int, payload: bytes, retry_after: str = "") -> DeliveryError:
    """`retry_after` is the header of that name. Bodies that aren't Telegram's decide nothing."""
    answer = decode(payload)
    told = isinstance(answer, dict) and isinstance(answer.get("description"), str)
    text = _QUOTED.sub("…", answer["description"])[:_LONGEST] if told else f"HTTP {status}"
    if status in (401, 404):
        return Unavailable(text)
    if status == 413:
        return Rejected(TOO_BIG)
    if status == 429:
        return RetryLater(text, after=_seconds(answer, retry_after), everyone=True)
    if not told or status >= 500:
        return InDoubt(text)
    if status == 409:
        return Conflict(text)
    if to := _parameter(answer, "migrate_to_chat_id"):
        return Moved(text, to=str(to))
    if status == 403 or (status == 400 and mentions(text, *_GONE)):
        return RecipientGone(text)
    return Rejected(text) if 400 <= status < 500 else InDoubt(text)


def mentions(error: Exception | str, *fragments: str) -> bool:
    """Whether Telegram's words hold one of these, in whatever case."""
    text = str(error).lower()
    return any(fragment in text for fragment in fragments)


def _seconds(answer: Any, header: str) -> float:
    given = _parameter(answer, "retry_after") or (int(header) if header.isdecimal() else 0)
    return float(max(given, 1))


def _parameter(answer: Any, name: str) -> int:
    parameters = answer.get("parameters") if isinstance(answer, dict) else None
    value = parameters.get(name) if isinstance(parameters, dict) else None
    return value if type(value) is int else 0
