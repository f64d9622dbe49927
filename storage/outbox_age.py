"""How long messages that are due have been waiting: whether anything leaves at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.engine import Connection

from storage.models import account, outbox

_MOST = 100  # rows tried again that are worth telling apart
_QUEUED = text("outbox.state = 'queued'")
_OPEN = text("outbox.state IN ('queued', 'sending')")


def look(
    connection: Connection, *, channels: Sequence[str], now: datetime
) -> tuple[tuple[int, datetime] | None, tuple[int, ...]]:
    """The message that was never tried and is due for longest, with the moment since when; and the
    ids of those that were tried and are to be tried again. Only of these channels: the others
    nobody sends."""
    mine = outbox.c.account_id.in_(select(account.c.id).where(account.c.channel.in_(channels)))
    due = func.coalesce(outbox.c.not_before, outbox.c.created_at)
    oldest = connection.execute(
        select(outbox.c.id, due.label("due"))
        .where(_QUEUED, mine, outbox.c.attempt == 0, _is_due(now))
        .order_by(due, outbox.c.id)
        .limit(1)
    ).one_or_none()
    retried = connection.execute(
        select(outbox.c.id)
        .where(_QUEUED, mine, outbox.c.attempt > 0)
        .order_by(outbox.c.id)
        .limit(_MOST)
    ).scalars()
    return (oldest.id, oldest.due) if oldest else None, tuple(retried)


def waiting(connection: Connection, *, channels: Sequence[str], now: datetime) -> int:
    """How many messages are due, are being sent, or are to be tried again."""
    mine = outbox.c.account_id.in_(select(account.c.id).where(account.c.channel.in_(channels)))
    return int(
        connection.execute(
            select(func.count())
            .select_from(outbox)
            .where(_OPEN, mine, or_(_is_due(now), outbox.c.attempt > 0))
        ).scalar_one()
    )


def outcomes(connection: Connection, *, worker: str) -> dict[str, int]:
    """How many messages this worker has brought into each state."""
    rows = connection.execute(
        select(outbox.c.state, func.count())
        .where(outbox.c.worker == worker)
        .group_by(outbox.c.state)
    )
    return {state: number for state, number in rows}


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.not_before.is_(None), outbox.c.not_before <= now)
