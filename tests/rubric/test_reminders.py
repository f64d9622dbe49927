"""Stages and rhythms: by hand for real years, and for any calendar, ticks, outages and clocks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric.quarter import Quarter, Windows, WorkCalendar, windows
from rubric.reminders import (
    REPORTING,
    Kind,
    Stage,
    current,
    due,
    due_again,
    plan_line,
    reporting_line,
    returned_line,
    workday_before,
)
from storage.calendar import work_calendar

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
REAL = work_calendar({})


def dates_of(code: str, calendar: WorkCalendar = REAL, **days: int) -> Windows:
    return windows(Quarter.parse(code), calendar, timezone=ZONE, **days)


def days_of(line: Iterable[Stage]) -> dict[str, str]:
    return {each.kind.value: f"{each.day}..{each.until}" for each in line}


# ---------------------------------------------------------------- by hand


@pytest.mark.parametrize(
    ("code", "stages"),
    [
        (  # 31 December is the third working day before; 2027 has no plan: 1 January off by law
            "2026Q4",
            {
                "opens": "2026-10-08..2026-12-21",
                "report10": "2026-12-22..2026-12-30",
                "report3": "2026-12-31..2027-01-05",
                "report0": "2027-01-06..2027-01-06",
                "supplement": "2027-01-07..2027-01-08",
            },
        ),
        (  # 元旦 to 3 January, Sunday the 4th worked
            "2025Q4",
            {
                "opens": "2025-10-09..2025-12-21",
                "report10": "2025-12-22..2025-12-30",
                "report3": "2025-12-31..2026-01-05",
                "report0": "2026-01-06..2026-01-06",
                "supplement": "2026-01-07..2026-01-08",
            },
        ),
        (  # 国庆 from 1 to 8 October; Sunday 28 September and Saturday 11 October worked
            "2025Q3",
            {
                "opens": "2025-07-01..2025-09-21",
                "report10": "2025-09-22..2025-09-29",
                "report3": "2025-09-30..2025-10-10",
                "report0": "2025-10-11..2025-10-12",
                "supplement": "2025-10-13..2025-10-14",
            },
        ),
        (  # an unknown year
            "2030Q4",
            {
                "opens": "2030-10-04..2030-12-19",
                "report10": "2030-12-20..2030-12-30",
                "report3": "2030-12-31..2031-01-05",
                "report0": "2031-01-06..2031-01-06",
                "supplement": "2031-01-07..2031-01-08",
            },
        ),
    ],
)
def test_a_real_quarter(code: str, stages: dict[str, str]):
    assert days_of(reporting_line(dates_of(code), REAL)) == stages


def moved(report: date, supplement: date, *, opens: date = date(2026, 1, 1)) -> Windows:
    return Windows(
        quarter=Quarter(2026, 1),
        opens=opens,
        report_until=report,
        supplement_until=supplement,
        score_until=supplement,
        provisional=False,
        timezone=ZONE,
    )


def test_a_deadline_in_the_spring_festival():
    """15 to 23 February 2026 off, Saturday the 14th worked."""
    line = reporting_line(moved(date(2026, 2, 20), date(2026, 2, 26)), REAL)
    assert days_of(line[1:]) == {
        "report10": "2026-02-03..2026-02-11",
        "report3": "2026-02-12..2026-02-13",
        "report0": "2026-02-14..2026-02-24",
        "supplement": "2026-02-25..2026-02-26",
    }


@pytest.mark.parametrize(
    ("supplement", "stages"),
    [
        (
            date(2026, 4, 8),
            {"report0": "2026-04-07..2026-04-07", "supplement": "2026-04-08..2026-04-08"},
        ),
        (date(2026, 4, 7), {"report0": "2026-04-07..2026-04-07"}),
    ],
)
def test_a_supplement_on_the_heels_of_the_report(supplement: date, stages: dict[str, str]):
    """Its reminder comes a day later, or not at all; that of the report's day is not lost."""
    line = reporting_line(moved(date(2026, 4, 7), supplement), REAL)
    assert days_of(line[3:]) == stages


def test_stages_that_a_deadline_has_overtaken_are_of_no_use():
    """Moved to the second working day: the tenth and the third before it lie before 开始."""
    line = reporting_line(moved(date(2026, 4, 2), date(2026, 4, 10), opens=date(2026, 4, 1)), REAL)
    said = [current(line, today=date(2026, 4, day), calendar=REAL) for day in (1, 2, 3, 7, 9, 11)]
    assert [each and each.kind.value for each in said] == [
        "report3", "report0", "report0", "report0", "supplement", None,
    ]  # fmt: skip


def test_an_item_that_came_back():
    line = returned_line(date(2026, 9, 29), until=date(2026, 10, 8), calendar=REAL)
    assert days_of(line) == {"returned": "2026-10-08..2026-10-08"}


@pytest.mark.parametrize(
    ("today", "span", "days"),
    [
        (date(2026, 12, 1), "20261201", "2026-12-01..2026-12-06"),
        (date(2026, 12, 6), "20261201", "2026-12-01..2026-12-06"),
        (date(2026, 12, 7), "20261207", "2026-12-07..2026-12-13"),
        (date(2026, 12, 31), "20261228", "2026-12-28..2027-01-03"),
        (date(2027, 1, 1), "20261228", "2026-12-28..2027-01-03"),
        (date(2027, 1, 4), "20270104", "2027-01-04..2027-01-10"),
        (date(2027, 2, 9), "20270201", "2027-02-01..2027-02-28"),
        (date(2027, 10, 20), "20271001", "2027-10-04..2027-10-31"),
    ],
)
def test_the_plan_of_a_year_is_asked_for(today: date, span: str, days: str):
    name, line = plan_line(today, REAL)
    assert (name, days_of(line)) == (span, {"plan": days})


def test_a_rhythm_over_a_holiday():
    """From 25 September 2026, which is off as 1 to 7 October are; Saturday the 10th is worked."""
    told, last = [], None
    for n in range(24):
        today = date(2026, 9, 25) + n * DAY
        if due_again(date(2026, 9, 25), today=today, calendar=REAL, last=last):
            told.append(today)
            last = today
    assert [f"{day:%m-%d}" for day in told] == [
        "09-28", "09-30", "10-09", "10-12", "10-14", "10-16",
    ]  # fmt: skip


# ---------------------------------------------------------------- any calendar, any ticks

BASE = date(2026, 9, 1)
SPAN = 150
SOME_DAYS = st.frozensets(st.integers(0, SPAN).map(lambda n: BASE + n * DAY), max_size=40)
CALENDARS = st.builds(
    lambda off, worked: WorkCalendar(off=off - worked, worked=worked), SOME_DAYS, SOME_DAYS
)


@st.composite
def lines(draw: st.DrawFn) -> tuple[WorkCalendar, tuple[Stage, ...]]:
    """A quarter's dates by rule, or moved to any days."""
    calendar = draw(CALENDARS)
    opens = BASE + draw(st.integers(0, 20)) * DAY
    report = opens + draw(st.integers(0, 80)) * DAY
    supplement = report + draw(st.integers(0, 15)) * DAY
    return calendar, reporting_line(moved(report, supplement, opens=opens), calendar)


def run(
    calendar: WorkCalendar, line: tuple[Stage, ...], ticks: Iterable[date]
) -> list[tuple[date, Kind]]:
    """What is told at these ticks, kept as the program keeps it: the latest day of each kind."""
    told: dict[Kind, date] = {}
    said = []
    for today in ticks:
        stage = due(line, today=today, calendar=calendar, told=told)
        if stage is not None:
            said.append((today, stage.kind))
            told[stage.kind] = max(today, told.get(stage.kind, today))
    return said


EVERY_DAY = [BASE + n * DAY for n in range(SPAN)]


@given(lines())
def test_every_stage_is_told_on_its_day(made: tuple[WorkCalendar, tuple[Stage, ...]]):
    """Ticks on all days, twice each (two processes). What has begun before the first of them is
    told on that, if it is of use still."""
    calendar, line = made
    start = calendar.nth_workday_after(BASE - DAY, 1)
    said = run(calendar, line, [day for day in EVERY_DAY for _ in range(2)])
    assert said == [
        (max(each.day, start), each.kind)
        for each in line
        if each.day <= each.until and each.until >= start
    ]


@given(lines())
def test_days_are_working_days_and_in_order(made: tuple[WorkCalendar, tuple[Stage, ...]]):
    calendar, line = made
    assert [each.kind for each in line] == [
        kind for kind in REPORTING if kind in {each.kind for each in line}
    ]
    assert all(calendar.is_workday(each.day) for each in line)
    useful = [each for each in line if each.day <= each.until]
    assert all(a.until < b.day for a, b in pairwise(useful))
    assert Kind.REPORT_0 in {each.kind for each in useful}


@given(lines(), st.lists(st.integers(0, SPAN - 1), max_size=60))
def test_after_an_outage_only_what_is_of_use(
    made: tuple[WorkCalendar, tuple[Stage, ...]], at: list[int]
):
    """Any ticks in order: nothing twice, never two on a day, each while it is of use; and a stage
    with a tick on any working day of its span is told at the first of them."""
    calendar, line = made
    ticks = [BASE + n * DAY for n in sorted(at)]
    said = run(calendar, line, ticks)
    assert len({kind for _, kind in said}) == len(said) == len({day for day, _ in said})
    wanted = []
    for each in line:
        useful = [t for t in ticks if each.day <= t <= each.until and calendar.is_workday(t)]
        wanted += [(useful[0], each.kind)] if useful else []
    assert said == wanted


@given(lines(), st.lists(st.sampled_from([-1, 0, 1]), min_size=SPAN, max_size=SPAN))
def test_a_clock_that_is_a_day_off(made: tuple[WorkCalendar, tuple[Stage, ...]], steps: list[int]):
    """A tick a day, and on each one at a clock that is up to a day off: nothing is told twice,
    nothing out of order, and nothing that true days would have told is lost."""
    calendar, line = made
    ticks = [t for day, off in zip(EVERY_DAY, steps, strict=True) for t in (day + off * DAY, day)]
    kinds = [kind for _, kind in run(calendar, line, ticks)]
    true = run(calendar, line, EVERY_DAY)
    assert kinds == [kind for kind in REPORTING if kind in kinds]
    # of two stages on neighbouring days a clock that was ahead tells only the later one
    overtaken = {kind for (day, kind), (after, _) in pairwise(true) if after - day <= DAY}
    assert {kind for _, kind in true} - set(kinds) <= overtaken


@given(CALENDARS, st.integers(0, 40), st.lists(st.integers(-1, 1), min_size=90, max_size=90))
def test_a_rhythm_is_never_nearer_than_two_working_days(
    calendar: WorkCalendar, start: int, steps: list[int]
):
    told: list[date] = []
    for n, off in enumerate(steps):
        for today in (BASE + (n + off) * DAY, BASE + n * DAY):
            last = max(told, default=None)
            if due_again(BASE + start * DAY, today=today, calendar=calendar, last=last):
                told.append(today)
    assert all(calendar.nth_workday_after(a, 2) <= b for a, b in pairwise(told))
    if not any(steps):
        assert all(calendar.nth_workday_after(a, 2) == b for a, b in pairwise(told))


@given(CALENDARS, st.integers(0, 100), st.integers(1, 12))
def test_a_working_day_before_is_counted_back(calendar: WorkCalendar, at: int, n: int):
    day = BASE + at * DAY
    found = workday_before(day, calendar, n)
    assert calendar.is_workday(found)
    assert calendar.workdays_between(found, day - DAY) == n


def test_a_deadline_that_moves_begins_its_stages_anew():
    """Told on the third day before, and on the day; then the deadline is put off by a week."""
    told = {Kind.REPORT_3: date(2026, 12, 31), Kind.REPORT_0: date(2027, 1, 6)}
    line = reporting_line(moved(date(2027, 1, 13), date(2027, 1, 15)), REAL)
    said = [due(line, today=date(2027, 1, day), calendar=REAL, told=told) for day in range(6, 14)]
    assert [each and each.kind.value for each in said] == [
        None, None, "report3", None, None, "report3", "report3", "report0",
    ]  # fmt: skip


def test_a_deadline_moved_by_a_day_is_no_news():
    """Its tenth day before was told on the 22nd; now it is the 21st, and is not told again."""
    line = reporting_line(moved(date(2027, 1, 5), date(2027, 1, 8)), REAL)
    told = {Kind.REPORT_10: date(2026, 12, 22)}
    assert due(line, today=date(2026, 12, 23), calendar=REAL, told=told) is None
