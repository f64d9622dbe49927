"""The whole quarter on the self-built app: `tests.e2e.test_quarter`'s script, at WeCom's double."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.balancer import balancing
from tests.e2e.on_wecom_app import OnWecomApp
from tests.e2e.plan import ADMIN, LINKED
from tests.e2e.test_quarter import Stage, lives_through
from tests.doubles.wecom.client import child
from tests.support.program import Program

# the script types faster than WeCom lets an app answer one person
UNPACED = (
    "import sys, bot.wecom.pace as pace; pace.Windows.__init__.__kwdefaults__['most'] = 10**6\n"
    "from bot.__main__ import main; sys.exit(main())"
)


@pytest.mark.slow
async def test_on_the_wecom_app(tmp_path: Path):
    running: list[Program] = []
    async with (
        child() as control,
        balancing(lambda: [each.port for each in running]) as balancer,
    ):
        await control.settings(limits=False)
        stage = Stage.at(tmp_path, **control.environment(), KAOHE_PUBLIC_URL=balancer.url)
        stage.program.entry = ("-c", UNPACED)
        async with stage.program as program:
            running.append(program)
            code = await program.admin_code(ADMIN)
            await program.start()
            assert await control.saves_url(f"{balancer.url}/wecom") == ""
            for name in LINKED:
                stage.people[name] = await OnWecomApp.joins(control, name)
            try:
                await lives_through(stage, first_code=code)
            except BaseException:
                print("the last the program said:", *program.log[-30:], sep="\n")
                raise
        assert await control.notes() == []
        assert await control.bugs() == []
