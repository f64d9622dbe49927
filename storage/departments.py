"""Departments that are assessed, with their codes and their days in the centre.

Nothing is deleted: a department that leaves has a last day, one that was made by mistake is
removed and can be restored. A department's code is fixed once a receipt carries it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.engine import Connection

from rubric.errors import UserError, shown
from storage.models import department, department_name, evidence, role
from storage.names import StillNeeded, checked, must_be_free, one_at_a_time, people_with
from storage.prepared import Prepared

NAME_LENGTH: Final = 80
SHORT_LENGTH: Final = 20
_CODE: Final = re.compile("[A-Z]{2,6}")


@dataclass(eq=False)
class CodeUnusable(UserError):
    """Not 2 to 6 capitals."""

    code: ClassVar[str] = "people.code_unusable"
    typed: str


@dataclass(eq=False)
class CodeTaken(UserError):
    code: ClassVar[str] = "people.code_taken"
    typed: str
    owner: str


@dataclass(eq=False)
class CodeFixed(UserError):
    """A receipt carries the code already."""

    code: ClassVar[str] = "people.code_fixed"
    department: str
    current: str


@dataclass(eq=False)
class DatesReversed(UserError):
    code: ClassVar[str] = "people.dates_reversed"
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Department:
    """No first day of residence means since before anything is counted."""

    id: int
    code: str
    name: str
    short_name: str
    resident_from: date | None
    resident_to: date | None
    removed_at: datetime | None


_COLUMNS = tuple(department.c[name] for name in Department.__dataclass_fields__)


_GONE = department.c.removed_at.is_not(None)
_LISTED = {
    removed: Prepared(
        select(*_COLUMNS).where(_GONE if removed else ~_GONE).order_by(department.c.id)
    )
    for removed in (False, True)
}


def departments(connection: Connection, *, removed: bool = False) -> list[Department]:
    """Those that were not removed (or those that were), in the order they were entered."""
    return [Department(*row) for row in _LISTED[removed].all(connection, {})]


def find_department(connection: Connection, department_id: int) -> Department | None:
    """Also a removed one: what it did before still names it."""
    row = connection.execute(
        select(*_COLUMNS).where(department.c.id == department_id)
    ).one_or_none()
    return None if row is None else Department(*row)


def match_department(connection: Connection, typed: str) -> Department | None:
    """By its code in any case, its name or its short name; where none is called so now, whichever
    was called so last. Removed ones match nothing."""
    text = typed.strip()
    row = connection.execute(
        select(*_COLUMNS).where(
            department.c.removed_at.is_(None),
            or_(
                department.c.code == text.upper(),
                department.c.name == text,
                department.c.short_name == text,
            ),
        )
    ).first()
    if row is None:
        row = connection.execute(
            select(*_COLUMNS)
            .join(department_name, department_name.c.department_id == department.c.id)
            .where(
                department.c.removed_at.is_(None),
                or_(department_name.c.name == text, department_name.c.short_name == text),
            )
            .order_by(department_name.c.until.desc(), department_name.c.id.desc())
        ).first()
    return None if row is None else Department(*row)


def search_departments(connection: Connection, text: str) -> list[Department]:
    """Present ones whose code, name or short name, now or formerly, contains the text."""
    was = department_name.c
    formerly = select(was.department_id).where(
        or_(*(each.contains(text, autoescape=True) for each in (was.name, was.short_name)))
    )
    rows = connection.execute(
        select(*_COLUMNS)
        .where(
            department.c.removed_at.is_(None),
            or_(
                department.c.code == text.upper(),
                department.c.name.contains(text, autoescape=True),
                department.c.short_name.contains(text, autoescape=True),
                department.c.id.in_(formerly),
            ),
        )
        .order_by(department.c.id)
    )
    return [Department(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class FormerName:
    """What a department was called until then."""

    name: str
    short_name: str
    until: datetime


def former_names(connection: Connection, department_id: int) -> list[FormerName]:
    """The one given up last first."""
    rows = connection.execute(
        select(department_name.c.name, department_name.c.short_name, department_name.c.until)
        .where(department_name.c.department_id == department_id)
        .order_by(department_name.c.id.desc())
    )
    return [FormerName(*row) for row in rows]


def add_department(
    connection: Connection,
    *,
    name: str,
    short_name: str,
    code: str,
    resident_from: date | None = None,
    resident_to: date | None = None,
) -> int:
    """Raises NameTaken, CodeTaken, CodeUnusable, TextMissing, TextTooLong, DatesReversed."""
    one_at_a_time(connection)
    values = _named(connection, 0, name=name, short_name=short_name) | {
        "code": _free_code(connection, 0, code)
    }
    _in_order(resident_from, resident_to)
    dates = {"resident_from": resident_from, "resident_to": resident_to}
    return int(
        connection.execute(
            department.insert().returning(department.c.id), values | dates
        ).scalar_one()
    )


def rename_department(
    connection: Connection,
    department_id: int,
    *,
    name: str | None = None,
    short_name: str | None = None,
    person_id: int | None = None,
    now: datetime,
) -> None:
    """The names that it has had so far are kept. `person_id`: who renames it."""
    one_at_a_time(connection)
    values = _named(connection, department_id, name=name, short_name=short_name)
    known = connection.execute(
        select(department.c.name, department.c.short_name).where(department.c.id == department_id)
    ).one()
    if all(known._mapping[each] == value for each, value in values.items()):
        return
    connection.execute(
        department_name.insert(),
        {
            "department_id": department_id,
            "name": known.name,
            "short_name": known.short_name,
            "until": now,
            "person_id": person_id,
        },
    )
    connection.execute(update(department).where(department.c.id == department_id).values(values))


def usable_code(code: str) -> bool:
    """Two to six capitals."""
    return _CODE.fullmatch(code) is not None


def recode_department(connection: Connection, department_id: int, *, code: str) -> None:
    """Raises CodeFixed after the first receipt, besides what `add_department` raises."""
    one_at_a_time(connection)
    found = connection.execute(
        select(*_COLUMNS).where(department.c.id == department_id).with_for_update()
    ).one()
    wanted = _free_code(connection, department_id, code)
    if wanted != found.code and code_fixed(connection, department_id):
        raise CodeFixed(found.short_name, found.code)
    connection.execute(
        update(department).where(department.c.id == department_id).values(code=wanted)
    )


def code_fixed(connection: Connection, department_id: int) -> bool:
    """Whether a receipt carries the department's code."""
    return _receipts(connection, department_id) > 0


def set_residence(
    connection: Connection,
    department_id: int,
    *,
    resident_from: date | None,
    resident_to: date | None,
) -> None:
    """First and last day in the centre, both included; None where there is none to name."""
    _in_order(resident_from, resident_to)
    connection.execute(
        update(department)
        .where(department.c.id == department_id)
        .values(resident_from=resident_from, resident_to=resident_to)
    )


def remove_department(connection: Connection, department_id: int, *, now: datetime) -> None:
    """For one that was entered by mistake; one that leaves gets its last day instead. Raises
    StillNeeded while somebody holds a role in it or a receipt names it."""
    one_at_a_time(connection)
    found = connection.execute(
        select(*_COLUMNS).where(department.c.id == department_id).with_for_update()
    ).one()
    held = people_with(connection, role.c.department_id == department_id)
    receipts = _receipts(connection, department_id)
    if held or receipts:
        raise StillNeeded(found.short_name, held, 0, receipts)
    connection.execute(
        update(department).where(department.c.id == department_id).values(removed_at=now)
    )


def restore_department(connection: Connection, department_id: int) -> None:
    connection.execute(
        update(department).where(department.c.id == department_id).values(removed_at=None)
    )


def _named(
    connection: Connection, own_id: int, *, name: str | None, short_name: str | None
) -> dict[str, str]:
    """Checked names. A name may not be any other department's, long or short, since people type
    either."""
    wanted = {}
    if name is not None:
        wanted["name"] = checked(name, what="部门名称", limit=NAME_LENGTH)
    if short_name is not None:
        wanted["short_name"] = checked(short_name, what="部门简称", limit=SHORT_LENGTH)
    for value in wanted.values():
        must_be_free(
            connection,
            department,
            own_id=own_id,
            value=value,
            columns=("name", "short_name"),
            what="部门",
        )
    return wanted


def _free_code(connection: Connection, own_id: int, typed: str) -> str:
    code = "".join(typed.split()).upper()
    if not _CODE.fullmatch(code):
        raise CodeUnusable(shown(typed))
    owner = connection.execute(
        select(department.c.short_name).where(department.c.code == code, department.c.id != own_id)
    ).scalar()
    if owner is not None:
        raise CodeTaken(code, owner)
    return code


def _in_order(first: date | None, last: date | None) -> None:
    if first is not None and last is not None and last < first:
        raise DatesReversed(first, last)


def _receipts(connection: Connection, department_id: int) -> int:
    return connection.execute(
        select(func.count())
        .select_from(evidence)
        .where(evidence.c.department_id == department_id, evidence.c.number.is_not(None))
    ).scalar_one()
