"""Accounts on channels and the persons behind them, with what they may do.

Read at every update, so it is Core with statements built once; nothing is cached: rights are
decided on what the database says in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    and_,
    bindparam,
    literal_column,
    select,
    union_all,
    update,
)
from sqlalchemy.engine import Connection

from storage.db import insert_once
from storage.leaves import in_force
from storage.models import account, leave, person, role
from storage.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    channel: str
    external_id: str
    person_id: int | None
    unreachable: str | None = None
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """One role of a person, for one department or section where the role is of that kind.
    `for_person`: whose it is, where the person only stands in for somebody on leave; else 0."""

    role: str
    department_id: int | None = None
    section_id: int | None = None
    for_person: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    grants: tuple[Grant, ...]

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.grants)

    def has(self, *names: str) -> bool:
        return any(grant.role in names for grant in self.grants)

    def departments(self, *names: str) -> tuple[int, ...]:
        """Ids of the departments for which the person holds one of these roles, in order."""
        found = {g.department_id: None for g in self.grants if g.department_id and g.role in names}
        return tuple(found)

    def belongs_to(self, department_id: int) -> bool:
        """Whether any role ties the person, or somebody they stand in for, to this department:
        nobody judges their own."""
        return any(grant.department_id == department_id for grant in self.grants)

    @property
    def sections(self) -> tuple[int, ...]:
        found = {g.section_id: None for g in self.grants if g.section_id and g.role == "evaluator"}
        return tuple(found)

    @property
    def stands_in(self) -> bool:
        """Whether somebody is on leave whose tasks are this person's today."""
        return any(grant.for_person for grant in self.grants)


_ACCOUNT = Prepared(
    select(
        account.c.id,
        account.c.person_id,
        account.c.unreachable,
        account.c.locked_until,
        person.c.name,
        person.c.removed_at,
    )
    .select_from(account.outerjoin(person, account.c.person_id == person.c.id))
    .where(account.c.channel == bindparam("ch"), account.c.external_id == bindparam("ext"))
)
_BY_ID = Prepared(
    select(
        account.c.channel,
        account.c.external_id,
        account.c.person_id,
        account.c.unreachable,
        account.c.locked_until,
    ).where(account.c.id == bindparam("id"))
)
# what a deputy takes over: all but the rights over the installation. The ties to a department come
# with it, so that a deputy is barred wherever the one they stand in for is.
PASSED_ON = and_(role.c.role != "admin", role.c.role != "auditor")
_GRANTS = Prepared(
    union_all(
        select(
            role.c.role,
            role.c.department_id,
            role.c.section_id,
            literal_column("0", Integer).label("for_person"),
            role.c.id,
        ).where(role.c.person_id == bindparam("person")),
        select(role.c.role, role.c.department_id, role.c.section_id, leave.c.person_id, role.c.id)
        .select_from(
            leave.join(person, leave.c.person_id == person.c.id).join(
                role, leave.c.person_id == role.c.person_id
            )
        )
        .where(
            leave.c.deputy_id == bindparam("person"),
            in_force(bindparam("day", type_=Date)),
            person.c.removed_at.is_(None),
            PASSED_ON,
        ),
    ).order_by("for_person", "id")
)


def grants_of(
    connection: Connection, person_id: int, *, day: date | None = None
) -> tuple[Grant, ...]:
    """Their own, and with a day those of whoever they stand in for on it."""
    rows = _GRANTS.all(connection, {"person": person_id, "day": day})
    return tuple(Grant(*row[:4]) for row in rows)


def find_person(
    connection: Connection, person_id: int, *, day: date | None = None
) -> Person | None:
    """The person with the rights they hold themselves, and with a day those of whoever they stand
    in for on it; None when removed or unknown."""
    row = connection.execute(
        select(person.c.name, person.c.removed_at).where(person.c.id == person_id)
    ).one_or_none()
    if row is None or row.removed_at is not None:
        return None
    return Person(person_id, row.name, grants_of(connection, person_id, day=day))


def recognise(
    connection: Connection,
    *,
    channel: str,
    external_id: str,
    name: str,
    now: datetime,
    day: date | None = None,
) -> tuple[Account, Person | None]:
    """The account (made at its first message) and who it belongs to, if linked and not removed,
    with what they may do on this day."""
    row = _ACCOUNT.one(connection, {"ch": channel, "ext": external_id})
    if row is None:
        insert_once(
            connection,
            account,
            key=("channel", "external_id"),
            values={
                "channel": channel,
                "external_id": external_id,
                "name": name[:80],
                "created_at": now,
            },
        )
        row = _ACCOUNT.one(connection, {"ch": channel, "ext": external_id})
    known = Account(row.id, channel, external_id, row.person_id, row.unreachable, row.locked_until)
    return known, _holder(connection, row, day)


def _holder(connection: Connection, row: Any, day: date | None = None) -> Person | None:
    if row.person_id is None or row.removed_at is not None:
        return None
    return Person(row.person_id, row.name, grants_of(connection, row.person_id, day=day))


def holder(connection: Connection, *, channel: str, external_id: str) -> Person | None:
    """Who this account belongs to now; none is made, unlike by `recognise`."""
    found = linked(connection, channel=channel, external_id=external_id)
    return None if found is None else found[1]


def linked(
    connection: Connection, *, channel: str, external_id: str, day: date | None = None
) -> tuple[Account, Person] | None:
    """The account and whose it is now, with what they may do on this day."""
    row = _ACCOUNT.one(connection, {"ch": channel, "ext": external_id})
    person = None if row is None else _holder(connection, row, day)
    if row is None or person is None:
        return None
    return Account(row.id, channel, external_id, person.id, row.unreachable), person


def find_account(connection: Connection, account_id: int) -> Account | None:
    row = _BY_ID.one(connection, {"id": account_id})
    return None if row is None else Account(account_id, *row)


def person_of(
    connection: Connection, account_id: int, *, day: date | None = None
) -> Person | None:
    """Who the account belongs to now, with what they may do on this day."""
    found = find_account(connection, account_id)
    if found is None or found.person_id is None:
        return None
    return find_person(connection, found.person_id, day=day)


def mark_unreachable(connection: Connection, account_id: int, reason: str | None) -> None:
    """`reason` None: reachable again."""
    connection.execute(
        update(account).where(account.c.id == account_id).values(unreachable=reason)
    )


def address_of(
    connection: Connection,
    person_id: int,
    *,
    channels: Collection[str] = (),
    without: Collection[int] = (),
) -> Account | None:
    """Where a notice to this person goes: the preferred account if it can be reached, else the
    one linked last; None for a person without a reachable account.

    Only accounts on these channels count (any, if none are named), and not those of the ids
    `without`.
    """
    rows = connection.execute(
        select(
            account.c.id,
            account.c.channel,
            account.c.external_id,
            account.c.person_id,
            account.c.unreachable,
            account.c.locked_until,
        )
        .select_from(account.join(person, account.c.person_id == person.c.id))
        .where(
            account.c.person_id == person_id,
            reachable(channels),
            account.c.id.not_in(without),
        )
        .order_by(
            (account.c.id == person.c.preferred_account_id).desc().nulls_last(),
            account.c.linked_at.desc(),
            account.c.id.desc(),
        )
        .limit(1)
    ).one_or_none()
    return None if rows is None else Account(*rows)


def reachable(channels: Collection[str]) -> ColumnElement[bool]:
    """A condition on `account` joined with `person`: it can be written to, on one of these
    channels (any, if none are named)."""
    there = and_(account.c.unreachable.is_(None), person.c.removed_at.is_(None))
    return and_(there, account.c.channel.in_(channels)) if channels else there
