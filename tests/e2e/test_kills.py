"""kill -9 of the real program at random moments under load: nothing lost, no effect twice."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.doubles.client import child
from tests.e2e.balancer import balancing
from tests.e2e.ground import Ground, grounded, with_webhook
from tests.e2e.history import Finding, History, examine
from tests.e2e.nemesis import at_work, kill_again_and_again, settled
from tests.support.program import Program

KILLS, UPDATES = 20, 500
WEBHOOK_KILLS, WEBHOOK_UPDATES = 10, 250


@pytest.mark.slow
async def test_kills_while_polling(tmp_path: Path, seed: int):
    async with child() as control, grounded(tmp_path, control) as ground:
        found = await _killed(ground, seed=seed, kills=KILLS, updates=UPDATES)
        assert found.faults == []
        assert found.recovered > 0
        assert await control.bugs() == []


async def test_what_is_pushed_to_the_webhook_is_answered(tmp_path: Path):
    running: list[Program] = []
    async with (
        child() as control,
        balancing(lambda: [each.port for each in running]) as balancer,
        grounded(tmp_path, control, environment=with_webhook(balancer.url)) as ground,
    ):
        running.append(ground.program)
        await ground.program.start()
        await ground.liaisons[0].person.says("/help")
        await ground.liaisons[0].person.waits_for("/submit")


@pytest.mark.slow
async def test_kills_with_a_webhook(tmp_path: Path, seed: int):
    running: list[Program] = []
    async with (
        child(scale=0.1) as control,
        balancing(lambda: [each.port for each in running]) as balancer,
        grounded(tmp_path, control, environment=with_webhook(balancer.url)) as ground,
    ):
        running.append(ground.program)
        found = await _killed(ground, seed=seed, kills=WEBHOOK_KILLS, updates=WEBHOOK_UPDATES)
        assert found.faults == []
        assert found.recovered > 0
        assert await control.bugs() == []


async def _killed(ground: Ground, *, seed: int, kills: int, updates: int) -> Finding:
    history = await History.begin(ground.control)
    await ground.program.start()
    async with at_work(ground.liaisons, history, seed=seed, updates=updates):
        dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        made = await kill_again_and_again(
            ground.program,
            history,
            kills=kills,
            updates=updates,
            dice=dice,
            killed=lambda: history.interrupts(ground.control),
        )
    await settled(ground)
    assert made >= kills
    assert history.updates >= updates
    found = await examine(history, ground)
    print(f"{made} kills, {history.updates} updates, {len(history.meant)} items: {found}")
    return found
