"""kill -9 of the real program under callbacks from WeCom's self-built app: nothing that was
answered 200 is lost, nothing happens twice, and no answer is repeated more than once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.e2e.app_ground import AppGround, app_grounded
from tests.e2e.history import Finding, History
from tests.e2e.nemesis import at_work, kill_again_and_again, settled

KILLS, CALLBACKS = 10, 250
FEW_KILLS, FEW_CALLBACKS = 3, 80


@pytest.mark.slow
async def test_pushed_until_it_is_taken(tmp_path: Path, seed: int):
    async with app_grounded(tmp_path, until_taken=True, scale=0.3) as ground:
        found = await _killed(ground, seed=seed, kills=KILLS, callbacks=CALLBACKS)
        assert found.faults == []
        assert found.recovered > 0
        states = (await ground.control.counts())["told"]
        assert states.keys() == {"taken"}
        assert await ground.control.bugs() == []
        assert await ground.control.notes() == []


@pytest.mark.slow
async def test_pushed_three_times_more(tmp_path: Path, seed: int):
    """As WeCom does it: what it has given up a person does again."""
    async with app_grounded(tmp_path, liaisons=4, retry_seconds=3.0) as ground:
        found = await _killed(ground, seed=seed, kills=FEW_KILLS, callbacks=FEW_CALLBACKS)
        assert found.faults == []
        assert found.recovered > 0
        assert await ground.control.bugs() == []


async def _killed(ground: AppGround, *, seed: int, kills: int, callbacks: int) -> Finding:
    history = History()
    await ground.program.start()
    async with at_work(ground.liaisons, history, seed=seed, updates=callbacks):
        dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        made = await kill_again_and_again(
            ground.program, history, kills=kills, updates=callbacks, dice=dice
        )
    await settled(ground)
    assert made >= kills
    assert history.updates >= callbacks
    found = await ground.examine(history.meant)
    counts = await ground.control.counts()
    print(f"{made} kills, {counts['told']}, {len(history.meant)} items: {found}")
    return found
