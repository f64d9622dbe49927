"""The whole quarter on the AI bot: `tests.e2e.test_quarter`'s script, at the double of its long
connection. The program needs no address of its own for that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doubles.wecom_bot.client import child
from tests.e2e.on_wecom_bot import OnWecomBot
from tests.e2e.plan import ADMIN, LINKED
from tests.e2e.settled import Settled
from tests.e2e.test_quarter import Stage, lives_through


@pytest.mark.slow
async def test_on_the_wecom_bot(tmp_path: Path):
    async with child() as control:
        await control.settings(limited=False)
        stage = Stage.at(tmp_path, telegram=None, **control.environment)
        settled = Settled(f"sqlite:///{stage.program.data / 'kaohe.sqlite'}")
        async with stage.program as program:
            code = await program.admin_code(ADMIN)
            await program.start()
            await control.wait_subscribed()
            for name in LINKED:
                stage.people[name] = await OnWecomBot.joins(control, name, settled)
            await lives_through(stage, first_code=code)
        state = await control.state()
        assert (state.lost, state.waiting, state.dropped) == (0, 0, {})
        assert await control.oddities() == []
        assert await control.bugs() == []
