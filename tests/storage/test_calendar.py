"""Working days as the State Council planned them, as the law fixes them, as the admin said."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from rubric.quarter import Quarter, windows
from storage.calendar import work_calendar

CALENDAR = work_calendar({})


def off_days(year: int) -> list[tuple[int, int]]:
    """Weekdays that are not worked."""
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    return [
        (day.month, day.day)
        for day in days
        if day.year == year and day.weekday() < 5 and not CALENDAR.is_workday(day)
    ]


def test_a_sunday_is_worked_for_national_day():
    assert CALENDAR.is_workday(date(2025, 9, 28))
    assert date(2025, 9, 28).weekday() == 6
    assert not CALENDAR.provisional(date(2025, 9, 28))


def test_national_day_and_its_bridging_days_are_off():
    assert [n for n in range(1, 10) if CALENDAR.is_workday(date(2025, 10, n))] == [9]
    assert CALENDAR.is_workday(date(2025, 10, 11))


def test_a_known_year_is_off_as_its_plan_says():
    assert off_days(2026) == [
        (1, 1), (1, 2),
        (2, 16), (2, 17), (2, 18), (2, 19), (2, 20), (2, 23),
        (4, 6), (5, 1), (5, 4), (5, 5), (6, 19), (9, 25),
        (10, 1), (10, 2), (10, 5), (10, 6), (10, 7),
    ]  # fmt: skip


def test_a_year_without_a_plan_has_the_holidays_of_the_law_and_is_provisional():
    assert off_days(2027) == [
        (1, 1), (2, 5), (2, 8), (4, 5), (6, 9), (9, 15), (10, 1),
    ]  # fmt: skip
    assert off_days(2028) == [
        (1, 25), (1, 26), (1, 27), (1, 28), (4, 4), (5, 1), (5, 2), (10, 2), (10, 3),
    ]  # fmt: skip
    assert CALENDAR.provisional(date(2027, 3, 3))
    assert not CALENDAR.provisional(date(2026, 12, 31))


def test_beyond_the_table_only_days_of_the_sun_are_known():
    assert off_days(2052) == [(1, 1), (4, 4), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)]
    assert not CALENDAR.is_workday(date(2099, 10, 1))
    assert CALENDAR.is_workday(date(2003, 10, 1))
    assert CALENDAR.provisional(date(2003, 10, 1))


@pytest.mark.parametrize("worked", [True, False])
def test_the_admin_s_word_wins_and_is_final(worked):
    days = (date(2027, 2, 6), date(2027, 2, 9), date(2026, 10, 7), date(2026, 10, 10))
    calendar = work_calendar(dict.fromkeys(days, worked))
    assert [calendar.is_workday(day) for day in days] == [worked] * 4
    assert [calendar.provisional(day) for day in days] == [False] * 4
    assert calendar.provisional(date(2027, 2, 10))
    assert work_calendar({}) == CALENDAR


@pytest.mark.parametrize(
    ("quarter", "dates", "provisional"),
    [
        ("2026Q1", [date(2026, 4, 3), date(2026, 4, 8), date(2026, 4, 17)], False),
        ("2026Q3", [date(2026, 10, 10), date(2026, 10, 13), date(2026, 10, 22)], False),
        ("2025Q3", [date(2025, 10, 11), date(2025, 10, 14), date(2025, 10, 23)], False),
        ("2026Q4", [date(2027, 1, 6), date(2027, 1, 8), date(2027, 1, 19)], True),
    ],
)
def test_the_dates_of_a_quarter(quarter, dates, provisional):
    found = windows(Quarter.parse(quarter), CALENDAR, timezone=ZoneInfo("Asia/Shanghai"))
    assert [found.report_until, found.supplement_until, found.score_until] == dates
    assert found.provisional is provisional


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2025, ["2025-03-27", "2025-06-26", "2025-09-28", "2025-12-29"]),
        (2026, ["2026-03-27", "2026-06-26", "2026-09-28", "2026-12-29"]),
        (2027, ["2027-03-29", "2027-06-28", "2027-09-28", "2027-12-29"]),
        (2028, ["2028-03-29", "2028-06-28", "2028-09-27", "2028-12-27"]),
    ],
)
def test_a_quarter_has_three_working_days_from_its_third_last_one(year, days):
    assert [
        CALENDAR.workdays_between(date.fromisoformat(day), Quarter(year, n).last_day)
        for n, day in enumerate(days, start=1)
    ] == [3, 3, 3, 3]
