"""Sections: who judges which rows, whom people can ask, and who stands in.

Each row has one owner at most. A removed section stays in what it decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from storage.db import insert_once
from storage.models import role, section, section_row
from storage.names import StillNeeded, checked, must_be_free, one_at_a_time, people_with
from storage.prepared import Prepared

NAME_LENGTH: Final = 80
CONTACT_LENGTH: Final = 40


@dataclass(frozen=True, slots=True)
class Section:
    id: int
    name: str
    contact: str
    phone: str
    substitute_id: int | None
    removed_at: datetime | None


_COLUMNS = tuple(section.c[name] for name in Section.__dataclass_fields__)


def sections(connection: Connection) -> list[Section]:
    return [
        Section(*row)
        for row in connection.execute(
            select(*_COLUMNS).where(section.c.removed_at.is_(None)).order_by(section.c.id)
        )
    ]


def whom_to_ask(connection: Connection) -> Section | None:
    """The first section that has somebody to ask."""
    return next((each for each in sections(connection) if each.contact or each.phone), None)


def find_section(connection: Connection, section_id: int) -> Section | None:
    """Also a removed one."""
    row = connection.execute(select(*_COLUMNS).where(section.c.id == section_id)).one_or_none()
    return None if row is None else Section(*row)


def match_section(connection: Connection, typed: str) -> Section | None:
    """By its name; removed ones match nothing."""
    row = connection.execute(
        select(*_COLUMNS).where(section.c.name == typed.strip(), section.c.removed_at.is_(None))
    ).one_or_none()
    return None if row is None else Section(*row)


def add_section(connection: Connection, *, name: str, contact: str = "", phone: str = "") -> int:
    """Raises NameTaken, TextMissing, TextTooLong. A removed section of this name comes back."""
    one_at_a_time(connection)
    line = checked(name, what="科室名称", limit=NAME_LENGTH)
    values = {"name": line} | _reached(contact, phone)
    gone = connection.execute(
        select(section.c.id).where(section.c.name == line, section.c.removed_at.is_not(None))
    ).scalar()
    if gone is not None:
        connection.execute(
            update(section).where(section.c.id == gone).values(values | {"removed_at": None})
        )
        return int(gone)
    must_be_free(connection, section, own_id=0, value=line, columns=("name",), what="科室")
    return int(connection.execute(section.insert().returning(section.c.id), values).scalar_one())


def rename_section(connection: Connection, section_id: int, *, name: str) -> None:
    one_at_a_time(connection)
    line = checked(name, what="科室名称", limit=NAME_LENGTH)
    must_be_free(
        connection, section, own_id=section_id, value=line, columns=("name",), what="科室"
    )
    connection.execute(update(section).where(section.c.id == section_id).values(name=line))


def set_contact(
    connection: Connection,
    section_id: int,
    *,
    contact: str | None = None,
    phone: str | None = None,
) -> None:
    """Who is named under reminders, returns and results, and their number; '' takes it away."""
    connection.execute(
        update(section).where(section.c.id == section_id).values(_reached(contact, phone))
    )


def set_substitute(connection: Connection, section_id: int, *, person_id: int | None) -> None:
    """Who judges where none of the section's own evaluators may."""
    connection.execute(
        update(section).where(section.c.id == section_id).values(substitute_id=person_id)
    )


def remove_section(connection: Connection, section_id: int, *, now: datetime) -> None:
    """Raises StillNeeded while it owns rows or has evaluators."""
    one_at_a_time(connection)
    held = people_with(connection, role.c.section_id == section_id)
    owned = len(rows_of(connection, section_id))
    if held or owned:
        name = connection.execute(
            select(section.c.name).where(section.c.id == section_id)
        ).scalar_one()
        raise StillNeeded(name, held, owned, 0)
    connection.execute(
        update(section)
        .where(section.c.id == section_id)
        .values(removed_at=now, substitute_id=None)
    )


def _reached(contact: str | None, phone: str | None) -> dict[str, str]:
    given = (("contact", "联系人", contact), ("phone", "电话", phone))
    return {
        column: checked(value, what=what, limit=CONTACT_LENGTH) if value.strip() else ""
        for column, what, value in given
        if value is not None
    }


# ---------------------------------------------------------------- rows


def assign_row(connection: Connection, *, indicator: str, section_id: int) -> int | None:
    """Make the section the row's owner; the owner before, if any."""
    one_at_a_time(connection)
    before = row_owners(connection).get(indicator)
    if before is None:
        insert_once(
            connection,
            section_row,
            key=("indicator",),
            values={"indicator": indicator, "section_id": section_id},
        )
    connection.execute(
        update(section_row)
        .where(section_row.c.indicator == indicator)
        .values(section_id=section_id)
    )
    return before


_OF_ROW = Prepared(
    select(*_COLUMNS)
    .join(section_row, section_row.c.section_id == section.c.id)
    .where(section_row.c.indicator == bindparam("indicator"))
)


def section_of_row(connection: Connection, indicator: str) -> Section | None:
    row = _OF_ROW.one(connection, {"indicator": indicator})
    return None if row is None else Section(*row)


def rows_of(connection: Connection, *section_ids: int) -> list[str]:
    """Ids of the rows that these sections own, in no order that means anything."""
    return list(
        connection.execute(
            select(section_row.c.indicator)
            .where(section_row.c.section_id.in_(section_ids))
            .order_by(section_row.c.indicator)
        ).scalars()
    )


_OWNERS = Prepared(select(section_row.c.indicator, section_row.c.section_id))


def row_owners(connection: Connection) -> dict[str, int]:
    """Row id -> section id."""
    return dict(_OWNERS.all(connection, {}))
