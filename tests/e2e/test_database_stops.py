"""PostgreSQL stopped hard under load, again and again, while the program runs on: what was
acknowledged is there, nothing happened twice, and all is well again soon after."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import pytest

from tests.doubles.client import child
from tests.e2e.ground import Liaison, grounded
from tests.e2e.history import History, examine
from tests.e2e.nemesis import at_work, settled
from tests.support.postgres import PostgresServer

STOPS, UPDATES = 6, 150
LONGEST_OUTAGE = 3.0
RECOVERED = 10.0  # seconds from the return to an answer; two on a machine with nothing else to do


@pytest.mark.slow
@pytest.mark.postgres
async def test_the_database_is_stopped_hard(
    tmp_path: Path, seed: int, postgres: PostgresServer, postgres_url: str
):
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    async with (
        child() as control,
        grounded(tmp_path, control, liaisons=5, database_url=postgres_url) as ground,
    ):
        history = await History.begin(control)
        await ground.program.start()
        *busy, waiting = ground.liaisons
        took = []
        async with at_work(busy, history, seed=seed, updates=UPDATES):
            for number in range(STOPS):
                await history.reaches(int(UPDATES * (number + dice.random()) / STOPS))
                await asyncio.to_thread(postgres.stop_hard)
                await asyncio.sleep(dice.uniform(0, LONGEST_OUTAGE))
                await asyncio.to_thread(postgres.start)
                took.append(await _until_answered(waiting, history))
        await settled(ground)
        found = await examine(history, ground)
        print(f"{history.updates} updates, {len(history.meant)} items, {took=}: {found}")
        assert found.faults == []
        assert max(took) <= RECOVERED
        assert [line for line in ground.program.log if "could not" in line] == []


@pytest.mark.slow
async def test_commits_that_fail_after_they_were_made(
    tmp_path: Path, seed: int, database_url: str
):
    """Every fifth transaction is committed, but the program is told that it was not: no update
    has its effect twice for that, no answer stays away, no claim and no outcome is forgotten."""
    url = "" if database_url.startswith("sqlite") else database_url
    async with (
        child() as control,
        grounded(tmp_path, control, liaisons=3, database_url=url) as ground,
    ):
        ground.program.entry = ("-m", "tests.support.failing_at", "commit:5", "--")
        history = await History.begin(control)
        await ground.program.start()
        async with at_work(ground.liaisons, history, seed=seed, updates=UPDATES // 2):
            pass
        await settled(ground)
        found = await examine(history, ground)
        print(f"{history.updates} updates, {len(history.meant)} items: {found}")
        assert found.faults == []
        assert found.repeated == 0


async def _until_answered(somebody: Liaison, history: History) -> float:
    asked = time.monotonic()
    await somebody.person.says("/help")
    history.sent()
    await somebody.person.waits_for()
    return time.monotonic() - asked
