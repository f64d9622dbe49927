"""The callback on a real aiohttp server: who may push, how much, how old, and what is answered."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.channels.wecom_app import callback
from bot.channels.wecom_app.channel import WecomApp
from bot.secret import Secret
from handlers.messages import Kind
from templates import wecom_words as words
from tests.bot.desk import Desk, listening, until
from tests.bot.wecom_app.conftest import Notebook, Now, served
from tests.bot.wecom_app.test_parse import event, xml
from tests.doubles.wecom.api import CORP_ID, TOKEN
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.person import Person

VECTORS = json.loads((Path(__file__).parents[1] / "wecom/vectors.json").read_text("utf-8"))
OURS = [v for v in VECTORS if "encrypt" in v and v["receiveid"] == CORP_ID]
[ECHO] = [v for v in OURS if v["plaintext"].isdigit()]
[SAID] = [v for v in OURS if "提交佐证材料" in v["plaintext"]]


def signed(vector) -> dict[str, str]:
    return {
        "msg_signature": vector["msg_signature"],
        "timestamp": vector["timestamp"],
        "nonce": vector["nonce"],
    }


def envelope(encrypted: str, *, to: str = CORP_ID, agent: str = "1000002") -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{to}]]></ToUserName><AgentID><![CDATA[{agent}]]></AgentID>"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    ).encode()


def then(now: Now) -> None:
    """Our clock shows the vectors' time."""
    now.ahead = int(SAID["timestamp"]) - time.time()


async def posted(address: str, query: dict[str, str], body: bytes) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, params=query, data=body) as answer,
    ):
        assert await answer.read() == b"" or answer.status != 200
        return answer.status


# ---------------------------------------------------------------- the address is saved


async def test_the_question_is_answered_before_anybody_listens(channel: WecomApp):
    async with served(channel) as url, aiohttp.ClientSession() as session:
        query = signed(ECHO) | {"echostr": ECHO["encrypt"]}
        async with session.get(url, params=query) as answer:
            assert (answer.status, await answer.read()) == (200, ECHO["plaintext"].encode())


async def test_the_console_takes_the_address(address: str, control: Control):
    began = time.monotonic()
    assert await control.saves_url(address) == ""
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("field", ["msg_signature", "timestamp", "nonce", "echostr"])
async def test_a_question_with_one_field_changed_or_missing(channel: WecomApp, field):
    whole = signed(ECHO) | {"echostr": ECHO["encrypt"]}
    changed = whole | {field: ("1" if whole[field][0] != "1" else "2") + whole[field][1:]}
    missing = {name: value for name, value in whole.items() if name != field}
    async with served(channel) as url, aiohttp.ClientSession() as session:
        for query in (changed, missing):
            async with session.get(url, params=query) as answer:
                assert (answer.status, await answer.read()) == (403, b"")


# ---------------------------------------------------------------- what is pushed


async def test_from_the_push_to_the_commit(address: str, desk: Desk, li: Person):
    told = await li.sees_told(await li.says("上报 & <测试>"))
    assert (told.state, told.tries) == ("taken", ("200",))
    [inbound] = desk.received
    assert (inbound.account, inbound.text, inbound.kind) == (
        "liqian",
        "上报 & <测试>",
        Kind.MESSAGE,
    )
    assert inbound.numbered


async def test_the_official_vector(address: str, desk: Desk, now: Now):
    then(now)
    assert await posted(address, signed(SAID), envelope(SAID["encrypt"])) == 200
    assert [(i.account, i.text) for i in desk.received] == [("zhangsan", "提交佐证材料 & <测试>")]


@pytest.mark.parametrize("field", ["msg_signature", "timestamp", "nonce", "encrypt"])
async def test_the_vector_with_one_field_changed(address: str, desk: Desk, now: Now, field):
    then(now)
    given = signed(SAID) | {"encrypt": SAID["encrypt"]}
    given[field] = ("1" if given[field][0] != "1" else "2") + given[field][1:]
    body = envelope(given.pop("encrypt"))
    assert await posted(address, given, body) == 403
    assert (desk.received, desk.parked) == ([], [])


@pytest.mark.parametrize("field", ["msg_signature", "timestamp", "nonce"])
async def test_without_a_signature_nothing_is_read(address: str, desk: Desk, now: Now, field):
    then(now)
    given = {name: value for name, value in signed(SAID).items() if name != field}
    assert await posted(address, given, envelope(SAID["encrypt"])) == 403
    assert desk.offered == []


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"token": "another"}, "403"),
        ({"aes_key": "A" * 43}, "403"),
        ({"receiver": "ww0000000000000000"}, "403"),
        ({"to_user": "ww0000000000000000"}, "403"),
        ({"agent_id": "1000003"}, "403"),
    ],
)
async def test_what_is_for_another_app(address, desk: Desk, control: Control, changed, status):
    sealed = await control.seal(xml(MsgType="text", Content="上报"), **changed)
    assert (await control.posts(query=sealed["query"], body=sealed["body"]))[0] == status
    assert (desk.received, desk.parked) == ([], [])


async def test_what_is_inside_for_another_app_is_kept_and_has_no_effect(
    address: str, desk: Desk, control: Control
):
    sealed = await control.seal(xml(MsgType="text", Content="上报", AgentID="1000003"))
    assert (await control.posts(query=sealed["query"], body=sealed["body"]))[0] == "200"
    assert desk.received == []
    assert [problem for _, _, problem in desk.parked] == ["unparsable: AgentID"]


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 10**9])
async def test_the_time_of_another_moment(
    address: str, desk: Desk, control: Control, channel: WecomApp, li: Person, seconds
):
    """200, so that it does not come again, and no effect; the operator is told of the clock."""
    given = str(int(time.time()) + seconds)
    sealed = await control.seal(xml(MsgType="text", Content="上报"), timestamp=given)
    assert (await control.posts(query=sealed["query"], body=sealed["body"]))[0] == "200"
    assert (desk.received, desk.parked) == ([], [])
    assert channel.trouble() == words.BAD_CLOCK
    await li.sees_told(await li.says("在吗"))
    assert channel.trouble() == ""


@pytest.mark.parametrize("seconds", [-290, 290])
async def test_some_minutes_do_not_matter(address: str, desk: Desk, control: Control, seconds):
    given = str(int(time.time()) + seconds)
    sealed = await control.seal(xml(MsgType="text", Content="上报"), timestamp=given)
    assert (await control.posts(query=sealed["query"], body=sealed["body"]))[0] == "200"
    assert len(desk.received) == 1


@pytest.mark.parametrize("given", ["²", "-1", "soon", "9" * 5000])
async def test_a_time_that_is_none(address: str, desk: Desk, control: Control, given):
    sealed = await control.seal(xml(MsgType="text", Content="上报"), timestamp=given)
    assert (await control.posts(query=sealed["query"], body=sealed["body"]))[0] == "200"
    assert desk.received == []


async def test_the_same_callback_a_thousand_times(
    address: str, desk: Desk, control: Control, li: Person
):
    number = await li.says("上报")
    await li.sees_told(number)
    assert await control.replays(number, times=1000, at_once=20) == {"200": 1000}
    assert len(desk.received) == 1
    assert len(set(desk.offered)) == 1


async def test_a_press_pushed_again_is_one(address: str, desk: Desk, li: Person, control: Control):
    number = await li.forges("accept:7:1", task_id="0123abcd")
    await li.sees_told(number)
    assert await control.replays(number, times=5) == {"200": 5}
    assert [(i.kind, i.action, i.source) for i in desk.received] == [
        (Kind.PRESS, "accept:7:1", "0123abcd")
    ]


async def test_events(address: str, desk: Desk, li: Person):
    await li.leaves()
    await li.enters_scope()
    await li.opens_app()
    await li.sees_told(await li.tells_event("LOCATION", [("Latitude", "31")]))
    await until(lambda: len(desk.received) == 3)
    assert [i.kind for i in desk.received] == [Kind.BLOCKED, Kind.UNBLOCKED, Kind.OPENED]


async def test_a_suspension_is_logged(address: str, desk: Desk, control: Control, caplog):
    sealed = await control.seal(event("inactive_alert", FromUserName="sys"))
    with caplog.at_level(logging.WARNING):
        assert (await control.posts(query=sealed["query"], body=sealed["body"]))[0] == "200"
    assert [r.getMessage() for r in caplog.records if r.name == callback.__name__] == [
        "WeCom says that it suspends this app for want of use: inactive_alert"
    ]
    assert desk.received == []


# ---------------------------------------------------------------- hostile bodies


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<xml><Encrypt>&b;</Encrypt></xml>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Encrypt>&a;</Encrypt></xml>'


@pytest.mark.parametrize(
    "body",
    ["", "{}", "<xml>", "<xml/>", "<xml><Encrypt/></xml>", BOMB, OUTSIDE, "<a>" * 20_000, "\0"],
    ids=["empty", "json", "open", "bare", "nothing", "bomb", "outside", "deep", "zero"],
)
async def test_what_is_no_envelope(address: str, desk: Desk, control: Control, body):
    sealed = await control.seal("x")
    assert (await control.posts(query=sealed["query"], body=body))[0] == "400"
    assert (desk.received, desk.parked) == ([], [])


@pytest.mark.parametrize("inside", [BOMB, OUTSIDE, "plain", "<xml><MsgType>text</MsgType></xml>"])
async def test_what_is_rightly_signed_and_can_not_be_read_is_kept_once(
    address: str, desk: Desk, control: Control, inside
):
    sealed = await control.seal(inside)
    for _ in range(3):
        assert (await control.posts(query=sealed["query"], body=sealed["body"]))[0] == "200"
    assert desk.received == []
    [(key, raw, problem)] = desk.parked
    assert (key[:11], raw, problem[:12]) == ("wa:1000002:", inside, "unparsable: ")


async def test_a_body_too_long(address: str, desk: Desk, control: Control):
    sealed = await control.seal("x")
    whole = envelope("A" * (65 * 1024)).decode()
    assert (await control.posts(query=sealed["query"], body=whole))[0] in ("413", "reset")
    assert desk.offered == []


async def test_a_body_too_long_that_does_not_say_so(address: str, desk: Desk):
    async def endless():
        for _ in range(100):
            yield b"x" * 1024

    async with aiohttp.ClientSession() as session:
        try:
            async with session.post(address, params=signed(SAID), data=endless()) as answer:
                assert answer.status == 413
        except aiohttp.ClientError:  # it hung up on us
            pass
    assert desk.offered == []


async def test_a_body_that_does_not_come(address: str, monkeypatch):
    monkeypatch.setattr(callback, "BODY_SECONDS", 0.1)
    parts = urlsplit(address)
    query = "&".join(f"{name}={value}" for name, value in signed(SAID).items())
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(
        f"POST /wecom?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<xml>".encode()
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    assert b"close" in (await reader.read()).lower()
    writer.close()


# ---------------------------------------------------------------- busy, slow, not there


async def test_nobody_listens_yet(channel: WecomApp, desk: Desk, control: Control, li: Person):
    async with served(channel) as url:
        assert await control.saves_url(url) == ""
        told = await li.says("上报")
        await li.sees_told(told, tries=1)
        async with listening(channel, desk):
            assert (await li.sees_told(told)).tries[0] == "503"
    assert len(desk.received) == 1


async def test_busy_is_offered_again(address: str, desk: Desk, li: Person):
    desk.busy = 2
    told = await li.sees_told(await li.says("上报"))
    assert told.tries == ("503", "503", "200")
    assert len(desk.received) == 1


async def test_what_can_not_be_kept_now_is_offered_again(
    address: str, desk: Desk, control: Control
):
    desk.busy = 1
    sealed = await control.seal("plain")
    given = {"query": sealed["query"], "body": sealed["body"]}
    assert [(await control.posts(**given))[0] for _ in range(2)] == ["503", "200"]
    assert len(desk.parked) == 1


async def test_a_slow_commit_is_answered_in_time_and_goes_on(
    address: str, desk: Desk, li: Person, monkeypatch
):
    monkeypatch.setattr(callback, "COMMIT_SECONDS", 0.05)
    desk.holds["上报"] = asyncio.Event()
    number = await li.says("上报")
    await li.sees_told(number, tries=1)
    desk.holds["上报"].set()
    told = await li.sees_told(number)
    assert (told.tries[0], told.tries[-1]) == ("503", "200")
    assert len(desk.received) == 1
    assert len(desk.offered) == len(told.tries)


@pytest.mark.parametrize("rounds", range(6))
async def test_done_in_the_very_moment_in_which_it_is_late(
    address: str, desk: Desk, now: Now, monkeypatch, rounds
):
    """Then as well it is answered once; who was told to come again does so on a new connection."""
    then(now)
    monkeypatch.setattr(callback, "COMMIT_SECONDS", 0.0)
    desk.rounds = rounds
    parts, body = urlsplit(address), envelope(SAID["encrypt"])
    query = "&".join(f"{name}={value}" for name, value in signed(SAID).items())
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"POST /wecom?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    said = b""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.3):
            while piece := await reader.read(4096):
                said += piece
    writer.close()
    assert said.count(b"HTTP/1.1 ") == 1
    assert reader.at_eof() == (b"HTTP/1.1 503" in said)
    assert len(desk.received) == 1


def test_wecom_is_answered_before_it_gives_up():
    assert callback.BODY_SECONDS < 5
    assert callback.COMMIT_SECONDS < 5


async def test_one_waits_and_another_does_not(
    address: str, desk: Desk, li: Person, wang: Person, monkeypatch
):
    desk.busy = 1
    told = await asyncio.gather(li.says("一"), wang.says("二"))
    await asyncio.gather(li.sees_told(told[0]), wang.sees_told(told[1]))
    assert sorted(i.text for i in desk.received) == ["一", "二"]


async def test_no_log_line_holds_a_secret_or_what_people_write(
    address: str, desk: Desk, control: Control, li: Person, caplog
):
    with caplog.at_level(logging.DEBUG):
        await li.sees_told(await li.says("高龄老人的材料"))
        sealed = await control.seal("高龄老人的材料")
        await control.posts(query=sealed["query"], body=sealed["body"])
        await control.posts(query=sealed["query"], body=sealed["body"].replace("A", "B"))
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("bot.")]
    assert not [line for line in ours if "高龄" in line or TOKEN in line]


async def test_making_it_calls_nobody(settings, notebook: Notebook, now: Now):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        silent = f"http://127.0.0.1:{free.getsockname()[1]}"
        channel = WecomApp(settings, memory=notebook, now=now, proxy=Secret(silent))
    assert [(r.method, r.path) for r in channel.routes() if hasattr(r, "path")] == [
        ("GET", "/wecom"),
        ("POST", "/wecom"),
    ]
    assert (channel.name, channel.exclusive, channel.reveals) == ("wecom_app", False, False)
    assert channel.hearing() is None
    await channel.close()
