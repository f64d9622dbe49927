"""From when to when, as people type it."""

from __future__ import annotations

from datetime import date

import pytest

from rubric.dates import DateImpossible, DateUnreadable, parse_ahead
from rubric.leave import (
    LeaveOver,
    LeaveReversed,
    LeaveTooFar,
    LeaveUnreadable,
    check_span,
    parse_span,
)

TODAY = date(2026, 11, 3)  # a Tuesday


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("今天", "2026-11-03", "2026-11-03"),
        ("明天", "2026-11-04", "2026-11-04"),
        ("后天", "2026-11-05", "2026-11-05"),
        ("周五", "2026-11-06", "2026-11-06"),
        ("周二", "2026-11-03", "2026-11-03"),
        ("周一", "2026-11-09", "2026-11-09"),
        ("本周一", "2026-11-02", "2026-11-02"),
        ("下周一", "2026-11-09", "2026-11-09"),
        ("3号", "2026-11-03", "2026-11-03"),
        ("2号", "2026-12-02", "2026-12-02"),
        ("31日", "2026-12-31", "2026-12-31"),
        ("下月1号", "2026-12-01", "2026-12-01"),
        ("本月8号", "2026-11-08", "2026-11-08"),
        ("11月3日", "2026-11-03", "2026-11-03"),
        ("10.5", "2026-10-05", "2026-10-05"),  # a month ago it may have begun
        ("10.2", "2027-10-02", "2027-10-02"),
        ("2.29", "2028-02-29", "2028-02-29"),
        ("12月31日", "2026-12-31", "2026-12-31"),
        ("20261103", "2026-11-03", "2026-11-03"),
        ("11月3日-11月8日", "2026-11-03", "2026-11-08"),
        ("11月3日至8日", "2026-11-03", "2026-11-08"),
        ("11.3至11.8", "2026-11-03", "2026-11-08"),
        ("11-3-11-8", "2026-11-03", "2026-11-08"),
        ("11.3～11.8", "2026-11-03", "2026-11-08"),
        ("１１．３ — １１．８", "2026-11-03", "2026-11-08"),
        ("2026-11-03到2026-11-08", "2026-11-03", "2026-11-08"),
        ("明天到下周五", "2026-11-04", "2026-11-13"),
        ("下周一到周五", "2026-11-09", "2026-11-13"),
        ("12.28-1.3", "2026-12-28", "2027-01-03"),
        ("12月28日至2027年2月29日", None, None),
        ("2028.2.28-2028.2.29", "2028-02-28", "2028-02-29"),
    ],
)
def test_what_is_understood(typed, first, last):
    if first is None:
        with pytest.raises(DateImpossible):
            parse_span(typed, today=TODAY)
    else:
        assert parse_span(typed, today=TODAY) == (day(first), day(last))


@pytest.mark.parametrize(
    "typed", ["", "  ", "三天", "11.3-", "-", "11.3至", "明天和后天", "1" * 61]
)
def test_what_is_not(typed):
    with pytest.raises(LeaveUnreadable):
        parse_span(typed, today=TODAY)


@pytest.mark.parametrize("typed", ["2月30日", "32号", "13.1", "11.3至11.31", "11月3日（周五）"])
def test_no_such_day(typed):
    with pytest.raises(DateImpossible):
        parse_span(typed, today=TODAY)


def test_one_day_ahead_is_no_span():
    with pytest.raises(DateUnreadable):
        parse_ahead("11.3至11.8", today=TODAY)


@pytest.mark.parametrize(
    ("first", "last", "error"),
    [
        ("2026-11-01", "2026-11-03", None),
        ("2026-11-03", "2026-11-03", None),
        ("2026-12-01", "2027-11-04", None),
        ("2026-12-01", "2027-11-05", LeaveTooFar),
        ("2026-11-01", "2026-11-02", LeaveOver),
        ("2026-11-05", "2026-11-04", LeaveReversed),
    ],
)
def test_what_a_leave_may_be(first, last, error):
    if error is None:
        check_span(day(first), day(last), today=TODAY)
    else:
        with pytest.raises(error):
            check_span(day(first), day(last), today=TODAY)
