"""What people did, in the order of each, different people side by side.

WeCom offers nothing twice: what has come over the connection and is not committed stands in these
lines and is lost with the process. So the intake is asked until it takes it, and the program's
end waits a moment for what is here.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bot.channels.base import Busy, Intake
from bot.channels.wecom_bot.parse import Heard
from handlers.messages import Inbound

log = logging.getLogger(__name__)

MOST = 10_000  # waiting, of all people; then the connection is read no further
BUSY_FIRST, BUSY_MOST = 0.5, 2.0  # seconds
TRIES = 5  # of one that fails in a way of its own


@dataclass(frozen=True, slots=True)
class Parked:
    """What can't be parsed, as the operator will find it."""

    key: str
    raw: str
    problem: str


class Lines:
    """`ready` makes the `Inbound` to be handed in, its files fetched."""

    def __init__(
        self,
        intake: Intake,
        *,
        ready: Callable[[Heard], Awaitable[Inbound]],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._intake = intake
        self._ready = ready
        self._spawn = spawn
        self._lines: dict[str, deque[Heard | Parked]] = {}
        self._room = asyncio.Semaphore(MOST)
        self._empty = asyncio.Event()
        self._empty.set()

    async def put(self, item: Heard | Parked) -> None:
        """Waits only while there is no room at all."""
        await self._room.acquire()
        account = item.inbound.account if isinstance(item, Heard) else ""
        line = self._lines.get(account)
        if line is not None:
            line.append(item)
            return
        self._lines[account] = deque((item,))
        self._empty.clear()
        self._spawn(self._work(account))

    async def emptied(self) -> None:
        await self._empty.wait()

    async def _work(self, account: str) -> None:
        line = self._lines[account]
        while line:
            await self._hand_in(line[0])
            line.popleft()
            self._room.release()
        del self._lines[account]
        if not self._lines:
            self._empty.set()

    async def _hand_in(self, item: Heard | Parked) -> None:
        inbound: Inbound | None = None
        pause, tries = BUSY_FIRST, 0
        while True:
            try:
                if isinstance(item, Parked):
                    await self._intake.park(key=item.key, raw=item.raw, problem=item.problem)
                    return
                inbound = inbound or await self._ready(item)
                await self._intake.receive(inbound)
                return
            except Busy:
                pass
            except Exception:
                # the edge of the channel: one person's message must not end all lines
                tries += 1
                key = item.key if isinstance(item, Parked) else item.inbound.key
                log.exception("update %s can't be handed in", key)
                if tries == TRIES:
                    return
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
            pause = min(2 * pause, BUSY_MOST)
