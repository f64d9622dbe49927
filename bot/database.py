"""Database work off the event loop: the loop never touches a connection.

SQLite gets one writing thread (its writer is one anyway, and work stands in line before it holds
the lock) and a reading one; PostgreSQL gets as many of both as its pool has connections. Jobs that
stand in line for the one thread share a commit: waiting for the disk is much of what each costs.
While the database is away everybody tries again and again; the log says so once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from storage.db import Database, passing

log = logging.getLogger(__name__)
T = TypeVar("T")
Job: TypeAlias = Callable[[Connection], T]
Place: TypeAlias = tuple[Job[Any], "Future[Any]"]

AWAY = 1.0  # seconds before another try when the database is away
TOGETHER = 16  # jobs of one commit; the first of them waits for the last


class Work:
    def __init__(self, database: Database) -> None:
        self.database = database
        self._writers = ThreadPoolExecutor(database.threads, "db-write")
        self._readers = ThreadPoolExecutor(database.threads, "db-read")
        self._line: deque[Place] = deque()
        self._away = False

    async def write(self, job: Job[T]) -> T:
        """Run `job` in a transaction and return after its commit.

        It may be run once more, after a rollback, when another one fails beside it.
        """
        result: Future[T] = Future()
        self._line.append((job, result))
        self._writers.submit(self._work_off)
        return await self._settled(result)

    async def read(self, job: Job[T]) -> T:
        return await self._settled(self._readers.submit(self._read, job))

    async def _settled(self, result: Future[T]) -> T:
        try:
            found = await asyncio.wrap_future(result)
        except DBAPIError as error:
            if passing(error) and not self._away:
                self._away = True
                log.warning("database not available: %s", type(error.orig).__name__)
            raise
        if self._away:
            self._away = False
            log.info("database available again")
        return found

    def _work_off(self) -> None:
        most = TOGETHER if self.database.sqlite else 1  # several threads wait side by side
        group: list[Place] = []
        while len(group) < most:
            try:
                job, result = self._line.popleft()
            except IndexError:  # an earlier call has done it
                break
            if result.set_running_or_notify_cancel():
                group.append((job, result))
        if len(group) > 1 and self._together(group):
            return
        for job, result in group:
            self._alone(job, result)

    def _together(self, group: Sequence[Place]) -> bool:
        """False if all was rolled back: then each is to stand for itself."""
        try:
            found = self._write(lambda connection: [job(connection) for job, _ in group])
        except Exception as error:
            log.debug("a shared commit was undone: %s", type(error).__name__)
            return False
        for (_, result), value in zip(group, found, strict=True):
            result.set_result(value)
        return True

    def _alone(self, job: Job[T], result: Future[T]) -> None:
        try:
            value = self._write(job)
        except BaseException as error:  # handed on to who waits for it
            result.set_exception(error)
        else:
            result.set_result(value)

    def _write(self, job: Job[T]) -> T:
        with self.database.begin() as connection:
            return job(connection)

    def _read(self, job: Job[T]) -> T:
        with self.database.read() as connection:
            return job(connection)

    def close(self) -> None:
        """Waits for the work in hand."""
        self._writers.shutdown()
        self._readers.shutdown()
        self.database.close()


async def once_there(work: Callable[[], Awaitable[T]]) -> T:
    """`work` with the database, again and again while it is away: for what was committed and may
    not fail for that."""
    while True:
        try:
            return await work()
        except DBAPIError as error:
            if not passing(error):
                raise
            await asyncio.sleep(AWAY)
