"""Each kind of trouble: what the library makes of it, and whether the call took effect."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)  # fmt: skip

from tests.doubles.client import Control
from tests.doubles.faults import Fault
from tests.doubles.person import Person


async def tried(bot, li: Person, kind: type[TelegramError], **how) -> TelegramError:
    with pytest.raises(TelegramError) as caught:
        await bot.send_message(li.id, "一", **how)
    assert type(caught.value) is kind
    return caught.value


async def arrived(control: Control, li: Person) -> tuple[list[str], str, bool]:
    """What the chat shows, and how the only send is logged."""
    (call,) = await control.calls("sendMessage")
    return [m.text for m in await li.chat()], call.outcome, call.executed


async def test_429(bot, control: Control, li: Person):
    await control.fault("429", "sendMessage", retry_after=7)
    error = await tried(bot, li, RetryAfter)
    assert isinstance(error, RetryAfter)
    assert str(error) == "Flood control exceeded. Retry in 0:00:07"
    assert await arrived(control, li) == ([], "429", False)
    await bot.send_message(li.id, "二")


@pytest.mark.parametrize(
    ("kind", "error", "outcome"),
    [
        ("500", NetworkError, "500"),
        ("502", NetworkError, "502"),
        ("401", InvalidToken, "401"),
        ("404", InvalidToken, "404"),
        ("reset_before", NetworkError, "reset_before"),
    ],
)
async def test_not_executed(
    bot, control: Control, li: Person, kind: str, error: type[TelegramError], outcome: str
):
    await control.fault(kind, "send*")
    await tried(bot, li, error)
    assert await arrived(control, li) == ([], outcome, False)
    await bot.send_message(li.id, "二")
    assert [m.text for m in await li.chat()] == ["二"]


async def test_any_error(bot, control: Control, li: Person):
    await control.fault("error", code=400, description="Bad Request: chat not found")
    assert str(await tried(bot, li, BadRequest)) == "Chat not found"
    await control.fault(
        "error",
        description="Bad Request: group chat was upgraded to a supergroup chat",
        migrate_to=-1009,
    )
    error = await tried(bot, li, ChatMigrated)
    assert isinstance(error, ChatMigrated)
    assert error.new_chat_id == -1009


async def test_garbage(bot, control: Control, li: Person, caplog):
    await control.fault("garbage")
    error = await tried(bot, li, TelegramError)
    assert str(error) == "Invalid server response"
    assert await arrived(control, li) == ([], "garbage", False)


async def test_executed_then_reset(bot, control: Control, li: Person):
    await control.fault("execute_then_reset")
    error = await tried(bot, li, NetworkError)
    assert isinstance(error.__cause__, httpx.ReadError | httpx.RemoteProtocolError)
    assert await arrived(control, li) == (["一"], "execute_then_reset", True)


async def test_executed_then_timed_out(bot, control: Control, li: Person):
    await control.fault("execute_then_timeout")
    error = await tried(bot, li, TimedOut, read_timeout=0.2)
    assert isinstance(error.__cause__, httpx.ReadTimeout)
    assert await arrived(control, li) == (["一"], "execute_then_timeout", True)


async def test_executed_then_500(bot, control: Control, li: Person):
    await control.fault("execute_then_500")
    await tried(bot, li, NetworkError)
    assert await arrived(control, li) == (["一"], "execute_then_500", True)


async def test_slow(bot, control: Control, li: Person):
    await control.fault("slow", seconds=0.2)
    await control.fault("slow_answer", seconds=0.2)
    for _ in range(2):
        start = time.monotonic()
        await bot.send_message(li.id, "一")
        assert time.monotonic() - start > 0.19
    await control.settings(latency=0.1)
    start = time.monotonic()
    await asyncio.gather(*[bot.send_message(li.id, "一") for _ in range(20)])
    assert 0.09 < time.monotonic() - start < 1.8  # one after another would take 2 s


async def listening(control: Control) -> None:
    """Until the Bot API accepts connections again."""
    async with asyncio.timeout(10), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(control.base_url):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)


async def test_refused(bot, control: Control, li: Person):
    await bot.send_message(li.id, "一")
    await control.refuse(1)
    await asyncio.sleep(0.02)
    error = await tried(bot, li, NetworkError)
    assert isinstance(error.__cause__, httpx.ConnectError)
    await listening(control)
    await bot.send_message(li.id, "二")
    await control.fault("refused", "sendMessage", seconds=0.1)
    await tried(bot, li, NetworkError)
    await listening(control)
    assert [m.text for m in await li.chat()] == ["一", "二"]
    await bot.send_message(li.id, "三")


async def test_a_reset_ends_a_long_poll_too(bot, control: Control, li: Person):
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.sleep(0.05)
    await control.refuse(0.1)
    with pytest.raises(NetworkError):
        await poll
    await listening(control)
    await li.says("一")
    assert len(await bot.get_updates()) == 1


async def test_faults_of_listening(bot, control: Control, li: Person):
    await control.settings(scale=0)
    await li.says("一")
    for kind, error in (("401", InvalidToken), ("500", NetworkError), ("502", NetworkError)):
        await control.fault(kind, "getUpdates")
        with pytest.raises(TelegramError) as caught:
            await bot.get_updates()
        assert type(caught.value) is error
    await control.fault("error", "getUpdates", code=409, description="Conflict: x")
    with pytest.raises(TelegramError, match="Conflict"):
        await bot.get_updates()
    assert len(await bot.get_updates()) == 1


async def test_duplicates_and_disorder_when_polling(bot, control: Control, li: Person):
    await control.settings(scale=0)
    for word in "一二三":
        await li.says(word)
    first = (await bot.get_updates(limit=1))[0].update_id
    await control.fault("duplicate", "getUpdates")
    again = await bot.get_updates(offset=first + 1)
    assert [u.message.text for u in again] == ["一", "二", "三", "二", "三"]
    await control.fault("out_of_order", "getUpdates")
    shuffled = [u.message.text for u in await bot.get_updates(offset=first + 1)]
    assert shuffled == ["三", "二"]


async def test_downloads(bot, control: Control, li: Person):
    sent = await bot.send_document(li.id, b"0123456789" * 1000, filename="a.bin")
    found = await bot.get_file(sent.document.file_id)
    url = found.file_path
    async with aiohttp.ClientSession() as session:
        await control.fault("cut", "file")
        with pytest.raises(aiohttp.ClientError):
            async with session.get(url) as answer:
                await answer.read()
        await control.fault("500", "file")
        async with session.get(url) as answer:
            assert answer.status == 500
        async with session.get(url) as answer:
            assert len(await answer.read()) == 10_000
    assert [c.outcome for c in await control.calls("file")] == ["cut", "500", "200"]


async def test_which_calls_are_hit(bot, control: Control, li: Person, wang: Person):
    order = await control.fault("500", "sendMessage", count=2, after=1, chat_id=li.id)
    outcomes = []
    for person in (li, wang, li, wang, li, li):
        try:
            await bot.send_message(person.id, "一")
            outcomes.append("ok")
        except NetworkError:
            outcomes.append("500")
    assert outcomes == ["ok", "ok", "500", "ok", "500", "ok"]
    assert await control.fault_hits(order) == 2
    await control.fault("500", contains="特别", count=None)
    await bot.send_message(li.id, "普通")
    with pytest.raises(NetworkError):
        await bot.send_message(li.id, "很特别")
    await control.cancel_faults()
    await bot.send_message(li.id, "很特别")


def test_probability_is_repeatable():
    def hits(seed: int) -> list[bool]:
        fault = Fault("500", count=None, probability=0.2, seed=seed)
        return [fault.hit("sendmessage", "1", "") for _ in range(1000)]

    assert hits(1) == hits(1)
    assert hits(1) != hits(2)
    assert 150 < sum(hits(1)) < 250


def test_a_star_spares_listening():
    fault = Fault("500", count=None)
    assert not fault.hit("getupdates", "", "")
    assert fault.hit("editmessagetext", "", "")


async def test_a_bug_in_the_double_shows(api, control: Control, bot, li: Person, monkeypatch):
    from tests.doubles import methods

    def broken(bot, params):
        return 1 / 0

    monkeypatch.setitem(methods.SYNC, "sendmessage", ("sendMessage", broken))
    await tried(bot, li, NetworkError)
    (trace,) = await control.bugs()
    assert "ZeroDivisionError" in trace
    api.bugs.clear()
