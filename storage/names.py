"""What changes of people and places share: how names are checked, and that two changes made at
once see each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Table, and_, exists, func, or_, select
from sqlalchemy.engine import Connection

from rubric.errors import UserError, shown
from storage.models import person, role


@dataclass(eq=False)
class TextMissing(UserError):
    """`what` is the field as people call it."""

    code: ClassVar[str] = "people.text_missing"
    what: str


@dataclass(eq=False)
class TextWordless(UserError):
    """No letter, digit or ideograph in it: emoji, punctuation."""

    code: ClassVar[str] = "people.text_wordless"
    what: str


@dataclass(eq=False)
class TextTooLong(UserError):
    code: ClassVar[str] = "people.text_too_long"
    what: str
    typed: str
    length: int
    limit: int


@dataclass(eq=False)
class NameTaken(UserError):
    """Another department or section, perhaps a removed one, has this name already."""

    code: ClassVar[str] = "people.name_taken"
    what: str
    name: str
    removed: bool


@dataclass(eq=False)
class StillNeeded(UserError):
    """It can't be removed as long as people, rows or receipts hang on it."""

    code: ClassVar[str] = "people.still_needed"
    name: str
    people: int
    rows: int
    receipts: int


def checked(text: str, *, what: str, limit: int) -> str:
    """The text in one line, single blanks. Raises TextMissing, TextWordless and TextTooLong."""
    line = " ".join(text.split())
    if not line:
        raise TextMissing(what)
    if not any(char.isalnum() for char in line):
        raise TextWordless(what)
    if len(line) > limit:
        raise TextTooLong(what, shown(line), len(line), limit)
    return line


def one_at_a_time(connection: Connection) -> None:
    """Let changes of people and places follow one another: on PostgreSQL two that both look
    first and write then wait here; SQLite has one writer anyway."""
    connection.execute(
        select(role.c.id).where(role.c.role == "admin").order_by(role.c.id).with_for_update()
    ).all()


def people_with(connection: Connection, wanted: Any) -> int:
    """How many present persons hold a role of which this holds."""
    return connection.execute(
        select(func.count())
        .select_from(person)
        .where(
            person.c.removed_at.is_(None),
            exists().where(and_(role.c.person_id == person.c.id, wanted)),
        )
    ).scalar_one()


def must_be_free(
    connection: Connection,
    table: Table,
    *,
    own_id: int,
    value: str,
    columns: tuple[str, ...],
    what: str,
) -> None:
    """No other row, removed or not, has this value in any of these columns. Raises NameTaken."""
    taken = connection.execute(
        select(table.c.removed_at).where(
            table.c.id != own_id, or_(*(table.c[name] == value for name in columns))
        )
    ).first()
    if taken is not None:
        raise NameTaken(what, value, taken.removed_at is not None)
