"""How long messages that are due have been waiting: whether anything leaves at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, text
from sqlalchemy.engine import Connection

from storage.db import unindexed
from storage.models import account, outbox, person
from storage.quiet import undisturbed

_MOST = 100  # rows tried again that are worth telling apart
_QUEUED = text("outbox.state = 'queued'")
_OPEN = text("outbox.state IN ('queued', 'sending')")


def look(
    connection: Connection, *, channels: Sequence[str], now: datetime, minute: int | None = None
) -> tuple[tuple[int, datetime] | None, tuple[int, ...]]:
    """The message that was never tried and is due for longest, with the moment since when; and the
    ids of those that were tried and are to be tried again. Only of these channels: the others
    nobody sends. `minute` of the day at the centre: who is not to be disturbed then waits."""
    mine = _to_be_sent(channels, minute)
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


def waiting(
    connection: Connection, *, channels: Sequence[str], now: datetime, minute: int | None = None
) -> int:
    """How many messages are due, are being sent, or are to be tried again."""
    mine = _to_be_sent(channels, minute)
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


def _to_be_sent(channels: Sequence[str], minute: int | None) -> ColumnElement[bool]:
    theirs = select(account.c.id).where(account.c.channel.in_(channels))
    quiet = (
        select(account.c.id)
        .join(person, account.c.person_id == person.c.id)
        .where(undisturbed(minute))
    )
    return and_(
        unindexed(outbox.c.account_id).in_(theirs),
        or_(
            outbox.c.lane != "notice",
            outbox.c.state == "sending",
            outbox.c.account_id.not_in(quiet),
        ),
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.not_before.is_(None), outbox.c.not_before <= now)
