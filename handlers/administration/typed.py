"""What is typed at the forms of /admin: days that may lie ahead, and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from handlers.turn import Turn
from rubric.dates import DateInFuture
from rubric.dates import parse as parse_date
from rubric.errors import UserError
from rubric.quarter import end_of
from storage.names import checked

REASON_LENGTH: Final = 200


@dataclass(eq=False)
class UntilOutside(UserError):
    """A code's last day in the past, or too far ahead."""

    code: ClassVar[str] = "admin.until_outside"
    first: date
    last: date


def any_day(text: str, *, today: date) -> date:
    """A day as `rubric.dates` reads it, those ahead too. Raises DateUnreadable, DateImpossible."""
    try:
        return parse_date(text, today=today)
    except DateInFuture as ahead:
        return ahead.day


def reason_in(turn: Turn) -> str:
    """What was typed, as a reason. Raises TextMissing, TextWordless, TextTooLong."""
    return checked(turn.words, what="理由", limit=REASON_LENGTH)


def until_in(turn: Turn, *, most_days: int) -> datetime:
    """The end of the typed day. Raises UntilOutside, DateUnreadable, DateImpossible."""
    today = turn.premises.today(turn.now)
    day = any_day(turn.words, today=today)
    last = today + timedelta(days=most_days)
    if not today <= day <= last:
        raise UntilOutside(today, last)
    return end_of(day, turn.premises.zone)
