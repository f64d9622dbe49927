"""Who scores a row besides its owner section: further seats, each one person's, by the admin.

本中心规定: without any, the owner section alone scores; with some, a cell's score is their mean.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, exists, func, or_, select, update
from sqlalchemy.engine import Connection

from storage.models import person, role, row_seat, score
from storage.names import one_at_a_time
from storage.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Seat:
    """`number` from 2. `vacant`: its holder was removed or is no evaluator any more, so nobody
    scores on it; what was given counts, until the admin gives it to another or takes it off."""

    indicator: str
    number: int
    person_id: int
    person: str
    vacant: bool


_ALL = Prepared(
    select(
        row_seat.c.indicator,
        row_seat.c.seat,
        row_seat.c.person_id,
        person.c.name,
        or_(
            person.c.removed_at.is_not(None),
            ~exists().where(role.c.person_id == person.c.id, role.c.role == "evaluator"),
        ),
    )
    .join(person, row_seat.c.person_id == person.c.id)
    .order_by(row_seat.c.indicator, row_seat.c.seat)
)


def further(connection: Connection) -> dict[str, tuple[Seat, ...]]:
    """Row id -> its further seats, in order."""
    found: defaultdict[str, list[Seat]] = defaultdict(list)
    for row in _ALL.all(connection, {}):
        seat = Seat(*row)
        found[seat.indicator].append(seat)
    return {row: tuple(seats) for row, seats in found.items()}


def add(connection: Connection, *, indicator: str, person_id: int, now: datetime) -> int:
    """A further seat of the row; the number it got, or the one this person has there already.
    Numbers are not used again, so that scores stay with who gave them."""
    one_at_a_time(connection)
    held = connection.execute(
        select(row_seat.c.seat).where(
            row_seat.c.indicator == indicator, row_seat.c.person_id == person_id
        )
    ).scalar()
    if held is not None:
        return int(held)
    number = 1 + max(_last(connection, row_seat, indicator), _last(connection, score, indicator))
    connection.execute(
        row_seat.insert().inline(),
        {"indicator": indicator, "seat": number, "person_id": person_id, "at": now},
    )
    return number


def _last(connection: Connection, table: Table, indicator: str) -> int:
    found = connection.execute(
        select(func.max(table.c.seat)).where(table.c.indicator == indicator)
    ).scalar()
    return int(found or 1)


def pass_on(connection: Connection, *, indicator: str, number: int, person_id: int) -> None:
    """The seat is another person's from now on; what was given on it stays its score."""
    one_at_a_time(connection)
    connection.execute(
        update(row_seat)
        .where(row_seat.c.indicator == indicator, row_seat.c.seat == number)
        .values(person_id=person_id)
    )


def remove(connection: Connection, *, indicator: str, number: int) -> bool:
    """What was given on it stays in the history and counts no more; whether it was there."""
    one_at_a_time(connection)
    gone = connection.execute(
        row_seat.delete().where(row_seat.c.indicator == indicator, row_seat.c.seat == number)
    )
    return bool(gone.rowcount)
