"""The server under all channels: headers, limits, time-outs, proxies and paths."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from ipaddress import ip_network

import aiohttp
import psutil
import pytest
import pytest_asyncio
from aiohttp import web

import bot.web
from bot.web import BODY_BYTES, CONTENT_SECURITY, Web, streams

Serve = Callable[..., Awaitable[str]]
PROXIES = (ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"))


async def echo(request: web.Request) -> web.Response:
    return web.json_response(
        {
            "remote": request.remote,
            "scheme": request.scheme,
            "host": request.host,
            "body": len(await request.read()),
        }
    )


@streams
async def sip(request: web.Request) -> web.Response:
    size = 0
    async for piece in request.content.iter_any():
        size += len(piece)
    return web.json_response({"size": size})


async def broken(_request: web.Request) -> web.Response:
    raise RuntimeError("a fault of ours")


async def teapot(_request: web.Request) -> web.Response:
    raise web.HTTPConflict


ROUTES = [
    web.get("/echo", echo),
    web.post("/echo", echo),
    web.post("/sip", sip),
    web.get("/broken", broken),
    web.get("/teapot", teapot),
]


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server; its address."""
    servers: list[Web] = []

    async def start(*, wrong: Sequence[str] = (), **more: object) -> str:
        async def troubles() -> Sequence[str]:
            return wrong

        server = Web(ROUTES, host="127.0.0.1", port=0, troubles=troubles, **more)  # type: ignore[arg-type]
        await server.start()
        servers.append(server)
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server in servers:
        await server.stop()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def told(client: aiohttp.ClientSession, address: str, **headers: str) -> dict[str, object]:
    answer = await client.get(address + "/echo", headers=headers)
    what: dict[str, object] = await answer.json()
    return what


# ---------------------------------------------------------------- health


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ((), 200, "ready\n"),
        (("disk: full", "deaf: telegram"), 503, "not ready\ndisk: full\ndeaf: telegram\n"),
    ],
)
async def test_alive_is_not_ready(wrong, status, said, serve, client):
    address = await serve(wrong=wrong)
    assert (await client.get(address + "/healthz")).status == 200
    answer = await client.get(address + "/readyz")
    assert (answer.status, await answer.text()) == (status, said)


async def test_a_taken_address_is_an_error_of_the_start(serve):
    address = await serve()
    port = int(address.rpartition(":")[2])
    second = Web(ROUTES, host="127.0.0.1", port=port, troubles=lambda: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(OSError, match="address already in use"):
        await second.start()


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize("path", ["/healthz", "/echo", "/teapot", "/nowhere", "/broken"])
async def test_every_answer_has_the_security_headers(path, serve, client):
    answer = await client.get(await serve() + path)
    headers = answer.headers
    assert {
        name: headers.get(name)
        for name in (
            "Content-Security-Policy",
            "X-Content-Type-Options",
            "Referrer-Policy",
            "X-Frame-Options",
            "Server",
            "Strict-Transport-Security",
        )
    } == {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
            "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        "Server": "kaohe",
        "Strict-Transport-Security": None,
    }
    assert headers["Permissions-Policy"].startswith("camera=(), geolocation=()")
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY


async def test_https_is_to_stay_https(serve, client):
    public = await serve(public_url="https://kaohe.example")
    assert (await client.get(public + "/healthz")).headers["Strict-Transport-Security"] == (
        "max-age=31536000"
    )
    proxied = await serve(trusted_proxies=PROXIES)
    for scheme, header in (("https", "max-age=31536000"), ("http", None)):
        answer = await client.get(proxied + "/healthz", headers={"X-Forwarded-Proto": scheme})
        assert answer.headers.get("Strict-Transport-Security") == header


# ---------------------------------------------------------------- proxies

FORWARDED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "kaohe.example",
}


async def test_nobody_is_believed_about_himself(serve, client):
    address = await serve()
    assert await told(client, address, **FORWARDED) == {
        "remote": "127.0.0.1",
        "scheme": "http",
        "host": address.removeprefix("http://"),
        "body": 0,
    }


async def test_a_trusted_proxy_is(serve, client):
    address = await serve(trusted_proxies=PROXIES)
    assert await told(client, address, **FORWARDED) == {
        "remote": "203.0.113.9",
        "scheme": "https",
        "host": "kaohe.example",
        "body": 0,
    }


@pytest.mark.parametrize(
    ("chain", "remote"),
    [
        ("1.2.3.4, 203.0.113.9", "203.0.113.9"),  # the first was made up by the client
        ("203.0.113.9, 10.1.2.3", "203.0.113.9"),  # two proxies, both ours
        ("10.1.9.9, 10.1.2.3", "10.1.9.9"),
        ("203.0.113.9, 10.9.9.9", "10.9.9.9"),
        ("garbage", "127.0.0.1"),
        ("203.0.113.9, garbage", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("[2001:db8::1]", "2001:db8::1"),
    ],
)
async def test_the_last_hop_that_is_not_ours(chain, remote, serve, client):
    address = await serve(trusted_proxies=PROXIES)
    what = await told(client, address, **{"X-Forwarded-For": chain})
    assert what["remote"] == remote


async def test_a_scheme_that_is_none(serve, client):
    address = await serve(trusted_proxies=PROXIES)
    assert (await told(client, address, **{"X-Forwarded-Proto": "javascript"}))["scheme"] == "http"


# ---------------------------------------------------------------- paths


async def test_a_public_path_and_none(serve, client):
    address = await serve(public_url="https://centre.example/kaohe/")
    paths = ["/echo", "/kaohe/echo", "/kaohe/healthz", "/healthz", "/other/echo"]
    found = [(await client.get(address + path)).status for path in paths]
    assert found == [200, 200, 200, 200, 404]


# ---------------------------------------------------------------- bodies


async def test_a_body_of_the_size_that_is_allowed_and_more(serve, client):
    address = await serve()

    async def pieces(size: int) -> AsyncIterator[bytes]:
        for start in range(0, size, 65536):
            yield bytes(min(65536, size - start))

    for size, status in ((BODY_BYTES - 1, 200), (BODY_BYTES + 1, 413)):
        answer = await client.post(address + "/echo", data=pieces(size))
        assert answer.status == status
    answer = await client.post(address + "/sip", data=pieces(3 * BODY_BYTES))
    assert await answer.json() == {"size": 3 * BODY_BYTES}


async def test_large_bodies_of_strangers_take_no_memory(serve):
    """Six times 95 MB at once, told honestly or not: answered 413, without taking them in."""
    address = await serve()
    port = int(address.rpartition(":")[2])

    async def flood(head: bytes, piece: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
        try:
            for _ in range(95 * 16):
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass
        try:
            return (await reader.read(200)).split(b"\r\n")[0]
        except ConnectionError:
            return b""
        finally:
            writer.close()

    gc.collect()
    before = psutil.Process().memory_info().rss
    honest = (b"Content-Length: %d" % (95 * 1024**2), bytes(65536))
    chunked = (b"Transfer-Encoding: chunked", b"10000\r\n" + bytes(65536) + b"\r\n")
    answers = await asyncio.gather(*(flood(*way) for way in (honest, chunked) * 3))
    grown = psutil.Process().memory_info().rss - before
    assert set(answers) <= {b"HTTP/1.1 413 Request Entity Too Large", b""}
    assert grown < 20 * 1024**2


async def test_a_body_that_does_not_come(serve, monkeypatch):
    monkeypatch.setattr(bot.web, "BODY_SECONDS", 0.3)
    address = await serve()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    async with asyncio.timeout(5):
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.close()


# ---------------------------------------------------------------- connections


async def test_half_open_connections_are_closed_and_hold_up_nobody(serve, client, monkeypatch):
    """300 connections that never finish their first headers; one that is idle after a request."""
    monkeypatch.setattr(bot.web, "FIRST_REQUEST_SECONDS", 1.0)
    address = await serve()
    port = int(address.rpartition(":")[2])
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
    for number, (_, writer) in enumerate(slow):
        writer.write(b"GET /echo HTTP/1.1\r\nHost: x\r\n" if number % 2 else b"")
    began = time.monotonic()
    assert (await client.get(address + "/echo")).status == 200
    assert time.monotonic() - began < 1
    async with asyncio.timeout(6):
        ends = await asyncio.gather(*(reader.read() for reader, _ in slow))
    assert set(ends) == {b""}
    # the client's connection is kept for its next request
    assert (await client.get(address + "/echo")).status == 200
    for _, writer in slow:
        writer.close()


async def test_of_too_many_the_longest_idle_go(serve, client, monkeypatch):
    monkeypatch.setattr(bot.web, "CONNECTIONS", 5)
    address = await serve()
    port = int(address.rpartition(":")[2])
    first = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    await asyncio.sleep(1.2)  # they are seen once before the others come
    later = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
    async with asyncio.timeout(5):
        ends = await asyncio.gather(*(reader.read() for reader, _ in first))
    assert ends == [b""] * 3
    later[0][1].write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await later[0][0].readline()) == b"HTTP/1.1 200 OK\r\n"
    for _, writer in first + later:
        writer.close()


async def test_stopping_lets_an_answer_under_way_finish():
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        entered.set()
        await leave.wait()
        return web.Response(text="done")

    async def troubles() -> Sequence[str]:
        return ()

    server = Web([web.get("/slow", slow)], host="127.0.0.1", port=0, troubles=troubles)
    await server.start()
    async with aiohttp.ClientSession() as session:
        call = asyncio.ensure_future(session.get(f"http://127.0.0.1:{server.port}/slow"))
        await entered.wait()
        stopping = asyncio.ensure_future(server.stop())
        leave.set()
        answer = await call
        assert (answer.status, await answer.text()) == (200, "done")
        await stopping
