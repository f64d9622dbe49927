"""本中心规定 as the admin has set it: only what differs from its default has a row.

What a quarter has copied when it opened stands in its own row; see `storage.quarters`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from rubric.settings import Plain
from storage.models import person, setting
from storage.names import one_at_a_time
from storage.prepared import Prepared

_ALL = Prepared(select(setting.c.key, setting.c.value))


def read_settings(connection: Connection) -> dict[str, Plain]:
    """Values by key, to be read through `rubric.settings`' `of`."""
    return {row.key: row.value for row in _ALL.all(connection, {})}


@dataclass(frozen=True, slots=True)
class Rule:
    """A value that was set: the document it rests on, or where there is none the reason; `person`
    is who set it."""

    value: Plain
    basis: str
    reason: str
    person: str
    at: datetime


def rules(connection: Connection) -> dict[str, Rule]:
    """By key, those that were set."""
    rows = connection.execute(
        select(
            setting.c.key,
            setting.c.value,
            setting.c.basis,
            setting.c.reason,
            person.c.name,
            setting.c.at,
        ).outerjoin(person, setting.c.person_id == person.c.id)
    )
    return {
        row.key: Rule(row.value, row.basis, row.reason, row.name or "", row.at) for row in rows
    }


def set_rule(
    connection: Connection,
    *,
    key: str,
    value: Plain,
    basis: str,
    reason: str,
    person_id: int,
    now: datetime,
) -> None:
    """In place of what was set before. `rubric.settings` has found the value legal."""
    forget_rule(connection, key)
    connection.execute(
        setting.insert(),
        {
            "key": key,
            "value": value,
            "basis": basis,
            "reason": reason,
            "person_id": person_id,
            "at": now,
        },
    )


def forget_rule(connection: Connection, key: str) -> None:
    """The default counts again."""
    one_at_a_time(connection)
    connection.execute(delete(setting).where(setting.c.key == key))
