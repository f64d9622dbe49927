"""Later deadlines of single departments in a quarter, as the admin granted them.

A department has one extension a quarter, with both dates; a further one takes its place. It only
ever makes dates later: where the quarter's own have moved behind it, they count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

from sqlalchemy import bindparam, delete, select
from sqlalchemy.engine import Connection

from rubric.quarter import Windows, end_of
from storage.models import department, extension
from storage.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Extension:
    """`department` is the short name; `at` when it was granted last."""

    quarter: str
    department_id: int
    department: str
    report_until: date
    supplement_until: date
    reason: str
    at: datetime


_COLUMNS = (
    extension.c.quarter,
    extension.c.department_id,
    department.c.short_name,
    extension.c.report_until,
    extension.c.supplement_until,
    extension.c.reason,
    extension.c.at,
)
_SPAN = Prepared(
    select(*_COLUMNS)
    .join(department, extension.c.department_id == department.c.id)
    .where(extension.c.quarter.between(bindparam("first"), bindparam("last")))
    .order_by(extension.c.quarter, extension.c.department_id)
)
_OF_DEPARTMENT = Prepared(
    select(*_COLUMNS)
    .join(department, extension.c.department_id == department.c.id)
    .where(
        extension.c.department_id == bindparam("department"),
        extension.c.quarter.between(bindparam("first"), bindparam("last")),
    )
)


def span(connection: Connection, first: str, last: str) -> list[Extension]:
    """Those of the quarters from `first` to `last`, in the order of quarters and departments."""
    return [Extension(*row) for row in _SPAN.all(connection, {"first": first, "last": last})]


def extensions(connection: Connection, code: str) -> list[Extension]:
    """Those of one quarter, in the order of the register."""
    return span(connection, code, code)


def of_department(
    connection: Connection, department_id: int, *, first: str, last: str
) -> dict[str, Extension]:
    """One department's, by quarter code."""
    values = {"department": department_id, "first": first, "last": last}
    return {row.quarter: Extension(*row) for row in _OF_DEPARTMENT.all(connection, values)}


def extended(dates: Windows, given: Extension | None) -> Windows:
    """The dates as they are for the department that has this extension."""
    if given is None:
        return dates
    return replace(
        dates,
        report_until=max(dates.report_until, given.report_until),
        supplement_until=max(dates.supplement_until, given.supplement_until),
    )


def running(
    connection: Connection, code: str, *, now: datetime, timezone: tzinfo
) -> list[Extension]:
    """Those of the quarter whose 补报截止 has not passed."""
    return [
        each
        for each in extensions(connection, code)
        if now < end_of(each.supplement_until, timezone)
    ]


def grant(
    connection: Connection,
    *,
    code: str,
    department_id: int,
    dates: Windows,
    reason: str,
    person_id: int,
    now: datetime,
) -> None:
    """In place of the department's earlier one. The caller has locked the quarter's row."""
    revoke(connection, code=code, department_id=department_id)
    connection.execute(
        extension.insert().inline(),
        {
            "quarter": code,
            "department_id": department_id,
            "report_until": dates.report_until,
            "supplement_until": dates.supplement_until,
            "reason": reason,
            "person_id": person_id,
            "at": now,
        },
    )


def revoke(connection: Connection, *, code: str, department_id: int) -> None:
    """The quarter's own dates count again for the department."""
    connection.execute(
        delete(extension).where(
            extension.c.quarter == code, extension.c.department_id == department_id
        )
    )
