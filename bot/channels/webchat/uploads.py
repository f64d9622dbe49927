"""Files on their way in: taken in as anywhere, and vouched for by a token.

What the page gets for a stored file is a token that only this installation can have made and only
this account can use. So a file that is up stays up over restarts and reloads until its message is
sent, and nothing has to be remembered here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import orjson
from aiohttp import web

from bot import receiving
from bot.channels.webchat.gate import Guest
from bot.receiving import Announced
from storage.blobs import Blobs
from storage.web import WebFile


class Uploads:
    def __init__(self, blobs: Blobs, *, key: bytes, file_bytes: int) -> None:
        self._blobs = blobs
        self._key = hmac.digest(key, b"web upload", "sha256")
        self._file_bytes = file_bytes

    def announce(self, name: str, size: int) -> None:
        """Whether such a file would be taken in. Raises FileRefused or DiskFull."""
        receiving.check(Announced(name, size), self._blobs, limit=self._file_bytes)

    async def receive(self, request: web.Request, guest: Guest) -> web.Response:
        """Raises FileRefused or DiskFull; nothing is left of a file that isn't taken in whole."""
        taken = await receiving.take_in(request, self._blobs, limit=self._file_bytes)
        file = WebFile(taken.blob, taken.name, taken.kind.mime, taken.size)
        return web.json_response(
            {
                "token": self.token(guest.account_id, file),
                "name": file.name,
                "size": file.size,
                "inline": taken.kind.inline,
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
