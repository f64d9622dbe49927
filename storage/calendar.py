"""The working days that the program goes by, as a plain value for the rules.

Three sources, the later winning: the holidays fixed by law, the State Council's plan with 调休
as the chinese_calendar package has it, and what the admin entered. A year without a plan stays
暂定, since its bridging days and make-up days are unknown until the plan is published. It has its
plan once the admin has said of every holiday when it is: a plan names them all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import count, takewhile
from typing import Final

import chinese_calendar
from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from rubric.quarter import WorkCalendar
from storage.models import calendar_override
from storage.names import one_at_a_time
from storage.prepared import Prepared

_LAST_YEAR: Final = 2099
_DAY: Final = timedelta(days=1)

# 春节 (初一), 端午, 中秋, which follow the moon. Beyond this table only the fixed days and 清明
# are left out of the working days of a year without a plan.
_LUNAR: Final = {
    2027: ((2, 6), (6, 9), (9, 15)),
    2028: ((1, 26), (5, 28), (10, 3)),
    2029: ((2, 13), (6, 16), (9, 22)),
    2030: ((2, 3), (6, 5), (9, 12)),
    2031: ((1, 23), (6, 24), (10, 1)),
    2032: ((2, 11), (6, 12), (9, 19)),
    2033: ((1, 31), (6, 1), (9, 8)),
    2034: ((2, 19), (6, 20), (9, 27)),
    2035: ((2, 8), (6, 10), (9, 16)),
    2036: ((1, 28), (5, 30), (10, 4)),
    2037: ((2, 15), (6, 18), (9, 24)),
    2038: ((2, 4), (6, 7), (9, 13)),
    2039: ((1, 24), (5, 27), (10, 2)),
    2040: ((2, 12), (6, 14), (9, 20)),
}

_OVERRIDES: Final = Prepared(select(calendar_override.c.day, calendar_override.c.workday))


def work_calendar(overrides: Mapping[date, bool]) -> WorkCalendar:
    """`overrides` are the admin's days: True worked, False off; such a day is never 暂定."""
    plan = _plan()
    off, worked = set(plan.off), set(plan.worked)
    years = {day.year for day in overrides} - plan.known_years
    for day, is_workday in overrides.items():
        (worked if is_workday else off).add(day)
        (off if is_workday else worked).discard(day)
    return WorkCalendar(
        known_years=plan.known_years | {year for year in years if not unstated(year, overrides)},
        off=frozenset(off),
        worked=frozenset(worked),
        confirmed=frozenset(overrides),
    )


def read_calendar(connection: Connection) -> WorkCalendar:
    """The working days with the admin's overrides as they stand in the database now."""
    return _with(frozenset(tuple(row) for row in _OVERRIDES.all(connection, {})))


@lru_cache(maxsize=4)
def _with(overrides: frozenset[tuple[date, bool]]) -> WorkCalendar:
    return work_calendar(dict(overrides))


@cache
def _plan() -> WorkCalendar:
    known = frozenset(takewhile(_knows, count(2004)))
    # the package's own lists: asking it day by day costs a tenth of a second at the first message
    off = {day for day in chinese_calendar.holidays if day.weekday() < 5}
    worked = {day for day in chinese_calendar.workdays if day.weekday() >= 5}
    for year in range(max(known) + 1, _LAST_YEAR + 1):
        off |= set(_fixed_by_law(year))
    return WorkCalendar(known_years=known, off=frozenset(off), worked=frozenset(worked))


def _knows(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def _fixed_by_law(year: int) -> Iterator[date]:
    for _, days in _holidays(year):
        yield from days


@cache
def _holidays(year: int) -> tuple[tuple[str, tuple[date, ...]], ...]:
    """Days off by 全国年节及纪念日放假办法 as amended from 2025, as far as they can be computed.

    Not here: the day off in lieu of one that falls on a weekend, which the plan chooses.
    """
    # 清明, which the package computes for every year of this century
    bright = chinese_calendar.get_solar_terms(date(year, 4, 4), date(year, 4, 6))[0][0]
    fixed = (
        ("元旦", (date(year, 1, 1),)),
        ("清明节", (bright,)),
        ("劳动节", (date(year, 5, 1), date(year, 5, 2))),
        ("国庆节", (date(year, 10, 1), date(year, 10, 2), date(year, 10, 3))),
    )
    if year not in _LUNAR:
        return fixed
    spring, boats, moon = (date(year, month, day) for month, day in _LUNAR[year])
    # 除夕 to 初三
    days = tuple(spring + n * _DAY for n in range(-1, 3))
    return (*fixed, ("春节", days), ("端午节", (boats,)), ("中秋节", (moon,)))


# ---------------------------------------------------------------- what the admin entered


@dataclass(frozen=True, slots=True)
class Override:
    """`source` is the document that says so, '' if none was named."""

    day: date
    workday: bool
    source: str


def overrides(connection: Connection) -> list[Override]:
    """In the order of days."""
    columns = (calendar_override.c[name] for name in Override.__dataclass_fields__)
    return [
        Override(*row)
        for row in connection.execute(select(*columns).order_by(calendar_override.c.day))
    ]


def unstated(year: int, days: Collection[date]) -> tuple[str, ...]:
    """The year's holidays of which none of these days is one, in the order of the year."""
    lacking = [
        (found[0], name) for name, found in _holidays(year) if not any(d in days for d in found)
    ]
    return tuple(name for _, name in sorted(lacking))


def set_days(connection: Connection, days: Mapping[date, bool]) -> None:
    """Enter days (True: worked), in place of what was entered for them before."""
    one_at_a_time(connection)
    remove_days(connection, days)
    connection.execute(
        calendar_override.insert(),
        [{"day": day, "workday": workday} for day, workday in days.items()],
    )


def set_source(connection: Connection, days: Collection[date], *, source: str) -> None:
    connection.execute(
        update(calendar_override).where(calendar_override.c.day.in_(days)).values(source=source)
    )


def remove_days(connection: Connection, days: Collection[date]) -> None:
    """The package's plan or the law's holidays count again for these days."""
    connection.execute(delete(calendar_override).where(calendar_override.c.day.in_(days)))
