"""What must hold on every closed installation, whatever happened to it: as SQL and as files."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from storage.db import Database
from storage.models import (
    attachment,
    audit,
    blob,
    evidence,
    evidence_version,
    inbox,
    outbox,
    rendered,
)


def violations(database_url: str, files: Path) -> list[str]:
    """One sentence each; [] for a sound installation."""
    database = Database(database_url)
    try:
        with database.read() as connection:
            return [
                *_pragmas(connection),
                *_receipts(connection),
                *_files(connection, files),
                *_messages(connection),
                *_audits(connection),
            ]
    finally:
        database.close()


def _pragmas(connection: Connection) -> Iterator[str]:
    if connection.dialect.name != "sqlite":
        return
    for pragma, sound in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
        found = [tuple(row) for row in connection.execute(text(f"PRAGMA {pragma}"))]
        if found != sound:
            yield f"PRAGMA {pragma}: {found[:3]}"


def _receipts(connection: Connection) -> Iterator[str]:
    """Per department and quarter 1, 2, 3 … without gap; nothing submitted waits for a file."""
    numbers: dict[tuple[int, str], list[int]] = {}
    for department_id, quarter, number in connection.execute(
        select(evidence.c.department_id, evidence.c.quarter, evidence.c.number).where(
            evidence.c.number.is_not(None)
        )
    ):
        numbers.setdefault((department_id, quarter), []).append(number)
    for place, found in numbers.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            yield f"receipts of {place}: {sorted(found)}"
    for state, id_ in connection.execute(
        select(evidence.c.state, evidence.c.id).where(
            evidence.c.number.is_(None) != evidence.c.state.in_(("draft", "discarded", "merged"))
        )
    ):
        yield f"item {id_} is {state}, which does not go with its number"
    for id_, name in connection.execute(
        select(evidence.c.id, attachment.c.name)
        .select_from(attachment.join(evidence, attachment.c.evidence_id == evidence.c.id))
        .where(
            evidence.c.number.is_not(None),
            attachment.c.removed_at.is_(None),
            attachment.c.state == "pending",
        )
    ):
        yield f"item {id_} has a receipt, but {name} is not stored"


def _files(connection: Connection, files: Path) -> Iterator[str]:
    """Every row that names bytes has them on disk, whole; no half-written file is left."""
    named = {row.sha256: row.size for row in connection.execute(select(blob))}
    for id_, sha256, size in connection.execute(
        select(attachment.c.id, attachment.c.blob, attachment.c.size).where(
            attachment.c.state == "stored"
        )
    ):
        if named.get(sha256) != size:
            yield f"attachment {id_}: no blob {sha256} of {size} bytes"
    for (snapshot,) in connection.execute(select(evidence_version.c.snapshot)):
        for file in snapshot.get("files", ()):  # a decision is a version without
            if named.get(file["blob"]) != file["size"]:
                yield f"a version names {file['name']}, which is no blob"
    for (sha256,) in connection.execute(select(rendered.c.blob)):
        if sha256 not in named:
            yield f"a rendered document {sha256} is no blob"
    for sha256, size in named.items():
        path = files / sha256[:2] / sha256
        content = path.read_bytes() if path.is_file() else b""
        if (len(content), hashlib.sha256(content).hexdigest()) != (size, sha256):
            yield f"blob {sha256}: {len(content)} bytes on disk instead of {size}"
    for left in (files / "tmp").iterdir():
        yield f"left behind: {left.name}"


def _messages(connection: Connection) -> Iterator[str]:
    for table in (inbox, outbox):
        twice = connection.execute(
            select(table.c.key).group_by(table.c.key).having(func.count() > 1)
        ).all()
        if twice:
            yield f"keys more than once in {table.name}: {twice}"
    for id_, state, problem in connection.execute(
        select(outbox.c.id, outbox.c.state, outbox.c.problem).where(
            outbox.c.state.in_(("queued", "sending"))
        )
    ):
        yield f"message {id_} is still {state} ({problem})"
    for (id_,) in connection.execute(
        select(outbox.c.id).where(outbox.c.state == "sent", outbox.c.message_ref.is_(None))
    ):
        yield f"message {id_} was sent, nobody knows as what"


def _audits(connection: Connection) -> Iterator[str]:
    """Exactly one row for each change: a draft begun, a version submitted, an update parked."""

    def told(action: str) -> Counter[str]:
        rows = connection.execute(
            select(audit.c.object).where(audit.c.action == action, audit.c.result != "denied")
        )
        return Counter(row.object for row in rows)

    def told_versions() -> Counter[tuple[str, int]]:
        rows = connection.execute(
            select(audit.c.object, audit.c.detail).where(audit.c.action == "evidence.submit")
        )
        return Counter((row.object, row.detail["revision"]) for row in rows)

    begun = Counter(
        str(id_)
        for (id_,) in connection.execute(
            select(evidence.c.id).where(evidence.c.amends_id.is_(None))
        )
    )
    submitted = Counter(
        (str(row.evidence_id), row.revision)
        for row in connection.execute(
            select(evidence_version.c.evidence_id, evidence_version.c.revision).where(
                evidence_version.c.what.in_(("submitted", "changed", "completed"))
            )
        )
    )
    parked = Counter(
        key[:80]
        for (key,) in connection.execute(select(inbox.c.key).where(inbox.c.parked.is_not(None)))
    )
    compared: list[tuple[str, Counter[Any], Counter[Any]]] = [
        ("drafts begun", begun, told("evidence.begin")),
        ("versions submitted", submitted, told_versions()),
        ("updates parked", parked, told("update.parked")),
    ]
    for what, change, audited in compared:
        if change != audited:
            yield f"{what}: {change - audited} not audited, {audited - change} audited too often"
