"""Whether the program has sent all that it was about to send to somebody.

Where one message of the program's comes as several, a reader of the chat can't tell whether the
last part was there; its outbox can: a row is marked when all parts of it are sent.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from storage.models import account, outbox


class Settled:
    """Looks into the database at this URL, one short connection each time."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, poolclass=NullPool)

    def __call__(self, channel: str, external_id: str) -> bool:
        under_way = (
            sa.select(outbox.c.id)
            .join(account, outbox.c.account_id == account.c.id)
            .where(
                outbox.c.state == "sending",
                account.c.channel == channel,
                account.c.external_id == external_id,
            )
            .limit(1)
        )
        with self._engine.connect() as connection:
            return connection.execute(under_way).first() is None
