"""请假: from which day to which, as people type it, and what a leave may be.

Nothing is guessed in silence: what was read is echoed in full before it counts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final

from rubric.dates import DateImpossible, DateUnreadable, parse_ahead
from rubric.errors import UserError, shown

_BETWEEN: Final = "至到~-"
_DASHES: Final = str.maketrans("–—−", "---")
_LONGEST: Final = 60
AHEAD: Final = timedelta(days=366)


@dataclass(eq=False)
class LeaveUnreadable(UserError):
    """Neither one day nor two with a word or a dash between them."""

    code: ClassVar[str] = "leave.unreadable"
    typed: str


@dataclass(eq=False)
class LeaveReversed(UserError):
    code: ClassVar[str] = "leave.reversed"
    first: date
    last: date


@dataclass(eq=False)
class LeaveOver(UserError):
    """Its last day has passed."""

    code: ClassVar[str] = "leave.over"
    last: date
    today: date


@dataclass(eq=False)
class LeaveTooFar(UserError):
    """It ends more than a year ahead."""

    code: ClassVar[str] = "leave.too_far"
    last: date
    until: date


def parse_span(typed: str, *, today: date) -> tuple[date, date]:
    """明天, 11月3日, 11月3日-11月8日, 11.3至11.8, 下周一到周五: the first and the last day.

    The last day is read as somebody reads it who has just read the first. Raises LeaveUnreadable
    and DateImpossible.
    """
    text = "".join(unicodedata.normalize("NFKC", typed).split()).translate(_DASHES)
    if not text or len(text) > _LONGEST:
        raise LeaveUnreadable(shown(typed))
    try:
        day = parse_ahead(text, today=today)
    except DateUnreadable:
        return _two_days(text, typed, today)
    return day, day


def _two_days(text: str, typed: str, today: date) -> tuple[date, date]:
    impossible: DateImpossible | None = None
    found = set()
    for left, right in _parts(text):
        try:
            first = parse_ahead(left, today=today)
            found.add((first, parse_ahead(right, today=first)))
        except DateUnreadable:
            continue
        except DateImpossible as error:
            impossible = error
    if len(found) == 1:
        return found.pop()
    raise impossible or LeaveUnreadable(shown(typed))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    for place, char in enumerate(text):
        if char in _BETWEEN:
            yield text[:place], text[place + 1 :]


def check_span(first: date, last: date, *, today: date) -> None:
    """Raises LeaveReversed, LeaveOver and LeaveTooFar."""
    if last < first:
        raise LeaveReversed(first, last)
    if last < today:
        raise LeaveOver(last, today)
    if last > today + AHEAD:
        raise LeaveTooFar(last, today + AHEAD)
