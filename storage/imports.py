"""Workbooks that were sent in to be imported, from the message to the confirmation.

The rows of one lie here as long as they wait for a word of the person who sent it, and no longer:
they hold names and accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.engine import Connection

from storage.models import account, attachment, import_file
from storage.prepared import Prepared

READING, FAULTY, WAITING, DONE, DROPPED = "reading", "faulty", "waiting", "done", "dropped"
KEPT: Final = timedelta(days=7)  # that a workbook waits for its confirmation


@dataclass(frozen=True, slots=True)
class ImportFile:
    """`kind` is '' until it is known, `content` None when it isn't read yet or needed no more;
    `name`, `blob`
    and `size` are the file's."""

    id: int
    attachment_id: int
    person_id: int
    kind: str
    quarter: str
    state: str
    content: list[Any] | None
    created_at: datetime
    name: str
    blob: str | None
    size: int | None


_OWN = ("id", "attachment_id", "person_id", "kind", "quarter", "state", "content", "created_at")
_COLUMNS = (
    *(import_file.c[name] for name in _OWN),
    attachment.c.name,
    attachment.c.blob,
    attachment.c.size,
)
_JOINED = import_file.join(attachment, import_file.c.attachment_id == attachment.c.id)
_OF_FILE = Prepared(
    select(import_file.c.id).where(import_file.c.attachment_id == bindparam("attachment"))
)


def begin(
    connection: Connection,
    *,
    attachment_id: int,
    person_id: int,
    kind: str,
    quarter: str,
    now: datetime,
) -> int:
    """A workbook that is being fetched and read. What waits for too long is dropped."""
    old = import_file.c.created_at < now - KEPT
    _drop(connection, import_file.c.state.in_((READING, WAITING)), old, now=now)
    return int(
        connection.execute(
            import_file.insert().returning(import_file.c.id),
            {
                "attachment_id": attachment_id,
                "person_id": person_id,
                "kind": kind,
                "quarter": quarter,
                "state": READING,
                "created_at": now,
            },
        ).scalar_one()
    )


def lock(connection: Connection, import_id: int) -> ImportFile | None:
    """Held until the end of the transaction: two presses at once have one effect."""
    row = connection.execute(
        select(*_COLUMNS)
        .select_from(_JOINED)
        .where(import_file.c.id == import_id)
        .with_for_update(of=import_file)
    ).one_or_none()
    return None if row is None else ImportFile(*row)


def of_attachment(connection: Connection, attachment_id: int) -> int | None:
    """The import that this file is for; None for a file of a piece of evidence."""
    found: int | None = _OF_FILE.scalar(connection, {"attachment": attachment_id})
    return found


def choose(connection: Connection, import_id: int, *, kind: str, quarter: str) -> None:
    connection.execute(
        update(import_file).where(import_file.c.id == import_id).values(kind=kind, quarter=quarter)
    )


def keep_rows(connection: Connection, import_id: int, *, content: list[Any]) -> bool:
    """What was read of the workbook; False if nobody waits for it any more."""
    return (
        connection.execute(
            update(import_file)
            .where(import_file.c.id == import_id, import_file.c.state == READING)
            .values(content=content)
            .returning(import_file.c.id)
        ).scalar()
        is not None
    )


def wait(connection: Connection, file: ImportFile, *, now: datetime) -> None:
    """Read, without a fault: the person is asked. It takes the place of one of the same kind that
    they sent before and never confirmed."""
    if file.kind:
        _drop(
            connection,
            import_file.c.state == WAITING,
            import_file.c.person_id == file.person_id,
            import_file.c.kind == file.kind,
            import_file.c.quarter == file.quarter,
            import_file.c.id < file.id,
            now=now,
        )
    connection.execute(
        update(import_file).where(import_file.c.id == file.id).values(state=WAITING)
    )


def _drop(connection: Connection, *which: ColumnElement[bool], now: datetime) -> None:
    connection.execute(
        update(import_file).where(*which).values(state=DROPPED, content=None, done_at=now)
    )


def end(connection: Connection, import_id: int, *, state: str, now: datetime) -> None:
    """Faulty, done or dropped: its rows are no longer kept."""
    connection.execute(
        update(import_file)
        .where(import_file.c.id == import_id)
        .values(state=state, content=None, done_at=now)
    )


def unread(connection: Connection, channels: tuple[str, ...]) -> list[int]:
    """Attachments on disk that were still to be read; for the start after a crash."""
    return list(
        connection.execute(
            select(attachment.c.id)
            .select_from(_JOINED.join(account, attachment.c.account_id == account.c.id))
            .where(
                import_file.c.state == READING,
                attachment.c.state == "stored",
                account.c.channel.in_(channels),
            )
            .order_by(attachment.c.id)
        ).scalars()
    )
