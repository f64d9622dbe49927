"""Outcomes of sends, written down in batches: what comes while one is being written goes next.

Those of answers wait for each other a little, since a commit costs more than all else about them;
should we be killed in that time, an answer is seen twice, as one whose outcome never came.
A notice is never sent twice, so its outcome waits for nobody; if it failed for good, it is passed
on in the same transaction.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from functools import partial
from typing import Any

from bot.clock import Clock
from bot.database import Work
from storage import passing_on
from storage.outbox import Mark

log = logging.getLogger(__name__)
PAUSE = 1.0  # seconds before another try when the database is away
LINGER = 0.02  # seconds; people take longer, and so does the messenger


class Marker:
    def __init__(
        self,
        *,
        work: Work,
        clock: Clock,
        worker: str,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        channels: Callable[[], Collection[str]],
        written: Callable[[int], None],
    ) -> None:
        """`channels` are those a notice may be passed on to; `written` is told each row whose
        outcome is in the database."""
        self._work = work
        self._clock = clock
        self._worker = worker
        self._spawn = spawn
        self._channels = channels
        self._written = written
        self._marks: list[Mark] = []
        self._running = False
        self._lingers: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    def add(self, mark: Mark, *, at_once: bool) -> None:
        self._marks.append(mark)
        self._empty.clear()
        if at_once:
            self._begin()
        elif not self._running and self._lingers is None:
            loop = asyncio.get_running_loop()
            self._lingers = loop.call_later(LINGER, self._begin)

    async def flushed(self) -> None:
        """Until all outcomes known so far are in the database; none lingers any more."""
        if self._marks:
            self._begin()
        await self._empty.wait()

    def _begin(self) -> None:
        if self._lingers is not None:
            self._lingers.cancel()
            self._lingers = None
        if not self._running:
            self._running = True
            self._spawn(self._write())

    async def _write(self) -> None:
        while self._marks:
            marks, self._marks = self._marks, []
            settle = partial(
                passing_on.settle,
                marks=marks,
                worker=self._worker,
                channels=self._channels(),
                now=self._clock.now(),
            )
            try:
                await self._work.write(settle)
            except Exception as error:
                log.debug("outcomes not written yet: %s", type(error).__name__)
                self._marks = marks + self._marks
                await asyncio.sleep(PAUSE)
            else:
                for mark in marks:
                    self._written(mark.row_id)
        self._running = False
        self._empty.set()
