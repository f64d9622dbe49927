"""Quarters, working days, deadlines to the moment, and the legal moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric.quarter import (
    EventTooOld,
    FutureEvent,
    IllegalMove,
    Placement,
    Quarter,
    QuarterState,
    QuarterUnreadable,
    Windows,
    WorkCalendar,
    completion_until,
    end_of,
    move,
    place,
    state_by_dates,
    windows,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
Q3, Q4 = Quarter(2026, 3), Quarter(2026, 4)
QUARTERS = st.builds(Quarter, st.integers(2001, 2098), st.integers(1, 4))
DAYS = st.dates(date(2001, 1, 1), date(2098, 12, 31))
# National Day 2026 as the State Council planned it, and New Year's Day 2027.
CALENDAR = WorkCalendar(
    known_years=frozenset({2026}),
    off=frozenset({date(2026, 10, n) for n in range(1, 8)} | {date(2027, 1, 1)}),
    worked=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
    confirmed=frozenset({date(2027, 1, 4)}),
)
CALENDARS = st.builds(
    WorkCalendar,
    off=st.frozensets(DAYS, max_size=5),
    worked=st.frozensets(DAYS, max_size=5),
)


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[arg-type,misc]


# ------------------------------------------------------------------ quarters


@pytest.mark.parametrize(
    "typed",
    [
        "2026Q4",
        " 2026q4 ",
        "２０２６Ｑ４",
        "2026-Q4",
        "2026年第四季度",
        "2026 年 第4季度",
        "2026年四季度",
    ],
)
def test_a_quarter_is_read_in_both_styles(typed):
    assert Quarter.parse(typed) == Q4


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "2026",
        "Q4",
        "2026Q5",
        "2026Q0",
        "1999Q1",
        "26Q4",
        "2026年第五季度",
        "2026Q4" + " " * 50,
    ],
)
def test_what_is_no_quarter(typed):
    with pytest.raises(QuarterUnreadable) as refused:
        Quarter.parse(typed)
    assert refused.value.facts() == {"typed": typed.strip()}


def test_a_quarter_s_names_and_days():
    assert (Q4.code, str(Q4), Q4.label) == ("2026Q4", "2026Q4", "2026年第四季度")
    assert (Q4.first_day, Q4.last_day) == (date(2026, 10, 1), date(2026, 12, 31))
    assert (Q4.next(), Q4.previous()) == (Quarter(2027, 1), Q3)
    with pytest.raises(ValueError, match="no quarter 5"):
        Quarter(2026, 5)


@given(QUARTERS)
def test_quarters_follow_each_other_without_gap(quarter):
    assert Quarter.parse(quarter.code) == Quarter.parse(quarter.label) == quarter
    assert quarter.next().previous() == quarter.previous().next() == quarter
    assert quarter.last_day + timedelta(days=1) == quarter.next().first_day
    assert quarter < quarter.next()


@given(DAYS)
def test_every_day_lies_in_the_quarter_that_contains_it(day):
    quarter = Quarter.containing(day)
    assert quarter.first_day <= day <= quarter.last_day


# ------------------------------------------------------------------ working days


def test_exceptions_win_over_the_weekday():
    assert [CALENDAR.is_workday(date(2026, 10, n)) for n in range(6, 13)] == [
        False,  # Tuesday, National Day
        False,
        True,
        True,
        True,  # Saturday, worked
        False,
        True,
    ]


def test_days_without_a_plan_are_provisional_unless_confirmed():
    assert [
        CALENDAR.provisional(day)
        for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 4))
    ] == [False, True, False]
    assert CALENDAR.days_provisional(date(2026, 12, 1), date(2026, 12, 31)) is False
    assert CALENDAR.days_provisional(date(2026, 12, 31), date(2027, 1, 4)) is True


def test_the_nth_working_day_never_counts_the_day_itself():
    assert CALENDAR.nth_workday_after(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert CALENDAR.nth_workday_after(date(2026, 9, 30), 3) == date(2026, 10, 10)
    with pytest.raises(ValueError, match="0th"):
        CALENDAR.nth_workday_after(date(2026, 9, 30), 0)


@given(calendar=CALENDARS, day=DAYS, n=st.integers(1, 30))
def test_between_a_day_and_its_nth_working_day_lie_n(calendar, day, n):
    found = calendar.nth_workday_after(day, n)
    assert calendar.is_workday(found)
    assert calendar.workdays_between(day + timedelta(days=1), found) == n
    assert calendar.workdays_between(found, found - timedelta(days=1)) == 0


# ------------------------------------------------------------------ a quarter's dates


def test_the_dates_are_the_3rd_5th_and_12th_working_day_after_the_quarter():
    assert windows(Q3, CALENDAR, timezone=SHANGHAI) == Windows(
        quarter=Q3,
        opens=date(2026, 7, 1),
        report_until=date(2026, 10, 10),
        supplement_until=date(2026, 10, 13),
        score_until=date(2026, 10, 22),
        provisional=False,
        timezone=SHANGHAI,
    )
    following = windows(Q4, CALENDAR, timezone=SHANGHAI)
    assert (following.report_until, following.provisional) == (date(2027, 1, 6), True)


def test_the_days_are_settings_but_stay_in_order():
    changed = windows(
        Q3, CALENDAR, timezone=SHANGHAI, report_days=1, supplement_days=1, score_days=2
    )
    assert (changed.report_until, changed.supplement_until, changed.score_until) == (
        date(2026, 10, 8),
        date(2026, 10, 8),
        date(2026, 10, 9),
    )
    with pytest.raises(ValueError, match="out of order"):
        windows(Q3, CALENDAR, timezone=SHANGHAI, report_days=6)


def test_deadlines_end_at_midnight_of_the_centre():
    dates = windows(Q3, CALENDAR, timezone=SHANGHAI)
    assert dates.opens_at == datetime(2026, 6, 30, 16, tzinfo=UTC)
    assert dates.report_deadline == datetime(2026, 10, 10, 16, tzinfo=UTC)
    assert dates.supplement_deadline == moment(2026, 10, 14)
    assert dates.score_deadline == moment(2026, 10, 23)
    assert end_of(date(2026, 12, 31), SHANGHAI) == moment(2027, 1, 1)
    assert dates.local_day(datetime(2026, 9, 30, 16, tzinfo=UTC)) == date(2026, 10, 1)


OWN = windows(Q3, CALENDAR, timezone=SHANGHAI)
FOLLOWING = windows(Q4, CALENDAR, timezone=SHANGHAI)
LAST_SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "placement"),
    [
        (moment(2026, 9, 30), Placement(Q3, supplement=False, carried=False)),
        (OWN.report_deadline - LAST_SECOND, Placement(Q3, supplement=False, carried=False)),
        (OWN.report_deadline, Placement(Q3, supplement=True, carried=False)),
        (OWN.supplement_deadline - LAST_SECOND, Placement(Q3, supplement=True, carried=False)),
        (OWN.supplement_deadline, Placement(Q4, supplement=False, carried=True)),
        (FOLLOWING.report_deadline, Placement(Q4, supplement=True, carried=True)),
        (
            FOLLOWING.supplement_deadline - LAST_SECOND,
            Placement(Q4, supplement=True, carried=True),
        ),
    ],
)
def test_an_item_goes_to_its_quarter_then_once_to_the_next(now, placement):
    assert place(date(2026, 9, 30), now=now, own=OWN, following=FOLLOWING) == placement


def test_after_the_next_quarter_s_deadline_nothing_takes_it():
    with pytest.raises(EventTooOld) as refused:
        place(date(2026, 9, 30), now=FOLLOWING.supplement_deadline, own=OWN, following=FOLLOWING)
    assert refused.value.facts() == {
        "day": date(2026, 9, 30),
        "quarter": Q3,
        "until": date(2027, 1, 8),
    }


def test_an_event_of_tomorrow_is_refused_by_the_centre_s_clock():
    with pytest.raises(FutureEvent) as refused:
        place(date(2026, 9, 30), now=moment(2026, 9, 29, 23, 59), own=OWN, following=FOLLOWING)
    assert refused.value.facts() == {"day": date(2026, 9, 30), "today": date(2026, 9, 29)}
    late_in_london = datetime(2026, 9, 29, 16, tzinfo=UTC)
    assert place(date(2026, 9, 30), now=late_in_london, own=OWN, following=FOLLOWING) == Placement(
        Q3, supplement=False, carried=False
    )


@pytest.mark.parametrize(
    ("day", "own", "following"),
    [(date(2026, 10, 1), OWN, FOLLOWING), (date(2026, 9, 30), OWN, OWN)],
)
def test_the_windows_must_be_those_of_the_event(day, own, following):
    with pytest.raises(ValueError, match="not the windows"):
        place(day, now=moment(2026, 12, 1), own=own, following=following)


def test_a_return_gives_three_working_days():
    late_evening = datetime(2026, 9, 30, 15, 59, tzinfo=UTC)
    assert completion_until(late_evening, calendar=CALENDAR, timezone=SHANGHAI) == date(
        2026, 10, 10
    )
    assert completion_until(late_evening, calendar=CALENDAR, timezone=SHANGHAI, days=1) == date(
        2026, 10, 8
    )


# ------------------------------------------------------------------ states

STATES = list(QuarterState)


def test_states_are_called_as_the_contract_calls_them():
    assert [state.label for state in STATES] == [
        "未开始", "收集中", "已截止", "待审定", "公示中", "已发布",
    ]  # fmt: skip
    assert [state.open_for_scores for state in STATES] == [False, True, True, False, False, False]


def test_only_the_legal_moves_are_made():
    legal = {
        ("未开始", "收集中"),
        ("收集中", "已截止"),
        ("已截止", "待审定"),
        ("待审定", "公示中"),
        ("待审定", "已发布"),
        ("公示中", "已发布"),
        ("待审定", "已截止"),
        ("公示中", "已截止"),
        ("已发布", "已截止"),  # a correction
    }
    made = set()
    for state in STATES:
        for wanted in STATES:
            if (state.label, wanted.label) in legal:
                assert move(state, wanted) is wanted
                made.add((state.label, wanted.label))
            else:
                with pytest.raises(IllegalMove) as refused:
                    move(state, wanted)
                assert refused.value.facts() == {"state": state, "wanted": wanted}
    assert made == legal


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (OWN.opens_at - LAST_SECOND, QuarterState.NOT_STARTED),
        (OWN.opens_at, QuarterState.COLLECTING),
        (OWN.supplement_deadline - LAST_SECOND, QuarterState.COLLECTING),
        (OWN.supplement_deadline, QuarterState.CLOSED),
    ],
)
def test_the_first_three_states_follow_the_dates(now, state):
    assert state_by_dates(OWN, now) is state
