"""The connection: subscribed once, kept warm, opened anew, not fought over."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot import episodes
from bot.channels.base import InDoubt, Outgoing, RetryLater, Unavailable
from bot.channels.wecom_bot import connection, link
from bot.channels.wecom_bot.channel import WecomBot
from bot.channels.wecom_bot.settings import WecomBotSettings
from bot.secret import Secret
from storage.blobs import Blobs
from templates.wecom_bot_words import KICKED, REFUSED
from tests.bot.desk import Desk, listening, until
from tests.bot.wecom_bot.conftest import Watch, connected
from tests.doubles.wecom_bot import server
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.support import authority

pytestmark = pytest.mark.usefixtures("hasty")


def note(n: int = 1) -> Outgoing:
    return Outgoing(f"k{n}", "LiQian", "您好")


async def known(li: Person) -> None:
    """Somebody who has written to the bot before."""
    await li.says("您好")


async def test_one_subscription_a_connection(channel: WecomBot, control: Control, desk: Desk):
    async with connected(channel, control, desk) as first:
        pass
    await control.wait_closed(first)
    async with listening(channel, desk):
        assert await control.wait_subscribed(after=first) == first + 1
    frames = await control.frames("aibot_subscribe")
    assert [(each.link, each.errcode) for each in frames] == [(1, 0), (2, 0)]
    assert await control.oddities() == []


async def test_pings_are_signs_of_life(
    channel: WecomBot, control: Control, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "PING_SECONDS", 0.05)
    assert channel.hearing().answered == 0
    async with connected(channel, control, desk):
        await until(lambda: channel.hearing().answered > 0)
        before = channel.hearing().answered
        await control.wait_frames("ping", count=4)
        await until(lambda: channel.hearing().answered > before)
        hearing = channel.hearing()
        assert hearing.tried >= hearing.answered
        assert hearing.every == pytest.approx(0.15)
        assert (await control.state()).link == 1
    assert channel.hearing().answered >= before


@pytest.mark.parametrize("end", ["drop", "hang_up"])
async def test_an_end_of_any_kind_is_followed_by_a_new_beginning(
    channel: WecomBot, control: Control, desk: Desk, li: Person, end: str
):
    async with connected(channel, control, desk) as first:
        await getattr(control, end)()
        await li.says("其间")
        await control.wait_subscribed(after=first)
        await until(lambda: desk.texts == ["其间"])
        await channel.send(note())
        assert (await li.waits_for("您好")).out


async def test_ends_in_a_row_are_met_with_longer_pauses(
    channel: WecomBot, control: Control, desk: Desk, caplog: pytest.LogCaptureFixture
):
    async with connected(channel, control, desk) as number:
        began = time.monotonic()
        for _ in range(5):
            await control.hang_up()
            number = await control.wait_subscribed(after=number)
        took = time.monotonic() - began
    assert took >= 0.8 * 0.02 * (1 + 2 + 4 + 8 + 16)
    told = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert told == ["wecom bot: not connected closed (1000)"]


async def test_a_dead_address_is_tried_until_it_lives(
    channel: WecomBot, control: Control, desk: Desk
):
    await control.refuse(0.2)
    async with listening(channel, desk):
        with pytest.raises(RetryLater):
            await channel.send(note())
        assert channel.trouble() == ""
        await control.wait_subscribed()


async def test_a_silent_connection_is_left(
    channel: WecomBot, control: Control, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "SILENT_SECONDS", 0.4)
    monkeypatch.setattr(connection, "PING_SECONDS", 0.1)
    async with connected(channel, control, desk) as first:
        await control.silence()
        await control.wait_subscribed(after=first)


async def test_missed_acks_are_the_end_though_messages_come(
    channel: WecomBot,
    control: Control,
    desk: Desk,
    li: Person,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(connection, "PING_SECONDS", 0.1)
    await control.fault("no_ack", "ping", count=None)
    async with connected(channel, control, desk) as first:
        while await control.wait_subscribed() == first:
            await li.says("在吗")
            await asyncio.sleep(0.02)
        assert len(await control.frames("ping")) >= connection.MISSED
    assert "wecom bot: not connected no sign of life" in caplog.messages


async def test_a_connection_without_messages_is_renewed_without_a_pause(
    channel: WecomBot,
    control: Control,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(connection, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(episodes, "SECOND", 60.0)
    async with connected(channel, control, desk) as first:
        await control.wait_subscribed(after=first + 1)
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


async def test_nobody_fights_for_the_connection(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    await known(li)
    async with connected(channel, control, desk) as first:
        await control.kick()
        await until(lambda: channel.trouble() == KICKED)
        await control.wait_closed(first)
        hearing = channel.hearing()
        assert hearing.tried > time.monotonic()
        with pytest.raises(Unavailable):
            await channel.send(note())
        assert await control.frames("aibot_subscribe", after=0) != []
        assert (await control.state()).link == 0
        await control.wait_subscribed(after=first)  # half an hour later, here: soon
        await until(lambda: channel.trouble() == "")
        await channel.send(note())
    assert len(await control.frames("aibot_subscribe")) == 2


async def test_two_programs_do_not_drive_each_other_out(
    settings: WecomBotSettings,
    control: Control,
    desk: Desk,
    blobs: Blobs,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(link, "KICKED_SECONDS", 3600.0)
    one = WecomBot(settings, blobs=blobs, now=watch.now)
    two = WecomBot(settings, blobs=blobs, now=watch.now)
    async with listening(one, desk):
        await control.wait_subscribed()
        async with listening(two, desk):
            await until(lambda: one.trouble() == KICKED)
            await asyncio.sleep(0.2)
            assert two.trouble() == ""
    assert len(await control.frames("aibot_subscribe")) == 2
    await one.close()
    await two.close()


async def test_a_refused_subscription_is_not_hammered_at(
    settings: WecomBotSettings,
    control: Control,
    desk: Desk,
    blobs: Blobs,
    watch: Watch,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    channel = WecomBot(
        replace(settings, secret=Secret("wr0ng-secret")), blobs=blobs, now=watch.now
    )
    async with listening(channel, desk):
        await until(lambda: channel.trouble() == REFUSED.format(853000))
        with pytest.raises(Unavailable) as refusal:
            await channel.send(note())
        await asyncio.sleep(0.3)
        assert (await control.state()).failed_subscribes == 1
    assert "wr0ng-secret" not in caplog.text + str(refusal.value) + channel.trouble()
    await channel.close()


async def test_a_subscription_without_an_answer(
    channel: WecomBot, control: Control, desk: Desk, caplog: pytest.LogCaptureFixture
):
    await control.fault("no_ack", "aibot_subscribe")
    async with listening(channel, desk):
        await control.wait_subscribed()
    assert "wecom bot: not connected subscription not answered" in caplog.messages


async def test_a_garbled_answer_to_the_subscription(
    channel: WecomBot, control: Control, desk: Desk
):
    await control.fault("garbage", "aibot_subscribe", payload='{"headers":{"req_id":[]}}')
    async with listening(channel, desk):
        await control.wait_subscribed()


# ---------------------------------------------------------------- what is under way


@pytest.mark.parametrize("fault", ["execute_then_drop", "execute_then_close", "drop", "close"])
async def test_what_was_sent_and_not_answered_is_in_doubt(
    channel: WecomBot, control: Control, desk: Desk, li: Person, fault: str
):
    await known(li)
    async with connected(channel, control, desk):
        await control.fault(fault, "aibot_send_msg")
        with pytest.raises(InDoubt):
            await channel.send(note())
    shown = [each for each in await li.chat() if each.out]
    assert len(shown) == fault.startswith("execute")


async def test_what_was_not_sent_is_for_later(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    with pytest.raises(RetryLater):
        await channel.send(note())
    async with connected(channel, control, desk):
        await known(li)
        await channel.send(note())
    with pytest.raises(RetryLater):
        await channel.send(note(2))
    assert len(await control.frames("aibot_send_msg")) == 1


async def test_an_answer_that_is_late_is_in_doubt_and_nothing_more_is_sent_into_silence(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    await known(li)
    async with connected(channel, control, desk):
        await control.silence()
        with pytest.raises(InDoubt):
            await channel.send(note())
        await asyncio.sleep(connection.ACK_SECONDS)
        for n in range(2, 5):
            with pytest.raises(RetryLater):
                await channel.send(note(n))


async def test_one_late_answer_is_not_the_end(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    await known(li)
    async with connected(channel, control, desk) as first:
        await control.fault("slow_ack", "aibot_send_msg", seconds=0.5)
        with pytest.raises(InDoubt):
            await channel.send(note())
        await channel.send(note(2))
        await asyncio.sleep(0.3)
        await channel.send(note(3))
        assert (await control.state()).link == first


async def test_a_forgotten_subscription_is_made_anew(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    await known(li)
    async with connected(channel, control, desk) as first:
        await control.forget()
        with pytest.raises(RetryLater):
            await channel.send(note())
        await control.wait_subscribed(after=first)
        await until_sent(channel)
    assert len([each for each in await li.chat() if each.out]) == 1


async def until_sent(channel: WecomBot) -> None:
    for _ in range(50):
        try:
            await channel.send(note())
        except RetryLater:
            await asyncio.sleep(0.05)
        else:
            return
    raise TimeoutError


async def test_a_private_authority_vouches_for_it(
    tmp_path: Path, desk: Desk, blobs: Blobs, watch: Watch
):
    async with (
        server.WecomBot(tls=authority.for_server(tmp_path)) as double,
        Control(double.control_url) as control,
    ):
        settings = WecomBotSettings(
            id=control.bot_id, secret=Secret(control.secret), url=control.bot_url
        )
        stranger = WecomBot(settings, blobs=blobs, now=watch.now)
        trusting = WecomBot(
            settings, blobs=blobs, now=watch.now, ca_bundle=authority.written(tmp_path)
        )
        async with listening(stranger, desk):
            await asyncio.sleep(0.2)
            assert (await control.state()).link == 0
        li = await control.person("李倩", userid="LiQian")
        async with listening(trusting, desk):
            await control.wait_subscribed()
            await li.sends_file(b"%PDF-1.4 demo", name="总结.pdf")
            await until(lambda: len(desk.received) == 1)
            reference = desk.received[0].attachments[0].reference
            assert b"".join([piece async for piece in trusting.fetch(reference)]) == (
                b"%PDF-1.4 demo"
            )
        await stranger.close()
        await trusting.close()
