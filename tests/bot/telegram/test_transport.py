"""What each way an exchange can break says about execution; and that no error holds the token."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot import calling
from bot.channels.base import DeliveryError, InDoubt, Rejected, RetryLater, Unavailable
from bot.channels.telegram.transport import Client, connect
from tests.doubles.botapi import TOKEN, BotApi
from tests.doubles.client import Control

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b'{"ok":true,"result":{"message_id":5}}'


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[int]:
    """A TCP server that does whatever a broken network would."""
    running: list[asyncio.Task[Any]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            running.append(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await handler(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    opened = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with opened:
        yield opened.sockets[0].getsockname()[1]
        await asyncio.gather(*running)


@asynccontextmanager
async def client(url: str, **more: Any) -> AsyncIterator[Client]:
    made, under = connect(TOKEN, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot", **more)
    try:
        yield made
    finally:
        await under.shutdown()


def answering(payload: bytes, status: str = "200 OK", *, length: int | None = None) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        size = len(payload) if length is None else length
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode() + payload)
        await writer.drain()

    return handler


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")
    await reader.read()


async def hanging_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def failure(url: str, **more: Any) -> DeliveryError:
    async with client(url, **more) as telegram:
        with pytest.raises(DeliveryError) as caught:
            await telegram.call("sendMessage", {"chat_id": 1, "text": "您好"}, read_timeout=0.2)
    assert_no_token(caught.value)
    return caught.value


def assert_no_token(error: BaseException) -> None:
    """In no error of the chain, its values, or the traceback with all locals left out."""
    seen: list[BaseException] = []
    at: BaseException | None = error
    while at is not None:
        seen.append(at)
        at = at.__cause__ or at.__context__
    texts = [repr(e) + str(e) + repr(vars(e)) for e in seen] + traceback.format_exception(error)
    assert [text for text in texts if TOKEN in text or TOKEN.partition(":")[2] in text] == []


async def test_refused_means_not_sent():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    error = await failure(f"http://127.0.0.1:{port}")
    assert (type(error), str(error)) == (RetryLater, "not connected (ClientConnectorError)")


async def test_an_unknown_host_means_not_sent():
    error = await failure("http://no-such-host.invalid")
    assert (type(error), str(error)) == (RetryLater, "not connected (ClientConnectorDNSError)")


async def test_no_tls_means_not_sent():
    async with server(chatter) as port:
        error = await failure(f"https://127.0.0.1:{port}")
    assert type(error) is RetryLater
    assert str(error).startswith("not connected")


async def test_a_connection_that_never_comes_about_means_not_sent(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(calling, "CONNECT_SECONDS", 0.2)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        error = await failure(f"http://127.0.0.1:{port}")
        for one in waiting:
            one.close()
    assert (type(error), str(error)) == (RetryLater, "not connected (ConnectionTimeoutError)")


async def test_waiting_for_a_free_connection_means_not_sent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calling, "POOL_SECONDS", 0.2)
    monkeypatch.setattr(calling, "CONNECTIONS", 1)
    async with server(silent) as port, client(f"http://127.0.0.1:{port}") as telegram:
        first = asyncio.create_task(telegram.call("getMe", read_timeout=1))
        await asyncio.sleep(0.05)
        with pytest.raises(RetryLater) as caught:
            await telegram.call("getMe")
        with pytest.raises(InDoubt):
            await first
    assert str(caught.value) == "not connected (ConnectionTimeoutError)"


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (silent, "no answer (SocketTimeoutError)"),
        (hanging_up, "no answer (ServerDisconnectedError)"),
        (answering(OK[:20], length=len(OK)), "no answer (ClientPayloadError)"),
        (answering(b"<html>"), "answer can't be read"),
        (answering(b""), "answer can't be read"),
        (answering(b'{"ok":true}'), "answer can't be read"),
        (answering(b'{"ok":false,"description":"?"}'), "answer can't be read"),
        (answering(b"[]"), "answer can't be read"),
        (answering(b"<html>", "502 Bad Gateway"), "HTTP 502"),
        (answering(b"{}", "302 Found"), "HTTP 302"),
    ],
)
async def test_what_left_without_a_clear_answer_is_in_doubt(handler: Handler, words: str):
    async with server(handler) as port:
        error = await failure(f"http://127.0.0.1:{port}")
    assert isinstance(error, InDoubt)
    assert str(error) == words


async def test_no_http_at_all_is_in_doubt():
    async with server(chatter) as port:
        assert type(await failure(f"http://127.0.0.1:{port}")) is InDoubt


async def test_an_address_that_cannot_be_used():
    assert type(await failure("ftp://127.0.0.1")) is Unavailable


async def test_after_closing_nothing_is_sent():
    made, under = connect(
        TOKEN, base_url="http://127.0.0.1:9/", base_file_url="http://127.0.0.1:9/"
    )
    await under.shutdown()
    with pytest.raises(RetryLater):
        await made.call("getMe")
    with pytest.raises(RetryLater):
        await anext(under.download("http://127.0.0.1:9/"))


async def test_faults_of_the_double(api: BotApi, control: Control):
    li = await control.person("李倩", contact="started")
    found: dict[str, str] = {}
    url = api.base_url.removesuffix("/bot")
    async with client(url) as telegram:
        faults: dict[str, dict[str, Any]] = {
            "429": {"retry_after": 3}, "500": {}, "502": {}, "garbage": {}, "401": {}, "404": {},
            "reset_before": {}, "execute_then_reset": {}, "execute_then_500": {},
            "execute_then_timeout": {"seconds": 1.0},
            "error": {"description": "Bad Request: no", "code": 400},
        }  # fmt: skip
        for kind, more in faults.items():
            await control.fault(kind, "sendMessage", **more)
            with pytest.raises(DeliveryError) as caught:
                await telegram.call(
                    "sendMessage", {"chat_id": li.id, "text": kind}, read_timeout=0.3
                )
            assert_no_token(caught.value)
            found[kind] = type(caught.value).__name__
    assert found == {
        "429": "RetryLater", "500": "InDoubt", "502": "InDoubt", "garbage": "Unreadable",
        "401": "Unavailable", "404": "Unavailable", "reset_before": "InDoubt",
        "execute_then_reset": "InDoubt", "execute_then_500": "InDoubt",
        "execute_then_timeout": "InDoubt", "error": "Rejected",
    }  # fmt: skip
    executed = [seen.text for seen in await li.chat()]
    assert executed == ["execute_then_reset", "execute_then_500", "execute_then_timeout"]


async def test_a_proxy_is_used_with_its_password_but_never_for_this_machine():
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(OK) + OK)
        await writer.drain()

    async with server(proxy) as port:
        through = f"http://zhang:geheim@127.0.0.1:{port}"
        async with client("http://api.example", proxy=through) as telegram:
            assert await telegram.call("getMe") == {"message_id": 5}
        error = await failure("http://127.0.0.1:9", proxy=through)
    [request] = asked
    assert request.startswith(f"POST http://api.example/bot{TOKEN}/getMe HTTP/1.1\r\n".encode())
    password = base64.b64encode(b"zhang:geheim")
    assert b"Proxy-Authorization: Basic " + password in request
    assert str(error) == "not connected (ClientConnectorError)"


async def test_a_proxy_that_refuses_means_not_sent():
    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with server(proxy) as port:
        error = await failure("https://api.example", proxy=f"http://127.0.0.1:{port}")
    assert (type(error), str(error)) == (RetryLater, "not connected (ClientHttpProxyError)")


async def test_the_clients_repr_holds_no_token():
    async with client("http://127.0.0.1:9") as telegram:
        assert repr(telegram) == "<Client>"


async def test_a_refusal_keeps_telegrams_words(api: BotApi, control: Control):
    li = await control.person("李倩", contact="started")
    async with client(api.base_url.removesuffix("/bot")) as telegram:
        with pytest.raises(Rejected) as caught:
            await telegram.call("sendMessage", {"chat_id": li.id, "text": ""})
    assert str(caught.value) == "Bad Request: message text is empty"


def test_no_httpx_client_is_ever_made():
    script = """
import asyncio, httpx
def forbidden(*_a, **_k): raise AssertionError("httpx")
httpx.AsyncClient.__init__ = forbidden
import sys
from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.settings import TelegramSettings
from bot.secret import Secret
from bot.channels.base import DeliveryError
assert "telegram.ext" not in sys.modules
async def main():
    telegram = Telegram(TelegramSettings(Secret("1:" + "a" * 35), base_url="http://127.0.0.1:9/"))
    try:
        await telegram.identify()
    except DeliveryError:
        print("asked")
    await telegram.close()
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("asked\n", "")


def test_a_ca_bundle_that_is_none(tmp_path: Path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("no certificate")
    with pytest.raises(OSError, match=r"SSL|PEM|X509"):
        connect(TOKEN, base_url="http://127.0.0.1:9/", base_file_url="", ca_bundle=bundle)
