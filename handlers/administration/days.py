"""Days off and working days as the admin types them, from the State Council's plan of a year.

A line is days or spans and what they are: `2027.2.6-2027.2.12 放假`, `2月6日至12日 放假，2月20日
上班`, `2027.2.20、2027.2.28 上班`. Whatever was read is echoed in full.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final
from unicodedata import normalize

from handlers.administration.lines import each_line
from handlers.administration.typed import any_day
from rubric.dates import DateImpossible, DateUnreadable
from rubric.errors import UserError, shown
from storage.calendar import Override

LONGEST: Final = 31
_KIND: Final = re.compile("(放假调休|放假|休息|假|休|上班|补班|调班|工作)[。.]?$")
_WORKED: Final = ("上班", "补班", "调班", "工作")
_BETWEEN: Final = re.compile("[至到~—–-]+")
_DAY_ONLY: Final = re.compile("([0-9]{1,2})[日号]?(?:[(](?:周|星期).[)])?")
_DAY: Final = timedelta(days=1)


@dataclass(eq=False)
class KindMissing(UserError):
    """Neither 放假 nor 上班."""

    code: ClassVar[str] = "calendar.kind_missing"
    typed: str


@dataclass(eq=False)
class SpanUnlikely(UserError):
    """Ends before it begins, or is longer than any holiday."""

    code: ClassVar[str] = "calendar.span_unlikely"
    first: date
    last: date
    limit: int


@dataclass(eq=False)
class DayTwice(UserError):
    """Off in one line, worked in another."""

    code: ClassVar[str] = "calendar.day_twice"
    day: date


@dataclass(frozen=True, slots=True)
class Span:
    """Days in a row that are alike."""

    first: date
    last: date
    workday: bool
    source: str = ""

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + n * _DAY for n in range((self.last - self.first).days + 1))

    @property
    def key(self) -> str:
        """How a button names it."""
        return f"{self.first:%Y%m%d}"


def read_days(text: str, *, today: date) -> dict[date, bool]:
    """Day -> worked, from one or many lines; see the examples above."""
    found: dict[date, bool] = {}
    for each in each_line(text, lambda words: _read_line(words, today=today)):
        for day, workday in each.items():
            if found.setdefault(day, workday) != workday:
                raise DayTwice(day)
    return dict(sorted(found.items()))


def _read_line(words: list[str], *, today: date) -> dict[date, bool]:
    """Days up to a word that says what they are, perhaps several times over."""
    found: dict[date, bool] = {}
    waiting: list[str] = []
    for word in words:
        kind = _KIND.search(word)
        if rest := word[: kind.start()] if kind else word:
            waiting.append(rest)
        if kind:
            workday = kind[1] in _WORKED
            found |= {day: workday for each in waiting for day in _read_span(each, today=today)}
            if not waiting:
                raise DateUnreadable("")
            waiting.clear()
    if waiting:
        raise KindMissing(shown("".join(waiting)))
    return found


def _read_span(text: str, *, today: date) -> tuple[date, ...]:
    """A day, or the first and the last of a span; the last may lack its month or year."""
    text = normalize("NFKC", text)
    try:
        first = last = any_day(text, today=today)
    except DateUnreadable:
        first, last = _ends(text, today=today)
    if not 0 <= (last - first).days < LONGEST:
        raise SpanUnlikely(first, last, LONGEST)
    return Span(first, last, False).days


def _ends(text: str, *, today: date) -> tuple[date, date]:
    """A dash may also stand inside a date: the first place that leaves dates on both sides."""
    for between in _BETWEEN.finditer(text):
        try:
            first = any_day(text[: between.start()], today=today)
            return first, _last(text[between.end() :], first)
        except DateUnreadable:
            continue
    raise DateUnreadable(shown(text))


def _last(text: str, first: date) -> date:
    if number := _DAY_ONLY.fullmatch(text):
        try:
            return first.replace(day=int(number[1]))
        except ValueError as error:
            raise DateImpossible(shown(text)) from error
    return any_day(text, today=first)


# ---------------------------------------------------------------- days in a row


def spans(entered: Collection[Override]) -> list[Span]:
    """Days in a row that are alike and of one source, in their order."""
    found: list[Span] = []
    for each in entered:
        last = found[-1] if found else None
        like = last and (last.workday, last.source) == (each.workday, each.source)
        if last and like and last.last + _DAY == each.day:
            found[-1] = Span(last.first, each.day, each.workday, each.source)
        else:
            found.append(Span(each.day, each.day, each.workday, each.source))
    return found


def spans_of(days: Mapping[date, bool]) -> list[Span]:
    return spans([Override(day, workday, "") for day, workday in sorted(days.items())])


def pack(days: Collection[date]) -> str:
    """For a draft: 20270206-20270212,20270220-20270220."""
    return ",".join(
        f"{each.first:%Y%m%d}-{each.last:%Y%m%d}" for each in spans_of(dict.fromkeys(days, False))
    )


def unpack(text: str) -> list[date]:
    found: list[date] = []
    for part in text.split(","):
        first, last = (date.fromisoformat(end) for end in part.split("-"))
        found.extend(Span(first, last, False).days)
    return found
