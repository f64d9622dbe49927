"""Invites: one-time codes that link an account to a person. The code itself lies in no row.

A code is used by one statement that asks for everything at once, so of two who use it at the same
time one succeeds, and a wrong, used, expired or revoked one costs and tells the same.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, select, update
from sqlalchemy.engine import Connection

from storage.models import account, invite, outbox, person

PERSONAL: Final = "personal"  # links an account
LOGIN: Final = "login"  # opens the web chat


@dataclass(frozen=True, slots=True)
class Invite:
    id: int
    kind: str
    nonce: str
    person_id: int
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime

    def open(self, now: datetime) -> bool:
        return self.used_at is None and self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class OpenInvite:
    """A personal invite that still waits, and for whom."""

    id: int
    person_id: int
    name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Attempts:
    """What an account has behind it, and whose it is by now."""

    wrong: int
    locked_until: datetime | None
    person_id: int | None


_HOLDER = person.alias("holder")
_COLUMNS = tuple(invite.c[name] for name in Invite.__dataclass_fields__)


def new_nonce() -> str:
    return secrets.token_hex(16)


def issue(
    connection: Connection,
    *,
    kind: str,
    nonce: str,
    digest: str,
    person_id: int,
    created_by: int | None,
    expires_at: datetime,
    now: datetime,
) -> int:
    return int(
        connection.execute(
            invite.insert().returning(invite.c.id),
            {
                "kind": kind,
                "nonce": nonce,
                "digest": digest,
                "person_id": person_id,
                "created_by": created_by,
                "expires_at": expires_at,
                "created_at": now,
            },
        ).scalar_one()
    )


def issue_many(
    connection: Connection,
    *,
    codes: Mapping[int, tuple[str, str]],
    created_by: int,
    expires_at: datetime,
    now: datetime,
) -> list[int]:
    """Personal invites in place of any open ones: nonce and digest by person. Their ids, in the
    order of `codes`."""
    connection.execute(
        update(invite)
        .where(invite.c.person_id.in_(list(codes)), invite.c.kind == PERSONAL, _open(now))
        .values(revoked_at=now)
    )
    rows = [
        {
            "kind": PERSONAL,
            "nonce": nonce,
            "digest": digest,
            "person_id": person_id,
            "created_by": created_by,
            "expires_at": expires_at,
            "created_at": now,
        }
        for person_id, (nonce, digest) in codes.items()
    ]
    statement = invite.insert().returning(invite.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, rows).scalars())


def find(connection: Connection, invite_id: int) -> Invite | None:
    """None for a join code, which is nobody's: see `storage.join_codes`."""
    row = connection.execute(
        select(*_COLUMNS).where(invite.c.id == invite_id, invite.c.person_id.is_not(None))
    ).one_or_none()
    return None if row is None else Invite(*row)


def redeem(
    connection: Connection, *, digest: str, kinds: Sequence[str], now: datetime
) -> tuple[int, int] | None:
    """Use the open invite with this digest, once: its id and its person; None for wrong, used,
    expired, revoked, or a person who was removed."""
    row = connection.execute(
        update(invite)
        .where(invite.c.digest == digest, invite.c.kind.in_(kinds), _open(now))
        .values(used_at=now)
        .returning(invite.c.id, invite.c.person_id)
    ).one_or_none()
    return None if row is None else (row.id, row.person_id)


def holder(
    connection: Connection, *, digest: str, kinds: Sequence[str], now: datetime
) -> int | None:
    """Whom the open invite with this digest is for; it stays unused."""
    return connection.execute(
        select(invite.c.person_id).where(
            invite.c.digest == digest, invite.c.kind.in_(kinds), _open(now)
        )
    ).scalar()


def issued(connection: Connection, digest: str) -> bool:
    """Whether any invite, open or not, had this code."""
    query = select(invite.c.id).where(invite.c.digest == digest)
    return connection.execute(query).scalar() is not None


def used_by(connection: Connection, invite_id: int, *, account_id: int) -> None:
    connection.execute(update(invite).where(invite.c.id == invite_id).values(used_by=account_id))


def open_invites(
    connection: Connection, *, now: datetime, offset: int = 0, limit: int = 1000
) -> tuple[list[OpenInvite], int]:
    """Personal invites that still wait, the next to expire first, and how many there are."""
    waiting = (invite.c.kind == PERSONAL, _open(now))
    total = connection.execute(
        select(func.count()).select_from(invite).where(*waiting)
    ).scalar_one()
    rows = connection.execute(
        select(invite.c.id, invite.c.person_id, person.c.name, invite.c.expires_at)
        .join(person, invite.c.person_id == person.c.id)
        .where(*waiting)
        .order_by(invite.c.expires_at, invite.c.id)
        .offset(offset)
        .limit(limit)
    )
    return [OpenInvite(*row) for row in rows], int(total)


def open_of(connection: Connection, person_id: int, *, kind: str, now: datetime) -> Invite | None:
    """The newest that this person could still use."""
    row = connection.execute(
        select(*_COLUMNS)
        .where(invite.c.person_id == person_id, invite.c.kind == kind, _open(now))
        .order_by(invite.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Invite(*row)


def revoke(connection: Connection, invite_id: int, *, now: datetime) -> int | None:
    """Whose it was; None if it could not be used any more anyway."""
    return connection.execute(
        update(invite)
        .where(invite.c.id == invite_id, _open(now))
        .values(revoked_at=now)
        .returning(invite.c.person_id)
    ).scalar()


def revoke_all(connection: Connection, person_id: int, *, kind: str, now: datetime) -> None:
    connection.execute(
        update(invite)
        .where(invite.c.person_id == person_id, invite.c.kind == kind, _open(now))
        .values(revoked_at=now)
    )


def _open(now: datetime) -> ColumnElement[bool]:
    return and_(
        invite.c.used_at.is_(None),
        invite.c.revoked_at.is_(None),
        invite.c.expires_at > now,
        exists().where(_HOLDER.c.id == invite.c.person_id, _HOLDER.c.removed_at.is_(None)),
    )


# ---------------------------------------------------------------- accounts


def attempts(connection: Connection, account_id: int) -> Attempts:
    """Holds the account's row until the transaction ends: its codes are tried one by one."""
    return Attempts(
        *connection.execute(
            select(account.c.wrong_codes, account.c.locked_until, account.c.person_id)
            .where(account.c.id == account_id)
            .with_for_update()
        ).one()
    )


def count_wrong(
    connection: Connection, account_id: int, *, wrong: int, locked_until: datetime | None
) -> None:
    connection.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(wrong_codes=wrong, locked_until=locked_until)
    )


def link(
    connection: Connection, *, account_id: int, person_id: int, prefer: bool, now: datetime
) -> None:
    """From now on this account is the person's; with `prefer` (or if there is no other) notices
    go to it."""
    connection.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(person_id=person_id, linked_at=now, wrong_codes=0, locked_until=None, joining=None)
    )
    first = person.c.preferred_account_id.is_(None)
    connection.execute(
        update(person)
        .where(person.c.id == person_id, *([] if prefer else [first]))
        .values(preferred_account_id=account_id)
    )


def account_on(connection: Connection, person_id: int, *, channel: str) -> int | None:
    """The person's first account on this channel."""
    return connection.execute(
        select(account.c.id)
        .where(account.c.person_id == person_id, account.c.channel == channel)
        .order_by(account.c.id)
        .limit(1)
    ).scalar()


def add_account(connection: Connection, *, channel: str, external_id: str, now: datetime) -> int:
    return int(
        connection.execute(
            account.insert().returning(account.c.id),
            {"channel": channel, "external_id": external_id, "created_at": now},
        ).scalar_one()
    )


def answered_since(connection: Connection, account_id: int, *, since: datetime) -> bool:
    """Whether this account was told anything after `since`."""
    return bool(
        connection.execute(
            select(exists().where(outbox.c.account_id == account_id, outbox.c.created_at > since))
        ).scalar()
    )
