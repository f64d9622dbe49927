"""A quarter of people who are spread over all channels, two of them with two accounts, and a group
with a robot: by the script of `tests.e2e.test_quarter`, on one program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.doubles import client as telegram
from tests.doubles.wecom import client as wecom
from tests.doubles.wecom_bot import client as wecom_bot
from tests.e2e.balancer import balancing
from tests.e2e.expected import ranking
from tests.e2e.on_page import OnPage, browsing
from tests.e2e.on_telegram import OnTelegram
from tests.e2e.on_wecom_app import OnWecomApp
from tests.e2e.on_wecom_bot import OnWecomBot
from tests.e2e.persons import Person, presses, says
from tests.e2e.plan import ABSENT, ADMIN, DIRECTOR, LINKED, QUARTER_WORDS, SUN, WANG, sheets
from tests.e2e.release_desk import caption, published
from tests.e2e.settled import Settled
from tests.e2e.test_quarter import Stage, from_release, until_release
from tests.support.program import Program

ON_PAGES = (DIRECTOR, "李敏")
ON_TELEGRAM = ("赵刚", "钱丽", "冯远")
ON_APP = (WANG, "郑国", "吴梅")
ON_BOT = (ADMIN, SUN, "周洋", "何小满")
IMPORTED = "郑国"
PASSED_ON = "钱丽"  # begins on Telegram, prefers the app, and leaves its scope
IN_BOTH = "何小满"  # begins at the bot, and has Telegram besides
GROUP, ROBOT_KEY = "大厅群", "693a91f6-7aaa-4bc4-97a0-0ec2f1fa5aaa"


@dataclass
class Town:
    """All messengers, and what leads to the program."""

    telegram: telegram.Control
    app: wecom.Control
    bot: wecom_bot.Control
    browser: Browser
    url: str
    running: list[Program] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.app.environment(),
            **self.bot.environment,
            "KAOHE_WECOM_ROBOTS": f"{GROUP}={ROBOT_KEY}",
            "KAOHE_PUBLIC_URL": self.url,
        }

    async def joins(self, name: str, settled: Settled) -> Person:
        if name in ON_PAGES:
            return await OnPage.joins(self.browser, name, self.url)
        if name in ON_TELEGRAM:
            return await OnTelegram.joins(self.telegram, name)
        if name in ON_BOT:
            return await OnWecomBot.joins(self.bot, name, settled)
        return await OnWecomApp.joins(self.app, name, settled)


@asynccontextmanager
async def town(chromium: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        running: list[Program] = []
        balancer = await stack.enter_async_context(
            balancing(lambda: [each.port for each in running])
        )
        yield Town(
            await stack.enter_async_context(telegram.child()),
            await stack.enter_async_context(wecom.child()),
            await stack.enter_async_context(wecom_bot.child()),
            await stack.enter_async_context(browsing(chromium)),
            balancer.url,
            running,
        )


@pytest.mark.slow
@pytest.mark.browser
async def test_everywhere_at_once(tmp_path: Path, chromium: Path):
    async with town(chromium) as place:
        await place.app.settings(limits=False)
        await place.bot.settings(limited=False)
        await place.app.robot(ROBOT_KEY)
        stage = Stage.at(tmp_path, telegram=place.telegram, **place.environment)
        settled = Settled(f"sqlite:///{stage.program.data / 'kaohe.sqlite'}")
        async with stage.program as program:
            place.running.append(program)
            code = await program.admin_code(ADMIN)
            await program.start()
            assert await place.app.saves_url(f"{place.url}/wecom") == ""
            await place.bot.wait_subscribed()
            for name in LINKED:
                stage.people[name] = await place.joins(name, settled)
            stage.away = (DIRECTOR,)
            member = stage.people[IMPORTED]
            assert isinstance(member, OnWecomApp)
            stage.known = {IMPORTED: member.person.id}
            await _lives_through(place, stage, settled, code=code)
        pages = [each for each in stage.people.values() if isinstance(each, OnPage)]
        assert [each.faults for each in pages if each.faults] == []
        assert await place.telegram.bugs() == []
        assert set((await place.app.counts())["told"]) == {"taken", "unheard"}
        assert await place.app.faulty_replies() == []
        assert (await place.app.notes(), await place.app.bugs()) == ([], [])
        assert (await place.bot.oddities(), await place.bot.bugs()) == ([], [])


async def _lives_through(place: Town, stage: Stage, settled: Settled, *, code: str) -> None:
    people, placed = stage.people, ranking(sheets())
    await until_release(stage, first_code=code)
    await _registers_the_group(people[ADMIN])
    gone = await OnWecomApp.joins(place.app, PASSED_ON, settled)
    await _also_links(people[PASSED_ON], gone)
    await _prefers(gone, "企业微信")
    second = await OnTelegram.joins(place.telegram, IN_BOTH)
    await _also_links(people[IN_BOTH], second)
    await _leaves_unheard(place, gone)

    await from_release(stage)
    for unused in (gone, second):
        assert [each for each in await unused.chat() if "考核结果\n" in each.text] == []
    card = await says(second, "/result", "常驻部门考核结果")
    assert card.text == published(placed)
    await _sees_what_was_passed_on(people[ADMIN])
    group = await place.app.group(ROBOT_KEY)
    assert [(each.kind, each.text.replace("**", "")) for each in group] == [
        ("image", ""),
        ("markdown", caption(placed)),
        ("text", published(placed)),  # with stars that are no formatting
    ]


async def _registers_the_group(admin: Person) -> None:
    await says(admin, "/admin", "待使用的邀请码")
    await presses(admin, "群", f"1. {GROUP}：待登记")
    await presses(admin, f"1. {GROUP}", f"{GROUP}，待登记")
    await presses(admin, "登记", f"{GROUP}，已登记")


async def _also_links(person: Person, second: Person) -> None:
    """By a code that the first account shows; which hears of it."""
    await says(person, "/settings", "您的账号")
    told = await presses(person, "关联其他账号", "登录码：")
    code = told.text.split("登录码：")[1].splitlines()[0]
    await second.enters(code)
    await second.waits_for(f"{person.name}您好，绑定成功")
    await person.waits_for("账号关联到您名下")


async def _prefers(person: Person, channel: str) -> None:
    await says(person, "设置", "您的账号")
    await presses(person, f"首选：{channel}", f"已改：通知以后发到{channel}")


async def _leaves_unheard(place: Town, person: OnWecomApp) -> None:
    """Out of the app's scope, in a minute in which the program can't be told of it."""
    await place.app.set_url("")
    await person.person.leaves()
    await place.app.set_url(f"{place.url}/wecom")


async def _sees_what_was_passed_on(admin: Person) -> None:
    await says(admin, "/admin", "待使用的邀请码")
    card = await presses(admin, "发送情况", f"{QUARTER_WORDS} · 发送情况")
    every = "（企业微信机器人4、企业微信3、Telegram3、网页2、企业微信群1）"
    assert card.lines[2:] == [
        f"名次图片：已发13{every}",
        f"名次文字：已发13{every}",
        "评分表：已发8（Telegram3、企业微信3、网页1、企业微信机器人1）",
        "汇总表：已发4（企业微信机器人2、网页1、企业微信1）",
        f"没有绑定账号，没有收到：{ABSENT}",
        f"企业微信未送达（对方不在企业微信应用的可见范围），已改发Telegram：{PASSED_ON}",
        "全部送达。",
    ]
