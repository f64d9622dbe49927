"""Who has no account yet and which codes are on the way to them: counted and listed for codes that
are given out in bulk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

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
        held = list(rows)
        departments = {row.department_id: row.department for row in held if row.department}
        sections = {row.section_id: row.section for row in held if row.section}
        invite_id, until = waiting.get(id_, (0, now))
        places = departments or sections
        first = min(places, default=0)
        order = (0 if departments else 1 if sections else 2, first)
        each = Unlinked(
            id_,
            name,
            places.get(first, ""),
            frozenset(departments),
            frozenset(sections),
            invite_id,
            until > now,
        )
        found.append((order, each))
    return [each for _, each in sorted(found, key=lambda one: (one[0], one[1].name))]


def standings(connection: Connection, *, now: datetime) -> dict[int, Standing]:
    """By department, for those in which any role is held."""
    waiting = _waiting(connection)
    counts: dict[int, list[int]] = {}
    for row in connection.execute(_TIED):
        expires = waiting.get(row.person_id)
        state = 0 if row.linked else 3 if expires is None else 1 if expires[1] > now else 2
        counts.setdefault(row.department_id, [0, 0, 0, 0])[state] += 1
    return {id_: Standing(*each) for id_, each in counts.items()}


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
_TIED = (
    select(role.c.department_id, role.c.person_id, _LINKED.label("linked"))
    .join(person, role.c.person_id == person.c.id)
    .where(person.c.removed_at.is_(None), role.c.department_id.is_not(None))
    .distinct()
)
_PLACES = (
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
    .where(person.c.removed_at.is_(None), ~_LINKED)
    .order_by(person.c.id, role.c.id)
)
