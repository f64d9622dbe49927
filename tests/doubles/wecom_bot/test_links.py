"""Connecting: subscribing, pinging, being kicked, dropped, closed, unheard; what was missed."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.doubles.wecom_bot.server import WecomBot
from tests.doubles.wecom_bot.wire import Wire, markdown
from tests.support import authority


async def test_subscribing(control: Control):
    async with Wire(control.bot_url) as wire:
        assert await wire.code("aibot_send_msg", markdown("早")) == 846609
        assert await wire.subscribes(control.bot_id, "wrong") == 853000
        assert await wire.subscribes("another", control.secret) == 853000
        assert await wire.code("ping") == 0
        assert (await control.state()).link == 0
        answer = await wire.ask(
            "aibot_subscribe", {"bot_id": control.bot_id, "secret": control.secret}, "sub-1"
        )
        assert answer == {"headers": {"req_id": "sub-1"}, "errcode": 0, "errmsg": "ok"}
        assert await control.wait_subscribed() == 1
    await control.wait_closed(1)
    state = await control.state()
    assert (state.link, state.open, state.failed_subscribes) == (0, (), 2)
    tried = await control.frames("aibot_subscribe")
    assert [each.errcode for each in tried] == [853000, 853000, 0]


async def test_subscribing_too_often(control: Control):
    await control.settings(subscribes_a_minute=1)
    async with Wire(control.bot_url) as wire:
        assert await wire.subscribes(control.bot_id, control.secret) == 0
        assert await wire.subscribes(control.bot_id, control.secret) == 846607
        await control.clock(advance=61)
        assert await wire.subscribes(control.bot_id, control.secret) == 0
    assert await control.oddities() == ["subscribed twice on one connection"]


async def test_a_private_authority_vouches_for_it(tmp_path):
    context = authority.for_server(tmp_path)
    async with WecomBot(tls=context) as double, Control(double.control_url) as control:
        assert control.bot_url.startswith("wss://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=authority.written(tmp_path))
        async with Wire(control.bot_url, tls=trusting) as wire:
            assert await wire.subscribes(control.bot_id, control.secret) == 0


async def test_the_second_kicks_the_first(control: Control, wire: Wire):
    async with Wire(control.bot_url) as second:
        assert await second.subscribes(control.bot_id, control.secret) == 0
        told = await wire.callback()
        assert told["cmd"] == "aibot_event_callback"
        body = told["body"]
        assert body["event"] == {"eventtype": "disconnected_event"}
        assert sorted(body) == ["aibotid", "create_time", "event", "msgid", "msgtype"]
        assert await wire.closed() == 1000
        li = await control.person("李倩")
        await li.says("在吗")
        assert (await second.callback())["body"]["text"] == {"content": "在吗"}


async def test_kicked_by_somebody_who_is_gone_again(control: Control, wire: Wire):
    await control.kick()
    assert (await wire.callback())["body"]["event"] == {"eventtype": "disconnected_event"}
    assert await wire.closed() == 1000
    assert (await control.state()).link == 0


async def test_who_does_not_ping_is_closed(control: Control):
    await control.settings(ping_seconds=0.3)
    async with Wire(control.bot_url) as quiet, Wire(control.bot_url) as wire:
        for _ in range(4):
            await asyncio.sleep(0.1)
            assert await wire.code("ping") == 0
        assert await quiet.closed() == 1000
        assert not wire.ws.closed
        assert await wire.closed() == 1000


@pytest.mark.parametrize(("how", "code"), [("drop", 1006), ("hang_up", 1000)])
async def test_ending_it(control: Control, wire: Wire, how, code):
    await getattr(control, how)()
    assert await wire.closed() == code


async def test_silence(control: Control, wire: Wire, li: Person):
    await control.silence()
    await wire.sends("ping")
    await li.says("在吗")
    with pytest.raises(TimeoutError):
        await wire.frame(wait=0.2)
    assert [each.cmd for each in await control.frames(out=False)] == ["aibot_subscribe"]
    state = await control.state()
    assert (state.link, state.open, state.waiting) == (1, (1,), 1)
    async with Wire(control.bot_url) as second:
        await second.subscribes(control.bot_id, control.secret)
        assert (await second.callback())["body"]["text"] == {"content": "在吗"}


async def test_no_callbacks_though_acks_go_on(control: Control, wire: Wire, li: Person):
    await control.stall()
    await li.says("一")
    assert await wire.code("ping") == 0
    assert await wire.tells(li.userid, "早") == 0
    assert (await control.state()).waiting == 1
    await control.resume()
    assert (await wire.callback())["body"]["text"] == {"content": "一"}


async def test_no_longer_taken_for_subscribed(control: Control, wire: Wire, li: Person):
    await li.says("早")
    await control.forget()
    assert await wire.tells(li.userid, "早") == 846609
    assert await wire.code("ping") == 0
    assert await wire.subscribes(control.bot_id, control.secret) == 0
    assert await wire.tells(li.userid, "早") == 0


async def test_refused_for_a_while(control: Control, wire: Wire):
    await control.refuse(0.2)
    assert await wire.closed() == 1006
    with pytest.raises(OSError, match="Connect call failed"):
        async with Wire(control.bot_url):
            pass
    await asyncio.sleep(0.3)
    async with Wire(control.bot_url) as again:
        assert await again.subscribes(control.bot_id, control.secret) == 0


async def test_what_was_missed_comes_after_the_next_subscribe(control: Control, li: Person):
    await li.says("一")
    await li.opens_chat()
    await li.says("二")
    async with Wire(control.bot_url) as wire:
        assert await wire.code("ping") == 0
        assert await wire.subscribes(control.bot_id, control.secret) == 0
        told = [(await wire.callback())["body"] for _ in range(3)]
        assert [each.get("text", each.get("event")) for each in told] == [
            {"content": "一"}, {"eventtype": "enter_chat"}, {"content": "二"},
        ]  # fmt: skip


async def test_or_is_lost(control: Control, li: Person):
    await control.settings(kept=False)
    await li.says("一")
    assert (await control.state()).lost == 1
    async with Wire(control.bot_url) as wire:
        assert await wire.subscribes(control.bot_id, control.secret) == 0
        with pytest.raises(TimeoutError):
            await wire.frame(wait=0.1)


async def test_a_req_id_dies_with_its_connection(control: Control, wire: Wire, li: Person):
    await li.says("一")
    req_id = (await wire.callback())["headers"]["req_id"]
    await control.drop()
    async with Wire(control.bot_url) as second:
        await second.subscribes(control.bot_id, control.secret)
        assert await second.code("aibot_respond_msg", markdown("早"), req_id) == 846605
        assert await second.tells(li.userid, "早") == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cmd":"ping"}', '{"cmd":1,"headers":{}}'])
async def test_what_is_no_frame(control: Control, wire: Wire, text):
    await wire.ws.send_str(text)
    assert (await wire.frame())["errcode"] == 40058
    assert await control.oddities() == [f"no frame: {text}"]


async def test_an_unknown_command(control: Control, wire: Wire):
    assert await wire.code("aibot_dance", {}) == 40058


async def test_protocol_pings(control: Control):
    await control.settings(protocol_pings=0.2)
    async with Wire(control.bot_url) as wire:
        await wire.subscribes(control.bot_id, control.secret)
        with pytest.raises(TimeoutError):
            await wire.frame(wait=0.6)  # which answers them meanwhile
        assert await wire.code("ping") == 0


async def test_a_failure_of_the_double_itself_is_raised(monkeypatch):
    async def broken() -> None:
        async with WecomBot() as double, Wire(double.url) as wire:
            await wire.subscribes(double.world.bot_id, double.world.secret)
            monkeypatch.setattr(double.world, "find_chat", None)
            assert await wire.tells("LiQian", "早") == -1

    with pytest.raises(AssertionError, match="the double itself failed"):
        await broken()
