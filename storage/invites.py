"""Invites: one-time codes that link an account to a person. The code itself lies in no row."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from storage.models import account, invite


@dataclass(frozen=True, slots=True)
class Invite:
    id: int
    kind: str
    nonce: str
    person_id: int | None
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def open(self, now: datetime) -> bool:
        return self.used_at is None and self.revoked_at is None and now < self.expires_at


_COLUMNS = (
    invite.c.id,
    invite.c.kind,
    invite.c.nonce,
    invite.c.person_id,
    invite.c.expires_at,
    invite.c.used_at,
    invite.c.revoked_at,
)


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


def find(connection: Connection, invite_id: int) -> Invite | None:
    row = connection.execute(select(*_COLUMNS).where(invite.c.id == invite_id)).one_or_none()
    return None if row is None else Invite(*row)


def redeem(connection: Connection, *, digest: str, account_id: int, now: datetime) -> int | None:
    """Use the open invite with this digest once; its person, or None for wrong, used, expired."""
    return connection.execute(
        update(invite)
        .where(
            invite.c.digest == digest,
            invite.c.used_at.is_(None),
            invite.c.revoked_at.is_(None),
            invite.c.expires_at > now,
        )
        .values(used_at=now, used_by=account_id)
        .returning(invite.c.person_id)
    ).scalar()


def link(connection: Connection, *, account_id: int, person_id: int, now: datetime) -> None:
    connection.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(person_id=person_id, linked_at=now, wrong_codes=0, locked_until=None)
    )


def count_wrong(connection: Connection, *, account_id: int) -> int:
    """One more wrong code; how many there are now."""
    return int(
        connection.execute(
            update(account)
            .where(account.c.id == account_id)
            .values(wrong_codes=account.c.wrong_codes + 1)
            .returning(account.c.wrong_codes)
        ).scalar_one()
    )


def lock_account(connection: Connection, *, account_id: int, until: datetime) -> None:
    connection.execute(
        update(account).where(account.c.id == account_id).values(wrong_codes=0, locked_until=until)
    )
