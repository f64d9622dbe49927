"""The whole quarter on the self-built app, by the script of `tests.e2e.test_quarter`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doubles.wecom.client import child
from tests.e2e.balancer import balancing
from tests.e2e.on_wecom_app import OnWecomApp
from tests.e2e.plan import ADMIN, LINKED
from tests.e2e.settled import Settled
from tests.e2e.test_quarter import Stage, lives_through
from tests.support.program import Program


@pytest.mark.slow
@pytest.mark.parametrize("refused", [(), ("template_card",), ("template_card", "textcard")])
async def test_on_the_wecom_app(tmp_path: Path, refused: tuple[str, ...]):
    """`refused`: what an older deployment does not know."""
    running: list[Program] = []
    async with (
        child() as control,
        balancing(lambda: [each.port for each in running]) as balancer,
    ):
        await control.settings(limits=False, refused=refused)
        stage = Stage.at(
            tmp_path, telegram=None, **control.environment(), KAOHE_PUBLIC_URL=balancer.url
        )
        stage.pressable = "template_card" not in refused
        settled = Settled(f"sqlite:///{stage.program.data / 'kaohe.sqlite'}")
        async with stage.program as program:
            running.append(program)
            code = await program.admin_code(ADMIN)
            await program.start()
            assert await control.saves_url(f"{balancer.url}/wecom") == ""
            for name in LINKED:
                stage.people[name] = await OnWecomApp.joins(control, name, settled)
            await lives_through(stage, first_code=code)
        counted = await control.counts()
        assert (set(counted["told"]), counted["dropped"]) == ({"taken"}, 0)
        assert await control.faulty_replies() == []
        assert await control.notes() == []
        assert await control.bugs() == []
