"""The rest of what a channel does: menu, files that people send, silent login, troubles."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from bot import episodes
from bot.channels.base import Channel, Circular, Rejected, RetryLater
from bot.channels.wecom_app import menu
from bot.channels.wecom_app.channel import WecomApp
from bot.channels.wecom_app.settings import WecomAppSettings
from handlers.discovery import discover
from templates import wecom_words as words
from tests.bot.desk import Desk, listening, until
from tests.bot.wecom_app.conftest import Notebook, Now, message
from tests.doubles.conftest import png
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.person import Person

pytestmark = pytest.mark.usefixtures("hasty")


def test_it_is_a_channel(channel: WecomApp):
    kept: Channel = channel
    circular: Circular | None = kept.circular
    assert circular is not None


# ---------------------------------------------------------------- files that people send


async def fetched(channel: WecomApp, reference: str) -> bytes:
    return b"".join([piece async for piece in channel.fetch(reference)])


async def test_files_come_as_they_were_sent(
    channel: WecomApp, address: str, desk: Desk, li: Person
):
    content = b"%PDF-1.4 " + bytes(range(256)) * 1000
    await li.sees_told(await li.sends_file(content, name="佐证 材料.pdf"))
    await li.sees_told(await li.sends_image(png()))
    await li.sees_told(await li.sends_voice(b"#!AMR\n" + b"x" * 100))
    await li.sees_told(await li.sends_video(b"\0\0\0\x18ftypmp42" + b"x" * 100))
    files = [file for inbound in desk.received for file in inbound.attachments]
    assert [file.name.split("-")[0] for file in files] == ["佐证 材料.pdf", "图片", "语音", "视频"]
    assert await fetched(channel, files[0].reference) == content
    assert await fetched(channel, files[1].reference) == png()


async def test_a_file_after_three_days(channel: WecomApp, address, desk: Desk, control, li):
    await li.sees_told(await li.sends_image(png()))
    await control.do("expire_media")
    [file] = desk.received[0].attachments
    with pytest.raises(Rejected):
        await fetched(channel, file.reference)


# ---------------------------------------------------------------- the menu


async def test_the_menu_is_made_of_the_commands_there_are(
    channel: WecomApp, desk: Desk, control: Control
):
    async with listening(channel, desk):
        [call] = await control.wait_calls("menu/create")
    found = [
        (entry["name"], [(below["name"], below["key"]) for below in entry["sub_button"]])
        for entry in await control.menu()
    ]
    assert [title for title, _ in found] == ["上报", "考核", "更多"]
    entries = dict(entry for _, below in found for entry in below)
    assert entries["上报"] == "cmd:submit:0"
    assert entries["考核结果"] == "cmd:result:0"
    commands = set(discover().commands)
    assert {key.split(":")[1] for key in entries.values()} == commands & {
        command for _, listed in words.MENU for command, _ in listed
    }
    assert call.params["agentid"] == "1000002"


async def test_a_menu_that_stands_is_left_alone(channel: WecomApp, desk: Desk, control: Control):
    async with listening(channel, desk):
        await control.wait_calls("menu/create")
    async with listening(channel, desk):
        await control.wait_calls("menu/get", count=2)
        await control.wait_idle()
    assert len(await control.calls(method="menu/create")) == 1


async def test_a_menu_that_can_not_be_set_is_tried_again(
    channel: WecomApp, desk: Desk, control: Control, monkeypatch
):
    monkeypatch.setattr(episodes, "SECOND", 0.0002)
    await control.fault("error", method="menu/get", code=45009)
    await control.fault("500", method="menu/create")
    async with listening(channel, desk):
        await control.wait_calls("menu/create", count=2)
        await control.wait_idle()
    assert len(await control.menu()) == 3


async def test_a_menu_nobody_can_read_is_made_anew(
    channel: WecomApp, desk: Desk, control: Control
):
    await control.fault("garbage", method="menu/get", payload='{"errcode":0,"button":[1]}')
    async with listening(channel, desk):
        await control.wait_calls("menu/create")


async def test_a_click_in_the_menu_is_a_press(
    channel: WecomApp, address: str, desk: Desk, control: Control, li: Person
):
    await control.wait_calls("menu/create", executed=True)
    await li.sees_told(await li.clicks_menu("我的上报"))
    assert [i.action for i in desk.received] == ["cmd:mine:0"]


def test_the_menu_fits():
    everything = {command for _, entries in words.MENU for command, _ in entries}
    whole = menu.wanted(everything)
    assert len(whole) <= 3
    assert all(len(title["name"].encode()) <= 16 for title in whole)
    assert all(1 <= len(title["sub_button"]) <= 5 for title in whole)
    assert menu.wanted(set()) == []


async def test_without_an_address_there_is_no_page_to_upload_on(
    settings: WecomAppSettings, notebook: Notebook, now: Now, desk: Desk, control: Control
):
    channel = WecomApp(settings, memory=notebook, now=now)
    async with listening(channel, desk):
        await control.wait_calls("menu/create")
    await channel.close()
    keys = [b["key"] for title in await control.menu() for b in title["sub_button"]]
    assert "cmd:upload:0" not in keys


# ---------------------------------------------------------------- silent login


async def test_who_comes_by_silent_login(
    channel: WecomApp, settings: WecomAppSettings, control: Control, li: Person
):
    address = settings.login_address("https://kaohe.example/").replace("{state}", "u12")
    there = await li.follows(address)
    parts = urlsplit(there)
    query = parse_qs(parts.query)
    assert (parts.netloc, parts.path, query["state"]) == ("kaohe.example", "/wecom/in", ["u12"])
    assert await channel.who(query["code"][0]) == "liqian"
    with pytest.raises(Rejected):
        await channel.who(query["code"][0])


@pytest.mark.parametrize("lacking", ["404", "48002"])
async def test_an_older_deployment_says_it_elsewhere(
    channel: WecomApp, settings: WecomAppSettings, control: Control, li: Person, lacking
):
    address = settings.login_address("https://kaohe.example").replace("{state}", "c")
    there = await li.follows(address)
    if lacking == "404":
        await control.settings(lacks=["auth/getuserinfo"])
    else:
        await control.fault("error", method="auth/getuserinfo", code=48002)
    assert await channel.who(parse_qs(urlsplit(there).query)["code"][0]) == "liqian"


async def test_somebody_from_elsewhere(channel: WecomApp, control: Control):
    await control.fault(
        "garbage", method="auth/getuserinfo", payload='{"errcode":0,"openid":"o1"}'
    )
    with pytest.raises(Rejected, match=r"^not a member$"):
        await channel.who("x")
    await control.fault("error", method="auth/getuserinfo", code=45009)
    with pytest.raises(RetryLater):
        await channel.who("x")


def test_the_login_address(settings: WecomAppSettings):
    public = replace(settings, base_url="https://qyapi.weixin.qq.com", login_url="")
    assert public.login_address("https://kaohe.example/k") == (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww1234567890abcdef"
        "&redirect_uri=https%3A%2F%2Fkaohe.example%2Fk%2Fwecom%2Fin&response_type=code"
        "&scope=snsapi_base&state={state}&agentid=1000002#wechat_redirect"
    )
    assert public.login_address("") == ""
    private = replace(settings, login_url="")
    assert private.login_address("https://kaohe.example") == ""


# ---------------------------------------------------------------- troubles


async def test_what_the_operator_has_to_mend(
    channel: WecomApp, desk: Desk, control: Control, li: Person
):
    assert channel.trouble() == ""
    await control.settings(closed="calls")
    async with listening(channel, desk):
        await until(lambda: bool(channel.trouble()))
    assert channel.trouble() == words.NOT_TRUSTED.format("203.0.113.7")


async def test_closing_it_ends_what_is_under_way(channel: WecomApp, control: Control, li: Person):
    await channel.close()
    with pytest.raises(RetryLater, match=r"^closed$"):
        await channel.who("x")
    await asyncio.sleep(0)


async def test_what_was_said_before_a_restart_counts(
    channel: WecomApp, notebook: Notebook, desk: Desk, control: Control, li: Person
):
    """Else WeCom would drop without a word what is above its limit."""
    notebook.told = {"liqian": 12}
    async with listening(channel, desk):
        await control.wait_calls("menu/*")  # so it listens
        await channel.send(message("第二十五条"))
        with pytest.raises(RetryLater):
            await channel.send(message("第二十六条"))
    assert [each.text for each in await li.chat()] == ["第二十五条"]
