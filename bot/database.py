"""Database work off the event loop: the loop never touches a connection.

SQLite gets one writing thread (its writer is one anyway, and work stands in line before it holds
the lock) and a reading one; PostgreSQL gets as many of both as its pool has connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.engine import Connection

from storage.db import Database

T = TypeVar("T")


class Work:
    def __init__(self, database: Database) -> None:
        self.database = database
        self._writers = ThreadPoolExecutor(database.threads, "db-write")
        self._readers = ThreadPoolExecutor(database.threads, "db-read")

    async def write(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in one transaction and return after its commit."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, self._write, job)

    async def read(self, job: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, job)

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
