"""From an outbox row to what a channel is given: secrets filled in, files found or rendered."""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack
from typing import Any

from bot.channels.base import Channel, OutFile, Outgoing
from bot.clock import Clock
from bot.database import Work
from bot.rendering import Renderer
from bot.uploads import Uploads
from handlers import linking, secret_documents, upload_link
from handlers.messages import Action, Button, Marks, Rows, Style
from handlers.premises import Premises
from storage import rendered
from storage.blobs import Blobs
from storage.outbox import Row

log = logging.getLogger(__name__)


class Envelopes:
    def __init__(
        self,
        *,
        work: Work,
        clock: Clock,
        premises: Premises,
        blobs: Blobs,
        renderer: Renderer,
    ) -> None:
        self._work = work
        self._clock = clock
        self.premises = premises
        self._blobs = blobs
        self._renderer = renderer
        self.uploads = Uploads(work=work, clock=clock)
        self._rendering: dict[str, asyncio.Future[str]] = {}

    async def pack(self, row: Row, channel: Channel, held: ExitStack) -> Outgoing:
        """`held` ends what may not outlive the sending: the picture of an invite. Raises
        RenderError when a document can't be rendered."""
        body = row.body
        text = body["text"]
        if "<secret " in text and not channel.reveals:
            now = self._clock.now()
            text = await self._work.read(
                lambda c: linking.revealed(c, body["text"], premises=self.premises, now=now)
            )
        if "<upload " in text and not channel.reveals:
            text = upload_link.filled_in(
                text,
                premises=self.premises,
                account_id=row.account_id,
                channel=row.channel,
                now=self._clock.now(),
            )
        return Outgoing(
            key=row.key,
            account=row.external_id,
            text=text,
            buttons=_buttons(body.get("buttons", ())),
            file=await self._file(body, channel.name, held),
            silent=bool(body.get("silent")),
            marks=Marks(body.get("marks", "")),
            number=row.id,
            again=row.lane == "answer" and row.attempt > 1,  # only in doubt is one repeated
        )

    async def _file(self, body: dict[str, Any], channel: str, held: ExitStack) -> OutFile | None:
        if "file" in body:
            file = body["file"]
            return await self._stored(channel, file["blob"], file["name"], file["mime"])
        if "document" not in body:
            return None
        document = body["document"]
        if document["secret"]:
            return await self._secret(document, held)
        blob = await self._rendered(document)
        return await self._stored(channel, blob, document["name"], document["mime"])

    async def _secret(self, document: dict[str, Any], held: ExitStack) -> OutFile | None:
        """Rendered each time and stored nowhere; None when its codes can't be used any more."""
        now = self._clock.now()
        given = await self._work.read(
            lambda c: secret_documents.arguments_of(
                c, document["document"], document["arguments"], premises=self.premises, now=now
            )
        )
        if given is None:
            return None
        content = await self._renderer.render(document["document"], given)
        writer = held.enter_context(self._blobs.writer(expected=len(content)))
        writer.write(content)
        return OutFile(writer.path, document["name"], document["mime"], blob="")

    async def _stored(self, channel: str, blob: str, name: str, mime: str) -> OutFile:
        known = await self.uploads.known(channel=channel, blob=blob)
        return OutFile(self._blobs.path(blob), name, mime, blob, known)

    async def _rendered(self, document: dict[str, Any]) -> str:
        """The blob. Those who ask while it is being made wait for it, and fail with it."""
        key = rendered.key_of(document["document"], document["arguments"])
        while (making := self._rendering.get(key)) is not None:
            try:
                return await asyncio.shield(making)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise  # it is we who are to stop, not only whoever was making it
        making = self._rendering[key] = asyncio.get_running_loop().create_future()
        try:
            blob = await self._found_or_made(key, document)
        except Exception as error:
            making.set_exception(error)
            making.exception()  # perhaps nobody waits for it
            raise
        else:
            making.set_result(blob)
            return blob
        finally:
            making.cancel()  # does nothing unless we were stopped: then another one makes it
            del self._rendering[key]

    async def _found_or_made(self, key: str, document: dict[str, Any]) -> str:
        found = await self._work.read(lambda c: rendered.find(c, key))
        if found is not None and self._blobs.has(found):
            return found
        content = await self._renderer.render(document["document"], document["arguments"])
        stored = self._blobs.put(content)
        now = self._clock.now()
        await self._work.write(
            lambda c: rendered.remember(c, key, sha256=stored.sha256, size=stored.size, now=now)
        )
        return stored.sha256


def _buttons(groups: list[list[list[str]]]) -> Rows:
    return tuple(
        tuple(
            Button(label, Action.parse(action) or Action("outdated"), Style(style))
            for label, action, style in group
        )
        for group in groups
    )
