"""kill -9 at every named moment under load: started again at once, and the load goes on.

Random kills find what nobody thought of; these prove what was thought of. The moments are those of
`tests.support.killed_at`, each of which must really have been the end of a process here.
"""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import outbox, schema
from storage.db import Database
from storage.models import account
from storage.models import outbox as outbox_table
from tests.doubles.client import child
from tests.e2e.ground import Ground, grounded
from tests.e2e.history import History, examine
from tests.e2e.nemesis import at_work, settled
from tests.support.killed_at import POINTS
from tests.support.program import NOW, Program

ENTRY = "tests.support.killed_at"
KILLED = -signal.SIGKILL
PATIENT = 90.0  # seconds in which a moment must come

# the moments that come again and again while people hand in evidence; the first two groups' at
# least four times in each of their reports, the others' once
UPDATE = ("handling", "keyed", "answered", "handled", "committed", "handed-on")
BATCH = ("offset", "offset-moved", "toast", "audited", "numbered")
MESSAGE = ("sending", "sent", "editing", "edited", "marking", "marked")
FILE = ("announced", "fetching", "piece", "keeping", "renaming", "renamed", "kept")
TOLD = ("telling", "stored", "told", "beating", "beaten", "renewing", "settling", "resuming")
AT_A_START = ("settling", "resuming")
ALONE = ("claiming", "claimed", "migrating", "migrated", "key", "closing", "leaving")


def test_no_moment_is_forgotten():
    assert {*UPDATE, *BATCH, *MESSAGE, *FILE, *TOLD, *ALONE} == set(POINTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "points", [UPDATE, BATCH, MESSAGE, FILE, TOLD], ids=lambda points: f"from-{points[0]}-on"
)
async def test_killed_under_load(tmp_path: Path, seed: int, points: tuple[str, ...]):
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    async with child() as control, grounded(tmp_path, control, liaisons=3) as ground:
        history = await History.begin(control)
        async with at_work(ground.liaisons, history, seed=seed, updates=0):
            for point in points:
                times = 1 if point in AT_A_START else dice.randint(1, 4)
                print(f"{point} {times}")
                await _ends_at(ground, point, times)
                await history.interrupts(control)
            await _start(ground)
        await settled(ground)
        found = await examine(history, ground)
        print(f"{history.updates} updates, {len(history.meant)} items: {found}")
        assert found.faults == []


async def _ends_at(ground: Ground, point: str, times: int) -> None:
    ground.program.entry = ("-m", ENTRY, point, str(times))
    await ground.program.start(ready=False)
    assert await ground.program.ended(PATIENT) == KILLED


async def _start(ground: Ground) -> None:
    ground.program.entry = ("-m", "bot")
    await ground.program.start(wait=PATIENT)


# ---------------------------------------------------------------- moments of another kind


@pytest.mark.parametrize(("point", "state"), [("claiming", "sent"), ("claimed", "unknown")])
async def test_a_notice_that_was_claimed_is_sent_once_or_in_doubt(
    tmp_path: Path, point: str, state: str
):
    """Before the claim is committed it never happened; after it nobody knows about the send."""
    async with child() as control, grounded(tmp_path, control, liaisons=1) as ground:
        _queue(ground, "请看通知")
        await _ends_at(ground, point, 1)
        await _start(ground)
        await ground.liaisons[0].person.says("/help")
        await ground.liaisons[0].person.waits_for()
        if state == "sent":
            await ground.liaisons[0].person.waits_for("请看通知", since=0)
        await settled(ground)
        texts = [m.text for m in await ground.liaisons[0].person.chat() if m.out]
        assert (_states(ground)[0], texts.count("请看通知")) == (state, int(state == "sent"))


@pytest.mark.parametrize("point", ["closing", "leaving"])
async def test_killed_while_it_stops(tmp_path: Path, seed: int, point: str):
    async with child() as control, grounded(tmp_path, control, liaisons=2) as ground:
        history = await History.begin(control)
        ground.program.entry = ("-m", ENTRY, point, "1")
        await ground.program.start(wait=PATIENT)
        async with at_work(ground.liaisons, history, seed=seed, updates=0):
            await history.reaches(12)
            assert await ground.program.stop() == KILLED
            await history.interrupts(control)
            await _start(ground)
        await settled(ground)
        assert (await examine(history, ground)).faults == []


@pytest.mark.parametrize(
    ("point", "times"), [("migrating", 1), ("migrating", 9), ("migrated", 1), ("key", 1)]
)
async def test_killed_while_it_is_founded(tmp_path: Path, point: str, times: int):
    """The schema is there whole or not at all, and the key is one; `init` is simply repeated."""
    program = Program(tmp_path, entry=("-m", ENTRY, point, str(times)))
    assert (await program.verb("init", "--admin", "管理员"))[0] == KILLED
    program.entry = ("-m", "bot")
    first, second = await program.admin_code(), await program.admin_code()
    assert first == second
    database = Database(f"sqlite:///{program.data / 'kaohe.sqlite'}")
    with database.read() as connection:
        assert schema.current(connection) == schema.head()
    database.close()


def _queue(ground: Ground, text: str) -> None:
    database = Database(ground.database_url)
    with database.begin() as connection:
        to = connection.execute(
            select(account.c.id).where(account.c.external_id == str(ground.liaisons[0].person.id))
        ).scalar_one()
        outbox.queue(connection, key="notice:1", account_id=to, body={"text": text}, now=NOW)
    database.close()


def _states(ground: Ground) -> list[str]:
    database = Database(ground.database_url)
    with database.read() as connection:
        found = connection.execute(select(outbox_table.c.state).order_by(outbox_table.c.id))
        states = list(found.scalars())
    database.close()
    return states
