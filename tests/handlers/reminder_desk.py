"""What the tests of reminders share: ticks at a moment, and what everybody heard of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select

from handlers.jobs import expiry, reminders
from handlers.occasion import Occasion
from rubric.quarter import Quarter, Windows
from storage import extensions
from storage.models import outbox, reminder
from tests.chat import ZONE, Centre, User


def tick(centre: Centre, at: datetime | None = None) -> int:
    """What is overdue expires and what is due is told at that moment, each job in a transaction of
    its own, as the program does; how many messages were queued. They are delivered."""
    centre.now = at or centre.now
    notices = 0
    for job in (expiry.run, reminders.run):
        with centre.database.begin() as connection:
            occasion = Occasion(connection, centre.now, centre.desk.premises)
            job(occasion)
            notices += occasion.notices
    centre.deliver_notices()
    return notices


def morning(day: str | date, hour: int = 9, minute: int = 0) -> datetime:
    """2026-12-23 or the day, at 9:00."""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(found.year, found.month, found.day, hour, minute, tzinfo=ZONE)


def mornings(centre: Centre, first: str, last: str) -> dict[str, dict[str, list[str]]]:
    """A tick at 9:00 of each of these days: day -> person -> what they were reminded of."""
    found: dict[str, dict[str, list[str]]] = {}
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        heard = told(centre, day)
        if heard:
            found[day.isoformat()] = heard
        day += timedelta(days=1)
    return found


def told(centre: Centre, day: str | date) -> dict[str, list[str]]:
    """Person -> what a tick at 9:00 of this day tells them."""
    for user in centre.people.values():
        user.heard.clear()
    tick(centre, morning(day))
    return {user.name: heard for user in centre.people.values() if (heard := user.hears)}


def kept(centre: Centre, user: User) -> list[tuple[str, str]]:
    """What the person was reminded of, as it is kept."""
    with centre.database.read() as connection:
        rows = connection.execute(
            select(reminder.c.kind, reminder.c.subject)
            .where(reminder.c.person_id == user.person_id)
            .order_by(reminder.c.at, reminder.c.kind)
        )
        return [(kind, subject) for kind, subject in rows]


def keys(centre: Centre) -> list[str]:
    with centre.database.read() as connection:
        return list(
            connection.execute(
                select(outbox.c.key).where(outbox.c.key.startswith("reminder:")).order_by("key")
            ).scalars()
        )


def extend(centre: Centre, code: str, report_until: date, supplement_until: date) -> None:
    with centre.database.begin() as connection:
        extensions.grant(
            connection,
            code="2026Q4",
            department_id=centre.departments[code],
            dates=Windows(
                Quarter(2026, 4), date(2026, 10, 1), report_until, supplement_until,
                date(2027, 1, 19), False, ZONE,
            ),
            reason="搬迁",
            person_id=next(iter(centre.people.values())).person_id,
            now=centre.now,
        )  # fmt: skip
