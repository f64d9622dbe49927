"""The files that people send to the bot: fetched while their address lives, held until asked for.

WeCom gives an address that is dead after five minutes and a key of its own for each file. So the
bytes are fetched and decrypted when the message comes, into a file of the installation's own
folder that has no name and is gone with the process, and handed out when the download is asked
for. After a restart the address is asked once more, while it may live. What can't be had is
announced all the same, and the person is told by whoever asks for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.calling import pieces_of
from bot.channels.base import MOST_BYTES, DeliveryError, Rejected, RetryLater
from bot.channels.wecom_bot.names import given_name, shown_name
from bot.channels.wecom_bot.parse import Media
from bot.wecom.crypto import BLOCK, Forged, MediaCipher
from bot.wecom.http import Fetched, Http
from handlers.messages import Attachment
from storage import filetypes
from storage.blobs import Blobs, DiskFull

log = logging.getLogger(__name__)

AT_ONCE = 8
TRIES = 3
PAUSE = 1.0  # seconds, doubled each time
FETCH_SECONDS = 120.0
HELD_SECONDS = 900.0  # what nobody has asked for by then was not wanted
HELD_MOST = 200
_GONE: Final = range(400, 500)


@dataclass(frozen=True, slots=True)
class _Looked:
    """One file as it was found: `name` is '' where it has none, `size` None where it can't be
    had, `path` None where nothing of it is held."""

    name: str = ""
    size: int | None = None
    path: Path | None = None
    held: ExitStack | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    path: Path
    stack: ExitStack
    until: float


class Files:
    def __init__(self, http: Http, blobs: Blobs, *, now: Callable[[], datetime]) -> None:
        """`now` is local time, for names."""
        self._http = http
        self._blobs = blobs
        self._now = now
        self._places = asyncio.Semaphore(AT_ONCE)
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def take(self, media: Sequence[Media]) -> tuple[Attachment, ...]:
        """All of one message, in order, as attachments; raises nothing."""
        at = self._now()
        return tuple([await self._taken(each, at, n) for n, each in enumerate(media, 1)])

    async def _taken(self, media: Media, at: datetime, number: int) -> Attachment:
        looked = await self._look(media)
        found = None
        if looked.path is not None and looked.held is not None:
            found = await asyncio.to_thread(filetypes.recognised, looked.path)
            self._hold(_reference(media), looked.path, looked.held)
        name = shown_name(looked.name, kind=media.kind, found=found, at=at, number=number)
        return Attachment(
            reference=_reference(media),
            name=name,
            mime=found.mime if found else "",
            size=looked.size,
        )

    async def _look(self, media: Media) -> _Looked:
        """Several times, for there is no later."""
        for attempt in range(TRIES):
            try:
                return await self._fetched(media)
            except (RetryLater, Forged) as error:
                log.info("a file can't be had yet: %s", type(error).__name__)
                await asyncio.sleep(PAUSE * 2**attempt)
            except (DeliveryError, DiskFull, OSError) as error:
                log.info("a file can't be had: %s", type(error).__name__)
                break
        return _Looked()

    async def fetch(self, reference: str) -> AsyncGenerator[bytes]:
        """Raises DeliveryError, and DiskFull where there is no room to decrypt it."""
        held = self._held.get(reference)
        if held is None:
            looked = await self._again(reference)
            if looked.path is None or looked.held is None:
                raise Rejected("file.too_big")
            held = self._hold(reference, looked.path, looked.held)
        async with aclosing(pieces_of(held.path)) as pieces:
            async for piece in pieces:
                yield piece
        self._let_go(reference)  # not if it breaks off: then it is asked for again

    async def _again(self, reference: str) -> _Looked:
        key, _, url = reference.partition(" ")
        try:
            return await self._fetched(Media("file", url, key))
        except Forged:
            raise Rejected("file is damaged") from None

    async def _fetched(self, media: Media) -> _Looked:
        """Raises RetryLater, Forged, DiskFull, and Rejected when the address is dead."""
        try:
            async with (
                self._places,
                asyncio.timeout(FETCH_SECONDS),
                self._http.fetching(media.url) as answer,
            ):
                return await self._decrypted(answer, media)
        except TimeoutError:
            raise RetryLater("file takes too long", after=5) from None

    async def _decrypted(self, answer: Fetched, media: Media) -> _Looked:
        if answer.status in _GONE:
            raise Rejected(f"file is gone ({answer.status})")
        if answer.status != 200:
            raise RetryLater(f"file is not handed out ({answer.status})", after=2)
        name = given_name(answer.headers.get("Content-Disposition", ""))
        told = answer.headers.get("Content-Length", "")
        length = int(told) if told.isdecimal() else 0
        if length > MOST_BYTES + BLOCK:
            return _Looked(name, length)
        cipher = MediaCipher(media.aes_key)
        with ExitStack() as stack:
            writer = stack.enter_context(self._blobs.writer(expected=length))
            async with aclosing(answer.pieces()) as pieces:
                async for piece in pieces:
                    writer.write(cipher.update(piece))
                    if writer.size > MOST_BYTES:
                        return _Looked(name, writer.size)
            writer.write(cipher.finish())
            return _Looked(name, writer.size, writer.path, stack.pop_all())

    def _hold(self, reference: str, path: Path, stack: ExitStack) -> _Held:
        now = time.monotonic()
        for known, each in list(self._held.items()):
            if each.until < now or len(self._held) >= HELD_MOST:
                self._let_go(known)
        self._let_go(reference)
        held = self._held[reference] = _Held(path, stack, now + HELD_SECONDS)
        return held

    def _let_go(self, reference: str) -> None:
        held = self._held.pop(reference, None)
        if held is not None:
            held.stack.close()

    def close(self) -> None:
        for reference in list(self._held):
            self._let_go(reference)


def _reference(media: Media) -> str:
    return f"{media.aes_key} {media.url}"
