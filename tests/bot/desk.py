"""The program behind a channel, for tests of channels: keeps what it is handed, or refuses it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.channels.base import Busy, Channel, Intake
from handlers.messages import Inbound, Receipt

PATIENCE = 10.0


@dataclass
class Desk:
    """What the program behind a channel would be: keeps what it is handed, or is told not to."""

    received: list[Inbound] = field(default_factory=list)
    parked: list[tuple[str, str, str]] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    busy: int = 0
    errors: deque[Exception] = field(default_factory=deque)
    holds: dict[str, asyncio.Event] = field(default_factory=dict)
    rounds: int = 0  # of the event loop, that each update takes

    @property
    def intake(self) -> Intake:
        return Intake(receive=self._receive, park=self._park)

    @property
    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.received]

    async def _receive(self, inbound: Inbound) -> Receipt:
        self.offered.append(inbound.key)
        if inbound.text in self.holds:
            await self.holds[inbound.text].wait()
        for _ in range(self.rounds):
            await asyncio.sleep(0)
        self._refuse()
        if inbound.key in [known.key for known in self.received]:
            return Receipt(fresh=False)
        self.received.append(inbound)
        return Receipt(fresh=True)

    async def _park(self, *, key: str, raw: str, problem: str) -> None:
        self._refuse()
        if key not in [known for known, _, _ in self.parked]:
            self.parked.append((key, raw, problem))

    def _refuse(self) -> None:
        if self.busy:
            self.busy -= 1
            raise Busy
        if self.errors:
            raise self.errors.popleft()


async def until(true: Callable[[], bool]) -> None:
    """Waits for something that another task brings about."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(channel: Channel, desk: Desk) -> AsyncIterator[None]:
    task = asyncio.create_task(channel.listen(desk.intake))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            raise AssertionError("it stopped listening by itself") from task.exception()
