"""What a check-up asks of the database: whether it is sound, and what is missing in the centre.

Looks only. Names are those of departments, sections and staff; nothing of what people wrote.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, text
from sqlalchemy.engine import Connection

from storage import sections
from storage.models import (
    account,
    blob,
    chat_group,
    department,
    inbox,
    lease,
    person,
    role,
    section,
)

_SOUND = "ok"
_STEPS = 10_000  # of SQLite's machine between two looks at the time


@dataclass(frozen=True, slots=True)
class Parked:
    """Updates that could not be handled: how many, since when the last, and why that one."""

    number: int
    last: datetime | None
    problem: str


def parked(connection: Connection) -> Parked:
    number = connection.execute(
        select(func.count()).select_from(inbox).where(inbox.c.problem.is_not(None))
    ).scalar_one()
    last = connection.execute(
        select(inbox.c.received_at, inbox.c.problem)
        .where(inbox.c.problem.is_not(None))
        .order_by(inbox.c.received_at.desc())
        .limit(1)
    ).one_or_none()
    return Parked(int(number), last and last.received_at, str(last.problem) if last else "")


def some_blobs(connection: Connection, number: int) -> list[tuple[str, int]]:
    """Name and size of files chosen at random."""
    rows = connection.execute(
        select(blob.c.sha256, blob.c.size).order_by(func.random()).limit(number)
    )
    return [(row.sha256, row.size) for row in rows]


def holders(connection: Connection, *, now: datetime) -> list[tuple[str, str]]:
    """Names and holders of the leases that have not run out."""
    rows = connection.execute(
        select(lease.c.name, lease.c.holder)
        .where(lease.c.expires_at >= now)
        .order_by(lease.c.name)
    )
    return [(row.name, row.holder) for row in rows]


# ---------------------------------------------------------------- the database itself


def pragma(connection: Connection, name: str) -> str:
    return str(connection.execute(text(f"PRAGMA {name}")).scalar())


def server_setting(connection: Connection, name: str) -> str:
    """PostgreSQL's, as SHOW tells it."""
    return str(connection.execute(text(f"SHOW {name}")).scalar())


def server_time(connection: Connection) -> datetime:
    """PostgreSQL's clock."""
    found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return found


def quick_check(connection: Connection, *, seconds: float) -> str | None:
    """SQLite's own look at its file: '' when sound, its first complaint, or None when the time did
    not suffice."""
    raw: Any = connection.connection.dbapi_connection
    end = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        found = raw.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError:
        return None
    finally:
        raw.set_progress_handler(None, 0)
    return "" if found == _SOUND else str(found)


# ---------------------------------------------------------------- the centre


def linked_addresses(connection: Connection, channel: str) -> list[str]:
    """How those are called on this channel who are linked there and have not left."""
    return list(
        connection.execute(
            select(account.c.external_id)
            .join(person, account.c.person_id == person.c.id)
            .where(account.c.channel == channel, person.c.removed_at.is_(None))
        ).scalars()
    )


def groups_on(connection: Connection, channel: str) -> dict[str, str]:
    """What was decided on each group of this channel, by its address there."""
    rows = connection.execute(
        select(account.c.external_id, chat_group.c.state)
        .join(chat_group, chat_group.c.account_id == account.c.id)
        .where(account.c.channel == channel)
    )
    return {row.external_id: row.state for row in rows}


def people_without_account(connection: Connection) -> list[str]:
    linked = exists().where(account.c.person_id == person.c.id)
    return _names(connection, person.c.name, person.c.removed_at.is_(None) & ~linked)


def people_elsewhere(connection: Connection, channels: Sequence[str]) -> dict[str, list[str]]:
    """Linked, but by no account on one of these channels: names by the channel they are on."""
    other = account.alias()
    here = exists().where(other.c.person_id == person.c.id, other.c.channel.in_(channels))
    rows = connection.execute(
        select(account.c.channel, person.c.name)
        .join(person, account.c.person_id == person.c.id)
        .where(person.c.removed_at.is_(None), ~here)
        .distinct()
        .order_by(account.c.channel, person.c.name)
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.channel, []).append(row.name)
    return found


def departments_without_reporter(connection: Connection) -> list[str]:
    """Neither a liaison nor a head."""
    reports = (
        exists()
        .where(role.c.department_id == department.c.id, role.c.role.in_(("liaison", "head")))
        .where(role.c.person_id == person.c.id, person.c.removed_at.is_(None))
    )
    here = department.c.removed_at.is_(None) & department.c.resident_to.is_(None)
    return _names(connection, department.c.short_name, here & ~reports)


def sections_without_contact(connection: Connection) -> list[str]:
    nobody = (section.c.contact == "") | (section.c.phone == "")
    return _names(connection, section.c.name, section.c.removed_at.is_(None) & nobody)


def rows_without_section(connection: Connection, rows: dict[str, str]) -> list[str]:
    """Names of those of `rows` (name by id) that nobody scores."""
    owners = sections.row_owners(connection)
    return [name for id_, name in rows.items() if id_ not in owners]


def _names(
    connection: Connection, column: ColumnElement[str], which: ColumnElement[bool]
) -> list[str]:
    return list(connection.execute(select(column).where(which).order_by(column)).scalars())
