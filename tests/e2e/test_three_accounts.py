"""One liaison with an account on Telegram, one in WeCom's app and one at WeCom's bot, on the real
program: one draft wherever they go on with it, one card however many photos come at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
from tests.e2e.persons import Shown, presses, says
from tests.e2e.settled import Settled
from tests.support.program import Program

PHOTO, PAPER, PDF = photo("现场"), paper("帮办经过"), pdf("回访记录")
TITLE = "老人换证一次办好"
MANY = 9


@dataclass(frozen=True, slots=True)
class Everywhere:
    telegram: OnTelegram
    app: OnWecomApp
    bot: OnWecomBot


@asynccontextmanager
async def everywhere(folder: Path) -> AsyncIterator[Everywhere]:
    """The app is linked by a code that /settings gives on Telegram; the bot knows the member of
    the same directory by itself. All messengers keep their limits."""
    running: list[Program] = []
    async with (
        telegram.child() as phone,
        wecom.child() as app,
        wecom_bot.child() as bot,
        balancing(lambda: [each.port for each in running]) as balancer,
        grounded(
            folder,
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
        name, settled = NAMES[0], Settled(ground.database_url)
        person = Everywhere(
            OnTelegram(name, ground.liaisons[0].person, deep=False),
            await OnWecomApp.joins(app, name, settled),
            await OnWecomBot.joins(bot, name, settled),
        )
        await says(person.telegram, "/settings", "您的账号")
        told = await presses(person.telegram, "关联其他账号", "登录码：")
        await person.app.enters(told.text.split("登录码：")[1].splitlines()[0])
        await person.app.waits_for(f"{name}您好，绑定成功")
        assert await person.bot.person.opens_chat()
        await person.bot.waits_for(f"{name}您好，已认出您的账号")
        yield person
        assert await phone.bugs() == []
        assert (await app.notes(), await app.bugs()) == ([], [])
        assert (await app.counts())["dropped"] == 0
        assert (await bot.oddities(), await bot.bugs()) == ([], [])
        assert (await bot.state()).dropped == {}


def _holds(draft: Shown, *lines: str) -> None:
    assert [line for line in lines if line not in draft.lines] == []


@pytest.mark.slow
async def test_a_draft_begun_on_telegram_is_handed_in_at_the_bot(tmp_path: Path):
    async with everywhere(tmp_path) as person:
        await says(person.telegram, "上报", "请选择类别")
        await presses(person.telegram, "帮办案例", "上报草稿")
        said = f"{TITLE}\n窗口上门核验后当场办结。"
        await says(person.telegram, said, f"标题：{TITLE}")
        await person.telegram.sends(PHOTO)
        await person.telegram.waits_for("附件（1）")

        day = "日期：2026年11月27日（星期五），计入2026年第四季度"
        draft = await says(person.app, "昨天", day)
        _holds(draft, "上报草稿 · 市场监管局", f"标题：{TITLE}", "说明：窗口上门核验后当场办结。")
        await person.app.sends(PAPER)
        await person.app.waits_for("附件（2）")

        await person.bot.sends(PDF)
        draft = await person.bot.waits_for("附件（3）")
        _holds(draft, day, f"标题：{TITLE}", "内容齐了，可以提交；也可以继续发文字、照片或文件。")
        receipt = await presses(person.bot, "确认提交", "回执号 ")
        assert receipt.text.splitlines()[0] == "已收到，回执号 市场监管局1号"

        # the cards that are left of it elsewhere hand in nothing a second time
        for other in (person.telegram, person.app):
            await presses(other, "确认提交", "市场监管局1号")
        for each in (person.telegram, person.app, person.bot):
            listed = await says(each, "我的上报", "市场监管局1号")
            assert listed.text.splitlines()[1:] == [
                "待审核 1",
                f"1. 市场监管局1号 · 待审核 · {TITLE}",
            ]
            [label] = [label for label in listed.buttons if label.startswith("1. ")]
            shown = await presses(each, label, "附件：3 个")
            assert f"{PAPER.name}、{PDF.name}" in shown.text


@pytest.mark.slow
async def test_many_photos_at_once_are_one_card(tmp_path: Path):
    """A card for each would be more than WeCom lets a person be sent a minute."""
    async with everywhere(tmp_path) as person:
        for each in (person.app, person.bot):
            await says(each, "上报", "请选择类别")
            await presses(each, "帮办案例", "上报草稿")
            await each.sends(*(photo(f"现场{number}") for number in range(MANY)))
            draft = await each.waits_for(f"附件（{MANY}）")
            assert "确认提交" in draft.buttons
            found = [shown for shown in await each.chat() if "附件（" in shown.text]
            assert len(found) <= 2  # one more where the last of them was not stored at once
            await says(each, "取消", "已退出")
