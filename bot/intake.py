"""The edge where updates come in: each is committed or parked, or the channel is told to wait.

Nothing may be acknowledged to a messenger before `receive` or `park` has returned. `Busy` means
that nothing was committed and the same update must be offered again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TypeVar

import orjson
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot import logs
from bot.channels.base import Busy
from bot.clock import Clock
from bot.database import Work
from bot.in_order import InOrder
from handlers import dispatch
from handlers.dispatch import Desk
from handlers.messages import Inbound, Receipt
from storage import audit, inbox
from storage.db import passing
from storage.outbox import Row

log = logging.getLogger(__name__)
T = TypeVar("T")

TRIES = 3
PAUSE = 0.2  # seconds, doubled each time


class Reception:
    """`receive` and `park` are what channels are given as their intake.

    `answers` gets the outbox rows of a committed turn, `notices` is called when some wait,
    `downloads` gets the attachments to fetch, `handled` whatever else a channel wants to know.
    `repeated` gets the key of an update that had its effect before: if its commit went through
    while we were told that it failed, its answers are still to be sent.
    """

    def __init__(
        self,
        *,
        work: Work,
        desk: Desk,
        clock: Clock,
        answers: Callable[[Sequence[Row]], None],
        notices: Callable[[], None],
        downloads: Callable[[Sequence[int]], None],
        handled: Callable[[Inbound, Receipt], None],
        repeated: Callable[[str], None],
    ) -> None:
        self.desk = desk
        self._work = work
        self._clock = clock
        self._answers = answers
        self._notices = notices
        self._downloads = downloads
        self._handled = handled
        self._repeated = repeated
        self._order = InOrder[tuple[str, str]]()

    async def receive(self, inbound: Inbound) -> Receipt:
        """Handle, commit, hand the answers to delivery. Updates of one account keep their order.

        Raises Busy.
        """
        async with self._order.to((inbound.channel, inbound.account)):
            receipt = await self._handle(inbound)
        self._handled(inbound, receipt)
        if not receipt.fresh:
            self._repeated(inbound.key)
        if receipt.answers:
            self._answers(receipt.answers)
        if receipt.notices:
            self._notices()
        if receipt.downloads:
            self._downloads(receipt.downloads)
        return receipt

    async def park(self, *, key: str, raw: str, problem: str) -> None:
        """Keep what no channel could parse, but no code in it. Raises Busy."""
        now = self._clock.now()
        raw = logs.redact(raw)

        def job(connection: Connection) -> None:
            if inbox.park(connection, key=key, raw=raw, problem=problem, now=now):
                audit.record(
                    connection,
                    now=now,
                    action="update.parked",
                    object_=key[:80],
                    result="failed",
                    detail={"problem": problem},
                )

        await self._committed(job)
        log.warning("update %s parked: %s", key, problem)

    async def _handle(self, inbound: Inbound) -> Receipt:
        now = self._clock.now()
        try:
            return await self._committed(
                lambda c: dispatch.handle(c, inbound, desk=self.desk, now=now)
            )
        except Busy:
            raise
        except Exception as error:
            # the one broad catch on the way in: a fault of ours must not stop those behind it
            problem = type(error).__name__
            log.exception("update %s could not be handled", inbound.key)
        raw = logs.redact(orjson.dumps(asdict(replace(inbound, name=""))).decode())
        return await self._committed(
            lambda c: dispatch.park(c, inbound, raw=raw, problem=problem, desk=self.desk, now=now)
        )

    async def _committed(self, job: Callable[[Connection], T]) -> T:
        for attempt in range(TRIES):
            try:
                return await self._work.write(job)
            except DBAPIError as error:
                if not passing(error):
                    raise
                if attempt + 1 < TRIES:
                    await asyncio.sleep(PAUSE * 2**attempt * random.uniform(0.7, 1.3))  # noqa: S311 - jitter, not a secret
        raise Busy
