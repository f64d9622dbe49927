"""The half of a quarter, counted in working days, and its last day."""

from __future__ import annotations

from datetime import date

import pytest

from rubric.quarter import Quarter, WorkCalendar
from rubric.residence import Absence, absence

Q4 = Quarter(2026, 4)
# 66 working days by weekdays alone: 33 are half of them
CALENDAR = WorkCalendar()


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, None),
        (date(2026, 10, 1), date(2026, 12, 31), None),
        (date(2020, 1, 1), date(2030, 1, 1), None),
        # 17 November to 31 December: 33 working days
        (date(2026, 11, 17), None, None),
        (date(2026, 11, 18), None, Absence.TOO_SHORT),
        (date(2026, 12, 31), None, Absence.TOO_SHORT),
        (date(2027, 1, 1), None, Absence.GONE),
        (None, date(2026, 12, 30), Absence.GONE),
        (None, date(2026, 9, 30), Absence.GONE),
    ],
)
def test_resident_on_the_last_day_and_half_of_the_working_days(first, last, expected):
    assert CALENDAR.workdays_between(Q4.first_day, Q4.last_day) == 66
    assert absence(Q4, CALENDAR, resident_from=first, resident_to=last) == expected
