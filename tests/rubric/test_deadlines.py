"""Dates move in order, never into the past; an extension is later than what all have."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric.deadlines import (
    Deadline,
    DeadlinePast,
    DeadlineSame,
    DeadlinesDisordered,
    ExtensionNeedless,
    differences,
    extend,
    move_deadline,
)
from rubric.errors import UserError
from rubric.quarter import Quarter, Windows

TODAY = date(2027, 1, 5)
DATES = Windows(
    quarter=Quarter(2026, 4),
    opens=date(2026, 10, 1),
    report_until=date(2027, 1, 6),
    supplement_until=date(2027, 1, 8),
    score_until=date(2027, 1, 19),
    provisional=True,
    timezone=ZoneInfo("Asia/Shanghai"),
)
DAYS = st.integers(-30, 60).map(lambda n: TODAY + timedelta(days=n))


def ordered(dates: Windows) -> bool:
    days = [dates.opens, dates.report_until, dates.supplement_until, dates.score_until]
    return days == sorted(days)


def test_one_date_moves_and_the_others_stay():
    moved = move_deadline(DATES, Deadline.SUPPLEMENT, date(2027, 1, 9), today=TODAY)
    assert moved == replace(DATES, supplement_until=date(2027, 1, 9))
    assert differences(DATES, moved) == (
        (Deadline.SUPPLEMENT, date(2027, 1, 8), date(2027, 1, 9)),
    )


@pytest.mark.parametrize("which", list(Deadline))
def test_today_is_early_enough_and_equal_dates_are_in_order(which):
    same = replace(DATES, report_until=TODAY, supplement_until=TODAY, score_until=TODAY)
    later = replace(same, score_until=date(2027, 1, 19))
    assert move_deadline(later, Deadline.SCORE, TODAY, today=TODAY) == same
    with pytest.raises(DeadlineSame):
        move_deadline(same, which, TODAY, today=TODAY)
    with pytest.raises(DeadlinePast):
        move_deadline(same, which, TODAY - timedelta(days=1), today=TODAY)


@given(st.sampled_from(list(Deadline)), DAYS)
def test_whatever_is_moved_stays_in_order(which, day):
    try:
        moved = move_deadline(DATES, which, day, today=TODAY)
    except UserError:
        earlier = [
            each for each in Deadline if list(Deadline).index(each) < list(Deadline).index(which)
        ]
        behind = [
            each for each in Deadline if list(Deadline).index(each) > list(Deadline).index(which)
        ]
        assert (
            day < TODAY
            or day == which.of(DATES)
            or any(day < each.of(DATES) for each in earlier)
            or any(day > each.of(DATES) for each in behind)
        )
    else:
        assert ordered(moved)
        assert which.of(moved) == day


def test_the_start_is_a_bound_too():
    early = replace(DATES, opens=date(2027, 4, 1), report_until=date(2027, 7, 5))
    with pytest.raises(DeadlinesDisordered) as refused:
        move_deadline(early, Deadline.REPORT, date(2027, 3, 31), today=TODAY)
    assert refused.value.other == "季度开始"


def test_an_extension_takes_the_later_date_along():
    found = extend(DATES, DATES, Deadline.REPORT, date(2027, 1, 12), today=TODAY)
    assert (found.report_until, found.supplement_until) == (date(2027, 1, 12),) * 2
    further = extend(DATES, found, Deadline.SUPPLEMENT, date(2027, 1, 14), today=TODAY)
    assert (further.report_until, further.supplement_until) == (
        date(2027, 1, 12),
        date(2027, 1, 14),
    )


@pytest.mark.parametrize(
    ("which", "day", "error"),
    [
        (Deadline.REPORT, date(2027, 1, 4), DeadlinePast),
        (Deadline.REPORT, date(2027, 1, 5), ExtensionNeedless),
        (Deadline.REPORT, date(2027, 1, 12), DeadlineSame),
        (Deadline.SUPPLEMENT, date(2027, 1, 8), ExtensionNeedless),
        (Deadline.SUPPLEMENT, date(2027, 1, 11), DeadlinesDisordered),
        (Deadline.SUPPLEMENT, date(2027, 1, 20), DeadlinesDisordered),
        (Deadline.REPORT, date(2027, 1, 20), DeadlinesDisordered),
    ],
)
def test_an_extension_that_cannot_be(which, day, error):
    own = replace(DATES, report_until=date(2027, 1, 12), supplement_until=date(2027, 1, 14))
    with pytest.raises(error):
        extend(DATES, own, which, day, today=TODAY)


@given(st.sampled_from([Deadline.REPORT, Deadline.SUPPLEMENT]), DAYS)
def test_an_extension_is_later_and_in_order(which, day):
    try:
        found = extend(DATES, DATES, which, day, today=TODAY)
    except UserError:
        assert day <= which.of(DATES) or day > DATES.score_until
    else:
        assert ordered(found)
        assert which.of(found) == day > which.of(DATES)
