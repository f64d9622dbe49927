"""One at a time for each of many, in the order in which they came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Hashable
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class InOrder(Generic[K]):
    """Who is for the same waits; different ones go side by side."""

    def __init__(self) -> None:
        self._turns: dict[K, _Turn[K]] = {}

    def to(self, name: K) -> _Turn[K]:
        """`async with` it around what is for this one."""
        turn = self._turns.get(name)
        if turn is None:
            turn = self._turns[name] = _Turn(self._turns, name)
        turn.wanted += 1
        return turn

    @asynccontextmanager
    async def to_all(self, names: Collection[K]) -> AsyncIterator[None]:
        """Taken in one order by all, so nobody waits in a circle."""
        async with AsyncExitStack() as held:
            for name in sorted(set(names), key=str):
                await held.enter_async_context(self.to(name))
            yield


class _Turn(Generic[K]):
    """Forgotten as soon as nobody wants it any more."""

    __slots__ = ("_lock", "_name", "_turns", "wanted")

    def __init__(self, turns: dict[K, _Turn[K]], name: K) -> None:
        self._lock = asyncio.Lock()
        self._turns = turns
        self._name = name
        self.wanted = 0

    async def __aenter__(self) -> None:
        try:
            await self._lock.acquire()
        except BaseException:
            self._left()
            raise

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._lock.release()
        self._left()

    def _left(self) -> None:
        self.wanted -= 1
        if not self.wanted:
            del self._turns[self._name]
