"""When somebody who owes something is reminded of it. Days in, days out: what is owed, and who
owes it, the caller knows.

A line has stages, each told once; a stage is of use until the next one of its line begins, so
that after an outage only the latest one is told and nobody hears of two on one day. A rhythm is
told again and again, two working days apart. Nothing is told on a day off.

    kind        who, owing what               day                               of use until
    ─────────── ───────────────────────────── ───────────────────────────────── ──────────────────
    opens       liaisons: report              first working day from 开始 on      report10 begins
    report10    liaisons: report, draft,      10th working day before 报送截止     report3 begins
    report3       returned item               3rd working day before 报送截止      report0 begins
    report0       (one line: reporting)       报送截止, if off the working day    supplement begins
                                              before
    supplement                                working day before 补报截止, but    补报截止
                                              behind report0
    returned    liaisons: the item            2nd working day after it came     its last day
                                              back or its copy was touched last
    unreached   admins: liaisons of a         with each stage of the above      that stage's end
                department beyond reach
    reviews     evaluators: 待审核, until       rhythm from the 2nd working day   补报截止
                补报截止                        after the oldest was submitted
    rows        evaluators: 待审核, 未评, not     rhythm from the 3rd working day   提请审定
                handed in                     after 补报截止
    late        admins: departments without   rhythm from the working day       their 补报截止
                a report                      after their 报送截止
    overdue     admins: 待审核, rows not        rhythm from the working day       提请审定
                handed in                     after 评分截止
    release     directors but who proposed    rhythm from the 2nd working day   release or return
                it (where there is none the   after 提请审定
                admins): an outcome
    plan        admins: a year without its    first working day of a week in    the week's or
                plan, from 1 December on      December and January, else of a   the month's end
                                              month

Deadlines are the department's own (延期). 补报 has its reminder a working day ahead, since what is
still missing must be got from colleagues first, and never on the day of report0; where 补报截止
leaves no day for it, there is none. A deadline that was moved is another deadline: its stages
count from then on, but for those that lie before what was last told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from rubric.quarter import Windows, WorkCalendar

EVERY: Final = 2  # working days from one reminder of a rhythm to the next
PATIENCE: Final = 2  # working days that what waits may wait before anybody is reminded
AFTER_CLOSING: Final = 3  # working days after 补报截止, which is told when it is reached
_DAY: Final = timedelta(days=1)


class Kind(StrEnum):
    """The value is what is kept of a reminder."""

    OPENS = "opens"
    REPORT_10 = "report10"
    REPORT_3 = "report3"
    REPORT_0 = "report0"
    SUPPLEMENT = "supplement"
    RETURNED = "returned"
    UNREACHED = "unreached"
    REVIEWS = "reviews"
    ROWS = "rows"
    LATE = "late"
    OVERDUE = "overdue"
    RELEASE = "release"
    PLAN = "plan"


REPORTING: Final = (
    Kind.OPENS, Kind.REPORT_10, Kind.REPORT_3, Kind.REPORT_0, Kind.SUPPLEMENT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """Of use from `day`, a working day, to `until`, both included; never if that is earlier."""

    kind: Kind
    day: date
    until: date


def due(
    line: Sequence[Stage], *, today: date, calendar: WorkCalendar, told: Mapping[Kind, date]
) -> Stage | None:
    """The stage of this line to tell today. `told` has the day on which each kind was told last.

    None on a day off, and once this stage or a later one was told, on whatever day that was from
    the stage's own day on: a clock that goes back repeats nothing.
    """
    found = current(line, today=today, calendar=calendar)
    if found is None:
        return None
    later = line[line.index(found) :]
    if any(told[each.kind] >= found.day for each in later if each.kind in told):
        return None
    return found


def current(line: Sequence[Stage], *, today: date, calendar: WorkCalendar) -> Stage | None:
    """The stage that is of use today, told or not."""
    if not calendar.is_workday(today):
        return None
    return next((each for each in reversed(line) if each.day <= today <= each.until), None)


def due_again(start: date, *, today: date, calendar: WorkCalendar, last: date | None) -> bool:
    """Whether a rhythm that begins on `start` is told today; `last` is when it was told last."""
    if today < start or not calendar.is_workday(today):
        return False
    return last is None or calendar.nth_workday_after(last, EVERY) <= today


def reporting_line(dates: Windows, calendar: WorkCalendar) -> tuple[Stage, ...]:
    """What a department with these dates hears as long as it owes the quarter anything."""
    last_day = _workday_until(dates.report_until, calendar)
    days = {
        Kind.OPENS: _workday_from(dates.opens, calendar),
        Kind.REPORT_10: workday_before(dates.report_until, calendar, 10),
        Kind.REPORT_3: workday_before(dates.report_until, calendar, 3),
        Kind.REPORT_0: last_day,
        Kind.SUPPLEMENT: max(
            workday_before(dates.supplement_until, calendar, 1),
            calendar.nth_workday_after(last_day, 1),
        ),
    }
    if days[Kind.SUPPLEMENT] > dates.supplement_until:
        del days[Kind.SUPPLEMENT]
    found, end = [], dates.supplement_until
    for kind, day in reversed(days.items()):
        found.append(Stage(kind, day, end))
        end = min(end, day - _DAY)
    return tuple(reversed(found))


def returned_line(touched: date, *, until: date, calendar: WorkCalendar) -> tuple[Stage, ...]:
    """An item that came back, or whose working copy was changed last, on `touched`; `until` is
    the last day for completing it."""
    return (Stage(Kind.RETURNED, calendar.nth_workday_after(touched, PATIENCE), until),)


def plan_line(today: date, calendar: WorkCalendar) -> tuple[str, tuple[Stage, ...]]:
    """The span that `today` lies in, by name, and its one stage."""
    if today.month in (12, 1):
        first = today - _DAY * today.weekday()
        if today.month == 12:
            first = max(first, date(today.year, 12, 1))
        last = first + _DAY * (6 - first.weekday())
    else:
        first = today.replace(day=1)
        last = (first + _DAY * 31).replace(day=1) - _DAY
    day = _workday_from(first, calendar)
    return f"{first:%Y%m%d}", (Stage(Kind.PLAN, day, last),)


def workday_before(day: date, calendar: WorkCalendar, n: int) -> date:
    """The n-th working day before `day`, which itself never counts; n from 1."""
    while n:
        day -= _DAY
        n -= calendar.is_workday(day)
    return day


def workday_after(day: date, calendar: WorkCalendar, n: int = 1) -> date:
    return calendar.nth_workday_after(day, n)


def _workday_from(day: date, calendar: WorkCalendar) -> date:
    return calendar.nth_workday_after(day - _DAY, 1)


def _workday_until(day: date, calendar: WorkCalendar) -> date:
    return workday_before(day + _DAY, calendar, 1)
