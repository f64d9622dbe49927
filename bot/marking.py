"""Outcomes of sends, written down in batches: what comes while one is being written goes next.

A notice that failed for good is passed on in the same transaction.
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
        self._empty = asyncio.Event()
        self._empty.set()

    def add(self, mark: Mark) -> None:
        self._marks.append(mark)
        self._empty.clear()
        if not self._running:
            self._running = True
            self._spawn(self._write())

    async def flushed(self) -> None:
        """Until all outcomes known so far are in the database."""
        await self._empty.wait()

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
