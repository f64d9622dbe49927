"""What is typed at the forms of /admin: days that may lie ahead, and reasons."""

from __future__ import annotations

from datetime import date
from typing import Final

from handlers.turn import Turn
from rubric.dates import DateInFuture
from rubric.dates import parse as parse_date
from storage.names import checked

REASON_LENGTH: Final = 200


def any_day(text: str, *, today: date) -> date:
    """A day as `rubric.dates` reads it, those ahead too. Raises DateUnreadable, DateImpossible."""
    try:
        return parse_date(text, today=today)
    except DateInFuture as ahead:
        return ahead.day


def reason_in(turn: Turn) -> str:
    """What was typed, as a reason. Raises TextMissing, TextWordless, TextTooLong."""
    return checked(turn.words, what="理由", limit=REASON_LENGTH)
