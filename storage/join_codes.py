"""Join codes: one open code a department, used by many until a date, and who came by them.

Who comes by one says themselves what they are called. As long as nobody has vouched for them they
hold no role but member's; `people.grant_role` and `leaves.set_deputy` see to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, update
from sqlalchemy.engine import Connection

from storage.models import account, department, invite, person, role, web_session

JOIN: Final = "join"


@dataclass(frozen=True, slots=True)
class JoinCode:
    """`department` is its short name."""

    id: int
    nonce: str
    department_id: int
    department: str
    expires_at: datetime
    revoked_at: datetime | None
    created_at: datetime

    def open(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Joined:
    person_id: int
    name: str
    at: datetime


_CODES: Final[Select[Any]] = (
    select(
        invite.c.id,
        invite.c.nonce,
        invite.c.department_id,
        department.c.short_name,
        invite.c.expires_at,
        invite.c.revoked_at,
        invite.c.created_at,
    )
    .join(department, invite.c.department_id == department.c.id)
    .where(invite.c.kind == JOIN, department.c.removed_at.is_(None))
)


def _open(now: datetime) -> ColumnElement[bool]:
    return and_(invite.c.revoked_at.is_(None), invite.c.expires_at > now)


def find(connection: Connection, invite_id: int) -> JoinCode | None:
    """None for other invites, and when the department was removed."""
    row = connection.execute(_CODES.where(invite.c.id == invite_id)).one_or_none()
    return None if row is None else JoinCode(*row)


def open_code(connection: Connection, department_id: int, *, now: datetime) -> JoinCode | None:
    row = connection.execute(
        _CODES.where(invite.c.department_id == department_id, _open(now))
        .order_by(invite.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else JoinCode(*row)


def usable(connection: Connection, *, digest: str, now: datetime) -> JoinCode | None:
    """The open code with this digest. Its row is held until the transaction ends, so that those
    who join at once are counted one after another, and none joins by a code just revoked."""
    row = connection.execute(
        _CODES.where(invite.c.digest == digest, _open(now)).with_for_update(of=invite)
    ).one_or_none()
    return None if row is None else JoinCode(*row)


def hold(connection: Connection, invite_id: int, *, now: datetime) -> JoinCode | None:
    """The same for a code that was typed before: None when it can't be used any more."""
    row = connection.execute(
        _CODES.where(invite.c.id == invite_id, _open(now)).with_for_update(of=invite)
    ).one_or_none()
    return None if row is None else JoinCode(*row)


def issue(
    connection: Connection,
    *,
    department_id: int,
    nonce: str,
    digest: str,
    created_by: int,
    expires_at: datetime,
    now: datetime,
) -> int:
    """A code in place of the department's earlier one."""
    connection.execute(
        update(invite)
        .where(invite.c.department_id == department_id, invite.c.kind == JOIN, _open(now))
        .values(revoked_at=now)
    )
    values = {
        "kind": JOIN,
        "nonce": nonce,
        "digest": digest,
        "department_id": department_id,
        "created_by": created_by,
        "expires_at": expires_at,
        "created_at": now,
    }
    return int(connection.execute(invite.insert().returning(invite.c.id), values).scalar_one())


def prolong(connection: Connection, invite_id: int, *, expires_at: datetime) -> None:
    connection.execute(
        update(invite).where(invite.c.id == invite_id).values(expires_at=expires_at)
    )


def revoke(connection: Connection, invite_id: int, *, now: datetime) -> None:
    connection.execute(update(invite).where(invite.c.id == invite_id).values(revoked_at=now))


# ---------------------------------------------------------------- accounts that are joining


def wait_for_name(connection: Connection, account_id: int, invite_id: int | None) -> None:
    """The next text of this account is a name; None: no more."""
    connection.execute(update(account).where(account.c.id == account_id).values(joining=invite_id))


def waiting_code(connection: Connection, account_id: int) -> int | None:
    """By which code this unknown account is joining. Holds the account's row."""
    return connection.execute(
        select(account.c.joining).where(account.c.id == account_id).with_for_update()
    ).scalar()


# ---------------------------------------------------------------- who joined


def note_joined(connection: Connection, person_id: int, invite_id: int) -> None:
    connection.execute(update(person).where(person.c.id == person_id).values(joined_by=invite_id))


def named_themselves(connection: Connection, person_id: int) -> bool:
    """Whether nobody but a join code vouches for this person."""
    return bool(
        connection.execute(
            select(person.c.joined_by.is_not(None)).where(person.c.id == person_id)
        ).scalar()
    )


def prove_anew(connection: Connection, person_id: int, *, now: datetime) -> None:
    """Who is to have more than a member's right must be linked by a personal code: the accounts of
    one who only said their name become unknown ones. Changes nothing about anybody else."""
    came = connection.execute(
        update(person)
        .where(person.c.id == person_id, person.c.joined_by.is_not(None))
        .values(joined_by=None, preferred_account_id=None)
        .returning(person.c.id)
    ).scalar()
    if came is None:
        return
    end_sessions(connection, person_id, now=now)
    connection.execute(
        update(account).where(account.c.person_id == person_id).values(person_id=None)
    )


def end_sessions(connection: Connection, person_id: int, *, now: datetime) -> None:
    """Nobody is in by any of this person's web accounts any more."""
    theirs = select(account.c.id).where(account.c.person_id == person_id)
    connection.execute(
        update(web_session)
        .where(web_session.c.account_id.in_(theirs), web_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def joined_since(connection: Connection, invite_id: int, *, since: datetime) -> int:
    """How many came by this code, those removed again too."""
    return int(
        connection.execute(
            select(func.count())
            .select_from(person)
            .where(person.c.joined_by == invite_id, person.c.created_at >= since)
        ).scalar_one()
    )


def joined(
    connection: Connection, department_id: int, *, offset: int = 0, limit: int = 1000
) -> tuple[list[Joined], int]:
    """Who came by any of this department's codes and is still there, the newest first, and how
    many they are. Those who were invited since are not among them."""
    came = (
        invite.c.department_id == department_id,
        person.c.joined_by == invite.c.id,
        person.c.removed_at.is_(None),
    )
    total = connection.execute(
        select(func.count()).select_from(person.join(invite, came[1])).where(*came)
    ).scalar_one()
    rows = connection.execute(
        select(person.c.id, person.c.name, person.c.created_at)
        .select_from(person.join(invite, came[1]))
        .where(*came)
        .order_by(person.c.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [Joined(*row) for row in rows], int(total)


def known_on(
    connection: Connection, *, department_id: int, name: str, channel: str
) -> tuple[int, int] | None:
    """Account and person of whoever came to this department under this name before and is a
    member and nothing else."""
    beyond = exists().where(role.c.person_id == person.c.id, role.c.role != "member")
    row = connection.execute(
        select(account.c.id, person.c.id)
        .select_from(
            person.join(invite, person.c.joined_by == invite.c.id).join(
                account, account.c.person_id == person.c.id
            )
        )
        .where(
            invite.c.department_id == department_id,
            person.c.name == name,
            person.c.removed_at.is_(None),
            account.c.channel == channel,
            ~beyond,
        )
        .order_by(account.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1])
