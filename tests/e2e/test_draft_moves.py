"""A draft begun on Telegram, gone on with in WeCom's app and handed in at WeCom's bot: one person,
three accounts, one draft, on the real program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doubles import client as telegram
from tests.doubles.wecom import client as wecom
from tests.doubles.wecom_bot import client as wecom_bot
from tests.e2e.balancer import balancing
from tests.e2e.evidence_desk import paper, pdf, photo
from tests.e2e.ground import NAMES, grounded
from tests.e2e.on_telegram import OnTelegram
from tests.e2e.on_wecom_app import OnWecomApp
from tests.e2e.on_wecom_bot import OnWecomBot
from tests.e2e.persons import finds, presses, says
from tests.e2e.settled import Settled
from tests.support.program import Program

PHOTO, PAPER, PDF = photo("现场"), paper("帮办经过"), pdf("回访记录")
TITLE = "老人换证一次办好"


@pytest.mark.slow
async def test_begun_here_and_handed_in_there(tmp_path: Path):
    running: list[Program] = []
    async with (
        telegram.child() as phone,
        wecom.child() as app,
        wecom_bot.child() as bot,
        balancing(lambda: [each.port for each in running]) as balancer,
        grounded(
            tmp_path,
            phone,
            liaisons=1,
            environment={
                **app.environment(),
                **bot.environment,
                "KAOHE_PUBLIC_URL": balancer.url,
            },
        ) as ground,
    ):
        running.append(ground.program)
        await ground.program.start()
        assert await app.saves_url(f"{balancer.url}/wecom") == ""
        await bot.wait_subscribed()
        name = NAMES[0]
        here = OnTelegram(name, ground.liaisons[0].person, deep=False)
        there = await OnWecomApp.joins(app, name, Settled(ground.database_url))
        at_bot = await OnWecomBot.joins(bot, name, Settled(ground.database_url))

        await says(here, "/settings", "您的账号")
        told = await presses(here, "关联其他账号", "登录码：")
        await there.enters(told.text.split("登录码：")[1].splitlines()[0])
        await there.waits_for(f"{name}您好，绑定成功")
        assert await at_bot.person.opens_chat()
        await at_bot.waits_for(f"{name}您好，已认出您的账号")

        await says(here, "上报", "请选择类别")
        await presses(here, "帮办案例", "上报草稿")
        await says(here, f"{TITLE}\n窗口上门核验后当场办结。", f"标题：{TITLE}")
        await here.sends(PHOTO)
        await here.waits_for("附件（1）")

        draft = await says(there, "昨天", "2026年11月27日")
        assert f"标题：{TITLE}" in draft.text
        await there.sends(PAPER)
        await there.waits_for("附件（2）")

        await at_bot.sends(PDF)
        draft = await at_bot.waits_for("附件（3）")
        assert "2026年11月27日" in draft.text
        receipt = await presses(at_bot, "确认提交", "回执号 ")
        assert receipt.text.splitlines()[0] == "已收到，回执号 市场监管局1号"

        # what is left of it on the other two hands nothing in a second time
        for other in (here, there):
            await presses(other, "确认提交", "市场监管局1号")
        for other in (here, there, at_bot):
            listed = await says(other, "我的上报", "市场监管局1号")
            assert listed.text.splitlines()[1] == "待审核 1"
            await presses(other, listed.button("1. "), TITLE)
            print(*[f"{s.id} {s.text} {s.buttons}" for s in await other.chat()], sep="\n----\n")
        await finds(at_bot, TITLE)
        assert await phone.bugs() == []
        assert (await app.notes(), await app.bugs()) == ([], [])
        assert (await bot.oddities(), await bot.bugs()) == ([], [])
