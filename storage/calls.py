"""Calls that tell many people the same: kept before they leave, so that one in doubt can be made
again exactly as it was, and not another one beside it.

The messenger knows a repeated call by its content, but only for a while (the channel's window).
What of a call may have left is written down (`doubt`): one that surely never did is of no more use
once its window is over, and its messages are told by a new one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import Connection

from storage.models import account, channel_call, outbox

LOST: Final = "worker lost"


@dataclass(frozen=True, slots=True)
class Call:
    id: int
    body: str
    at: datetime
    doubt: bool

    def is_over(self, window: timedelta, now: datetime) -> bool:
        """Whether the messenger may have forgotten it."""
        return now - self.at >= window


def together(body: Mapping[str, Any]) -> bool:
    """Whether a message may be kept as it goes out: not with a secret filled in."""
    return "<secret " not in body["text"] and not body.get("document", {}).get("secret")


def keep(
    connection: Connection,
    *,
    channel: str,
    body: str,
    rows: Collection[int],
    worker: str,
    now: datetime,
) -> Call | None:
    """Keep a call for these rows that `worker` has in hand; None, and nothing kept, if one of them
    is another's by now. `now` is real time."""
    ours = connection.execute(
        select(outbox.c.id)
        .where(outbox.c.id.in_(rows), outbox.c.state == "sending", outbox.c.worker == worker)
        .order_by(outbox.c.id)
        .with_for_update()
    ).all()
    if len(ours) != len(rows):
        return None
    id_ = connection.execute(
        insert(channel_call).returning(channel_call.c.id),
        {"channel": channel, "body": body, "at": now},
    ).scalar_one()
    connection.execute(update(outbox).where(outbox.c.id.in_(rows)).values(call_id=id_))
    return Call(int(id_), body, now, doubt=False)


def find(connection: Connection, call_id: int) -> Call | None:
    row = connection.execute(
        select(
            channel_call.c.id, channel_call.c.body, channel_call.c.at, channel_call.c.doubt
        ).where(channel_call.c.id == call_id)
    ).one_or_none()
    return None if row is None else Call(*row)


def doubt(connection: Connection, ids: Collection[int]) -> None:
    """Note that these may have been made."""
    connection.execute(update(channel_call).where(channel_call.c.id.in_(ids)).values(doubt=True))


def settle_abandoned(
    connection: Connection,
    *,
    living: Sequence[str],
    windows: Mapping[str, timedelta],
    now: datetime,
) -> int:
    """Notices of dead workers on channels that keep their calls (`windows`): what surely did not
    leave and what can be repeated is queued again. The others are left as they are; how many."""
    found = connection.execute(
        select(
            outbox.c.id,
            outbox.c.body,
            outbox.c.call_id,
            account.c.channel,
            channel_call.c.at,
        )
        .join(account, outbox.c.account_id == account.c.id)
        .outerjoin(channel_call, outbox.c.call_id == channel_call.c.id)
        .where(
            text("outbox.state IN ('queued', 'sending')"),  # the partial index
            outbox.c.state == "sending",
            outbox.c.lane == "notice",
            outbox.c.worker.not_in(living),
            account.c.channel.in_(windows),
        )
    ).all()
    again = [
        row
        for row in found
        if (row.call_id is None and together(row.body))
        or (row.at is not None and now - row.at < windows[row.channel])
    ]
    if not again:
        return 0
    doubt(connection, {row.call_id for row in again if row.call_id is not None})
    return connection.execute(
        update(outbox)
        .where(
            outbox.c.id.in_([row.id for row in again]),
            outbox.c.state == "sending",
            outbox.c.worker.not_in(living),
        )
        .values(state="queued", problem=LOST)
    ).rowcount
