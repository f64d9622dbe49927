"""Something that changes, and the wake-up that waits in tests hang on."""

from __future__ import annotations

import asyncio


class Changes:
    __slots__ = ("_waiters", "version")

    def __init__(self) -> None:
        self.version = 0
        self._waiters: list[asyncio.Future[None]] = []

    def change(self) -> int:
        """The new version; whoever waits looks again as soon as this step is over."""
        self.version += 1
        if self._waiters:
            woken, self._waiters = self._waiters, []
            for waiter in woken:
                if not waiter.done():
                    waiter.set_result(None)
        return self.version

    async def changed(self, timeout: float) -> None:  # noqa: ASYNC109 - one place for all waits
        """Until something changes, at most `timeout` seconds."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await asyncio.wait((waiter,), timeout=timeout)
        if not waiter.done():
            waiter.cancel()
            self._waiters.remove(waiter)
