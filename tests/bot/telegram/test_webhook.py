"""The webhook on a real aiohttp server: who may push, how much, and what is answered when."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.telegram import webhook
from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.settings import TelegramSettings
from bot.secret import Secret
from tests.bot.desk import Desk, listening, until
from tests.bot.telegram.updates import BOT_ID, GOOD, message
from tests.doubles.client import Control

pytestmark = pytest.mark.usefixtures("hasty")

SECRET = "geheim_0123456789"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


@pytest.fixture
async def server(settings: TelegramSettings) -> AsyncIterator[tuple[Telegram, str]]:
    """The channel behind its own address, not yet listening."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    channel = Telegram(
        replace(settings, webhook_secret=Secret(SECRET)),
        public_url=f"http://127.0.0.1:{port}",
    )
    app = web.Application()
    app.add_routes(channel.routes())
    server = TestServer(app, port=port)
    await server.start_server()
    yield channel, f"http://127.0.0.1:{port}/telegram"
    await channel.close()
    await server.close()


@pytest.fixture
async def push(
    server: tuple[Telegram, str],
) -> AsyncIterator[Callable[..., aiohttp.client._RequestContextManager]]:
    async with aiohttp.ClientSession() as session:
        yield lambda **more: session.post(server[1], **{"headers": HEADERS, **more})


async def test_from_the_push_to_the_commit(
    server: tuple[Telegram, str], control: Control, desk: Desk
):
    channel, url = server
    li = await control.person("李倩")
    async with listening(channel, desk):
        await until(lambda: channel.last_ok > 0)
        await li.says("一")
        await li.says("二")
        await until(lambda: desk.texts == ["一", "二"])
        await control.wait_idle()
    [call] = await control.calls("setWebhook")
    assert call.params == {
        "url": url,
        "secret_token": SECRET,
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
        "drop_pending_updates": False,
    }
    assert not channel.exclusive


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Telegram-Bot-Api-Secret-Token": ""},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET + "x"},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET[:-1]},
        {"X-Telegram-Bot-Api-Secret-Token": "密"},
        {"Authorization": SECRET},
    ],
)
async def test_strangers_leave_nothing_behind(server, push, desk: Desk, headers):
    async with listening(server[0], desk), push(headers=headers, json=GOOD["text"]) as answer:
        assert (answer.status, await answer.read()) == (403, b"")
    assert (desk.received, desk.parked) == ([], [])


async def test_a_strangers_body_is_not_read(server, desk: Desk):
    """The answer comes while most of the body has not even been sent."""
    host, port = "127.0.0.1", int(server[1].split(":")[2].partition("/")[0])
    async with listening(server[0], desk):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"POST /telegram HTTP/1.1\r\nHost: a\r\nContent-Length: 95000000\r\n\r\nxx")
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()
    assert head.startswith(b"HTTP/1.1 403 ")


async def test_accepted_only_after_the_commit(server, push, desk: Desk):
    desk.holds["您好"] = asyncio.Event()
    async with listening(server[0], desk):
        await until(lambda: server[0].last_ok > 0)
        asking = asyncio.ensure_future(push(json=GOOD["text"]).__aenter__())
        await until(lambda: len(desk.offered) == 1)
        await asyncio.sleep(0.1)
        assert not asking.done()
        desk.holds["您好"].set()
        answer = await asking
        assert (answer.status, await answer.read()) == (200, b"")
    assert desk.texts == ["您好"]


async def test_a_busy_database_asks_for_another_try(server, push, control: Control, desk: Desk):
    desk.busy = 1
    async with listening(server[0], desk):
        async with push(json=GOOD["text"]) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert desk.received == []
        async with push(json=GOOD["text"]) as answer:
            assert answer.status == 200
    assert desk.texts == ["您好"]


async def test_before_anybody_listens(server, push):
    async with push(json=GOOD["text"]) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_the_same_push_a_hundred_times(server, push, desk: Desk):
    async with listening(server[0], desk):
        for _ in range(100):
            async with push(json=GOOD["text"]) as answer:
                assert answer.status == 200
    assert desk.texts == ["您好"]


@pytest.mark.parametrize(
    ("body", "key", "problem"),
    [
        (b"{", None, "JSON"),
        (b"", None, "JSON"),
        (b"\xff\xfe\0", None, "JSON"),
        (b"[" * 100_000, None, "JSON"),
        (b"[]", None, "update"),
        (b'{"update_id":"7"}', None, "update_id"),
        (b'{"update_id":7,"message":1}', f"tg:{BOT_ID}:7", "message"),
    ],
)
async def test_malformed_pushes_are_parked(
    server, push, desk: Desk, body: bytes, key: str | None, problem: str
):
    async with listening(server[0], desk):
        for _ in range(2):
            async with push(data=body) as answer:
                assert answer.status == 200
    [(found, raw, said)] = desk.parked
    text = body.decode(errors="replace").replace("\0", "\ufffd")
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    assert (found, raw, said) == (key or f"tg:{BOT_ID}:{digest}", text, f"unparsable: {problem}")


@pytest.mark.parametrize("chunked", [True, False])
async def test_bodies_over_the_limit(server, push, desk: Desk, chunked: bool):
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65536

    body = pieces() if chunked else io.BytesIO(b" " * (webhook.BODY_BYTES + 1))
    async with listening(server[0], desk):
        try:
            async with push(data=body) as answer:
                status = answer.status
        except aiohttp.ClientError:
            status = 413  # hung up while we were still talking
    assert (status, desk.parked) == (413, [])


async def test_a_body_that_does_not_come(server, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webhook, "BODY_SECONDS", 0.1)
    host, port = "127.0.0.1", int(server[1].split(":")[2].partition("/")[0])
    async with listening(server[0], desk):
        await until(lambda: server[0].last_ok > 0)
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(
            b"POST /telegram HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n"
            b"X-Telegram-Bot-Api-Secret-Token: " + SECRET.encode() + b"\r\n\r\n{"
        )
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()
    assert head.startswith(b"HTTP/1.1 408 ")


async def test_only_post(server):
    async with aiohttp.ClientSession() as session, session.get(server[1]) as answer:
        assert answer.status == 405


async def test_trouble_at_the_start_passes(
    server, control: Control, desk: Desk, caplog: pytest.LogCaptureFixture
):
    await control.fault("500", "setWebhook", count=3)
    li = await control.person("李倩")
    async with listening(server[0], desk):
        await li.says("您好")
        await until(lambda: desk.texts == ["您好"])
    lines = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert lines == ["telegram webhook: no answer Internal Server Error"]


async def test_what_telegram_reports_is_one_line_until_it_changes(
    server, control: Control, desk: Desk, caplog, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(webhook, "WATCH_SECONDS", 0.02)
    reports = [
        {"last_error_date": 100, "last_error_message": "an old story"},
        {"last_error_date": 100, "last_error_message": "an old story"},
        {"last_error_date": 101, "last_error_message": "Connection refused"},
        {"last_error_date": 102, "last_error_message": "Connection refused"},
        {"last_error_date": 102, "last_error_message": "Connection refused"},
        {"last_error_date": 103, "last_error_message": "Connection refused"},
        {"last_error_date": 104, "last_error_message": "SSL error"},
    ]
    for report in reports:
        answer = {"url": server[1], "pending_update_count": 3, **report}
        await control.fault(
            "garbage",
            "getWebhookInfo",
            payload=orjson.dumps({"ok": True, "result": answer}).decode(),
        )
    async with listening(server[0], desk):
        await control.wait_calls("getWebhookInfo", count=len(reports) + 1)
    lines = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert lines == [
        "telegram webhook: deliveries fail: Connection refused (3 waiting)",
        "telegram webhook: deliveries fail: Connection refused (3 waiting)",
        "telegram webhook: deliveries fail: SSL error (3 waiting)",
    ]


async def test_an_address_changed_by_somebody_else_is_set_again(
    server, control: Control, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(webhook, "WATCH_SECONDS", 0.05)
    async with listening(server[0], desk):
        await until(lambda: server[0].last_ok > 0)
        await server[0]._client.call("deleteWebhook")
        await control.wait_calls("setWebhook", count=2)
        li = await control.person("李倩")
        await li.says("您好")
        await until(lambda: desk.texts == ["您好"])


async def test_without_a_public_address_there_is_no_route(settings: TelegramSettings):
    channel = Telegram(replace(settings, webhook_secret=Secret(SECRET)))
    assert (channel.routes(), channel.exclusive) == ([], True)
    await channel.close()


async def test_a_webhooks_pushes_keep_what_they_bring(server, push, desk: Desk):
    raw = {"update_id": 5, "message": message(text="原文\n")}
    async with listening(server[0], desk), push(json=raw) as answer:
        assert answer.status == 200
    assert [(i.key, i.text) for i in desk.received] == [(f"tg:{BOT_ID}:5", "原文\n")]
