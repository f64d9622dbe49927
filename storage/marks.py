"""How far a timed rule has come: one word a rule, compared by equality only.

A word that names a day says that the rule has been seen to on that day; it is never compared by
order, so that a clock that goes ahead and comes back silences no day.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from storage.db import insert_once
from storage.models import job_mark
from storage.prepared import Prepared

_READ = select(job_mark.c.mark).where(job_mark.c.name == bindparam("name"))
_FIND = Prepared(_READ)
_HOLD = Prepared(_READ.with_for_update())


def read(connection: Connection, name: str) -> str:
    """'' as long as there is none."""
    return str(_FIND.scalar(connection, {"name": name}) or "")


def hold(connection: Connection, name: str, *, now: datetime) -> str:
    """As `read`, and nobody else holds or sets it until this transaction ends."""
    insert_once(connection, job_mark, key=("name",), values={"name": name, "mark": "", "at": now})
    return str(_HOLD.scalar(connection, {"name": name}))


def set_mark(connection: Connection, name: str, mark: str, *, now: datetime) -> None:
    """The caller holds it."""
    connection.execute(update(job_mark).where(job_mark.c.name == name).values(mark=mark, at=now))
