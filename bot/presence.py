"""Who is alive: a lease per process, and one per channel that allows a single connection.

Rows of a worker whose lease has run out are settled by the others. Leases go by the real clock.
A holder that died on this very machine is known to be dead at once, so a restart need not wait.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.database import Work
from storage import leases, outbox

log = logging.getLogger(__name__)

WORKER_LEASE = timedelta(seconds=15)
BEAT = 5.0  # seconds
CHANNEL_LEASE = timedelta(seconds=30)
RENEW = 10.0  # seconds


def worker_name() -> str:
    """Unique to this process, and telling on which machine it runs."""
    return f"{socket.gethostname()[:20]}/{os.getpid()}/{secrets.token_hex(3)}"


def dead_here(holder: str, own: str) -> bool:
    """Whether this holder ran on this machine and is surely gone."""
    host, _, rest = holder.partition("/")
    pid, _, _ = rest.partition("/")
    if host != socket.gethostname()[:20] or not pid.isdigit() or holder == own:
        return False
    if int(pid) == os.getpid():
        return True  # our own process id, given to us after its end
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


class Presence:
    def __init__(
        self,
        *,
        work: Work,
        clock: Clock,
        worker: str,
        windows: Callable[[], Mapping[str, timedelta]] = dict,
    ) -> None:
        """`windows`: for how long channels that know a repeated call can be asked once more."""
        self._work = work
        self._windows = windows
        self._clock = clock
        self.worker = worker
        self.began = clock.monotonic()
        self.last_beat = 0.0  # when one was written; 0 before the first
        self.last_try = self.began  # when one ended, written or not
        self.others = False  # whether there were other processes at the last beat
        self._held: dict[str, float] = {}

    async def beat(self) -> bool:
        """Renew our lease and settle what the dead left, once; whether anybody had died, or left
        on purpose. Raises DBAPIError."""
        now, windows = self._clock.wall(), self._windows()

        def job(connection: Connection) -> tuple[int, int, bool]:
            leases.take(
                connection,
                name=f"worker:{self.worker}",
                holder=self.worker,
                now=now,
                until=now + WORKER_LEASE,
            )
            living = [
                holder
                for holder in leases.living(connection, prefix="worker:", now=now)
                if not dead_here(holder, self.worker)
            ]
            settled = outbox.abandoned(connection, living=living, windows=windows, now=now)
            dead = leases.bury(connection, prefix="worker:", living=living)
            return settled, dead, len(living) > 1

        settled, dead, self.others = await self._work.write(job)
        self.last_beat = self._clock.monotonic()
        if settled:
            log.warning("%s messages of a lost process settled", settled)
        return dead > 0

    async def keep_beating(self, inherited: Callable[[], Awaitable[None]]) -> None:
        """For ever; `inherited` is awaited after a beat that found somebody gone."""
        while True:
            await asyncio.sleep(BEAT)
            try:
                if await self.beat():
                    await inherited()
            except DBAPIError as error:
                log.debug("no heartbeat: %s", type(error.orig).__name__)
            self.last_try = self._clock.monotonic()

    def since(self, name: str) -> float | None:
        """Since when we hold the lease `name`, in monotonic seconds; None while we don't."""
        return self._held.get(name)

    async def alone(self, name: str, listen: Callable[[], Awaitable[None]]) -> None:
        """Run `listen` while we hold the lease `name`; wait for it otherwise. For ever."""
        while True:
            if await self._take(name):
                log.info("%s: listening", name)
                self._held[name] = self._clock.monotonic()
                try:
                    await self._while_held(name, listen)
                finally:
                    del self._held[name]
            await asyncio.sleep(RENEW / 5)

    async def _while_held(self, name: str, listen: Callable[[], Awaitable[None]]) -> None:
        held = asyncio.timeout(CHANNEL_LEASE.total_seconds())
        with suppress(TimeoutError):
            async with held, asyncio.TaskGroup() as group:
                group.create_task(self._renew(name, held))
                await listen()
        log.warning("%s: lease lost", name)

    async def _renew(self, name: str, held: asyncio.Timeout) -> None:
        """While the database is away nobody else can take the lease either: it runs out by
        itself."""
        loop = asyncio.get_running_loop()
        pause = RENEW
        while True:
            await asyncio.sleep(pause)
            ours = await self._take(name)
            pause = RENEW if ours is not None else RENEW / 10
            if ours:
                held.reschedule(loop.time() + CHANNEL_LEASE.total_seconds() - RENEW)
            elif ours is False:
                held.reschedule(loop.time())
                return

    async def _take(self, name: str) -> bool | None:
        """None while the database is away."""
        now = self._clock.wall()

        def job(connection: Connection) -> bool:
            holder = leases.holder(connection, name=name)
            if holder is not None and dead_here(holder, self.worker):
                leases.give_up(connection, holder=holder, now=now)
            return leases.take(
                connection, name=name, holder=self.worker, now=now, until=now + CHANNEL_LEASE
            )

        try:
            return await self._work.write(job)
        except DBAPIError as error:
            log.debug("%s: lease not reachable: %s", name, type(error.orig).__name__)
            return None

    async def leave(self) -> None:
        """Let go of all leases, so that the next process need not wait."""
        now = self._clock.wall()
        await self._work.write(lambda c: leases.give_up(c, holder=self.worker, now=now))
