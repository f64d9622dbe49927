"""The program's own HTTP server: one for the web chat, the webhooks and the two health checks.

Promises, whatever a channel's handlers do: bodies are small and come in time unless a route says
that it streams; half-open and idle connections are closed; each answer carries the security
headers; `remote`, `scheme` and `host` of a request are the person's, taken from X-Forwarded-* only
when the peer is a trusted proxy. Under a public URL with a path every route stands twice, with the
path and without, since some proxies strip it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestHandler
from yarl import URL

from bot.addresses import is_loopback_host

F = TypeVar("F", bound=Callable[..., object])

BODY_BYTES: Final = 1024**2
BODY_SECONDS: Final = 15.0
FIRST_REQUEST_SECONDS: Final = 10.0  # from connecting to the end of the first headers
IDLE_SECONDS: Final = 75.0
CONNECTIONS: Final = 900  # above this the longest idle are closed; a usual limit is 1,024 files
_LOOK_EVERY: Final = 1.0

CONTENT_SECURITY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
AGAIN: Final = {"Retry-After": "5"}  # beside a 503
_STREAMS: Final = "streams_its_body"
_HTTPS: Final = web.RequestKey("https", bool)
Network = IPv4Network | IPv6Network


class NotOnLoopback(Exception):
    """The demonstration needs no login, so it must not be reachable from outside."""


def streams(handler: F) -> F:
    """Marks a route that reads its body itself, piece by piece, under limits of its own."""
    setattr(handler, _STREAMS, True)
    return handler


async def streamed(request: web.Request, *, most: int, seconds: float) -> bytes | web.Response:
    """The body of a route that streams, or the answer to one that is too long, the rest of which
    is not read, or does not come."""
    content = request.content
    if (request.content_length or 0) > most:
        return closing(413)
    if content.is_eof():  # all of it came with the headers, as a rule
        return content.read_nowait() if content.total_bytes <= most else closing(413)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in content.iter_any():
                body += chunk
                if len(body) > most:
                    return closing(413)
    except TimeoutError:
        return closing(408)
    return bytes(body)


def closing(status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    """Whatever else this connection would bring is not wanted."""
    answer = web.Response(status=status, headers=headers)
    answer.force_close()
    return answer


def prefix_of(public_url: str | None) -> str:
    """The path of the public URL: empty or `/kaohe`."""
    return URL(public_url).path.rstrip("/") if public_url else ""


class Web:
    """`troubles` is what /readyz tells, a line each, and nothing when updates can be taken in and
    answered; /healthz says only that the process lives."""

    def __init__(
        self,
        routes: Sequence[web.RouteDef],
        *,
        host: str,
        port: int,
        troubles: Callable[[], Awaitable[Sequence[str]]],
        public_url: str | None = None,
        trusted_proxies: Sequence[Network] = (),
        only_on_loopback: bool = False,
    ) -> None:
        """Raises NotOnLoopback when `only_on_loopback` and the host says otherwise."""
        if only_on_loopback and not is_loopback_host(host):
            raise NotOnLoopback(host)
        self._host = host
        self._port = port
        self._troubles = troubles
        self._public_https = bool(public_url) and URL(public_url or "").scheme == "https"
        self._prefix = prefix_of(public_url)
        self._proxies = tuple(trusted_proxies)
        self._runner = web.AppRunner(
            self._app(routes),
            access_log=None,
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=2.0,
            shutdown_timeout=5.0,
        )
        self._idle: dict[RequestHandler, float] = {}
        self._busy: set[RequestHandler] = set()
        self._served: set[RequestHandler] = set()
        self._next_look: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Listen. Raises OSError when the address can't be had."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._look()

    async def stop(self) -> None:
        """Stop listening, let answers under way finish within five seconds."""
        if self._next_look is not None:
            self._next_look.cancel()
        await self._runner.cleanup()

    @property
    def port(self) -> int:
        """The port really listened on; it differs from the asked one when that was 0."""
        return int(self._runner.addresses[0][1])

    # ------------------------------------------------------------ building

    def _app(self, routes: Sequence[web.RouteDef]) -> web.Application:
        app = web.Application(client_max_size=BODY_BYTES, middlewares=[self._guard])
        app.on_response_prepare.append(self._set_headers)
        own = [web.get("/healthz", _healthz), web.get("/readyz", self._readyz)]
        for route in [*own, *routes]:
            for prefix in dict.fromkeys(("", self._prefix)):
                path = prefix + route.path
                web.RouteDef(route.method, path, route.handler, route.kwargs).register(app.router)
        if self._prefix:
            app.router.add_get(self._prefix, self._to_slash)
        return app

    async def _to_slash(self, _request: web.Request) -> web.Response:
        raise web.HTTPPermanentRedirect(f"{self._prefix}/")

    async def _readyz(self, _request: web.Request) -> web.Response:
        troubles = await self._troubles()
        if not troubles:
            return web.Response(text="ready\n")
        text = "".join(f"{line}\n" for line in ("not ready", *troubles))
        return web.Response(status=503, text=text, headers=AGAIN)

    async def _set_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = "kaohe"  # the library has put its own version there
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if self._public_https or request.get(_HTTPS, False):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")

    # ------------------------------------------------------------ each request

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        connection = request.protocol
        self._busy.add(connection)
        self._served.add(connection)
        try:
            request = self._as_sent(request)
            if not getattr(request.match_info.handler, _STREAMS, False):
                await _read_body(request)
            return await handler(request)
        finally:
            self._busy.discard(connection)

    def _as_sent(self, request: web.Request) -> web.Request:
        """The request as the person's browser sent it, if a trusted proxy hands it on."""
        peer = request.remote or ""
        if not self._trusted(peer):
            request[_HTTPS] = request.scheme == "https"
            return request
        remote = peer
        for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            if not self._trusted(remote) or (address := _address(hop)) is None:
                break
            remote = str(address)
        scheme = request.headers.get("X-Forwarded-Proto", request.scheme).strip().lower()
        scheme = scheme if scheme in ("http", "https") else request.scheme
        request[_HTTPS] = scheme == "https"
        host = request.headers.get("X-Forwarded-Host", "").strip() or request.host
        return request.clone(remote=remote, scheme=scheme, host=host)

    def _trusted(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and any(address in network for network in self._proxies)

    # ------------------------------------------------------------ all connections

    def _look(self) -> None:
        """Close who keeps us waiting: without a first request, idle for long, or one too many."""
        loop = asyncio.get_running_loop()
        self._next_look = loop.call_later(_LOOK_EVERY, self._look)
        server = self._runner.server
        connections = server.connections if server is not None else []
        self._served.intersection_update(connections)
        self._idle = {
            connection: self._idle.get(connection, loop.time())
            for connection in connections
            if connection not in self._busy
        }
        too_many = len(connections) - CONNECTIONS
        longest_first = sorted(self._idle.items(), key=lambda item: item[1])
        for place, (connection, since) in enumerate(longest_first):
            limit = IDLE_SECONDS if connection in self._served else FIRST_REQUEST_SECONDS
            if place < too_many or loop.time() - since > limit:
                connection.force_close()


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip().strip("[]"))
    except ValueError:
        return None


async def _read_body(request: web.Request) -> None:
    """Take in the whole body now: handlers then read it from memory."""
    if not request.can_read_body:
        return
    if (request.content_length or 0) > BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(BODY_BYTES, request.content_length or 0)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def _healthz(_request: web.Request) -> web.Response:
    return web.Response(text="alive\n")
