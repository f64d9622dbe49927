"""A角 and B角: who stands in for whom, and on which days.

The admin names one B角 a person. A leave copies who that was, so that what was said stands; when
the admin names another one, leaves that are not over go to the new one. A deputy who is away too,
was removed or has no account stands in for nobody: then the A角 is reminded as always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Protocol, TypeVar

from sqlalchemy import Date, and_, bindparam, exists, select, update
from sqlalchemy.engine import Connection

from rubric.errors import UserError
from storage.models import account, deputy, leave, person
from storage.prepared import Prepared


@dataclass(eq=False)
class LeaveOverlaps(UserError):
    """The person is on leave on some of these days already."""

    code: ClassVar[str] = "leave.overlaps"
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Leave:
    """`first` to `last`, both included."""

    id: int
    person_id: int
    deputy_id: int
    first: date
    last: date

    def on(self, day: date) -> bool:
        return self.first <= day <= self.last


def in_force(day: Any) -> Any:
    """The condition on rows of `leave` whose deputy stands in on this day: one hop, so a deputy
    who is away hands nothing on."""
    away = leave.alias("away")
    return and_(
        _running(leave, day),
        ~exists().where(away.c.person_id == leave.c.deputy_id, _running(away, day)),
    )


def _running(rows: Any, day: Any) -> Any:
    return and_(rows.c.first <= day, rows.c.last >= day, rows.c.ended_at.is_(None))


_absent = person.alias("absent")
_present = person.alias("present")
_DEPUTIES = Prepared(
    select(leave.c.person_id, leave.c.deputy_id)
    .select_from(
        leave.join(_absent, leave.c.person_id == _absent.c.id).join(
            _present, leave.c.deputy_id == _present.c.id
        )
    )
    .where(
        in_force(bindparam("day", type_=Date)),
        _absent.c.removed_at.is_(None),
        _present.c.removed_at.is_(None),
        exists().where(account.c.person_id == leave.c.deputy_id),
    )
    .order_by(leave.c.person_id)
)
_COLUMNS = tuple(leave.c[name] for name in Leave.__dataclass_fields__)


def deputies_on(connection: Connection, day: date) -> dict[int, int]:
    """Person -> who is reminded and asked in their place on this day."""
    return {row[0]: row[1] for row in _DEPUTIES.all(connection, {"day": day})}


class _Somebody(Protocol):
    @property
    def id(self) -> int: ...


P = TypeVar("P", bound=_Somebody)


def on_duty(connection: Connection, found: Sequence[P], *, day: date) -> list[P]:
    """Those of these persons who are asked to act on this day: nobody on leave whose deputy is
    among them."""
    deputies = deputies_on(connection, day)
    ids = {each.id for each in found}
    return [each for each in found if deputies.get(each.id) not in ids]


# ---------------------------------------------------------------- who stands in


def deputy_of(connection: Connection, person_id: int) -> int | None:
    """The B角 that the admin named, if they are still there."""
    return connection.execute(
        select(deputy.c.deputy_id)
        .join(person, deputy.c.deputy_id == person.c.id)
        .where(deputy.c.person_id == person_id, person.c.removed_at.is_(None))
    ).scalar()


def set_deputy(
    connection: Connection, person_id: int, *, deputy_id: int | None, today: date, now: datetime
) -> list[Leave]:
    """Name the B角, or nobody; the leaves that go to the new one from now on."""
    if deputy_id == person_id:
        raise ValueError("nobody stands in for themselves")
    connection.execute(deputy.delete().where(deputy.c.person_id == person_id))
    if deputy_id is None:
        return []
    connection.execute(
        deputy.insert(), {"person_id": person_id, "deputy_id": deputy_id, "at": now}
    )
    moved = [
        each
        for each in leaves_of(connection, person_id, today=today)
        if each.deputy_id != deputy_id
    ]
    connection.execute(
        update(leave)
        .where(leave.c.id.in_([each.id for each in moved]))
        .values(deputy_id=deputy_id)
    )
    return moved


def deputy_no_more(connection: Connection, person_id: int) -> None:
    """A removed person stands in for nobody, and needs nobody."""
    connection.execute(
        deputy.delete().where(
            (deputy.c.deputy_id == person_id) | (deputy.c.person_id == person_id)
        )
    )


# ---------------------------------------------------------------- leaves


def leaves_of(connection: Connection, person_id: int, *, today: date) -> list[Leave]:
    """The present and the coming ones, the first first."""
    return _those(connection, leave.c.person_id == person_id, today)


def stood_in(connection: Connection, deputy_id: int, *, today: date) -> list[Leave]:
    """Present and coming leaves of others in which this person stands in."""
    return _those(connection, leave.c.deputy_id == deputy_id, today)


def _those(connection: Connection, wanted: Any, today: date) -> list[Leave]:
    rows = connection.execute(
        select(*_COLUMNS)
        .join(person, leave.c.person_id == person.c.id)
        .where(
            wanted,
            leave.c.last >= today,
            leave.c.ended_at.is_(None),
            person.c.removed_at.is_(None),
        )
        .order_by(leave.c.first, leave.c.id)
    )
    return [Leave(*row) for row in rows]


def overlapping(leaves: Sequence[Leave], first: date, last: date) -> list[Leave]:
    return [each for each in leaves if each.first <= last and first <= each.last]


def enter(
    connection: Connection,
    *,
    person_id: int,
    deputy_id: int,
    first: date,
    last: date,
    by: int,
    now: datetime,
) -> Leave:
    """Raises LeaveOverlaps; two that are entered at once see each other."""
    connection.execute(select(person.c.id).where(person.c.id == person_id).with_for_update())
    taken = overlapping(leaves_of(connection, person_id, today=first), first, last)
    if taken:
        raise LeaveOverlaps(taken[0].first, taken[0].last)
    id_ = connection.execute(
        leave.insert().returning(leave.c.id),
        {
            "person_id": person_id,
            "deputy_id": deputy_id,
            "first": first,
            "last": last,
            "created_by": by,
            "at": now,
        },
    ).scalar_one()
    return Leave(int(id_), person_id, deputy_id, first, last)


def end(connection: Connection, leave_id: int, *, now: datetime) -> bool:
    """Over from this moment, or never begun; False if it was ended before."""
    ended = connection.execute(
        update(leave)
        .where(leave.c.id == leave_id, leave.c.ended_at.is_(None))
        .values(ended_at=now)
        .returning(leave.c.id)
    )
    return ended.scalar() is not None
