"""A site from which Telegram is reached only through a proxy that asks for a password, by a server
whose certificate a private authority has signed."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.client import child
from tests.e2e.ground import grounded
from tests.support import authority

LOGIN = base64.b64encode(b"me:pass word").decode()


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port; whoever is still connected at the end is not any more."""
    calls: set[asyncio.Task[Any]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            calls.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await serve(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Until either side hangs up."""
    there, back = await asyncio.open_connection("127.0.0.1", port)
    ways = [
        asyncio.ensure_future(_pipe(reader, back)),
        asyncio.ensure_future(_pipe(there, writer)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        back.transport.abort()


def to(port: int) -> Serve:
    return lambda reader, writer: _join(reader, writer, port)


def proxy_to(port: int, asked: list[str]) -> Serve:
    """Lets through who knows the password, wherever they want to go: that is `port`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head.split("\r\n")[0])
        if f"Proxy-Authorization: Basic {LOGIN}\r\n" in head:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _join(reader, writer, port)
        else:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            await writer.drain()
            writer.write_eof()
            await reader.read()

    return serve


async def test_through_a_proxy_with_a_password_to_a_private_certificate(tmp_path: Path):
    asked: list[str] = []
    async with (
        child() as control,
        listening(
            to(urlsplit(control.base_url).port or 0), authority.for_server(tmp_path)
        ) as https,
        listening(proxy_to(https, asked)) as proxy,
        grounded(tmp_path, control, liaisons=1) as ground,
    ):
        environment = ground.program.environment
        environment["KAOHE_TELEGRAM_BASE_URL"] = f"https://{authority.HOST}/bot"
        environment["KAOHE_TELEGRAM_BASE_FILE_URL"] = f"https://{authority.HOST}/file/bot"
        environment["KAOHE_PROXY"] = f"http://me:pass%20word@127.0.0.1:{proxy}"
        environment["KAOHE_CLOCK"] = ""  # off loopback only the real time will do
        _, out, _ = await ground.program.verb("doctor")
        assert "不行  Telegram：https://bots.example 证书不被信任" in out
        assert f"好　  代理：127.0.0.1:{proxy} 连得上\n" in out

        environment["KAOHE_CA_BUNDLE"] = str(authority.written(tmp_path))
        _, out, _ = await ground.program.verb("doctor")
        assert "\n好　  Telegram：@" in out
        assert f"好　  证书：{tmp_path / 'ca.pem'} 中有 1 张\n" in out

        await ground.program.start()
        li = ground.liaisons[0].person
        await li.says("/submit")
        await li.waits_for("请选择类别")
        assert await ground.program.stop() == 0
        assert set(asked) == {f"CONNECT {authority.HOST}:443 HTTP/1.1"}

        environment["KAOHE_PROXY"] = f"http://me:wrong@127.0.0.1:{proxy}"
        _, out, _ = await ground.program.verb("doctor")
        assert "Telegram：https://bots.example 代理拒绝（407），请核对 KAOHE_PROXY" in out
        for word in ("pass word", "pass%20word", "wrong", control.token):
            assert word not in out
