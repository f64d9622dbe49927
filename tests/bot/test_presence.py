"""Who is gone is noticed, however it went: what it left is inherited by those who live."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator

import pytest

from bot.clock import Clock
from bot.database import Work
from bot.presence import Presence, worker_name
from handlers.premises import CENTRE_ZONE
from storage.db import Database, metadata

CHANNEL = "channel:fake"


@pytest.fixture
def work(database_url: str) -> Iterator[Work]:
    database = Database(database_url)
    metadata.create_all(database.writer)
    work = Work(database)
    yield work
    work.close()


def presence(work: Work, worker: str) -> Presence:
    return Presence(work=work, clock=Clock(CENTRE_ZONE), worker=worker)


async def listens(one: Presence) -> None:
    """Until it has the channel's lease; then it goes on for as long as nobody stops it."""
    listening = asyncio.Event()

    async def listen() -> None:
        listening.set()
        await asyncio.Event().wait()

    alone = asyncio.ensure_future(one.alone(CHANNEL, listen))
    await listening.wait()
    alone.cancel()
    await asyncio.gather(alone, return_exceptions=True)


async def test_one_that_left_on_purpose(work: Work):
    one, other = presence(work, "a/1/one"), presence(work, "b/1/other")
    assert [await one.beat(), await other.beat()] == [False, False]
    await listens(one)
    await one.leave()
    await listens(other)
    assert [await other.beat(), await other.beat()] == [True, False]


async def test_one_that_died_on_this_machine_and_whose_channel_was_taken_over_first(work: Work):
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await process.wait()
    dead = presence(work, f"{socket.gethostname()[:20]}/{process.pid}/dead")
    other = presence(work, worker_name())
    await dead.beat()
    await listens(dead)
    await listens(other)
    assert [await other.beat(), await other.beat()] == [True, False]


async def test_whether_there_are_others(work: Work):
    one, other = presence(work, "a/1/one"), presence(work, "b/1/other")
    seen = []
    for beats in (one, other, one):
        await beats.beat()
        seen.append(beats.others)
    await other.leave()
    await one.beat()
    assert [*seen, one.others] == [False, True, True, False]
