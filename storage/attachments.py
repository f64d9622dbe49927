"""Files of a piece of evidence: pending until their bytes are on disk, then stored or refused.

A receipt number is given only when nothing of the item is pending: it means "on disk".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import String, bindparam, exists, func, literal, select, update
from sqlalchemy.engine import Connection

from storage.accounts import Account, Person, grants_of
from storage.db import Moment, insert_once
from storage.models import account, attachment, blob, person
from storage.prepared import Prepared


@dataclass(frozen=True, slots=True)
class File:
    """One attachment. `state`: pending, stored or refused (with `problem`, an error code). Without
    a piece of evidence it is a workbook to be imported."""

    id: int
    evidence_id: int | None
    account_id: int
    state: str
    reference: str
    name: str
    mime: str
    size: int | None
    blob: str | None
    problem: str
    source: str


_COLUMNS = (
    attachment.c.id,
    attachment.c.evidence_id,
    attachment.c.account_id,
    attachment.c.state,
    attachment.c.reference,
    attachment.c.name,
    attachment.c.mime,
    attachment.c.size,
    attachment.c.blob,
    attachment.c.problem,
    attachment.c.source,
)
_INSERT = Prepared(
    attachment.insert().returning(attachment.c.id),
    keys=(
        "evidence_id",
        "account_id",
        "person_id",
        "state",
        "reference",
        "name",
        "mime",
        "size",
        "blob",
        "source",
        "created_at",
    ),
)
_OF = Prepared(
    select(*_COLUMNS)
    .where(attachment.c.evidence_id == bindparam("evidence"), attachment.c.removed_at.is_(None))
    .order_by(attachment.c.id)
)
_ONE = Prepared(select(*_COLUMNS).where(attachment.c.id == bindparam("id")))
_WITH_CHANNEL = Prepared(
    select(*_COLUMNS, account.c.channel)
    .select_from(attachment.join(account, attachment.c.account_id == account.c.id))
    .where(attachment.c.id == bindparam("id"))
)
_STORED = Prepared(
    update(attachment)
    .where(attachment.c.id == bindparam("row"), attachment.c.state == "pending")
    .values(
        state="stored",
        blob=bindparam("sha"),
        size=bindparam("bytes"),
        name=func.coalesce(bindparam("named", type_=String), attachment.c.name),
        mime=func.coalesce(bindparam("kind", type_=String), attachment.c.mime),
    )
    .returning(attachment.c.id)
)
_SENDER = Prepared(
    select(
        account.c.id,
        account.c.channel,
        account.c.external_id,
        account.c.person_id,
        account.c.unreachable,
        account.c.locked_until,
        person.c.name,
        person.c.removed_at,
    )
    .select_from(
        attachment.join(account, attachment.c.account_id == account.c.id).outerjoin(
            person, account.c.person_id == person.c.id
        )
    )
    .where(attachment.c.id == bindparam("id"))
)


def announce(
    connection: Connection,
    *,
    evidence_id: int | None,
    account_id: int,
    person_id: int,
    reference: str,
    name: str,
    mime: str,
    size: int | None,
    stored: str | None,
    source: str,
    now: datetime,
) -> int:
    """A file that a message announced; `stored` is its blob if the bytes are here already."""
    if stored is not None:
        keep_blob(connection, sha256=stored, size=size or 0, now=now)
    return int(
        _INSERT.scalar(
            connection,
            {
                "evidence_id": evidence_id,
                "account_id": account_id,
                "person_id": person_id,
                "state": "pending" if stored is None else "stored",
                "reference": reference,
                "name": name[:200],
                "mime": mime[:100],
                "size": size,
                "blob": stored,
                "source": source[:200],
                "created_at": now,
            },
        )
    )


def keep_blob(connection: Connection, *, sha256: str, size: int, now: datetime) -> None:
    """Note that these bytes are on disk. Call after they are: the row vouches for the file."""
    insert_once(
        connection,
        blob,
        key=("sha256",),
        values={"sha256": sha256, "size": size, "created_at": now},
    )


def of_evidence(connection: Connection, evidence_id: int) -> list[File]:
    return [File(*row) for row in _OF.all(connection, {"evidence": evidence_id})]


def of_message(connection: Connection, *, account_id: int, source: str) -> list[File]:
    """What the message `source` of this account brought, as far as it is kept."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(
            attachment.c.account_id == account_id,
            attachment.c.source == source[:200],
            attachment.c.removed_at.is_(None),
        )
        .order_by(attachment.c.id)
    )
    return [File(*row) for row in rows]


def ever_brought(connection: Connection, *, account_id: int, source: str) -> bool:
    """Whether this brought a file, also one that was removed since."""
    return bool(
        connection.execute(
            select(
                exists().where(
                    attachment.c.account_id == account_id, attachment.c.source == source[:200]
                )
            )
        ).scalar()
    )


def find(connection: Connection, attachment_id: int) -> File | None:
    row = _ONE.one(connection, {"id": attachment_id})
    return None if row is None else File(*row)


def with_channel(connection: Connection, attachment_id: int) -> tuple[File, str] | None:
    """The file and the name of the channel that can fetch it."""
    row = _WITH_CHANNEL.one(connection, {"id": attachment_id})
    return None if row is None else (File(*row[:-1]), row[-1])


def mark_stored(
    connection: Connection,
    attachment_id: int,
    *,
    sha256: str,
    size: int,
    now: datetime,
    name: str = "",
    mime: str = "",
) -> bool:
    """False if it was settled before. `name` and `mime` where it was announced as something that
    the channel could only guess."""
    keep_blob(connection, sha256=sha256, size=size, now=now)
    found = {"row": attachment_id, "sha": sha256, "bytes": size}
    found |= {"named": name or None, "kind": mime or None}
    return _STORED.scalar(connection, found) is not None


def mark_refused(connection: Connection, attachment_id: int, *, problem: str) -> bool:
    return (
        connection.execute(
            update(attachment)
            .where(attachment.c.id == attachment_id, attachment.c.state == "pending")
            .values(state="refused", problem=problem)
            .returning(attachment.c.id)
        ).scalar()
        is not None
    )


def remove(connection: Connection, attachment_id: int, *, now: datetime) -> None:
    connection.execute(
        update(attachment).where(attachment.c.id == attachment_id).values(removed_at=now)
    )


def put_back(connection: Connection, attachment_id: int) -> None:
    connection.execute(
        update(attachment).where(attachment.c.id == attachment_id).values(removed_at=None)
    )


def remove_all(connection: Connection, evidence_id: int, *, now: datetime) -> None:
    connection.execute(
        update(attachment)
        .where(attachment.c.evidence_id == evidence_id, attachment.c.removed_at.is_(None))
        .values(removed_at=now)
    )


def move_stored(connection: Connection, *, from_id: int, to_id: int) -> None:
    """Hand the stored files of one item over to another."""
    connection.execute(
        update(attachment)
        .where(
            attachment.c.evidence_id == from_id,
            attachment.c.removed_at.is_(None),
            attachment.c.state == "stored",
        )
        .values(evidence_id=to_id)
    )


def join(connection: Connection, *, from_id: int, to_id: int) -> int:
    """Hand all files over, also those on their way, but for those that the other has already;
    how many it has then, refused ones not counted."""
    there = {f.blob or f.reference for f in of_evidence(connection, to_id)}
    for file in of_evidence(connection, from_id):
        if (file.blob or file.reference) not in there:
            connection.execute(
                update(attachment).where(attachment.c.id == file.id).values(evidence_id=to_id)
            )
    return sum(file.state != "refused" for file in of_evidence(connection, to_id))


_COPIED = ("account_id", "person_id", "state", "reference", "name", "mime", "size", "blob")


def copy_stored(connection: Connection, *, from_id: int, to_id: int, now: datetime) -> None:
    """The same files for another item: rows are copied, bytes are not."""
    rows = (
        select(literal(to_id), literal(now, Moment), *(attachment.c[name] for name in _COPIED))
        .where(
            attachment.c.evidence_id == from_id,
            attachment.c.removed_at.is_(None),
            attachment.c.state == "stored",
        )
        .order_by(attachment.c.id)
    )
    connection.execute(
        attachment.insert().from_select(["evidence_id", "created_at", *_COPIED], rows)
    )


def pending(connection: Connection, channels: Sequence[str]) -> list[tuple[File, str]]:
    """Downloads still owed, with the channel that can fetch them; for the start after a crash."""
    rows = connection.execute(
        select(*_COLUMNS, account.c.channel)
        .select_from(attachment.join(account, attachment.c.account_id == account.c.id))
        .where(
            attachment.c.state == "pending",
            attachment.c.removed_at.is_(None),
            account.c.channel.in_(channels),
        )
        .order_by(attachment.c.id)
    )
    return [(File(*row[:-1]), row[-1]) for row in rows]


def sender(
    connection: Connection, attachment_id: int, *, day: date | None = None
) -> tuple[Account, Person | None]:
    """Who announced this file, with what they may do on this day."""
    row = _SENDER.one(connection, {"id": attachment_id})
    known = Account(*row[:6])
    if known.person_id is None or row.removed_at is not None:
        return known, None
    grants = grants_of(connection, known.person_id, day=day)
    return known, Person(known.person_id, row.name, grants)
