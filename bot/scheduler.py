"""Ticks the timed rules every minute. APScheduler only keeps the beat; what is due, the data say.

A tick that comes late or twice does no harm, so there is no job store and no leader. A test clock
may be moved by hours at any moment: whenever it is a minute from the last tick, it is time again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.database import Work
from handlers import jobs
from handlers.alarms import Trouble, raise_alarms
from handlers.jobs import Job
from handlers.occasion import Occasion
from handlers.premises import Premises

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
LOOK = timedelta(seconds=1)  # how often a test clock is looked at


@dataclass(slots=True)
class Ticked:
    """The jobs by name, and how many messages they have queued."""

    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    notices: int = 0


class Ticker:
    """`queued` is called when a job has queued messages; `alarms` asks what is wrong just now."""

    def __init__(
        self,
        *,
        work: Work,
        clock: Clock,
        premises: Premises,
        queued: Callable[[], None],
        alarms: Callable[[], Awaitable[Sequence[Trouble]]],
    ) -> None:
        self._work = work
        self._clock = clock
        self._premises = premises
        self._queued = queued
        self._alarms = alarms
        self._jobs = jobs.discover()
        self._scheduler: Any = None
        self._ticked_at: datetime | None = None

    def start(self) -> None:
        # a tenth of a second to import, and the first message need not wait for it
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        self._scheduler = AsyncIOScheduler(timezone=self._clock.zone)
        steered = self._clock.steered
        self._scheduler.add_job(
            self._follow if steered else self.tick,
            "interval",
            seconds=(LOOK if steered else EVERY).total_seconds(),
            next_run_time=self._clock.wall() + timedelta(seconds=1),
            misfire_grace_time=None,  # by default a tick more than a second late is dropped
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)

    async def _follow(self) -> None:
        if self._ticked_at is None or abs(self._clock.now() - self._ticked_at) >= EVERY:
            await self.tick()

    async def tick(self) -> Ticked:
        """Everything due now, each job in a transaction of its own; then what is wrong is told."""
        now = self._ticked_at = self._clock.now()
        ticked = Ticked()
        for name, job in self._jobs.items():
            await self._do(name, job, now=now, into=ticked)
        troubles = await self._alarms()
        if troubles:
            for trouble in troubles:
                log.warning("%s: %s", trouble.kind, trouble.detail)

            def alarm(occasion: Occasion) -> None:
                raise_alarms(occasion, troubles)

            await self._do("alarms", alarm, now=now, into=ticked)
        return ticked

    async def _do(self, name: str, job: Job, *, now: datetime, into: Ticked) -> None:
        try:
            notices = await self._work.write(_bound(job, now, self._premises))
        except DBAPIError as error:
            log.warning("job %s not done: %s", name, type(error.orig).__name__)
            into.failed.append(name)
        except Exception:
            # one faulty rule must not keep the others from being done
            log.exception("job %s failed", name)
            into.failed.append(name)
        else:
            into.done.append(name)
            into.notices += notices
            if notices:
                self._queued()


def _bound(job: Job, now: datetime, premises: Premises) -> Callable[[Connection], int]:
    def run(connection: Connection) -> int:
        occasion = Occasion(connection, now, premises)
        job(occasion)
        return occasion.notices

    return run
