"""Reminds, once a working day in office hours; again on the same day only when something has
happened that lets people be told who couldn't be before.

The mark says for which day, and after how many such happenings, all was looked at; so every other
tick of the day is one look at it.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Final

from handlers import reminding
from handlers.occasion import Occasion
from storage import leaves, marks, reminders

NAME: Final = "reminders"


def run(occasion: Occasion) -> None:
    mark = _mark(occasion)
    if marks.read(occasion.connection, NAME) == mark or _too_early(occasion):
        return
    # another process may have been quicker since
    fresh = marks.hold(occasion.connection, NAME, now=occasion.now) != mark
    if fresh and occasion.office_hours():
        deputies = leaves.deputies_on(occasion.connection, occasion.today)
        reminding.remind(occasion, deputies=deputies)
    marks.set_mark(occasion.connection, NAME, mark, now=occasion.now)


def _mark(occasion: Occasion) -> str:
    zone = occasion.premises.zone
    today = occasion.premises.today(occasion.now)
    midnight = datetime.combine(today, time(), zone)
    return f"{today}:{reminders.changes(occasion.connection, since=midnight)}"


def _too_early(occasion: Occasion) -> bool:
    """Whether the hours of this working day are still to begin."""
    local = occasion.now.astimezone(occasion.premises.zone)
    return local.time() < occasion.hours()[0] and occasion.calendar.is_workday(local.date())
