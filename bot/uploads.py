"""A file is uploaded once a channel, however many messages bring it at the same time.

Whoever is first with a file goes alone; the others wait for the channel's own id of it and send
that. If the first one fails, the next one is first. Messages with other files, or with none, wait
for nobody, and neither does a file for which the channel has no ids.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

from sqlalchemy.exc import DBAPIError

from bot.channels.base import OutFile, Outgoing, Sent
from bot.clock import Clock
from bot.database import Work
from storage import channel_files

log = logging.getLogger(__name__)
KNOWN_FILES = 2000

Key: TypeAlias = tuple[str, str]  # channel and blob


class Uploads:
    def __init__(self, *, work: Work, clock: Clock) -> None:
        self._work = work
        self._clock = clock
        # '': none that we know of; None: the channel took the file and gave no id
        self._ids: OrderedDict[Key, str | None] = OrderedDict()
        self._first: dict[Key, asyncio.Lock] = {}

    async def known(self, *, channel: str, blob: str) -> str:
        """The channel's own id of an earlier upload, or ''. Raises DBAPIError."""
        key = (channel, blob)
        if key not in self._ids:
            found = await self._work.read(
                lambda c: channel_files.known(c, channel=channel, blob=blob)
            )
            self._keep(key, self._ids.get(key) or found)
        return self._ids.get(key) or ""

    async def send(
        self, message: Outgoing, *, channel: str, send: Callable[[Outgoing], Awaitable[Sent]]
    ) -> Sent:
        """Call `send` in its turn, with the file's id if there is one by then; raises what it
        raises."""
        file = message.file
        if file is None or not file.blob:
            return await send(message)
        key = (channel, file.blob)
        if not file.known and self._ids.get(key) == "":
            async with self._first.setdefault(key, asyncio.Lock()):
                if self._ids.get(key) == "":
                    return await self._sent(key, message, file, send)
            self._first.pop(key, None)  # nobody has to wait any more
        return await self._sent(key, message, file, send)

    async def _sent(
        self,
        key: Key,
        message: Outgoing,
        file: OutFile,
        send: Callable[[Outgoing], Awaitable[Sent]],
    ) -> Sent:
        known = self._ids.get(key) or file.known
        sent = await send(replace(message, file=replace(file, known=known)))
        await self._learn(key, known, sent.known)
        return sent

    async def learn(self, file: OutFile, *, channel: str, known: str) -> None:
        """The channel's own id of a file that it was brought by other ways than `send`."""
        if file.blob:
            await self._learn((channel, file.blob), file.known, known)

    async def _learn(self, key: Key, before: str, known: str) -> None:
        self._keep(key, known or before or None)
        if known and known != before:
            await self._remember(key, known)

    def _keep(self, key: Key, file_ref: str | None) -> None:
        self._ids[key] = file_ref
        if len(self._ids) > KNOWN_FILES:
            self._ids.popitem(last=False)

    async def _remember(self, key: Key, file_ref: str) -> None:
        (channel, blob), now = key, self._clock.now()
        try:
            await self._work.write(
                lambda c: channel_files.remember(
                    c, channel=channel, blob=blob, file_ref=file_ref, now=now
                )
            )
        except DBAPIError as error:  # it was sent all the same
            log.info("a file's id was not kept: %s", type(error.orig).__name__)
