"""Open pages learn of what is new, whoever wrote it, and miss nothing while they are away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import aiohttp
import pytest

from bot.channels.webchat import live
from handlers.messages import Inbound, Kind, Toast
from tests.bot.webchat.house import House, Page, eventually


@asynccontextmanager
async def listening(page: Page) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """An open page; the number that it is greeted with has been read."""
    async with page.session.ws_connect(page.url("api/live"), headers=page.headers) as socket:
        yield socket


async def hears(socket: aiohttp.ClientWebSocketResponse) -> dict[str, object]:
    told: dict[str, object] = await socket.receive_json(timeout=5)
    return told


def press(uuid: str, account: str = "李敏") -> Inbound:
    return Inbound(f"web:{uuid}", "web", account, Kind.PRESS, acknowledge=uuid)


async def test_a_page_is_greeted_with_the_newest_number_and_told_the_next(house, li):
    await house.says("李敏", "一")
    async with listening(li) as socket:
        assert await hears(socket) == {"seq": 1}
        await house.says("李敏", "二")
        assert await hears(socket) == {"seq": 2}
        await house.chat.edit(house.out("李敏", "三"), "1")
        assert await hears(socket) == {"seq": 3}
    assert [m["text"] for m in await li.messages("?after=1")] == ["二", "三"]


async def test_all_tabs_of_an_account_and_no_other(house, li, visit):
    wang = await visit(house).log_in("王建国")
    async with listening(li) as one, listening(li) as two, listening(wang) as other:
        assert [await hears(socket) for socket in (one, two, other)] == [{"seq": 0}] * 3
        await li.post("api/messages", {"id": str(uuid4()), "text": "一"})
        assert [await hears(socket) for socket in (one, two)] == [{"seq": 1}] * 2
        await house.says("王建国", "给您的")
        assert await hears(other) == {"seq": 1}


async def test_a_toast_goes_to_the_open_pages(house, li, visit):
    wang = await visit(house).log_in("王建国")
    async with listening(li) as socket, listening(wang) as other:
        assert [await hears(place) for place in (socket, other)] == [{"seq": 0}] * 2
        await house.chat.acknowledge(press("u1"), Toast("已采纳"))
        await house.chat.acknowledge(press("u2"), None)
        await house.chat.acknowledge(press("u3"), Toast("已截止", alert=True))
        await house.chat.acknowledge(press("u4", "nobody"), Toast("x"))
        await house.chat.acknowledge(press("u5", "王建国"), None)
        assert [await hears(socket) for _ in range(3)] == [
            {"done": "u1", "toast": "已采纳", "alert": False},
            {"done": "u2"},
            {"done": "u3", "toast": "已截止", "alert": True},
        ]
        assert await hears(other) == {"done": "u5"}


async def test_another_process_on_the_same_database(make_house, house, visit):
    """Two programs share the files and the database; what one sends is seen at the other's."""
    other = await make_house()
    page = await visit(other).log_in("李敏")
    async with listening(page) as socket:
        assert await hears(socket) == {"seq": 0}
        await house.says("李敏", "从另一个进程来")
        assert await hears(socket) == {"seq": 1}
    assert [m["text"] for m in await page.messages()] == ["从另一个进程来"]


@pytest.mark.postgres
async def test_another_process_on_postgresql(make_house, postgres_url, visit):
    one, two = await make_house(url=postgres_url), await make_house(url=postgres_url)
    page = await visit(two).log_in("李敏")
    async with listening(page) as socket:
        assert await hears(socket) == {"seq": 0}
        await asyncio.gather(*(one.says("李敏", f"第{n}条") for n in range(20)))
        seq: object = 0
        while seq != 20:
            seq = (await hears(socket))["seq"]
    assert [m["seq"] for m in await page.messages("?after=0")] == list(range(1, 21))


async def test_a_page_that_was_away_asks_for_what_it_lacks(house, li):
    async with listening(li) as socket:
        assert await hears(socket) == {"seq": 0}
        await house.says("李敏", "一")
        assert await hears(socket) == {"seq": 1}
    for text in ("二", "三"):
        await house.says("李敏", text)
    await house.stop()
    await house.start()
    async with listening(li) as socket:
        assert await hears(socket) == {"seq": 3}
    assert [m["text"] for m in await li.messages("?after=1")] == ["二", "三"]


@pytest.mark.parametrize("end", ["remove", "unlink", "log out", "too late"])
async def test_an_open_page_ends_with_its_session(end, house, li):
    async with listening(li) as socket:
        assert await hears(socket) == {"seq": 0}
        if end == "log out":
            await li.post("api/logout")
        elif end == "too late":
            house.later(days=31)
        else:
            getattr(house, end)("李敏")
        told = await socket.receive(timeout=5)
        assert (told.type, told.data) == (aiohttp.WSMsgType.CLOSE, live.SESSION_OVER)


async def test_the_program_stops_although_pages_are_open(house, li):
    async with listening(li) as socket:
        assert await hears(socket) == {"seq": 0}
        async with asyncio.timeout(5):
            stopping = asyncio.ensure_future(house.stop())
            told = await socket.receive()
            await socket.close()
            await stopping
        assert (told.type, told.data) == (aiohttp.WSMsgType.CLOSE, 1001)
        await house.start()


async def test_a_beat_shows_that_the_connection_lives(house, li, monkeypatch):
    monkeypatch.setattr(live, "_BEAT_SECONDS", 0.2)
    await house.says("李敏", "一")
    async with listening(li) as socket:
        assert [await hears(socket) for _ in range(3)] == [{"seq": 1}] * 3


async def test_a_page_that_hears_nothing_does_not_hold_up_the_others(house, li, monkeypatch):
    """One reads nothing any more: the other is told at once, and sending goes on."""
    async with listening(li) as deaf, listening(li) as socket:
        assert await hears(socket) == {"seq": 0}
        deaf._conn.transport.pause_reading()  # type: ignore[union-attr]
        for number in range(1, 100):
            await house.says("李敏", "长" * 100)
            assert await hears(socket) == {"seq": number}
        deaf._conn.transport.resume_reading()  # type: ignore[union-attr]


async def test_too_many_pages_of_one_account(house, li, monkeypatch):
    monkeypatch.setattr(live, "_PAGES", 2)
    async with listening(li) as one, listening(li) as two:
        assert [await hears(socket) for socket in (one, two)] == [{"seq": 0}] * 2
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await li.session.ws_connect(li.url("api/live"), headers=li.headers)
    assert caught.value.status == 429
    await eventually(lambda: house.chat._live._pages == {})


async def test_a_database_that_is_away_for_a_while_is_asked_again(house: House, li, monkeypatch):
    async with listening(li) as socket:
        assert await hears(socket) == {"seq": 0}
        file = house.folder / "chat.sqlite"
        away = house.folder / "away.sqlite"
        house.work.database.reader.dispose()
        file.rename(away)
        file.mkdir()
        await asyncio.sleep(0.4)  # several looks fail in this time
        file.rmdir()
        away.rename(file)
        await house.says("李敏", "一")
        assert await hears(socket) == {"seq": 1}


async def test_what_a_page_says_here_is_ignored(house, li):
    async with listening(li) as socket:
        assert await hears(socket) == {"seq": 0}
        await socket.send_str("hello")
        await house.says("李敏", "一")
        assert await hears(socket) == {"seq": 1}
        await socket.send_str("x" * 5_000)
        told = await socket.receive(timeout=5)
        assert told.type is aiohttp.WSMsgType.CLOSE
