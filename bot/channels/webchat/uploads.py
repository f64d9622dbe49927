"""Files on their way in: streamed to disk, looked at, and vouched for by a token.

What the page gets for a stored file is a token that only this installation can have made and only
this account can use. So a file that is up stays up over restarts and reloads until its message is
sent, and nothing has to be remembered here.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import unquote

import orjson
from aiohttp import StreamReader, web

from bot.channels.webchat.gate import Guest
from storage import filetypes
from storage.blobs import Blobs
from storage.web import WebFile

NAME_HEADER: Final = "X-File-Name"  # percent-encoded UTF-8
_PIECE: Final = 1024**2
_SILENCE_SECONDS: Final = 30.0


class Uploads:
    def __init__(self, blobs: Blobs, *, key: bytes, file_bytes: int) -> None:
        self._blobs = blobs
        self._key = hmac.digest(key, b"web upload", "sha256")
        self._file_bytes = file_bytes

    def announce(self, name: str, size: int) -> None:
        """Whether such a file would be taken in. Raises FileRefused or DiskFull."""
        filetypes.check_announced(name, size, limit=self._file_bytes)
        self._blobs.need(size)

    async def receive(self, request: web.Request, guest: Guest) -> web.Response:
        """Raises FileRefused or DiskFull; nothing is left of a file that isn't taken in whole."""
        name = unquote(request.headers.get(NAME_HEADER, ""))
        size = request.content_length
        if size is None:
            raise web.HTTPLengthRequired
        self.announce(name, size)
        with self._blobs.writer(expected=size) as writer:
            async for piece in _pieces(request.content):
                await asyncio.to_thread(writer.write, piece)
            if writer.size != size:
                raise web.HTTPBadRequest(text="文件没有传完。")
            kind = await asyncio.to_thread(filetypes.check, name, writer.path)
            stored = await asyncio.to_thread(writer.keep)
        file = WebFile(stored.sha256, filetypes.display_name(name), kind.mime, stored.size)
        return web.json_response(
            {
                "token": self.token(guest.account_id, file),
                "name": file.name,
                "size": file.size,
                "inline": kind.inline,
            }
        )

    def token(self, account_id: int, file: WebFile) -> str:
        content = orjson.dumps([account_id, file.blob, file.name, file.mime, file.size])
        return base64.urlsafe_b64encode(self._seal(content) + content).decode()

    def redeem(self, account_id: int, token: str) -> WebFile | None:
        """The file that this token was given for, if this account got it."""
        try:
            raw = base64.urlsafe_b64decode(token.encode())
        except (binascii.Error, UnicodeEncodeError):
            return None
        seal, content = raw[:32], raw[32:]
        if not hmac.compare_digest(seal, self._seal(content)):
            return None
        owner, blob, name, mime, size = orjson.loads(content)
        return WebFile(blob, name, mime, size) if owner == account_id else None

    def _seal(self, content: bytes) -> bytes:
        return hmac.new(self._key, content, hashlib.sha256).digest()


async def _pieces(content: StreamReader) -> AsyncIterator[bytes]:
    """The body in pieces worth a trip to another thread. Raises HTTPRequestTimeout."""
    piece = bytearray()
    while not content.at_eof():
        try:
            async with asyncio.timeout(_SILENCE_SECONDS):
                piece += await content.readany()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
