"""Database work off the event loop: the loop never touches a connection.

SQLite gets one writing thread (its writer is one anyway, and work stands in line before it holds
the lock) and a reading one; PostgreSQL gets as many of both as its pool has connections.
While the database is away everybody tries again and again; the log says so once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from storage.db import Database, passing

log = logging.getLogger(__name__)
T = TypeVar("T")


class Work:
    def __init__(self, database: Database) -> None:
        self.database = database
        self._writers = ThreadPoolExecutor(database.threads, "db-write")
        self._readers = ThreadPoolExecutor(database.threads, "db-read")
        self._away = False

    async def write(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in one transaction and return after its commit."""
        return await self._run(self._writers, self._write, job)

    async def read(self, job: Callable[[Connection], T]) -> T:
        return await self._run(self._readers, self._read, job)

    async def _run(
        self,
        pool: ThreadPoolExecutor,
        how: Callable[[Callable[[Connection], T]], T],
        job: Callable[[Connection], T],
    ) -> T:
        try:
            result = await asyncio.get_running_loop().run_in_executor(pool, how, job)
        except DBAPIError as error:
            if passing(error) and not self._away:
                self._away = True
                log.warning("database not available: %s", type(error.orig).__name__)
            raise
        if self._away:
            self._away = False
            log.info("database available again")
        return result

    def _write(self, job: Callable[[Connection], T]) -> T:
        with self.database.begin() as connection:
            return job(connection)

    def _read(self, job: Callable[[Connection], T]) -> T:
        with self.database.read() as connection:
            return job(connection)

    def close(self) -> None:
        """Waits for the work in hand."""
        self._writers.shutdown()
        self._readers.shutdown()
        self.database.close()
