"""The result reaches everyone on WeCom's self-built app, one call for all who get the same: while
the program is killed, and while a fifth of all calls goes wrong, each sees each part once."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from tests.e2e.app_told import app_broadcasting

PEOPLE, KILLS = 300, 4


async def test_one_call_for_all_who_get_the_same(tmp_path: Path):
    async with app_broadcasting(tmp_path, people=50, heads=3) as sent:
        await sent.ground.program.start()
        await sent.ends()
        assert await sent.ground.program.stop() == 0
        told = await sent.told()
        print(told)
        assert told.faults == ()
        assert told.states == {"sent": sent.rows}


@pytest.mark.slow
async def test_killed_in_the_middle(tmp_path: Path, seed: int):
    """Nobody is left in doubt: a call that may have been made is made again, byte for byte."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    async with app_broadcasting(tmp_path, people=PEOPLE, latency=0.05) as sent:
        program, in_flight = sent.ground.program, 0
        for number in range(KILLS):
            await program.start()
            await sent.reaches(1 + number * 5 + dice.randrange(5))
            await asyncio.sleep(dice.uniform(0, 0.1))
            program.kill()
            assert await program.ended() == -signal.SIGKILL
            in_flight += sent.states()["sending"]
        await program.start()
        await sent.ends()
        assert await program.stop() == 0
        told = await sent.told()
        print(f"{sent.rows} rows, {in_flight} in flight at {KILLS} kills: {told}")
        assert told.faults == ()
        assert told.states == {"sent": sent.rows}
        assert in_flight > 0
        assert told.dropped == 0
