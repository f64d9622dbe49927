"""Every kind of trouble, as the bot sees it, and whether the command took effect."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.doubles.wecom_bot.wire import Wire, markdown


@pytest.fixture
async def li(wire: Wire, li: Person) -> Person:
    await li.says("菜单")
    await wire.callback()
    return li


async def pushed(wire: Wire) -> None:
    await wire.sends("aibot_send_msg", {"chatid": "LiQian", **markdown("早")})


@pytest.mark.parametrize(
    ("kind", "executed", "code"),
    [
        ("drop", False, 1006),
        ("execute_then_drop", True, 1006),
        ("close", False, 1000),
        ("execute_then_close", True, 1000),
    ],
)
async def test_the_connection_ends(control: Control, wire: Wire, li: Person, kind, executed, code):
    number = await control.fault(kind, "aibot_send_msg")
    assert await wire.code("ping") == 0
    await pushed(wire)
    assert await wire.closed() == code
    assert await control.fault_hits(number) == 1
    assert len(await li.hears()) == executed
    [frame] = await control.frames("aibot_send_msg")
    assert frame.executed is executed


@pytest.mark.parametrize(("kind", "executed"), [("no_ack", 0), ("execute_then_no_ack", 1)])
async def test_no_ack(control: Control, wire: Wire, li: Person, kind, executed):
    await control.fault(kind)
    await pushed(wire)
    with pytest.raises(TimeoutError):
        await wire.frame(wait=0.1)
    assert await wire.code("ping") == 0
    assert len(await li.hears()) == executed


async def test_an_errcode(control: Control, wire: Wire, li: Person):
    await control.fault("error", code=45009, description="api freq out of limit", count=2)
    body = {"chatid": "LiQian", **markdown("早")}
    answer = await wire.ask("aibot_send_msg", body, "r1")
    assert answer == {
        "headers": {"req_id": "r1"}, "errcode": 45009, "errmsg": "api freq out of limit",
    }  # fmt: skip
    assert [await wire.tells("LiQian", "早") for _ in range(2)] == [45009, 0]
    assert len(await li.hears()) == 1


async def test_slow(control: Control, wire: Wire, li: Person):
    await control.fault("slow", seconds=0.2)
    waits = asyncio.create_task(wire.tells("LiQian", "早"))
    await control.wait_frames("aibot_send_msg")
    assert await li.hears() == []
    assert await waits == 0
    assert len(await li.hears()) == 1


async def test_executed_at_once_and_acked_late(control: Control, wire: Wire, li: Person):
    await control.fault("slow_ack", seconds=0.3)
    began = time.monotonic()
    waits = asyncio.create_task(wire.tells("LiQian", "早"))
    await li.waits_for("早")
    assert not waits.done()
    assert await waits == 0
    assert time.monotonic() - began >= 0.3


async def test_every_ack_late(control: Control, wire: Wire):
    await control.settings(ack_seconds=0.1)
    began = time.monotonic()
    assert await wire.code("ping") == 0
    assert time.monotonic() - began >= 0.1


async def test_garbage_in_place_of_an_ack(control: Control, wire: Wire, li: Person):
    await control.fault("garbage", payload='{"headers":')
    await pushed(wire)
    assert (await wire.ws.receive()).data == '{"headers":'
    assert await li.hears() == []


async def test_silence_from_a_command_on(control: Control, wire: Wire, li: Person):
    await control.fault("silence", "ping")
    await wire.sends("ping")
    await pushed(wire)
    with pytest.raises(TimeoutError):
        await wire.frame(wait=0.1)
    assert await li.hears() == []


async def test_orders_are_narrowed_and_taken_back(control: Control, wire: Wire, li: Person):
    await control.fault("error", code=-1, chat_id="WangQiang", count=None)
    await control.fault("error", code=-1, contains="\\u665a", after=1)
    number = await control.fault("error", code=-1, method="aibot_upload*")
    assert [await wire.tells("LiQian", text) for text in ("早", "晚", "晚", "晚")] == [0, 0, -1, 0]
    await control.cancel_faults(number)
    await control.cancel_faults()


async def test_callbacks(control: Control, wire: Wire, li: Person):
    await control.fault("lost", "callback", contains="一")
    await control.fault("duplicate", "callback", contains="二")
    await control.fault("slow", "callback", contains="三", seconds=0.2)
    await control.fault("garbage", "callback", contains="四", payload="\x01{")
    for text in ("一", "二", "三", "四"):
        await li.says(text)
    first, second = await wire.callback(), await wire.callback()
    assert first["body"] == second["body"]
    assert first["headers"] != second["headers"]
    assert (await wire.ws.receive()).data == "\x01{"
    assert [(await wire.callback())["body"]["text"]["content"] for _ in range(2)] == ["四", "三"]
    assert (await control.state()).lost == 1


async def test_any_frame_to_the_bot(control: Control, wire: Wire):
    await control.inject({"cmd": "aibot_msg_callback"})
    await control.inject("\x00 not a frame")
    assert (await wire.ws.receive()).data == '{"cmd":"aibot_msg_callback"}'
    assert (await wire.ws.receive()).data == "\x00 not a frame"
