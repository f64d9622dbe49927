"""How many messages a person is sent a minute by all processes: each keeps count of its own, and
looks at what the others have sent to somebody who is sent many."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError

from bot.channels.base import Memory
from bot.channels.wecom_app.parse import NAME
from bot.wecom.pace import SECONDS, Windows

log = logging.getLogger(__name__)

PARTS: Final = 2  # of a usual message that a card can't hold: text and card
_PROCESSES: Final = 4  # that may each send their part of it unseen


class Share:
    """`most` messages a minute to one person."""

    def __init__(self, memory: Memory, *, most: int) -> None:
        self._memory = memory
        self._own = max(1, most // _PROCESSES)
        self._windows = Windows(most=most, own=self._own)
        self._recalled: float | None = None

    async def recall(self) -> None:
        """Whoever was told much before a restart is not told too much after it. Raises
        DBAPIError."""
        lately = await self._memory.lately(NAME, seconds=SECONDS)
        self._windows.fill({account: PARTS * rows for account, rows in lately.items()})
        self._recalled = time.monotonic()

    @asynccontextmanager
    async def place(self, accounts: Collection[str]) -> AsyncIterator[None]:
        """For one message to each of them, see `Windows.place`."""
        with self._windows.place(accounts, await self._elsewhere(accounts)):
            yield

    async def _elsewhere(self, accounts: Collection[str]) -> Mapping[str, int]:
        """What others may have sent in this minute to those of them who are sent many by us."""
        many = [each for each in accounts if self._windows.sent(each) >= self._own]
        if not many:
            return {}
        seconds = SECONDS
        if self._recalled is not None:
            seconds = min(seconds, time.monotonic() - self._recalled)
        try:
            rows = await self._memory.elsewhere(NAME, many, seconds=seconds)
        except DBAPIError:
            log.info("not known: what other processes have sent")
            return {}
        return {account: PARTS * count for account, count in rows.items()}
