"""取消评先资格: departments that are ranked but not nominated, by quarter, with the reason.

Only where the centre's own document provides for it (the setting awards.disqualification).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from storage.db import insert_once
from storage.models import disqualification


def disqualified(connection: Connection, code: str) -> dict[int, str]:
    """Department id -> reason. Whether the quarter goes by it is its settings' to say."""
    rows = connection.execute(
        select(disqualification.c.department_id, disqualification.c.reason)
        .where(disqualification.c.quarter == code)
        .order_by(disqualification.c.department_id)
    )
    return {row.department_id: row.reason for row in rows}


def disqualify(
    connection: Connection,
    *,
    code: str,
    department_id: int,
    reason: str,
    person_id: int,
    now: datetime,
) -> bool:
    """False if the department was disqualified before; the first reason stays."""
    added = insert_once(
        connection,
        disqualification,
        key=("quarter", "department_id"),
        values={
            "quarter": code,
            "department_id": department_id,
            "reason": reason,
            "person_id": person_id,
            "at": now,
        },
    )
    return added is not None


def requalify(connection: Connection, *, code: str, department_id: int) -> bool:
    """Take it back; whether there was anything to take back."""
    gone = connection.execute(
        delete(disqualification)
        .where(
            disqualification.c.quarter == code,
            disqualification.c.department_id == department_id,
        )
        .returning(disqualification.c.department_id)
    ).scalar()
    return gone is not None
