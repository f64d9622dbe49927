"""Two processes on one database: each update is handled once, one takes over from the other."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.doubles.client import child
from tests.e2e.balancer import balancing
from tests.e2e.ground import Ground, grounded, with_webhook
from tests.e2e.history import History, examine
from tests.e2e.nemesis import at_work, quiet, settled
from tests.support.program import Program

UPDATES = 150
STOPPED_WITHIN = 15.0  # seconds
TAKEN_OVER_WITHIN = 30.0
LISTENING = "channel:telegram: listening"


@pytest.mark.slow
async def test_two_take_turns_at_the_webhook(tmp_path: Path, database_url: str, seed: int):
    """One is killed and comes back, then the other is stopped and comes back."""
    running: list[Program] = []
    url = "" if database_url.startswith("sqlite") else database_url
    async with (
        child(scale=0.05) as control,
        balancing(lambda: [each.port for each in running]) as balancer,
        grounded(
            tmp_path,
            control,
            liaisons=4,
            database_url=url,
            environment=with_webhook(balancer.url),
        ) as ground,
        ground.another() as other,
    ):
        running += [ground.program, other]
        history = await History.begin(control)
        await asyncio.gather(*(each.start() for each in running))
        async with at_work(ground.liaisons, history, seed=seed, updates=UPDATES):
            await history.reaches(UPDATES // 4)
            other.kill()
            await other.ended()
            await history.interrupts(control)
            await other.start()
            await history.reaches(UPDATES // 2)
            running.remove(ground.program)
            assert await ground.program.stop(STOPPED_WITHIN) == 0
            await ground.program.start()
            running.append(ground.program)
        await quiet(ground)
        assert await other.stop(STOPPED_WITHIN) == 0
        await settled(ground)
        found = await examine(history, ground)
        print(f"{history.updates} updates, {len(history.meant)} items: {found}")
        assert found.faults == []


@pytest.mark.slow
async def test_one_polls_and_the_other_takes_over(tmp_path: Path, database_url: str, seed: int):
    url = "" if database_url.startswith("sqlite") else database_url
    async with (
        child() as control,
        grounded(tmp_path, control, liaisons=3, database_url=url) as ground,
        ground.another() as other,
    ):
        history = await History.begin(control)
        await ground.program.start()
        await _listens(ground.program)
        await other.start()
        async with at_work(ground.liaisons, history, seed=seed, updates=UPDATES):
            await history.reaches(UPDATES // 3)
            assert _times_listening(other) == 0
            ground.program.kill()
            assert await ground.program.ended() == -signal.SIGKILL
            await history.interrupts(control)
            await _listens(other)
            await ground.program.start()
            await history.reaches(UPDATES * 2 // 3)
            assert await other.stop(STOPPED_WITHIN) == 0
            await _listens(ground.program, times=2)
        await settled(ground)
        found = await examine(history, ground)
        print(f"{history.updates} updates, {len(history.meant)} items: {found}")
        assert found.faults == []
        assert not any("409" in call for call in (await control.counts())["calls"])


@pytest.mark.slow
async def test_stopped_under_load(tmp_path: Path, seed: int):
    """SIGTERM is not a kill: what is under way is finished, and nobody is left in doubt."""
    async with child() as control, grounded(tmp_path, control, liaisons=4) as ground:
        history = await History.begin(control)
        await ground.program.start()
        async with at_work(ground.liaisons, history, seed=seed, updates=UPDATES):
            for number in range(1, 6):
                await history.reaches(UPDATES * number // 6)
                await _stop_quickly(ground)
                await ground.program.start()
        await settled(ground)
        found = await examine(history, ground)
        assert found.faults == []
        assert (found.repeated, found.unknown) == (0, 0)


async def _stop_quickly(ground: Ground) -> None:
    assert await ground.program.stop(STOPPED_WITHIN) == 0


def _times_listening(program: Program) -> int:
    return sum(LISTENING in line for line in program.log)


async def _listens(program: Program, *, times: int = 1) -> None:
    async with asyncio.timeout(TAKEN_OVER_WITHIN):
        while _times_listening(program) < times:  # noqa: ASYNC110 - a log can't wake us
            await asyncio.sleep(0.02)
