"""How the delivery ends: nothing new is begun, what is under way is waited for, and what only
prepares or waits is called back, for it surely did not leave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Ending:
    def __init__(self) -> None:
        self._begun = False
        self._waiting: set[asyncio.Future[None]] = set()  # for it to begin
        self._unsent: set[asyncio.Task[Any] | None] = set()  # preparing: nothing has left yet
        self._recalled: set[asyncio.Task[Any]] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.in_flight = 0

    def has_begun(self) -> bool:
        return self._begun

    def begin(self) -> None:
        self._begun = True
        for waiter in self._waiting:
            _let_go(waiter)

    async def begins_within(self, seconds: float) -> bool:
        """Waits for so long if it does not, which is the rule: so nothing is raised then."""
        if not self._begun:
            loop = asyncio.get_running_loop()
            waiter: asyncio.Future[None] = loop.create_future()
            timer = loop.call_later(seconds, _let_go, waiter)
            self._waiting.add(waiter)
            try:
                await waiter
            finally:
                timer.cancel()
                self._waiting.discard(waiter)
        return self._begun

    # ------------------------------------------------------------ what is under way

    @contextmanager
    def under_way(self) -> Iterator[None]:
        self.in_flight += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self._quiet.set()

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Until `leaving`, this task may be called back."""
        task = asyncio.current_task()
        self._unsent.add(task)
        try:
            yield
        finally:
            self._unsent.discard(task)

    def leaving(self) -> None:
        """From now on nobody can say that nothing was sent."""
        self._unsent.discard(asyncio.current_task())

    # ------------------------------------------------------------ the end itself

    async def quiet(self, seconds: float) -> bool:
        """Whether nothing is under way any more, at the latest after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                return await self._quiet.wait()
        except TimeoutError:
            return False

    async def recall(self, seconds: float) -> None:
        """Stop whatever only waits or prepares: for a document, an upload, the messenger's gate,
        the database."""
        self._recalled = {task for task in self._unsent if task is not None}
        for task in self._recalled:
            task.cancel()
        if self._recalled:
            await asyncio.wait(set(self._recalled), timeout=seconds)

    def was_recalled(self) -> bool:
        """Of the task that was just cancelled; it goes on."""
        task = asyncio.current_task()
        if task is None or task not in self._recalled:
            return False
        task.uncancel()
        return True


def _let_go(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
