"""Decisions on evidence. Each takes an item that this transaction has locked and found submitted.

A decision takes no number away and deletes nothing; what it was given for stays as a version.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from storage.evidence import Item, change, items, statement
from storage.models import evidence, evidence_version

EXPIRED: Final = "逾期未补充"


def waiting(connection: Connection, indicators: Sequence[str]) -> list[Item]:
    """Submitted items of these rows in all quarters, the one that waits longest first."""
    return items(
        connection,
        statement()
        .where(evidence.c.state == "submitted", evidence.c.indicator.in_(indicators))
        .order_by(evidence.c.submitted_at, evidence.c.id),
    )


def accept(
    connection: Connection,
    item: Item,
    *,
    person_id: int,
    now: datetime,
    level: str = "",
    reason: str = "",
) -> None:
    """`reason` only where the same was accepted before."""
    change(
        connection,
        item,
        now=now,
        state="accepted",
        level=level or item.level,
        reason=reason,
        decided_by=person_id,
        decided_at=now,
    )


def return_(
    connection: Connection,
    item: Item,
    *,
    reason: str,
    complete_until: datetime,
    person_id: int,
    now: datetime,
) -> None:
    """`complete_until` is the first moment that is too late."""
    change(
        connection,
        item,
        now=now,
        state="returned",
        returns=item.returns + 1,
        reason=reason,
        complete_until=complete_until,
        decided_by=person_id,
        decided_at=now,
    )
    # the item's own reason is emptied by its completion
    _remember(connection, item, "returned", {"reason": reason}, person_id=person_id, now=now)


def reject(
    connection: Connection, item: Item, *, reason: str, person_id: int, now: datetime
) -> None:
    change(
        connection,
        item,
        now=now,
        state="rejected",
        reason=reason,
        decided_by=person_id,
        decided_at=now,
    )


def move(
    connection: Connection,
    item: Item,
    *,
    indicator: str,
    reason: str,
    person_id: int,
    now: datetime,
) -> None:
    """Still submitted, but for another row: a new revision, so that cards of before are old."""
    change(connection, item, now=now, indicator=indicator, revision=item.revision + 1)
    moved = {"from": item.indicator, "to": indicator, "reason": reason}
    _remember(connection, item, "moved", moved, person_id=person_id, now=now)


def withdraw(connection: Connection, item: Item, *, now: datetime) -> None:
    change(connection, item, now=now, state="withdrawn", complete_until=None)


def returned_before(connection: Connection, item_id: int) -> list[tuple[datetime, str]]:
    """Moments and reasons of earlier returns."""
    rows = connection.execute(
        select(evidence_version.c.at, evidence_version.c.snapshot)
        .where(evidence_version.c.evidence_id == item_id, evidence_version.c.what == "returned")
        .order_by(evidence_version.c.id)
    )
    return [(row.at, row.snapshot["reason"]) for row in rows]


def moved_before(connection: Connection, item_id: int) -> list[tuple[str, str]]:
    """Rows that the item came from, with the reasons."""
    rows = connection.execute(
        select(evidence_version.c.snapshot)
        .where(evidence_version.c.evidence_id == item_id, evidence_version.c.what == "moved")
        .order_by(evidence_version.c.id)
    )
    return [(row.snapshot["from"], row.snapshot["reason"]) for row in rows]


def expire(connection: Connection, *, now: datetime) -> list[Item]:
    """Returned items that were not completed in time become 不采纳; those of this call, as they
    are now. Repeating it does nothing."""
    overdue = connection.execute(
        select(evidence.c.id)
        .where(evidence.c.state == "returned", evidence.c.complete_until <= now)
        .order_by(evidence.c.id)
        .with_for_update(skip_locked=True)
    ).scalars()
    ids = list(overdue)
    connection.execute(
        update(evidence)
        .where(evidence.c.id.in_(ids))
        .values(state="rejected", reason=EXPIRED, decided_at=now, updated_at=now)
    )
    return items(connection, statement().where(evidence.c.id.in_(ids)).order_by(evidence.c.id))


def _remember(
    connection: Connection,
    item: Item,
    what: str,
    snapshot: dict[str, str],
    *,
    person_id: int,
    now: datetime,
) -> None:
    connection.execute(
        evidence_version.insert().inline(),
        {
            "evidence_id": item.id,
            "revision": item.revision,
            "what": what,
            "snapshot": snapshot,
            "person_id": person_id,
            "at": now,
        },
    )
