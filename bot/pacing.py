"""How fast notices leave: as fast as the messenger allows, and never faster.

A message holds one of `overall` slots from its start until one second after its answer, less half
the shortest round trip seen: two arrivals by one slot are then never within one second, for the
answer to the one and the call of the other travel about as long. The first round trips don't
count: they open connections. An account rests by the same rule. What the messenger itself asks
for (429) shuts a gate for all.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from bot.channels.base import Pace


class Pacer:
    def __init__(self, pace: Pace) -> None:
        self._window = 1.0
        self._slots = int(pace.overall) if pace.overall >= 1 else (1 if pace.overall else 0)
        if 0 < pace.overall < 1:
            self._window = 1 / pace.overall
        self._rest = 1 / pace.account if pace.account else 0.0
        self._free = asyncio.Semaphore(self._slots) if self._slots else None
        self._cold = self._slots  # round trips that still open connections
        self._shortest = math.inf
        self._resting: dict[int, float] = {}
        self._gate = 0.0

    async def slots(self, most: int) -> int:
        """Wait for the gate and one slot, then take up to `most` that are free right now."""
        await self.passable()
        if self._free is None:
            return most
        await self._free.acquire()
        taken = 1
        while taken < most and not self._free.locked():
            await self._free.acquire()
            taken += 1
        return taken

    def give_back(self, slots: int) -> None:
        """Slots that were taken and not used."""
        if self._free is not None:
            for _ in range(slots):
                self._free.release()

    def resting(self) -> list[int]:
        """Accounts that may not be written to yet."""
        now = time.monotonic()
        if any(until <= now for until in self._resting.values()):
            self._resting = {a: until for a, until in self._resting.items() if until > now}
        return list(self._resting)

    def rest(self, account_ids: Collection[int], seconds: float) -> None:
        """Not to be written to for so long, whatever their pace; all until the same moment."""
        self._resting.update(dict.fromkeys(account_ids, time.monotonic() + seconds))

    def soonest(self) -> float:
        """Seconds until one of those accounts may be written to again, as far as that is known;
        more than any wait if it isn't."""
        return min(self._resting.values(), default=math.inf) - time.monotonic()

    @asynccontextmanager
    async def sending(self, account_ids: Collection[int]) -> AsyncIterator[None]:
        """Around one call to these accounts, with a slot in hand; frees the slot in time."""
        started = time.monotonic()
        if self._rest:
            self._resting.update(dict.fromkeys(account_ids, math.inf))
        try:
            yield
        finally:
            ended = time.monotonic()
            on_the_way = self._on_the_way(ended - started)
            if self._rest:
                for id_ in account_ids:
                    if self._resting.get(id_, math.inf) == math.inf:
                        self._resting[id_] = ended + self._rest - on_the_way
            if self._free is not None:
                delay = max(0.0, self._window - on_the_way)
                asyncio.get_running_loop().call_later(delay, self._free.release)

    def _on_the_way(self, round_trip: float) -> float:
        """Seconds that the next message surely takes until it arrives, as far as we know."""
        if self._cold > 0:
            self._cold -= 1
            return 0.0
        self._shortest = min(self._shortest, round_trip)
        return self._shortest / 2

    def shut(self, seconds: float) -> None:
        self._gate = max(self._gate, time.monotonic() + seconds)

    async def passable(self) -> None:
        """Until the gate is open; answers wait here too, for the limit is the bot's."""
        while (left := self._gate - time.monotonic()) > 0:  # noqa: ASYNC110 - it moves on meanwhile
            await asyncio.sleep(left)


class Pacers:
    """One a channel, made when it is first asked for: channels may come up after the delivery."""

    def __init__(self, pace: Callable[[str], Pace]) -> None:
        self._pace = pace
        self._made: dict[str, Pacer] = {}

    def of(self, channel: str) -> Pacer:
        if channel not in self._made:
            self._made[channel] = Pacer(self._pace(channel))
        return self._made[channel]
