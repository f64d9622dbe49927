"""Reading the audit log, newest first: by who, about what, when and how it ended.

Pages are cut at an entry's id and nothing is counted, so the log may be of any length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Text, cast, or_, select
from sqlalchemy.engine import Connection

from storage.models import audit, evidence, person


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `person_id` None: an unknown account, or the program by itself."""

    id: int
    at: datetime
    person_id: int | None
    account_id: int | None
    action: str
    object: str
    result: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is empty doesn't matter. `person_id` 0 is the program itself."""

    person_id: int | None = None
    department_id: int = 0
    item_id: int = 0
    quarter: str = ""
    since: datetime | None = None
    until: datetime | None = None
    refused: bool = False


_COLUMNS = tuple(audit.c[name] for name in Entry.__dataclass_fields__)


def older(
    connection: Connection, wanted: Wanted, *, than: int | None = None, limit: int
) -> list[Entry]:
    """Newest first; from the newest of all without `than`."""
    found = select(*_COLUMNS).where(*_conditions(wanted))
    if than is not None:
        found = found.where(audit.c.id < than)
    rows = connection.execute(found.order_by(audit.c.id.desc()).limit(limit))
    return [Entry(*row) for row in rows]


def newer(connection: Connection, wanted: Wanted, *, than: int, limit: int) -> list[Entry]:
    """Those next to `than`, newest first too."""
    found = select(*_COLUMNS).where(*_conditions(wanted), audit.c.id > than)
    rows = connection.execute(found.order_by(audit.c.id).limit(limit)).all()
    return [Entry(*row) for row in reversed(rows)]


def find(connection: Connection, entry_id: int) -> Entry | None:
    row = connection.execute(select(*_COLUMNS).where(audit.c.id == entry_id)).one_or_none()
    return None if row is None else Entry(*row)


def find_name(connection: Connection, person_id: int) -> str | None:
    """Also of a removed person; None for an id that is nobody's."""
    return connection.execute(select(person.c.name).where(person.c.id == person_id)).scalar()


def everybody_named(connection: Connection, part: str, *, limit: int) -> list[tuple[int, str]]:
    """Whose name is this, else contains it; removed ones too, for what they did before."""
    for wanted in (person.c.name == part, person.c.name.contains(part, autoescape=True)):
        found = select(person.c.id, person.c.name).where(wanted).order_by(person.c.id).limit(limit)
        if rows := connection.execute(found).all():
            return [(row.id, row.name) for row in rows]
    return []


def receipts(
    connection: Connection, department_id: int, *, number: int, quarter: str = ""
) -> list[int]:
    """Ids of the evidence with this receipt, newest first: one in each quarter, or in this one."""
    found = select(evidence.c.id).where(
        evidence.c.department_id == department_id, evidence.c.number == number
    )
    if quarter:
        found = found.where(evidence.c.quarter == quarter)
    return list(connection.execute(found.order_by(evidence.c.quarter.desc())).scalars())


def _conditions(wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if wanted.person_id is not None:
        found.append(audit.c.person_id.is_not_distinct_from(wanted.person_id or None))
    if wanted.department_id:
        found.append(_of_department(wanted.department_id))
    if wanted.item_id:
        found.append(_of_item(wanted.item_id))
    if wanted.quarter:
        found.append(_of_quarter(wanted.quarter))
    if wanted.since is not None:
        found.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(audit.c.at < wanted.until)
    if wanted.refused:
        found.append(audit.c.result != "ok")
    return found


def _of_department(id_: int) -> Any:
    """Itself, its evidence, its cells, and whatever names it."""
    return or_(
        audit.c.action.startswith("department.") & (audit.c.object == str(id_)),
        _evidence(evidence.c.department_id == id_),
        audit.c.action.startswith("score.") & audit.c.object.endswith(f".{id_}"),
        _names("department", id_),
        _names("successor", id_),
    )


def _of_item(id_: int) -> Any:
    """Itself, its working copies, and what happened because of it."""
    return or_(
        _evidence(or_(evidence.c.id == id_, evidence.c.amends_id == id_)), _names("item", id_)
    )


def _of_quarter(code: str) -> Any:
    return or_(
        audit.c.object == code,
        audit.c.object.startswith(f"{code}."),
        _evidence(evidence.c.quarter == code),
        _names("quarter", code),
    )


def _evidence(which: Any) -> Any:
    ids = select(cast(evidence.c.id, Text)).where(which)
    return audit.c.action.startswith("evidence.") & audit.c.object.in_(ids)


def _names(key: str, value: int | str) -> Any:
    """That the detail has this value under this key, as the text that it is stored as."""
    stored = cast(audit.c.detail, Text)
    part = orjson.dumps({key: value}).decode()[1:-1]
    return or_(*(stored.contains(part + end, autoescape=True) for end in (",", "}")))
