"""Who has no account yet and which codes are on the way to them: counted and listed for codes that
are given out in bulk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.engine import Connection

from storage.invites import PERSONAL
from storage.models import account, department, invite, person, role, section


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A person without any account. `place` is the first department, else the first section that
    a role ties them to, or ''; `invite_id` the newest code that was not used or revoked, 0 for
    none, and `open` whether it can still be used."""

    person_id: int
    name: str
    place: str
    departments: frozenset[int]
    sections: frozenset[int]
    invite_id: int
    open: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How many people of a department are linked, how many have an open code, an expired one, or
    none at all."""

    linked: int
    open: int
    expired: int
    none: int

    @property
    def unlinked(self) -> int:
        return self.open + self.expired + self.none


def unlinked(connection: Connection, *, now: datetime) -> list[Unlinked]:
    """In order of place (departments before sections, as they were entered) and name."""
    waiting = _waiting(connection)
    found: list[tuple[tuple[int, int], Unlinked]] = []
    for (id_, name), rows in groupby(connection.execute(_PLACES), key=lambda row: row[:2]):
        departments, sections = _places(rows)
        invite_id, until = waiting.get(id_, (0, now))
        first = min(departments or sections, default=0)
        order = (0 if departments else 1 if sections else 2, first)
        each = Unlinked(
            id_,
            name,
            _first(departments, sections),
            frozenset(departments),
            frozenset(sections),
            invite_id,
            until > now,
        )
        found.append((order, each))
    return [each for _, each in sorted(found, key=lambda one: (one[0], one[1].name))]


def place_of(connection: Connection, person_id: int) -> str:
    """What `Unlinked.place` says, also of somebody with an account."""
    rows = connection.execute(_ROLES.where(person.c.id == person_id)).all()
    return _first(*_places(rows))


def _places(rows: Iterable[Any]) -> tuple[dict[int, str], dict[int, str]]:
    """The departments and the sections in which somebody's roles are."""
    held = list(rows)
    return (
        {row.department_id: row.department for row in held if row.department},
        {row.section_id: row.section for row in held if row.section},
    )


def _first(departments: dict[int, str], sections: dict[int, str]) -> str:
    places = departments or sections
    return places[min(places)] if places else ""


def standings(connection: Connection, *, now: datetime) -> dict[int, Standing]:
    """By department, for those in which any role is held."""
    waiting = _waiting(connection)
    counts: dict[int, list[int]] = {}
    for row in connection.execute(_TIED):
        counts.setdefault(row.department_id, [0, 0, 0, 0])[_state(row, waiting, now)] += 1
    return {id_: Standing(*each) for id_, each in counts.items()}


def standing(connection: Connection, *, now: datetime) -> Standing:
    """Of everybody, whether in a department or not."""
    waiting = _waiting(connection)
    counts = [0, 0, 0, 0]
    for row in connection.execute(_EVERYBODY):
        counts[_state(row, waiting, now)] += 1
    return Standing(*counts)


def _state(row: Any, waiting: dict[int, tuple[int, datetime]], now: datetime) -> int:
    """In which of the four somebody counts."""
    if row.linked:
        return 0
    found = waiting.get(row.person_id)
    return 3 if found is None else 1 if found[1] > now else 2


def begun(connection: Connection) -> bool:
    """Whether anybody but the administrators has an account."""
    administers = exists().where(role.c.person_id == account.c.person_id, role.c.role == "admin")
    others = select(account.c.id).where(account.c.person_id.is_not(None), ~administers)
    return connection.execute(others.limit(1)).first() is not None


def holders(connection: Connection, *, now: datetime) -> frozenset[int]:
    """Whoever has a personal code that can still be used."""
    return frozenset(id_ for id_, (_, end) in _waiting(connection).items() if end > now)


def _waiting(connection: Connection) -> dict[int, tuple[int, datetime]]:
    """By person: the newest personal code that was neither used nor revoked, and its end."""
    rows = connection.execute(
        select(invite.c.person_id, invite.c.id, invite.c.expires_at)
        .where(
            invite.c.kind == PERSONAL, invite.c.used_at.is_(None), invite.c.revoked_at.is_(None)
        )
        .order_by(invite.c.id)
    )
    return {row.person_id: (row.id, row.expires_at) for row in rows}


_LINKED = exists().where(account.c.person_id == person.c.id)
_EVERYBODY = select(person.c.id.label("person_id"), _LINKED.label("linked")).where(
    person.c.removed_at.is_(None)
)
_TIED = (
    select(role.c.department_id, role.c.person_id, _LINKED.label("linked"))
    .join(person, role.c.person_id == person.c.id)
    .where(person.c.removed_at.is_(None), role.c.department_id.is_not(None))
    .distinct()
)
_ROLES = (
    select(
        person.c.id,
        person.c.name,
        role.c.department_id,
        role.c.section_id,
        department.c.short_name.label("department"),
        section.c.name.label("section"),
    )
    .select_from(
        person.outerjoin(role, role.c.person_id == person.c.id)
        .outerjoin(
            department,
            (role.c.department_id == department.c.id) & department.c.removed_at.is_(None),
        )
        .outerjoin(section, role.c.section_id == section.c.id)
    )
    .order_by(person.c.id, role.c.id)
)
_PLACES = _ROLES.where(person.c.removed_at.is_(None), ~_LINKED)
