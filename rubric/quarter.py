"""Quarters, their dates and their states: what is still in time, and what may follow what.

Natural quarters; an item's event date decides its quarter. All dates are the centre's own
(the caller passes its timezone); a deadline ends at 24:00 of its day, so the moment of the
next midnight is already too late.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import ClassVar, Final

from rubric.errors import UserError, shown

_NUMERALS: Final = "一二三四"
_CODE: Final = re.compile(r"(20[0-9]{2})Q([1-4])", re.IGNORECASE)
_LABEL: Final = re.compile(r"(20[0-9]{2})年第?([1-4一二三四])季度")
_LONGEST: Final = 40
_DAY: Final = timedelta(days=1)


@dataclass(eq=False)
class QuarterUnreadable(UserError):
    """Neither 2026Q4 nor 2026年第四季度."""

    code: ClassVar[str] = "quarter.unreadable"
    typed: str


@dataclass(eq=False)
class FutureEvent(UserError):
    """The event lies after today, so it can't have happened yet."""

    code: ClassVar[str] = "quarter.future_event"
    day: date
    today: date


@dataclass(eq=False)
class EventTooOld(UserError):
    """Neither its own quarter nor the one after it takes the item any more.

    `until` is the last day on which the following quarter would have taken it.
    """

    code: ClassVar[str] = "quarter.event_too_old"
    day: date
    quarter: Quarter
    until: date


@dataclass(eq=False)
class IllegalMove(UserError):
    """The quarter is in a state that the wanted one doesn't follow."""

    code: ClassVar[str] = "quarter.illegal_move"
    state: QuarterState
    wanted: QuarterState


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Sorts by time; `code` is for commands and files, `label` for people."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 4:
            raise ValueError(f"no quarter {self.number}")

    @classmethod
    def parse(cls, typed: str) -> Quarter:
        """2026Q4, 2026-Q4, 2026年第四季度, 2026年4季度; any case, width and spaces; 20xx only."""
        # Cut short, a long text could become a quarter that nobody typed.
        text = unicodedata.normalize("NFKC", typed if len(typed) <= _LONGEST else "")
        text = "".join(text.split()).replace("-", "")
        match = _CODE.fullmatch(text) or _LABEL.fullmatch(text)
        if match is None:
            raise QuarterUnreadable(typed=shown(typed))
        number = match[2] if match[2].isascii() else str(_NUMERALS.index(match[2]) + 1)
        return cls(int(match[1]), int(number))

    @classmethod
    def containing(cls, day: date) -> Quarter:
        return cls(day.year, (day.month + 2) // 3)

    @property
    def code(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def label(self) -> str:
        return f"{self.year}年第{_NUMERALS[self.number - 1]}季度"

    @property
    def first_day(self) -> date:
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last_day(self) -> date:
        return self.next().first_day - _DAY

    def next(self) -> Quarter:
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    def previous(self) -> Quarter:
        return Quarter.containing(self.first_day - _DAY)

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked: Monday to Friday but for `off`, and `worked` besides.

    `known_years` have the State Council's plan; `confirmed` are single days that the admin
    stated. All else is 暂定. The value knows nothing of where its days come from.
    """

    known_years: frozenset[int] = frozenset()
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    confirmed: frozenset[date] = frozenset()

    def is_workday(self, day: date) -> bool:
        return day in self.worked or (day.weekday() < 5 and day not in self.off)

    def provisional(self, day: date) -> bool:
        return day.year not in self.known_years and day not in self.confirmed

    def nth_workday_after(self, day: date, n: int) -> date:
        """The n-th working day after `day`, which itself never counts; n from 1."""
        if n < 1:
            raise ValueError(f"the {n}th working day after a day is none")
        while n:
            day += _DAY
            n -= self.is_workday(day)
        return day

    def workdays_between(self, first: date, last: date) -> int:
        """Working days from first to last, both included; 0 when last is before first."""
        span = (last - first).days + 1
        return sum(self.is_workday(first + timedelta(days=n)) for n in range(span))

    def days_provisional(self, first: date, last: date) -> bool:
        """Whether any day from first to last, both included, is 暂定."""
        span = (last - first).days + 1
        return any(self.provisional(first + timedelta(days=n)) for n in range(span))


def end_of(day: date, timezone: tzinfo) -> datetime:
    """24:00 of the day: the first moment that is too late."""
    return datetime.combine(day + _DAY, time(), timezone)


@dataclass(frozen=True, slots=True)
class Windows:
    """A quarter's announced dates, in the centre's own timezone.

    Compute once with `windows`, then store the dates: announced dates never move because a
    calendar was corrected. A department's extension is the same value with later days.
    """

    quarter: Quarter
    opens: date
    report_until: date
    supplement_until: date
    score_until: date
    provisional: bool
    timezone: tzinfo

    @property
    def opens_at(self) -> datetime:
        return datetime.combine(self.opens, time(), self.timezone)

    @property
    def report_deadline(self) -> datetime:
        """报送截止; an item that comes at this moment is 补报."""
        return end_of(self.report_until, self.timezone)

    @property
    def supplement_deadline(self) -> datetime:
        """补报截止; at this moment 收集中 is over."""
        return end_of(self.supplement_until, self.timezone)

    @property
    def score_deadline(self) -> datetime:
        """评分截止; only reminds and reports lateness."""
        return end_of(self.score_until, self.timezone)

    def local_day(self, now: datetime) -> date:
        return now.astimezone(self.timezone).date()


def windows(
    quarter: Quarter,
    calendar: WorkCalendar,
    *,
    timezone: tzinfo,
    report_days: int = 3,
    supplement_days: int = 5,
    score_days: int = 12,
) -> Windows:
    """The quarter's dates by rule: the n-th working days after its last day.

    Provisional when any day from the quarter's end to 评分截止 is.
    """
    if not 1 <= report_days <= supplement_days <= score_days:
        raise ValueError(f"deadlines out of order: {report_days, supplement_days, score_days}")
    last = quarter.last_day
    score_until = calendar.nth_workday_after(last, score_days)
    return Windows(
        quarter=quarter,
        opens=quarter.first_day,
        report_until=calendar.nth_workday_after(last, report_days),
        supplement_until=calendar.nth_workday_after(last, supplement_days),
        score_until=score_until,
        provisional=calendar.days_provisional(last + _DAY, score_until),
        timezone=timezone,
    )


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an item goes now, and how it is marked: 补报 (`supplement`), of the quarter before
    (`carried`). Carried items may be reported once; whether one was is the storage's to know.
    """

    quarter: Quarter
    supplement: bool
    carried: bool


def place(event_day: date, *, now: datetime, own: Windows, following: Windows) -> Placement:
    """The quarter that takes an item of `own`'s quarter at this moment.

    Until 補报截止 its own, afterwards the following one until that one's 补报截止.
    Raises FutureEvent and EventTooOld.
    """
    if Quarter.containing(event_day) != own.quarter or following.quarter != own.quarter.next():
        raise ValueError(f"{own.quarter}, {following.quarter} are not the windows of {event_day}")
    today = own.local_day(now)
    if event_day > today:
        raise FutureEvent(day=event_day, today=today)
    for dates in (own, following):
        if now < dates.supplement_deadline:
            return Placement(
                quarter=dates.quarter,
                supplement=now >= dates.report_deadline,
                carried=dates is following,
            )
    raise EventTooOld(day=event_day, quarter=own.quarter, until=following.supplement_until)


def completion_until(
    returned_at: datetime, *, calendar: WorkCalendar, timezone: tzinfo, days: int = 3
) -> date:
    """The last day for completing a returned item; the day of the return doesn't count."""
    return calendar.nth_workday_after(returned_at.astimezone(timezone).date(), days)


class QuarterState(StrEnum):
    NOT_STARTED = "not_started"
    COLLECTING = "collecting"
    CLOSED = "closed"
    PROPOSED = "proposed"
    ON_DISPLAY = "on_display"
    PUBLISHED = "published"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]

    @property
    def open_for_scores(self) -> bool:
        """Review and scoring are open from the first day until 待审定."""
        return self in (QuarterState.COLLECTING, QuarterState.CLOSED)


_STATE_LABELS: Final = {
    QuarterState.NOT_STARTED: "未开始",
    QuarterState.COLLECTING: "收集中",
    QuarterState.CLOSED: "已截止",
    QuarterState.PROPOSED: "待审定",
    QuarterState.ON_DISPLAY: "公示中",
    QuarterState.PUBLISHED: "已发布",
}

_MOVES: Final = frozenset(
    {
        (QuarterState.NOT_STARTED, QuarterState.COLLECTING),
        (QuarterState.COLLECTING, QuarterState.CLOSED),
        (QuarterState.CLOSED, QuarterState.PROPOSED),
        (QuarterState.PROPOSED, QuarterState.ON_DISPLAY),
        (QuarterState.PROPOSED, QuarterState.PUBLISHED),
        (QuarterState.ON_DISPLAY, QuarterState.PUBLISHED),
        # 退回修改
        (QuarterState.PROPOSED, QuarterState.CLOSED),
        (QuarterState.ON_DISPLAY, QuarterState.CLOSED),
        # 更正: what was published stands until its next revision is released
        (QuarterState.PUBLISHED, QuarterState.CLOSED),
    }
)


def move(state: QuarterState, wanted: QuarterState) -> QuarterState:
    """`wanted`, if it may follow `state`; else IllegalMove. Staying is no move."""
    if (state, wanted) not in _MOVES:
        raise IllegalMove(state=state, wanted=wanted)
    return wanted


def state_by_dates(dates: Windows, now: datetime) -> QuarterState:
    """What the dates alone say, as long as nobody has proposed: 未开始, 收集中 or 已截止."""
    if now < dates.opens_at:
        return QuarterState.NOT_STARTED
    if now < dates.supplement_deadline:
        return QuarterState.COLLECTING
    return QuarterState.CLOSED
