"""Open pages and how they learn that there is something to fetch.

A page is only ever told a number ("there are messages up to 17") or a toast; it fetches what it
lacks by itself. So nothing is lost with a connection, and a slow page holds up nobody. A look at
the database each second finds what another process wrote, and sessions that have ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from aiohttp import web
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot.database import Work
from storage import web as rows
from storage.db import passing

SESSION_OVER: Final = 4401  # close code: go and log in
_WRITE_SECONDS: Final = 3.0
_BEAT_SECONDS: Final = 20.0  # a page that hears nothing for twice as long connects anew
_PAGES: Final = 20  # open at once for one account


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    digest: str | None

    async def tell(self, text: str) -> None:
        try:
            async with asyncio.timeout(_WRITE_SECONDS):
                await self.socket.send_str(text)
        except (ConnectionError, TimeoutError):
            self.drop()

    def drop(self) -> None:
        if self.transport is not None:
            self.transport.abort()


class Live:
    def __init__(self, work: Work, now: Callable[[], datetime], poll_seconds: float) -> None:
        self._work = work
        self._now = now
        self._poll_seconds = poll_seconds
        self._pages: dict[int, set[_Page]] = {}
        self._told: dict[int, int] = {}
        self._closing = False

    async def serve(
        self, request: web.Request, account_id: int, digest: str | None
    ) -> web.WebSocketResponse:
        """One open page, until it goes away."""
        if self._closing:
            raise web.HTTPServiceUnavailable
        if len(self._pages.get(account_id, ())) >= _PAGES:
            raise web.HTTPTooManyRequests(text="打开的页面太多，请关掉几个。")
        socket = web.WebSocketResponse(
            heartbeat=_BEAT_SECONDS, timeout=2.0, max_msg_size=1024, compress=False
        )
        await socket.prepare(request)
        page = _Page(socket, request.transport, digest)
        self._pages.setdefault(account_id, set()).add(page)
        try:
            newest = await self._work.read(lambda c: rows.newest_seq(c, account_id))
            await page.tell(_text({"seq": newest}))
            async for _ in socket:
                pass  # a page has nothing to say here
        finally:
            self._pages[account_id].discard(page)
            if not self._pages[account_id]:
                del self._pages[account_id]
                self._told.pop(account_id, None)
        return socket

    async def wake(self, account_id: int, seq: int) -> None:
        """There are messages up to `seq`."""
        if account_id in self._pages:
            self._told[account_id] = max(seq, self._told.get(account_id, 0))
            await self.tell(account_id, {"seq": seq})

    async def tell(self, account_id: int, what: dict[str, Any]) -> None:
        pages = tuple(self._pages.get(account_id, ()))
        if pages:
            text = _text(what)
            await asyncio.gather(*(page.tell(text) for page in pages))

    async def watch(self) -> None:
        """Look after all open pages until cancelled, then close them."""
        self._closing = False
        try:
            await self._look_again_and_again()
        finally:
            await self.close()

    async def _look_again_and_again(self) -> None:
        beat = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(self._poll_seconds)
            if not self._pages:
                continue
            if beating := asyncio.get_running_loop().time() - beat >= _BEAT_SECONDS:
                beat = asyncio.get_running_loop().time()
            try:
                await self._look(beating=beating)
            except DBAPIError as error:
                if not passing(error):
                    raise  # else: while the database is away there is nothing new

    async def close(self) -> None:
        """An open page would hold up the end of the server; it connects anew by itself."""
        self._closing = True
        pages = [page for open_pages in self._pages.values() for page in open_pages]
        await asyncio.gather(*(page.socket.close(code=1001, message=b"restart") for page in pages))

    async def _look(self, *, beating: bool) -> None:
        accounts = tuple(self._pages)
        digests = {page.digest for pages in self._pages.values() for page in pages}
        known = [digest for digest in digests if digest is not None]
        now = self._now()

        def look(connection: Connection) -> tuple[dict[int, int], frozenset[str]]:
            standing = rows.standing_sessions(connection, known, now=now)
            return rows.newest_seqs(connection, accounts), standing

        newest, standing = await self._work.read(look)
        over = digests - standing - {None}
        for page in [page for pages in self._pages.values() for page in pages]:
            if page.digest in over:
                await page.socket.close(code=SESSION_OVER)
        for account_id, seq in newest.items():
            if beating or seq > self._told.get(account_id, 0):
                await self.wake(account_id, seq)


def _text(what: dict[str, Any]) -> str:
    return orjson.dumps(what).decode()
