"""Work off the loop: what stands in line shares a commit, and no job suffers from another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.database import TOGETHER, Work
from storage.db import Database, sqlite_url


@pytest_asyncio.fixture
async def work(tmp_path: Path) -> AsyncIterator[Work]:
    work = Work(Database(sqlite_url(tmp_path / "line.sqlite")))
    await work.write(lambda c: c.execute(text("CREATE TABLE line (n INTEGER PRIMARY KEY)")))
    yield work
    work.close()


@pytest.fixture
def commits(work: Work) -> list[None]:
    counted: list[None] = []
    event.listen(work.database.writer, "commit", lambda _connection: counted.append(None))
    return counted


def number(n: int, *, fault: Exception | None = None):
    def job(connection: Connection) -> int:
        connection.execute(text("INSERT INTO line VALUES (:n)"), {"n": n})
        if fault is not None:
            raise fault
        return n

    return job


async def stored(work: Work) -> list[int]:
    return await work.read(lambda c: list(c.scalars(text("SELECT n FROM line ORDER BY n"))))


async def behind_a_long_one(work: Work, jobs):
    """All `jobs` stand in line when the writer is free again; what became of each."""
    free = threading.Event()
    long = asyncio.ensure_future(work.write(lambda _connection: free.wait(20)))
    await asyncio.sleep(0.1)
    waiting = [asyncio.ensure_future(work.write(job)) for job in jobs]
    await asyncio.sleep(0)
    free.set()
    await long
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_what_stands_in_line_shares_a_commit(work, commits):
    numbers = list(range(2 * TOGETHER + 1))
    assert await behind_a_long_one(work, [number(n) for n in numbers]) == numbers
    assert await stored(work) == numbers
    assert len(commits) == 1 + 3


async def test_one_that_fails_takes_nothing_from_its_neighbours(work):
    fault = ValueError("no")
    jobs = [number(1), number(2, fault=fault), number(3), number(3)]
    one, two, three, again = await behind_a_long_one(work, jobs)
    assert (one, two, three) == (1, fault, 3)
    assert isinstance(again, IntegrityError)
    assert await stored(work) == [1, 3]


async def test_nobody_hears_of_work_before_its_commit(work):
    """Whoever is told can read it on another connection."""

    async def told(n: int) -> bool:
        await work.write(number(n))
        return n in await stored(work)

    assert all(await asyncio.gather(*(told(n) for n in range(40))))


async def test_work_that_nobody_waits_for_any_more_is_not_begun(work):
    free = threading.Event()
    long = asyncio.ensure_future(work.write(lambda _connection: free.wait(20)))
    await asyncio.sleep(0.1)
    dropped, kept = (asyncio.ensure_future(work.write(number(n))) for n in (1, 2))
    await asyncio.sleep(0)
    dropped.cancel()
    await asyncio.sleep(0)
    free.set()
    await long
    assert await kept == 2
    assert await stored(work) == [2]
