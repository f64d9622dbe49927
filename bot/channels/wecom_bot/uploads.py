"""Bytes to WeCom over the long connection: announced, sent in pieces, finished.

Nobody sees anything of it until the file is sent, and pieces that come twice are ignored; so
whatever goes wrong here is simply tried again. An id is good for three days.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.channels.base import InDoubt, OutFile, Rejected, RetryLater
from bot.channels.wecom_bot.link import Link
from bot.wecom.pace import Windows

PIECE_BYTES: Final = 512 * 1024
PIECES: Final = 100
GOOD_SECONDS: Final = 2.9 * 24 * 3600
PIECE_SECONDS: Final = 30.0  # for the answer: a piece takes its time on a slow line
_KNOWN_LENGTH: Final = 300  # what is kept of an id


class Uploads:
    def __init__(self, link: Link, *, now: Callable[[], datetime]) -> None:
        self._link = link
        self._now = now
        self._windows = Windows()  # 30 a minute of one bot

    def known(self, file: OutFile, kind: str) -> str:
        """The media id of an earlier upload of this kind, '' if there is none that is good."""
        before, _, at = file.known.rpartition(":")
        known, _, media_id = before.partition(":")
        fresh = at.isdecimal() and int(at) + GOOD_SECONDS > self._now().timestamp()
        return media_id if known == kind and fresh else ""

    def kept(self, kind: str, media_id: str) -> str:
        """What is to be remembered of a new upload."""
        found = f"{kind}:{media_id}:{int(self._now().timestamp())}"
        return found if len(found) <= _KNOWN_LENGTH else ""

    async def upload(self, file: OutFile, kind: str) -> str:
        """The media id. Raises RetryLater, and Rejected if it can't be read."""
        try:
            size, digest = await asyncio.to_thread(_measured, file.path)
        except OSError as error:
            raise _unreadable(error) from None
        count = -(-size // PIECE_BYTES)
        if not 0 < count <= PIECES:
            raise Rejected("file of a size that can't be sent")
        self._windows.take(("",))
        try:
            return await self._in_pieces(file, kind, size, count, digest)
        except InDoubt as error:
            raise RetryLater(str(error), after=2) from None
        except OSError as error:
            raise _unreadable(error) from None

    async def _in_pieces(self, file: OutFile, kind: str, size: int, count: int, md5: str) -> str:
        begun = await self._link.ask(
            "aibot_upload_media_init",
            {
                "type": kind,
                "filename": file.name,
                "total_size": size,
                "total_chunks": count,
                "md5": md5,
            },
        )
        upload_id = _id(begun, "upload_id")
        for number in range(count):
            piece = await asyncio.to_thread(_piece, file.path, number)
            await self._link.ask(
                "aibot_upload_media_chunk",
                {"upload_id": upload_id, "chunk_index": number, "base64_data": piece},
                seconds=PIECE_SECONDS,
            )
        done = await self._link.ask(
            "aibot_upload_media_finish", {"upload_id": upload_id}, seconds=PIECE_SECONDS
        )
        return _id(done, "media_id")


def _measured(path: Path) -> tuple[int, str]:
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


def _piece(path: Path, number: int) -> str:
    with path.open("rb") as file:
        file.seek(number * PIECE_BYTES)
        return base64.b64encode(file.read(PIECE_BYTES)).decode()


def _id(answer: dict[str, object], name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str) or not found:
        raise RetryLater(f"upload without {name}", after=10)
    return found


def _unreadable(error: OSError) -> Rejected:
    return Rejected(f"file can't be read ({type(error).__name__})")
