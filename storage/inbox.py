"""Keys of the updates that were handled or parked: each has its effect once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from storage.db import insert_once
from storage.models import inbox


def first_time(connection: Connection, key: str, *, now: datetime) -> bool:
    return (
        insert_once(connection, inbox, key=("key",), values={"key": key[:200], "received_at": now})
        is not None
    )


def park(connection: Connection, *, key: str, raw: str, problem: str, now: datetime) -> bool:
    """Keep an update that could not be handled, for the operator; False if it was there before."""
    return (
        insert_once(
            connection,
            inbox,
            key=("key",),
            values={
                "key": key[:200],
                "received_at": now,
                "parked": raw,
                "problem": problem[:200],
            },
        )
        is not None
    )
