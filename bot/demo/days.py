"""Days of a quarter of the demonstration, counted in working days from its fourth one after it.

That is the morning on which the demonstration begins, between 报送截止 and 补报截止.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from rubric.quarter import Quarter, WorkCalendar

OPENING: Final = time(9, 30)


@dataclass(frozen=True, slots=True)
class Days:
    """`morning` is that of day 0. Day 1 is the working day before, 报送截止; from 4 on days lie in
    the quarter; -1 is 补报截止, -8 评分截止."""

    quarter: Quarter
    morning: datetime
    calendar: WorkCalendar

    def back(self, days: int) -> date:
        day = self.morning.date()
        if days < 0:
            return self.calendar.nth_workday_after(day, -days)
        while days:
            day -= timedelta(days=1)
            days -= self.calendar.is_workday(day)
        return day

    def at(self, days: int, hour: time) -> datetime:
        return datetime.combine(self.back(days), hour, self.morning.tzinfo)


def days_of(quarter: Quarter, calendar: WorkCalendar, zone: tzinfo, *, after: int) -> Days:
    """`after`: the morning is that of the working day of this number after the quarter."""
    day = calendar.nth_workday_after(quarter.last_day, after)
    return Days(quarter, datetime.combine(day, OPENING, zone), calendar)
