"""Many people at once, in a few statements whatever their number: for imports.

What is written here was checked against what `everybody` and the like gave in the same
transaction, after `names.one_at_a_time`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, select, tuple_, update
from sqlalchemy.engine import Connection

from storage import join_codes
from storage.accounts import Grant, Person
from storage.db import insert_once
from storage.models import account, deputy, person, role

_TOGETHER = 400  # values in one statement


@dataclass(frozen=True, slots=True)
class NewRole:
    person_id: int
    role: str
    department_id: int | None
    section_id: int | None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an account is; `person_id` None where nobody holds it now."""

    account_id: int
    person_id: int | None
    name: str


def everybody(connection: Connection) -> list[Person]:
    """All who were not removed, with their grants, in the order they were entered."""
    grants: dict[int, list[Grant]] = {}
    columns = (role.c.person_id, role.c.role, role.c.department_id, role.c.section_id)
    for row in connection.execute(select(*columns).order_by(role.c.id)):
        found = grants.setdefault(row.person_id, [])
        found.append(Grant(row.role, row.department_id, row.section_id))
    rows = connection.execute(
        select(person.c.id, person.c.name)
        .where(person.c.removed_at.is_(None))
        .order_by(person.c.id)
    )
    return [Person(row.id, row.name, tuple(grants.get(row.id, ()))) for row in rows]


def deputies(connection: Connection) -> dict[int, int]:
    """Person -> the B角 named for them."""
    rows = connection.execute(select(deputy.c.person_id, deputy.c.deputy_id))
    return {row.person_id: row.deputy_id for row in rows}


def addresses(connection: Connection) -> dict[int, list[tuple[str, str]]]:
    """Person -> channel and id of each account of theirs."""
    found: dict[int, list[tuple[str, str]]] = {}
    columns = (account.c.person_id, account.c.channel, account.c.external_id)
    linked = select(*columns).where(account.c.person_id.is_not(None)).order_by(account.c.id)
    for row in connection.execute(linked):
        found.setdefault(row.person_id, []).append((row.channel, row.external_id))
    return found


def owners(
    connection: Connection, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Owner]:
    """The accounts among these that are known already."""
    found = {}
    for start in range(0, len(wanted), _TOGETHER):
        part = wanted[start : start + _TOGETHER]
        rows = connection.execute(
            select(
                account.c.id,
                account.c.channel,
                account.c.external_id,
                account.c.person_id,
                person.c.name,
                person.c.removed_at,
            )
            .select_from(account.outerjoin(person, account.c.person_id == person.c.id))
            .where(tuple_(account.c.channel, account.c.external_id).in_(part))
        )
        for row in rows:
            gone = row.person_id is None or row.removed_at is not None
            holder = None if gone else row.person_id
            found[row.channel, row.external_id] = Owner(row.id, holder, row.name or "")
    return found


def add_people(connection: Connection, names: Sequence[str], *, now: datetime) -> list[int]:
    """Their ids, in this order."""
    if not names:
        return []
    adding = person.insert().returning(person.c.id, sort_by_parameter_order=True)
    rows = [{"name": name, "created_at": now} for name in names]
    return list(connection.execute(adding, rows).scalars())


def grant_roles(connection: Connection, roles: Sequence[NewRole], *, now: datetime) -> list[int]:
    """The roles' ids, in this order. Who came by a department's join code and gets more than a
    member's right has to prove anew who they are, see `storage.join_codes`."""
    if not roles:
        return []
    joined = connection.execute(select(person.c.id).where(person.c.joined_by.is_not(None)))
    for person_id in {each.person_id for each in roles if each.role != "member"}.intersection(
        joined.scalars()
    ):
        join_codes.prove_anew(connection, person_id, now=now)
    adding = role.insert().returning(role.c.id, sort_by_parameter_order=True)
    rows = [
        {
            "person_id": each.person_id,
            "role": each.role,
            "department_id": each.department_id,
            "section_id": each.section_id,
            "created_at": now,
        }
        for each in roles
    ]
    return list(connection.execute(adding, rows).scalars())


def link(
    connection: Connection, given: Sequence[tuple[int, str, str]], *, now: datetime
) -> list[int]:
    """From now on these accounts (person, channel, id there) are the persons', as if they had
    brought a code; notices go there unless the person has another account. The accounts' ids, in
    this order."""
    if not given:
        return []
    for _, channel, external_id in given:
        key = {"channel": channel, "external_id": external_id}
        insert_once(connection, account, key=tuple(key), values=key | {"created_at": now})
    values = [
        {"ch": channel, "ext": external_id, "who": person_id}
        for person_id, channel, external_id in given
    ]
    named = and_(account.c.channel == bindparam("ch"), account.c.external_id == bindparam("ext"))
    linked = update(account).where(named)
    connection.execute(
        linked.values(person_id=bindparam("who"), linked_at=now, wrong_codes=0, locked_until=None),
        values,
    )
    own = select(account.c.id).where(named).scalar_subquery()
    connection.execute(
        update(person)
        .where(person.c.id == bindparam("who"), person.c.preferred_account_id.is_(None))
        .values(preferred_account_id=own),
        values,
    )
    known = owners(connection, [(channel, external_id) for _, channel, external_id in given])
    return [known[channel, external_id].account_id for _, channel, external_id in given]
