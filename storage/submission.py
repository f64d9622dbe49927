"""From draft to receipt: numbers, versions, duplicates, and working copies of what stands.

A number is the next of its (department, quarter), taken under the lock of the department's row,
so two can't get the same one. Every version that was submitted is kept with its files' hashes.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.engine import Connection

from storage import attachments
from storage.attachments import File
from storage.evidence import LIVE, Item, change, items, statement
from storage.models import attachment, department, evidence, evidence_version
from storage.prepared import Prepared

_AT_ONCE: Final = 500
_CONTENT: Final = (
    "kind",
    "indicator",
    "title",
    "event_date",
    "description",
    "outlet",
    "level",
)


# ---------------------------------------------------------------- the same thing twice


def plain_text(text: str) -> str:
    """Equal for texts that differ only in width, case, blanks and punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def content_key(item: Item) -> str:
    """Equal for items of equal texts, as `plain_text` has it."""
    return _key(item.title, item.description, item.outlet)


def _key(title: str, description: str, outlet: str) -> str:
    plain = plain_text(f"{title}\n{description}\n{outlet}")
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An earlier item with the same file or text (or both: `same_file` names the file)."""

    item: Item
    same_file: str
    same_text: bool


def duplicates(
    connection: Connection, item: Item, files: Sequence[File], *, anywhere: bool = False
) -> list[Duplicate]:
    """Submitted items with the same file or the same text: of the department for the same row,
    or, with `anywhere`, of whomever for whichever row. The first receipt first."""
    blobs = {file.blob: file.name for file in files if file.blob}
    key = content_key(item)
    if not _anything_alike(connection, item, key, blobs):
        return []
    same = (
        select(attachment.c.evidence_id, attachment.c.blob)
        .where(attachment.c.blob.in_(blobs), attachment.c.removed_at.is_(None))
        .subquery()
    )
    itself = [item.id, *([item.amends_id] if item.amends_id else [])]
    wanted = (
        statement()
        .where(
            evidence.c.state.in_(LIVE),
            evidence.c.number.is_not(None),
            evidence.c.id.not_in(itself),
            or_(
                evidence.c.content_key == key,
                evidence.c.id.in_(select(same.c.evidence_id)),
            ),
        )
        .order_by(evidence.c.submitted_at, evidence.c.id)
    )
    if not anywhere:
        wanted = wanted.where(
            evidence.c.department_id == item.department_id,
            evidence.c.indicator == item.indicator,
        )
    found = items(connection, wanted.limit(5))
    if not found:
        return []
    shared = {
        row.evidence_id: blobs[row.blob]
        for row in connection.execute(
            select(same.c.evidence_id, same.c.blob).where(
                same.c.evidence_id.in_([each.id for each in found])
            )
        )
    }
    return [Duplicate(each, shared.get(each.id, ""), each.content_key == key) for each in found]


_TEXTS = Prepared(
    select(evidence.c.id)
    .where(evidence.c.content_key == bindparam("key"), evidence.c.id != bindparam("item"))
    .limit(1)
)
_FILES = Prepared(
    select(attachment.c.id)
    .where(attachment.c.blob == bindparam("blob"), attachment.c.evidence_id != bindparam("item"))
    .limit(1)
)


def _anything_alike(connection: Connection, item: Item, key: str, blobs: Iterable[str]) -> bool:
    """A quick no for what is new: the usual case, in which the closer look can be spared."""
    return _TEXTS.one(connection, {"key": key, "item": item.id}) is not None or any(
        _FILES.one(connection, {"blob": blob, "item": item.id}) is not None for blob in blobs
    )


# ---------------------------------------------------------------- submitting


def submit(
    connection: Connection,
    item: Item,
    files: Sequence[File],
    *,
    quarter: str,
    late: bool,
    person_id: int,
    at: datetime,
    now: datetime,
) -> Item:
    """Give a complete, locked draft its number. `at` is when the person confirmed; the quarter's
    row exists and is held open by the caller."""
    number = _next_number(connection, item.department_id, quarter)
    submitted = change(
        connection,
        item,
        now=now,
        state="submitted",
        quarter=quarter,
        number=number,
        late=late,
        confirming=False,
        submitted_by=person_id,
        submitted_at=at,
        content_key=content_key(item),
    )
    record_version(connection, submitted, files, what="submitted", person_id=person_id, now=now)
    return submitted


@dataclass(frozen=True, slots=True)
class Report:
    """A complete item without files that somebody records for a department (代录)."""

    department_id: int
    quarter: str
    kind: str
    indicator: str
    title: str
    event_date: date
    description: str
    outlet: str
    level: str
    late: bool
    carried: bool


def submit_all(
    connection: Connection, reports: Sequence[Report], *, person_id: int, now: datetime
) -> list[Item]:
    """As a draft and `submit` for each, in a few statements whatever their number; in this order.
    The quarters' rows exist and are held open by the caller, the departments by `hold_numbers`."""
    if not reports:
        return []
    last = _last_numbers(connection, reports)
    values = []
    for each in reports:
        place = each.department_id, each.quarter
        last[place] = last.get(place, 0) + 1
        values.append(
            {name: getattr(each, name) for name in Report.__slots__}
            | {
                "number": last[place],
                "state": "submitted",
                "proxy": True,
                "content_key": _key(each.title, each.description, each.outlet),
                "created_by": person_id,
                "submitted_by": person_id,
                "submitted_at": now,
                "created_at": now,
                "updated_at": now,
            }
        )
    made = connection.execute(
        evidence.insert().returning(evidence.c.id, sort_by_parameter_order=True), values
    ).scalars()
    ids = list(made)
    found: dict[int, Item] = {}
    for start in range(0, len(ids), _AT_ONCE):
        wanted = statement().where(evidence.c.id.in_(ids[start : start + _AT_ONCE]))
        found |= {item.id: item for item in items(connection, wanted)}
    filed = [found[id_] for id_ in ids]
    connection.execute(
        evidence_version.insert(),
        [_version(item, (), what="submitted", person_id=person_id, now=now) for item in filed],
    )
    return filed


def hold_numbers(connection: Connection, department_ids: Iterable[int]) -> None:
    """Nobody else gives these departments a receipt until this transaction ends."""
    connection.execute(
        select(department.c.id)
        .where(department.c.id.in_(set(department_ids)))
        .order_by(department.c.id)
        .with_for_update(key_share=True)
    ).all()


def _last_numbers(connection: Connection, reports: Sequence[Report]) -> dict[tuple[int, str], int]:
    rows = connection.execute(
        select(evidence.c.department_id, evidence.c.quarter, func.max(evidence.c.number))
        .where(
            evidence.c.quarter.in_({each.quarter for each in reports}),
            evidence.c.number.is_not(None),
        )
        .group_by(evidence.c.department_id, evidence.c.quarter)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def replace_content(
    connection: Connection,
    original: Item,
    copy: Item,
    *,
    person_id: int,
    at: datetime,
    now: datetime,
) -> Item:
    """Put a confirmed working copy in the place of what it amends: a new revision, 待审核 again.
    Both are locked by the caller. Number, quarter and 补报 stay as they were given."""
    changed = change(
        connection,
        original,
        now=now,
        **{name: getattr(copy, name) for name in _CONTENT},
        state="submitted",
        revision=original.revision + 1,
        reason="",
        complete_until=None,
        submitted_by=person_id,
        submitted_at=at,
        decided_by=None,
        decided_at=None,
        content_key=content_key(copy),
    )
    change(connection, copy, now=now, state="merged", confirming=False)
    attachments.remove_all(connection, original.id, now=now)
    attachments.move_stored(connection, from_id=copy.id, to_id=original.id)
    files = attachments.of_evidence(connection, original.id)
    what = "completed" if original.state == "returned" else "changed"
    record_version(connection, changed, files, what=what, person_id=person_id, now=now)
    return changed


def copy_of(
    connection: Connection, item: Item, *, person_id: int, amends: bool, proxy: bool, now: datetime
) -> int:
    """A draft with the item's content and files: its working copy, or a new report of its own."""
    content = {name: getattr(item, name) for name in _CONTENT}
    made = int(
        connection.execute(
            evidence.insert().returning(evidence.c.id),
            {
                **content,
                "department_id": item.department_id,
                "state": "draft",
                "proxy": proxy,
                "carried": item.carried and amends,
                "amends_id": item.id if amends else None,
                "content_key": item.content_key,
                "created_by": person_id,
                "created_at": now,
                "updated_at": now,
            },
        ).scalar_one()
    )
    attachments.copy_stored(connection, from_id=item.id, to_id=made, now=now)
    return made


_VERSION = Prepared(
    evidence_version.insert().inline(),
    keys=("evidence_id", "revision", "what", "snapshot", "person_id", "at"),
)


def record_version(
    connection: Connection,
    item: Item,
    files: Sequence[File],
    *,
    what: str,
    person_id: int,
    now: datetime,
) -> None:
    _VERSION.run(connection, _version(item, files, what=what, person_id=person_id, now=now))


def _version(
    item: Item, files: Sequence[File], *, what: str, person_id: int, now: datetime
) -> dict[str, Any]:
    snapshot = {name: getattr(item, name) for name in _CONTENT} | {
        "event_date": item.event_date.isoformat() if item.event_date else None,
        "quarter": item.quarter,
        "number": item.number,
        "late": item.late,
        "carried": item.carried,
        "files": [
            {"name": file.name, "mime": file.mime, "size": file.size, "blob": file.blob}
            for file in files
            if file.state == "stored"
        ],
    }
    return {
        "evidence_id": item.id,
        "revision": item.revision,
        "what": what,
        "snapshot": snapshot,
        "person_id": person_id,
        "at": now,
    }


def count_versions(connection: Connection, item_id: int) -> int:
    """How many times the item was submitted or changed by its department."""
    return connection.execute(
        select(func.count())
        .select_from(evidence_version)
        .where(
            evidence_version.c.evidence_id == item_id,
            evidence_version.c.what.in_(("submitted", "changed", "completed")),
        )
    ).scalar_one()


_DEPARTMENT = Prepared(
    select(department.c.id)
    .where(department.c.id == bindparam("department"))
    .with_for_update(key_share=True)  # drafts of the department may be begun meanwhile
)
_LAST = Prepared(
    select(func.max(evidence.c.number)).where(
        evidence.c.department_id == bindparam("department"),
        evidence.c.quarter == bindparam("quarter"),
    )
)


def _next_number(connection: Connection, department_id: int, quarter: str) -> int:
    _DEPARTMENT.one(connection, {"department": department_id})
    last = _LAST.scalar(connection, {"department": department_id, "quarter": quarter})
    return int(last or 0) + 1
