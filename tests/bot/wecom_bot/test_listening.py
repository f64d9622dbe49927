"""What people do arrives: in the order of each, once it is taken, or is parked."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any

import orjson
import pytest

from bot.channels.base import Channel, Outgoing, Pace
from bot.channels.wecom_bot import lines
from bot.channels.wecom_bot.channel import WecomBot
from handlers.messages import Inbound, Kind
from tests.bot.desk import Desk, listening, until
from tests.bot.distorting import ODD, places
from tests.bot.wecom_bot.callbacks import GOOD
from tests.bot.wecom_bot.conftest import connected
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person

pytestmark = pytest.mark.usefixtures("hasty")


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage().strip() for r in caplog.records if r.levelno >= logging.WARNING]


async def test_it_is_a_channel(channel: WecomBot):
    it: Channel = channel
    assert (it.name, it.exclusive, it.pace, it.circular) == ("wecom_bot", True, Pace(), None)
    assert (it.routes(), it.trouble()) == ([], "")


async def test_what_people_do_comes_in_order(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    async with connected(channel, control, desk):
        await li.says("一")
        await li.sends_voice("二")
        assert await li.opens_chat()
        await li.says("三")
        await until(lambda: len(desk.received) == 4)
    assert [(i.kind, i.text, i.account, i.channel, i.numbered) for i in desk.received] == [
        (Kind.MESSAGE, "一", "LiQian", "wecom_bot", True),
        (Kind.MESSAGE, "二", "LiQian", "wecom_bot", True),
        (Kind.OPENED, "", "LiQian", "wecom_bot", True),
        (Kind.MESSAGE, "三", "LiQian", "wecom_bot", True),
    ]
    assert all(i.key.startswith(f"wb:{control.bot_id}:") for i in desk.received)
    assert desk.parked == []


async def test_an_encrypted_id_is_taken_as_it_is(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    await control.settings(encrypted=True)
    async with connected(channel, control, desk):
        await li.says("您好")
        await until(lambda: len(desk.received) == 1)
    assert desk.received[0].account == await li.shown_id() != "LiQian"


async def test_what_is_said_in_groups_is_passed_over_in_silence(
    channel: WecomBot,
    control: Control,
    desk: Desk,
    li: Person,
    caplog: pytest.LogCaptureFixture,
):
    group = await control.group("wrGROUP", li)
    async with connected(channel, control, desk):
        await li.says("菜单", group=group)
        await li.says("私下")
        await until(lambda: len(desk.received) == 1)
        await control.wait_idle()
    assert desk.texts == ["私下"]
    assert (desk.parked, warnings(caplog)) == ([], [])
    assert [each.out for each in await control.group_messages(group)] == [False]


async def test_a_full_database_is_asked_until_it_takes_it(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    desk.busy = 20
    async with connected(channel, control, desk):
        for n in range(5):
            await li.says(f"第{n}条")
        await until(lambda: len(desk.received) == 5)
    assert desk.texts == [f"第{n}条" for n in range(5)]
    assert len(desk.offered) == 25


async def test_one_who_waits_holds_nobody_else(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    wang = await control.person("王强")
    desk.holds["卡住"] = asyncio.Event()
    async with connected(channel, control, desk):
        await li.says("卡住")
        await li.says("随后")
        await wang.says("通过")
        await until(lambda: desk.texts == ["通过"])
        desk.holds["卡住"].set()
        await until(lambda: len(desk.received) == 3)
    assert desk.texts == ["通过", "卡住", "随后"]


async def test_a_fault_of_ours_is_tried_again_and_ends_no_line(
    channel: WecomBot,
    control: Control,
    desk: Desk,
    li: Person,
    caplog: pytest.LogCaptureFixture,
):
    desk.errors.extend(RuntimeError("ours") for _ in range(lines.TRIES + 1))
    async with connected(channel, control, desk):
        await li.says("坏")
        await li.says("好")
        await until(lambda: len(desk.received) == 1)
    assert desk.texts == ["好"]
    assert len(desk.offered) == lines.TRIES + 2
    assert len(warnings(caplog)) == lines.TRIES + 1


async def test_the_same_message_twice_is_offered_twice_under_one_key(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    await control.fault("duplicate", "callback")
    async with connected(channel, control, desk):
        await li.says("一")
        await until(lambda: len(desk.offered) == 2)
    assert len(set(desk.offered)) == len(desk.received) == 1


async def test_the_end_waits_for_what_has_come(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    desk.busy = 5
    async with connected(channel, control, desk):
        await li.says("最后")
        await until(lambda: bool(desk.offered))
    assert desk.texts == ["最后"]


async def test_the_end_waits_for_answers(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    await control.fault("slow_ack", "aibot_send_msg", seconds=0.2)
    async with connected(channel, control, desk):
        await li.says("最后")
        await until(lambda: len(desk.received) == 1)
        answer = asyncio.create_task(channel.send(Outgoing("k#0", "LiQian", "好")))
        await control.wait_frames("aibot_send_msg")
    assert (await answer).message_ref


async def test_what_nobody_can_read_is_parked(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    bad = {"cmd": "aibot_msg_callback", "headers": {"req_id": "x"}, "body": {"msgid": "m"}}
    async with connected(channel, control, desk):
        await control.inject("{no json")
        await control.inject(bad)
        await control.inject(bad)
        await control.inject({"headers": {"req_id": "never-asked"}, "errcode": 0})
        await control.inject({"cmd": "aibot_new_callback", "headers": {}, "body": {}})
        await li.says("之后")
        await until(lambda: len(desk.received) == 1 and len(desk.parked) == 2)
    assert [problem for _, _, problem in desk.parked] == [
        "unparsable: frame", "unparsable: msgtype",
    ]  # fmt: skip
    assert orjson.loads(desk.parked[1][1]) == bad


async def test_control_characters_are_no_part_of_a_message(
    channel: WecomBot, control: Control, desk: Desk
):
    frame = orjson.dumps(GOOD["text"]).decode().replace("您好", "您\x01好\x0b")
    async with connected(channel, control, desk):
        await control.inject(frame)
        await until(lambda: len(desk.received) == 1)
    assert desk.texts == ["您好"]


async def test_hundreds_of_distorted_frames_end_nothing(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    dice = random.Random(7)  # noqa: S311
    async with connected(channel, control, desk):
        for _ in range(400):
            await control.inject(mutant(dice))
        await li.says("还在")
        await until(lambda: "还在" in desk.texts)
        assert (await control.state()).link == 1


def mutant(dice: random.Random) -> str:
    raw: Any = orjson.loads(orjson.dumps(dice.choice(list(GOOD.values()))))
    for _ in range(dice.randint(1, 3)):
        found = places(raw)
        *before, last = dice.choice(found)
        at = raw
        for name in before:
            at = at[name]
        at[last] = dice.choice([odd for odd in ODD if odd not in ("\ud83d", 10**30)])
    return orjson.dumps(raw).decode()


async def test_before_and_after_listening_nothing_is_heard(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    async with connected(channel, control, desk):
        pass
    await li.says("其间")
    async with listening(channel, desk):
        await until(lambda: len(desk.received) == 1)
    received: list[Inbound] = desk.received
    assert received[0].text == "其间"
