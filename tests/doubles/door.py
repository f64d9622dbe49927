"""How a double listens, and stops listening for a while."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.web_request import BaseRequest

from tests.doubles import replies

HOST = "127.0.0.1"
HOLD_SECONDS = 3600.0


class Door:
    """The listener. `port` is the real one as soon as it is open."""

    def __init__(
        self,
        handle: Callable[[BaseRequest], Awaitable[web.StreamResponse]],
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.port = port
        self.closing = False
        self._handle = handle
        self._tls = tls
        self._web: web.Server | None = None
        self._server: asyncio.Server | None = None
        self._reopening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        if self._web is None:
            self._web = web.Server(self._handle, access_log=None)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._web, HOST, self.port, ssl=self._tls, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self.closing = True
        if self._reopening is not None:
            self._reopening.cancel()
            await asyncio.gather(self._reopening, return_exceptions=True)
        self._shut()
        if self._web is not None:
            await self._web.shutdown(0.5)

    def refuse(self, seconds: float) -> None:
        """Connections are refused for so long, those open are reset."""
        if self._server is None or self._web is None:
            return
        self._shut()
        for connection in self._web.connections:
            replies.abort(connection.transport)
        self._reopening = asyncio.create_task(self._reopen(seconds))

    def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.open()

    async def hold(self, request: BaseRequest, seconds: float) -> None:
        """Leaves who asked without an answer."""
        loop = asyncio.get_running_loop()
        until = loop.time() + (seconds or HOLD_SECONDS)
        while loop.time() < until and not self.closing and replies.alive(request):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
