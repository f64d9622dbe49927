"""How much people were told just now, for messengers that let each be sent so much a minute."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.engine import Connection

from storage.models import account, outbox

_UNWRITTEN: Final = 3  # messages to one account that have left and are not marked yet, at most


def lately(connection: Connection, *, channel: str, since: datetime) -> dict[str, int]:
    """How many rows have left for each account of this channel, by its external id. Of those that
    are in hand a few may have left too, since outcomes are not written at once."""
    return _told(connection, since, account.c.channel == channel)


def elsewhere(
    connection: Connection,
    *,
    channel: str,
    accounts: Collection[str],
    since: datetime,
    worker: str,
) -> dict[str, int]:
    """As `lately`, of these accounts and by others than this worker."""
    return _told(
        connection,
        since,
        account.c.channel == channel,
        account.c.external_id.in_(accounts),
        outbox.c.worker != worker,
    )


def _told(connection: Connection, since: datetime, *which: ColumnElement[bool]) -> dict[str, int]:
    perhaps = and_(outbox.c.state == "unknown", outbox.c.claimed_at >= since)
    rows = connection.execute(
        select(account.c.external_id, func.count(outbox.c.sent_at), func.count())
        .select_from(outbox.join(account, outbox.c.account_id == account.c.id))
        .where(or_(outbox.c.sent_at >= since, outbox.c.state == "sending", perhaps), *which)
        .group_by(account.c.external_id)
    )
    return {external_id: sent + min(_UNWRITTEN, found - sent) for external_id, sent, found in rows}
