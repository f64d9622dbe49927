"""本季度无可报: a department says itself that it has nothing to report for a quarter.

It keeps reminders away and has no effect on points. What the department submits all the same
counts as ever; whoever reads this asks first whether anything was reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from storage.db import insert_once
from storage.models import nothing_to_report, person


@dataclass(frozen=True, slots=True)
class Nothing:
    department_id: int
    person: str
    at: datetime


def of_quarter(connection: Connection, quarter: str) -> dict[int, Nothing]:
    """By department, whoever said so."""
    rows = connection.execute(
        select(nothing_to_report.c.department_id, person.c.name, nothing_to_report.c.at)
        .join(person, nothing_to_report.c.person_id == person.c.id)
        .where(nothing_to_report.c.quarter == quarter)
    )
    return {row[0]: Nothing(*row) for row in rows}


def say(
    connection: Connection, *, quarter: str, department_id: int, person_id: int, now: datetime
) -> bool:
    """False if it was said before."""
    values = {
        "quarter": quarter, "department_id": department_id, "person_id": person_id, "at": now,
    }  # fmt: skip
    key = ("quarter", "department_id")
    return insert_once(connection, nothing_to_report, key=key, values=values) is not None


def take_back(connection: Connection, *, quarter: str, department_id: int) -> bool:
    """Whether it had been said."""
    gone = connection.execute(
        delete(nothing_to_report).where(
            nothing_to_report.c.quarter == quarter,
            nothing_to_report.c.department_id == department_id,
        )
    )
    return bool(gone.rowcount)
