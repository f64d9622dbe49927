"""A file that a browser sends, streamed to disk, measured and looked at before it is kept.

The web chat and the upload page take files in alike: refused early by name and size where that is
known, by its bytes once they are here, and nothing is left of one that did not come whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from aiohttp import StreamReader, web

from storage import filetypes
from storage.blobs import Blobs
from storage.filetypes import TYPES, FileType

FILE_BYTES: Final = 100 * 1024**2  # the most one file may have
NAME_HEADER: Final = "X-File-Name"  # percent-encoded UTF-8
# the first three make a phone offer its camera and recorder
ACCEPT: Final = ",".join(["image/*", "video/*", "audio/*", *(f".{end}" for end in TYPES)])
_PIECE: Final = 1024**2
_SILENCE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Announced:
    """What a request says of the file that it brings."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A file that is on disk for good. `name` is fit to be shown."""

    blob: str
    name: str
    size: int
    kind: FileType


def announced(request: web.Request) -> Announced:
    """Raises HTTPLengthRequired."""
    if request.content_length is None:
        raise web.HTTPLengthRequired
    return Announced(unquote(request.headers.get(NAME_HEADER, "")), request.content_length)


def check(file: Announced, blobs: Blobs, *, limit: int) -> None:
    """Whether such a file would be taken in. Raises FileRefused or DiskFull."""
    filetypes.check_announced(file.name, file.size, limit=limit)
    blobs.need(file.size)


async def take_in(request: web.Request, blobs: Blobs, *, limit: int) -> TakenIn:
    """Raises FileRefused, DiskFull and what says that the request is not whole."""
    file = announced(request)
    check(file, blobs, limit=limit)
    with blobs.writer(expected=file.size) as writer:
        async for piece in _pieces(request.content):
            await asyncio.to_thread(writer.write, piece)
        if writer.size != file.size:
            raise web.HTTPBadRequest(text="文件没有传完。")
        kind = await asyncio.to_thread(filetypes.check, file.name, writer.path)
        stored = await asyncio.to_thread(writer.keep)
    return TakenIn(stored.sha256, filetypes.display_name(file.name), stored.size, kind)


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
