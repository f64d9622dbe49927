"""Two processes answer the same person on WeCom's app, by turns: together they send no more than
WeCom shows in a minute, for what is beyond that would vanish without a word."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.presence import BEAT
from tests.e2e.app_ground import app_grounded
from tests.e2e.nemesis import quiet

MINUTE = 5.0  # seconds
SHORT = (
    "import sys; from bot.wecom import pace; from bot.channels.wecom_app import share\n"
    f"pace.Windows.__init__.__kwdefaults__['seconds'] = share.SECONDS = {MINUTE}\n"
    "from bot.__main__ import main; sys.exit(main())"
)
QUESTIONS = 60


@pytest.mark.slow
async def test_nothing_vanishes_that_two_processes_say(tmp_path: Path):
    async with app_grounded(tmp_path, liaisons=1, minute=MINUTE, latency=0.03) as ground:
        await ground.control.settings(limits=True)
        del ground.program.environment["KAOHE_WECOM_RATE"]
        ground.program.entry = ("-c", SHORT)
        async with ground.another(tmp_path) as other:
            both = (ground.program, other)
            await asyncio.gather(*(each.start() for each in both))
            await asyncio.sleep(BEAT + 1)  # then they know of each other
            person = ground.liaisons[0].hands.chat.person
            before = sum(seen.out for seen in await person.chat())
            for number in range(QUESTIONS):
                await ground.control.set_url(f"{both[number % 2].url}/wecom")
                told = await person.sees_told(await person.says("帮助"))
                assert told.state == "taken"
            await quiet(ground)
            assert await person.dropped() == 0
            said = sum(seen.out for seen in await person.chat()) - before
            assert said >= QUESTIONS
            assert [await each.stop() for each in both] == [0, 0]
            assert await ground.control.bugs() == []
