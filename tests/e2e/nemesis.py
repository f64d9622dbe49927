"""Load and kills: liaisons work on while the program dies under them, again and again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from sqlalchemy import select

from storage.db import Database
from storage.models import attachment, outbox
from tests.e2e.hands import Liaison
from tests.e2e.history import History, Meant
from tests.e2e.reporters import PATIENCE, Reporter
from tests.support.program import Program

START_SECONDS = 3.0  # a start takes about so long; some kills fall into it


class Idle(Protocol):
    async def wait_idle(self, *, quiet: float, timeout: float) -> None: ...  # noqa: ASYNC109


class Standing(Protocol):
    """An installation, whichever the channel."""

    @property
    def control(self) -> Idle: ...

    @property
    def program(self) -> Program: ...

    @property
    def database_url(self) -> str: ...


@asynccontextmanager
async def at_work(
    liaisons: Sequence[Liaison],
    history: History,
    *,
    seed: int,
    updates: int,
    patience: float = PATIENCE,
) -> AsyncIterator[None]:
    """These liaisons hand in evidence as long as the block runs, and until there were so many
    updates."""
    enough = asyncio.Event()

    async def work(liaison: Liaison, dice: random.Random) -> None:
        reporter = Reporter(history, dice, patience)
        while not enough.is_set() or history.updates < updates:
            meant = Meant(liaison, f"帮办 {dice.getrandbits(48):x}")
            history.meant.append(meant)
            await reporter.reports(meant)

    async with asyncio.TaskGroup() as group:
        for number, liaison in enumerate(liaisons):
            dice = random.Random(f"{seed} {number}")  # noqa: S311 - repeatable on purpose
            group.create_task(work(liaison, dice))
        yield
        enough.set()


async def kill_again_and_again(
    program: Program,
    history: History,
    *,
    kills: int,
    updates: int,
    dice: random.Random,
    killed: Callable[[], Awaitable[None]] | None = None,
) -> int:
    """Kills spread over so many updates, some of them in the middle of a start; their number.
    `killed` is told of each."""
    made = 0
    while made < kills:
        await history.reaches(int(updates * (made + dice.random()) / kills))
        await asyncio.sleep(dice.uniform(0, 0.2))  # any moment, not just that of an update
        while True:
            made += 1
            program.kill()
            await program.ended()
            if killed is not None:
                await killed()
            if dice.random() < 0.8:
                break
            await program.start(ready=False)
            await asyncio.sleep(dice.uniform(0, START_SECONDS))
        await program.start()
    return made


async def settled(ground: Standing) -> None:
    """Until nothing is under way any more, in the program or towards it; then it is stopped."""
    await quiet(ground)
    assert await ground.program.stop() == 0


async def quiet(ground: Standing) -> None:
    """Until all updates are confirmed, all files fetched and all messages sent."""
    database = Database(ground.database_url)
    try:
        async with asyncio.timeout(60):
            await ground.control.wait_idle(quiet=0.3, timeout=60)
            while _open(database):  # noqa: ASYNC110 - the database can't wake us
                await asyncio.sleep(0.1)
    finally:
        database.close()


def _open(database: Database) -> bool:
    with database.read() as connection:
        return any(
            connection.execute(select(table.c.id).where(table.c.state.in_(states)).limit(1)).all()
            for table, states in ((outbox, ("queued", "sending")), (attachment, ("pending",)))
        )
