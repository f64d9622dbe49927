"""Presses, downloads, menus and names; and that no log line at any level holds the token."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.base import (
    Channel,
    DeliveryError,
    Outgoing,
    Pace,
    RecipientGone,
    Rejected,
    RetryLater,
    Unavailable,
)
from bot.channels.telegram import menus
from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.settings import TelegramSettings
from handlers.messages import Action, Button, Inbound, Kind, Toast, rows
from tests.bot.desk import Desk, listening, until
from tests.doubles.botapi import BotApi
from tests.doubles.client import Control
from tests.doubles.person import Person
from tests.doubles.seen import Answer, Pressed


def test_it_is_a_channel(settings: TelegramSettings):
    channel: Channel = Telegram(replace(settings, rate=25.0, chat_rate=0.5))
    assert (channel.name, channel.exclusive, channel.pace) == ("telegram", True, Pace(25.0, 0.5))


# ---------------------------------------------------------------- presses


async def pressed(channel: Telegram, control: Control, desk: Desk) -> tuple[Person, Pressed]:
    li = await control.person("李倩", contact="started")
    button = Button("采纳", Action("accept", "41", 4))
    await channel.send(Outgoing("k", str(li.id), "卡片", rows(button)))
    press = await li.presses("采纳")
    async with listening(channel, desk):
        await until(lambda: len(desk.received) == 1)
    return li, press


@pytest.mark.parametrize(
    ("toast", "answer"),
    [
        (None, Answer("", show_alert=False)),
        (Toast(), Answer("", show_alert=False)),
        (Toast("已采纳"), Answer("已采纳", show_alert=False)),
        (Toast("不能采纳", alert=True), Answer("不能采纳", show_alert=True)),
        (Toast("长" * 300), Answer("长" * 200, show_alert=False)),
    ],
)
async def test_a_press_is_answered(
    channel: Telegram, control: Control, desk: Desk, toast: Toast | None, answer: Answer
):
    li, press = await pressed(channel, control, desk)
    [inbound] = desk.received
    assert (inbound.kind, inbound.action) == (Kind.PRESS, "accept:41:4")
    assert inbound.source == f"{li.id}:{press.message_id}"
    await channel.acknowledge(inbound, toast)
    assert await li.sees_answer(press) == answer
    await channel.acknowledge(inbound, toast)  # too late: nobody is told, nothing is raised


@pytest.mark.parametrize("kind", ["401", "429", "500", "reset_before", "garbage"])
async def test_an_answer_to_a_press_never_raises(
    channel: Telegram, control: Control, desk: Desk, kind: str
):
    await pressed(channel, control, desk)
    await control.fault(kind, "answerCallbackQuery")
    await channel.acknowledge(desk.received[0], Toast("好"))
    assert len(await control.calls("answerCallbackQuery")) == 1


async def test_what_is_no_press_needs_no_answer(channel: Telegram, control: Control):
    await channel.acknowledge(Inbound("k", "telegram", "1"), Toast("好"))
    assert await control.calls("answerCallbackQuery") == []


# ---------------------------------------------------------------- downloads


async def fetched(channel: Telegram, reference: str) -> bytes:
    return b"".join([piece async for piece in channel.fetch(reference)])


async def reference(channel: Telegram, desk: Desk) -> str:
    async with listening(channel, desk):
        await until(lambda: bool(desk.received))
    return desk.received[-1].attachments[0].reference


async def test_a_file_comes_in_pieces(channel: Telegram, control: Control, desk: Desk):
    content = hashlib.shake_128(b"seed").digest(300_000)
    li = await control.person("李倩")
    await li.sends_document(content)
    file_id = await reference(channel, desk)
    pieces = [piece async for piece in channel.fetch(file_id)]
    assert b"".join(pieces) == content
    assert max(len(piece) for piece in pieces) <= 65536


async def test_a_file_too_big_for_telegram(channel: Telegram, control: Control, desk: Desk):
    li = await control.person("李倩")
    await li.sends_document(21 * 2**20)
    with pytest.raises(Rejected) as caught:
        await fetched(channel, await reference(channel, desk))
    assert str(caught.value) == "file.too_big"


async def test_a_file_that_telegram_does_not_know(channel: Telegram):
    with pytest.raises(Rejected):
        await fetched(channel, "nonsense")


@pytest.mark.parametrize(
    ("kind", "method", "error"),
    [
        ("500", "getFile", RetryLater),
        ("reset_before", "getFile", RetryLater),
        ("429", "getFile", RetryLater),
        ("401", "getFile", Unavailable),
        ("cut", "file", RetryLater),
        ("reset_before", "file", RetryLater),
        ("500", "file", RetryLater),
        ("502", "file", RetryLater),
        ("404", "file", RetryLater),
        ("401", "file", Unavailable),
    ],
)
async def test_downloads_that_break_off(
    channel: Telegram, control: Control, desk: Desk, kind: str, method: str, error: type[Exception]
):
    content = b"x" * 200_000
    li = await control.person("李倩")
    await li.sends_document(content)
    file_id = await reference(channel, desk)
    again = kind == "reset_before" and method == "file"  # aiohttp itself repeats a GET once
    await control.fault(kind, method, count=2 if again else 1)
    with pytest.raises(error):
        await fetched(channel, file_id)
    assert await fetched(channel, file_id) == content


async def test_a_download_that_nobody_reads_to_its_end(
    channel: Telegram, control: Control, desk: Desk
):
    li = await control.person("李倩")
    await li.sends_document(b"x" * 2_000_000)
    pieces = channel.fetch(await reference(channel, desk))
    assert len(await anext(pieces)) > 0
    await pieces.aclose()


@pytest.mark.parametrize("path", ["../secret", "", None, 5])
async def test_paths_that_lead_elsewhere(channel: Telegram, control: Control, path: object):
    answer = '{"ok":true,"result":{"file_id":"a","file_path":%s}}'
    shown = f'"{path}"' if isinstance(path, str) else "null" if path is None else str(path)
    await control.fault("garbage", "getFile", payload=answer % shown)
    with pytest.raises(Rejected):
        await fetched(channel, "a")


async def test_a_server_on_this_machine_names_a_local_file(
    channel: Telegram, control: Control, tmp_path: Path
):
    file = tmp_path / "down"
    file.write_bytes(b"y" * 100_000)
    answer = '{"ok":true,"result":{"file_id":"a","file_path":"%s"}}'
    await control.fault("garbage", "getFile", payload=answer % file, count=2)
    assert await fetched(channel, "a") == b"y" * 100_000
    file.unlink()
    with pytest.raises(RetryLater):
        await fetched(channel, "a")


async def test_a_server_elsewhere_names_no_local_file(
    settings: TelegramSettings, channel: Telegram, control: Control, tmp_path: Path
):
    file = tmp_path / "down"
    file.write_bytes(b"secret")
    answer = '{"ok":true,"result":{"file_id":"a","file_path":"%s"}}'
    await control.fault("garbage", "getFile", payload=answer % file)
    channel._local = False
    with pytest.raises(Rejected):
        await fetched(channel, "a")


# ---------------------------------------------------------------- menus and names


async def test_a_persons_menu(channel: Telegram, control: Control):
    li = await control.person("李倩", contact="started")
    commands = [("submit", "提交佐证"), ("mine", "我的材料")]
    await channel.set_menu(str(li.id), commands)
    await channel.set_menu(str(li.id), list(commands))
    assert await li.menu() == ["submit", "mine"]
    assert len(await control.calls("setMyCommands")) == 1
    await channel.set_menu(str(li.id), [])
    assert await li.menu() == []


async def test_a_menu_that_cannot_be_set_is_tried_again(channel: Telegram, control: Control):
    stranger = await control.person("陌生人")
    with pytest.raises(RecipientGone):
        await channel.set_menu(str(stranger.id), [("help", "帮助")])
    await stranger.says("/start")
    await channel.set_menu(str(stranger.id), [("help", "帮助")])
    assert await stranger.menu() == ["help"]


async def test_menus_are_forgotten_before_memory_fills(
    channel: Telegram, control: Control, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(menus, "_REMEMBERED", 2)
    people = [await control.person(f"第{n}人", contact="started") for n in range(3)]
    for person in people:
        await channel.set_menu(str(person.id), [("help", "帮助")])
    assert len(channel._menus._set) == 2


async def test_everybody_sees_start_and_help(
    channel: Telegram, control: Control, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(menus, "_AGAIN_SECONDS", 0.02)
    await control.fault("500", "setMyCommands", count=2)
    li = await control.person("李倩")
    async with listening(channel, desk):
        await control.wait_calls("setMyCommands", count=3)
        await li.says("您好")
        await until(lambda: desk.texts == ["您好"])
    assert await li.menu() == ["start", "help"]


async def test_the_bots_name_is_asked_once(channel: Telegram, control: Control):
    assert await channel.identify() == "kaohe_7000001_bot"
    assert await channel.identify() == "kaohe_7000001_bot"
    assert len(await control.calls("getMe")) == 1


async def test_a_name_that_is_not_to_be_had(channel: Telegram, control: Control):
    await control.revoke()
    with pytest.raises(Unavailable):
        await channel.identify()
    await control.revoke(revoked=False)
    assert await channel.identify() == "kaohe_7000001_bot"


# ---------------------------------------------------------------- secrets


@pytest.mark.usefixtures("hasty")
async def test_no_log_line_holds_the_token_or_what_people_write(
    api: BotApi,
    channel: Telegram,
    control: Control,
    desk: Desk,
    caplog: pytest.LogCaptureFixture,
):
    """At DEBUG for everything of ours, through every kind of failure."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("telegram").setLevel(logging.WARNING)  # as bot.logs sets it
    li = await control.person("甄士隐", contact="started")
    for kind in ("401", "404", "409", "429", "500", "502", "garbage", "reset_before"):
        more = {"code": 409, "description": "Conflict: x"} if kind == "409" else {}
        await control.fault("error" if kind == "409" else kind, "*", count=5, **more)
        await control.fault("error" if kind == "409" else kind, "getUpdates", **more)
        for attempt in (
            channel.send(Outgoing("k", str(li.id), "机密内容")),
            channel.identify(),
            anext(channel.fetch("file-reference")),
            channel.set_menu(str(li.id), [(kind, "帮助")]),
        ):
            with pytest.raises(DeliveryError):
                await attempt
        await channel.acknowledge(
            Inbound("k", "telegram", "1", kind=Kind.PRESS, acknowledge="7"), None
        )
    await control.inject({"message": {"text": "机密内容"}})
    await li.says("机密内容")
    desk.errors.append(ValueError("x"))
    async with listening(channel, desk):
        await until(lambda: len(desk.received) == 1 and len(desk.parked) == 1)
    found = [caplog.text, *(repr(vars(record)) for record in caplog.records)]
    hidden = (api.token, api.token.partition(":")[2], "机密内容", "甄士隐", str(li.id))
    assert [word for word in hidden for text in found if word in text] == []
