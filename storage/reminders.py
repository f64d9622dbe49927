"""What everybody has been reminded of, and who can be reminded: read for all at once.

A reminder is kept by person, kind and subject, once; the day on which it was told is what the
rules go by (`rubric.reminders`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.engine import Connection

from storage import accounts
from storage.db import insert_once
from storage.evidence import FILLED, Item, items, statement
from storage.models import account, audit, evidence, person, reminder, role
from storage.prepared import Prepared

# after these somebody may be reminded of something on the same day who couldn't be before
TELLING: Final = (
    "account.link", "account.unblocked", "role.grant", "role.hand_over",
    "leave.enter", "leave.end",
    "quarter.dates", "quarter.extend", "quarter.extension_end",
    "calendar.set", "calendar.remove", "setting.set", "setting.reset",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """`subject` begins with what it is about, a quarter's code if it is about one."""

    person_id: int
    kind: str
    subject: str
    at: datetime


def told(connection: Connection, subjects: Collection[str]) -> list[Told]:
    """What anybody was told about subjects that begin so."""
    if not subjects:
        return []
    about = or_(*(reminder.c.subject.startswith(each, autoescape=True) for each in subjects))
    rows = connection.execute(
        select(reminder.c.person_id, reminder.c.kind, reminder.c.subject, reminder.c.at)
        .where(about)
        .order_by(reminder.c.at)
    )
    return [Told(*row) for row in rows]


def remember(
    connection: Connection, *, person_id: int, kind: str, subject: str, due: date, now: datetime
) -> bool:
    """False if the person was reminded of this before."""
    values = {
        "person_id": person_id, "kind": kind, "subject": subject, "due": due, "at": now,
    }  # fmt: skip
    key = ("person_id", "kind", "subject")
    return insert_once(connection, reminder, key=key, values=values) is not None


_CHANGES = Prepared(
    select(func.count())
    .select_from(audit)
    .where(
        audit.c.at >= bindparam("since"),
        audit.c.result == "ok",
        or_(*(audit.c.action == action for action in TELLING)),
    )
)


def changes(connection: Connection, *, since: datetime) -> int:
    """How often something has happened since that lets a day's reminders be looked at again."""
    return int(_CHANGES.scalar(connection, {"since": since}))


# ---------------------------------------------------------------- who can be reminded


def liaisons(connection: Connection, department_ids: Collection[int]) -> dict[int, list[int]]:
    """Department id -> its liaisons' ids, in order; heads are none of them."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for department_id, person_id in connection.execute(
        select(role.c.department_id, role.c.person_id)
        .join(person, role.c.person_id == person.c.id)
        .where(
            role.c.role == "liaison",
            role.c.department_id.in_(department_ids),
            person.c.removed_at.is_(None),
        )
        .order_by(role.c.person_id)
    ):
        found[department_id].append(person_id)
    return dict(found)


def reachable(
    connection: Connection, person_ids: Iterable[int], *, channels: Collection[str] = ()
) -> frozenset[int]:
    """Those of them who have an account that can be written to, on one of these channels if any
    are named."""
    return frozenset(
        connection.execute(
            select(account.c.person_id)
            .join(person, account.c.person_id == person.c.id)
            .where(
                account.c.person_id.in_(set(person_ids)),
                accounts.reachable(channels),
            )
        ).scalars()
    )


# ---------------------------------------------------------------- what is owed


def drafts(connection: Connection) -> list[Item]:
    """Every department's own drafts that hold anything, working copies among them; not what
    others are recording for it."""
    return items(
        connection,
        statement()
        .where(evidence.c.state == "draft", ~evidence.c.proxy, FILLED)
        .order_by(evidence.c.department_id, evidence.c.id),
    )


def in_state(connection: Connection, state: str, quarters: Sequence[str]) -> list[Item]:
    """Items of these quarters, the one that was submitted first in front."""
    return items(
        connection,
        statement()
        .where(evidence.c.state == state, evidence.c.quarter.in_(quarters))
        .order_by(evidence.c.submitted_at, evidence.c.id),
    )
