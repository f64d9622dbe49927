"""Attachments are fetched after the message that announced them was committed.

Each download ends as an internal update, stored or refused, handled exactly once like any other;
where nothing was said of the file before, one that takes long is told of as well.
What is owed at a crash is found again at the start, from the rows themselves. A workbook that is
to be imported is then read in a child process (`bot.reading`), which ends in the same way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot.channels.base import (
    MOST_BYTES,
    Busy,
    Channel,
    DeliveryError,
    InDoubt,
    Rejected,
    RetryLater,
    Unavailable,
)
from bot.database import Work
from bot.reading import Reader
from handlers.imports.book import WorkbookRefused
from handlers.messages import Download, Inbound, Kind, Receipt
from rubric.errors import UserError
from storage import attachments, filetypes, imports
from storage.attachments import File
from storage.blobs import Blobs, Writer
from storage.db import passing

log = logging.getLogger(__name__)

AT_ONCE = 24
TRIES = 8
PAUSE_MOST = 60.0  # seconds
SLOW = 0.5  # seconds; most files are here sooner
_TOLD = {Kind.SLOW: "slow", Kind.READ: "read"}  # as keys begin; how one ends is told once
T = TypeVar("T")
Receive = Callable[[Inbound], Coroutine[Any, Any, Receipt]]


class Downloads:
    def __init__(
        self,
        *,
        work: Work,
        blobs: Blobs,
        channels: Mapping[str, Channel],
        receive: Receive,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        most_bytes: int = MOST_BYTES,
        reader: Reader | None = None,
    ) -> None:
        self._work = work
        self._blobs = blobs
        self._channels = channels
        self._receive = receive
        self._spawn = spawn
        self._most = most_bytes
        self._reader = reader or Reader()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[int] = set()

    def fetch(self, ids: Sequence[int]) -> None:
        """Begin these downloads; those under way are left alone."""
        for attachment_id in ids:
            if attachment_id not in self._under_way:
                self._under_way.add(attachment_id)
                self._spawn(self._one(attachment_id))

    async def resume(self) -> None:
        """Begin what a crash or another process left open."""
        names = tuple(self._channels)
        waiting = await self._read(lambda c: attachments.pending(c, names))
        self.fetch([file.id for file, _ in waiting])
        self.fetch(await self._read(lambda c: imports.unread(c, names)))

    async def _one(self, attachment_id: int) -> None:
        try:
            found = await self._read(lambda c: attachments.with_channel(c, attachment_id))
            if found is None:
                return
            file, channel = found
            with self._watched(file, channel):
                async with self._places:
                    await self._settle(file, channel)
        finally:
            self._under_way.discard(attachment_id)

    @contextmanager
    def _watched(self, file: File, channel: str) -> Iterator[None]:
        """Also while it waits for its place. Of a workbook more is said from the beginning."""
        quiet = file.evidence_id is not None and self._channels[channel].appends
        if file.state != "pending" or not quiet:
            yield
            return
        timer = asyncio.get_running_loop().call_later(SLOW, self._is_slow, file.id)
        try:
            yield
        finally:
            timer.cancel()

    def _is_slow(self, attachment_id: int) -> None:
        self._spawn(self._tell(Kind.SLOW, Download(attachment_id)))

    async def _settle(self, file: File, channel: str) -> None:
        if file.state == "pending":
            download = await self._outcome(file, channel)
            await self._tell(Kind.STORED if download.blob else Kind.REFUSED, download)
            file = replace(file, blob=download.blob)
        if file.evidence_id is None and file.blob is not None:
            await self._read_rows(file, file.blob)

    async def _read(self, job: Callable[[Connection], T]) -> T:
        return await self._settled(self._work.read, job)

    async def _write(self, job: Callable[[Connection], T]) -> T:
        return await self._settled(self._work.write, job)

    async def _settled(
        self,
        way: Callable[[Callable[[Connection], T]], Awaitable[T]],
        job: Callable[[Connection], T],
    ) -> T:
        while True:
            try:
                return await way(job)
            except DBAPIError as error:
                if not passing(error):
                    raise
                await asyncio.sleep(1)

    async def _outcome(self, file: File, channel: str) -> Download:
        pause = 1.0
        for _ in range(TRIES):
            try:
                return await self._fetch(file, self._channels[channel])
            except (RetryLater, InDoubt, Unavailable, OSError) as error:
                log.info("attachment %s not fetched yet: %s", file.id, type(error).__name__)
                await asyncio.sleep(max(pause, getattr(error, "after", 0.0)))
                pause = min(pause * 2, PAUSE_MOST)
            except UserError as error:
                return Download(file.id, problem=error.code)
            except Rejected as error:
                known = str(error) if str(error).startswith("file.") else "file.unavailable"
                return Download(file.id, problem=known)
            except DeliveryError:
                break
        return Download(file.id, problem="file.unavailable")

    async def _fetch(self, file: File, channel: Channel) -> Download:
        filetypes.check_announced(file.name, file.size, limit=self._most)
        with self._blobs.writer(expected=file.size or 0) as writer:
            async with aclosing(channel.fetch(file.reference)) as pieces:
                async for piece in pieces:
                    writer.write(piece)
                    if writer.size > self._most:
                        raise filetypes.FileTooBig(file.name, self._most)
            return await asyncio.to_thread(_kept, file, writer, most=self._most)

    async def _read_rows(self, file: File, blob: str) -> None:
        """A workbook to be imported: its rows go into the database, and the person is told. No
        row goes any other way, since messages are kept where an update fails."""
        import_id = await self._read(lambda c: imports.of_attachment(c, file.id))
        if import_id is None:
            return
        problem = ""
        try:
            content = await self._reader.read(self._blobs.path(blob), file.name)
        except WorkbookRefused as error:
            problem = f"import.{error.why}"
        else:
            await self._write(lambda c: imports.keep_rows(c, import_id, content=content))
        await self._tell(Kind.READ, Download(file.id, blob, file.size or 0, problem))

    async def _tell(self, kind: Kind, download: Download) -> None:
        key = f"{_TOLD.get(kind, 'file')}:{download.attachment_id}"
        while True:
            try:
                await self._receive(
                    Inbound(
                        key=key,
                        channel="internal",
                        account=f"file:{download.attachment_id}",
                        kind=kind,
                        download=download,
                    )
                )
            except Busy:
                await asyncio.sleep(1)
            else:
                return


def _kept(file: File, writer: Writer, *, most: int) -> Download:
    """Raises UserError for what it may not be."""
    name, mime = _found_out(file, writer.path)
    filetypes.check(name or file.name, writer.path, limit=most)
    stored = writer.keep()
    return Download(file.id, stored.sha256, stored.size, name=name, mime=mime)


def _found_out(file: File, path: Path) -> tuple[str, str]:
    """Name and MIME type of a picture by its content, where the channel only guessed them; else
    ''."""
    kind = filetypes.picture(path) if file.mime == filetypes.SOME_PICTURE else None
    if kind is None:
        return "", ""
    return f"{PurePosixPath(file.name).stem}.{kind.extension}", kind.mime
