"""Who takes part in a quarter: resident on its last day and for half of its working days.

本中心规定; the notice says nothing of departments that come or leave in mid-quarter.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from rubric.quarter import Quarter, WorkCalendar


class Absence(StrEnum):
    """Why a department is 不参评 for want of residence, in words."""

    GONE = "季度最后一天不在中心"
    TOO_SHORT = "在中心的工作日不足本季度一半"


def absence(
    quarter: Quarter,
    calendar: WorkCalendar,
    *,
    resident_from: date | None,
    resident_to: date | None,
) -> Absence | None:
    """None for a department that is assessed. Both days are included; an empty first day means
    since before the quarter, an empty last day still there."""
    first, last = quarter.first_day, quarter.last_day
    begun, ended = resident_from or first, resident_to or last
    if begun > last or ended < last:
        return Absence.GONE
    if begun <= first:
        return None
    there = calendar.workdays_between(begun, last)
    if there * 2 < calendar.workdays_between(first, last):
        return Absence.TOO_SHORT
    return None
