"""Files on their way out: only those that stand in a message of the account that asks.

What people have sent in is never run and never shown as a page of ours: it is saved, except four
kinds of pictures, and even these in a sandbox.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from aiohttp import web

from bot.channels.webchat.gate import Guest
from bot.database import Work
from storage import web as rows
from storage.blobs import Blobs
from storage.filetypes import TYPES
from storage.web import WebFile

INLINE: Final = frozenset(kind.mime for kind in TYPES.values() if kind.inline)
_SANDBOX: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
_PASSING: Final = 50  # files kept in memory
_PASSING_BYTES: Final = 1024**2

MaySee = Callable[[int, str], Awaitable[bool]]


class Files:
    def __init__(self, work: Work, blobs: Blobs, may_see: MaySee | None) -> None:
        self._work = work
        self._blobs = blobs
        self._may_see = may_see
        self._passing: OrderedDict[str, bytes] = OrderedDict()

    def take_in(self, *, key: str, path: Path, blob: str) -> int:
        """The size of a file that is to be sent. Runs off the event loop.

        A file that isn't in the store must not lie there (an invite's QR code): it is kept in
        memory for a while, under the message's key.
        """
        size = path.stat().st_size
        stored = bool(blob) and self._blobs.has(blob)
        if not stored and size <= _PASSING_BYTES:
            self._passing[key] = path.read_bytes()
            while len(self._passing) > _PASSING:
                self._passing.popitem(last=False)
        return size

    async def serve(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        """Raises HTTPNotFound, the same for what is not there and what is not this account's."""
        message_id = int(request.match_info["message"])
        number = int(request.match_info["number"])
        account_id = guest.account_id
        message = await self._work.read(
            lambda c: rows.find(c, message_id=message_id, account_id=account_id)
        )
        if message is None or number >= len(message.body.files):
            raise web.HTTPNotFound
        file = message.body.files[number]
        if self._may_see and not await self._may_see(account_id, file.blob):
            raise web.HTTPNotFound
        inline = file.mime in INLINE and "save" not in request.query
        headers = _headers(file, inline=inline)
        if (data := self._passing.get(message.key)) is not None:
            return web.Response(body=data, headers={**headers, "Cache-Control": "no-store"})
        if not file.blob or not self._blobs.has(file.blob):
            raise web.HTTPGone
        return web.FileResponse(self._blobs.path(file.blob), headers=headers)


def _headers(file: WebFile, *, inline: bool) -> dict[str, str]:
    plain = "".join(char if char.isascii() and char not in '"\\%' else "_" for char in file.name)
    how = "inline" if inline else "attachment"
    known = any(file.mime == kind.mime for kind in TYPES.values())
    return {
        "Content-Type": file.mime if known else "application/octet-stream",
        "Content-Disposition": (
            f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
        ),
        "Content-Security-Policy": _SANDBOX,
        "Cache-Control": "private, no-cache",  # asked for again each time: rights may have ended
    }
