"""Hours in which nobody wants to be disturbed, as they are typed and said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric.quiet import DAY, HoursUnreadable, Quiet, parse_hours


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("22:00-7:00", "22:00至次日7:00"),
        ("22-7", "22:00至次日7:00"),
        ("２２：００－７：００", "22:00至次日7:00"),
        ("22:00 — 07:00", "22:00至次日7:00"),
        ("22点到7点", "22:00至次日7:00"),
        ("每天22点至次日7点", "22:00至次日7:00"),
        ("晚上10点半到早上6点30分", "22:30至次日6:30"),
        ("下午1点~下午2点", "13:00至14:00"),
        ("12:00–13:30", "12:00至13:30"),
        ("22.30-6.15", "22:30至次日6:15"),
        ("20:00-24:00", "20:00至24:00"),
        ("0:00-7:00", "0:00至7:00"),
        ("24:00-7:00", "0:00至7:00"),
        ("晚上12点-早上6点", "0:00至6:00"),
        ("凌晨12点-6点", "0:00至6:00"),
        ("中午12点-中午1点半", "12:00至13:30"),
    ],
)
def test_hours_are_understood_and_said(typed: str, said: str):
    assert str(parse_hours(typed)) == said


@pytest.mark.parametrize(
    "typed",
    ["", "22", "22:00", "25:00-7:00", "22:60-7:00", "24:01-7:00", "7-7", "0-24", "22:00-", "晚上"],
)
def test_what_is_no_hours_is_said_so(typed: str):
    with pytest.raises(HoursUnreadable) as found:
        parse_hours(typed)
    assert found.value.facts() == {"typed": typed}


@given(st.integers(0, DAY - 1), st.integers(0, DAY - 1))
def test_what_is_said_is_understood_again(first: int, until: int):
    if first == until:
        with pytest.raises(ValueError, match="no hours"):
            Quiet(first, until)
        return
    quiet = Quiet(first, until)
    assert parse_hours(str(quiet)) == quiet


def test_only_minutes_of_a_day():
    for first, until in ((-1, 5), (5, DAY), (DAY, 5)):
        with pytest.raises(ValueError, match="no hours"):
            Quiet(first, until)
