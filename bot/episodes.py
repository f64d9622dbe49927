"""Trouble that lasts: one log line when it begins or changes its kind, back-off while it stays."""

from __future__ import annotations

import asyncio
import logging
import random
import time

SECOND = 1.0  # tests have less time


class Episode:
    """`name` is what is in trouble, e.g. "telegram polling"."""

    def __init__(self, name: str, log: logging.Logger) -> None:
        self._name = name
        self._log = log
        self._kind = ""
        self._tries = 0
        self.until = 0.0  # monotonic: when the last pause ends

    async def wait(
        self,
        kind: str,
        reason: str = "",
        *,
        first: float = 1,
        most: float = 60,
        exact: float = 0,
        error: Exception | None = None,
    ) -> None:
        """Notes one more failure and sleeps seconds that double up to `most`, or `exact` ones.

        `kind` tells episodes apart; `reason` and `error` are for the log line.
        """
        if kind != self._kind:
            self._log.warning("%s: %s %s", self._name, kind, reason, exc_info=error)
            self._kind, self._tries = kind, 0
        seconds = min(most, first * 2 ** min(self._tries, 16)) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
        self._tries += 1
        pause = (exact or seconds) * SECOND
        self.until = time.monotonic() + pause
        await asyncio.sleep(pause)

    def over(self) -> None:
        """It works."""
        if self._kind:
            self._log.info("%s: works again", self._name)
            self._kind, self._tries = "", 0
