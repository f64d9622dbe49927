"""Messages of several parts do not get between each other: a card stands below its own text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager


class InOrder:
    """One at a time to each person; different people side by side."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}

    def to(self, accounts: Collection[str]) -> AbstractAsyncContextManager[None]:
        """Around all parts of one message. Taken in one order by all, so nobody waits in a
        circle."""
        names = sorted(set(accounts))
        return self._to(names[0]) if len(names) == 1 else self._to_all(names)

    @asynccontextmanager
    async def _to_all(self, accounts: Sequence[str]) -> AsyncIterator[None]:
        async with AsyncExitStack() as held:
            for account in accounts:
                await held.enter_async_context(self._to(account))
            yield

    @asynccontextmanager
    async def _to(self, account: str) -> AsyncIterator[None]:
        turn = self._turns.setdefault(account, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[account]


class _Turn:
    __slots__ = ("lock", "wanted")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.wanted = 0
