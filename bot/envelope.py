"""From an outbox row to what a channel is given: secrets filled in, files found or rendered."""

from __future__ import annotations

import logging
from collections import OrderedDict
from contextlib import ExitStack
from typing import Any

from bot.channels.base import Channel, OutFile, Outgoing, Rejected
from bot.clock import Clock
from bot.database import Work
from bot.rendering import Renderer, RenderError
from handlers import linking
from handlers.messages import Action, Button, Rows, Style
from handlers.premises import Premises
from storage import outbox, rendered
from storage.blobs import Blobs
from storage.outbox import Row

log = logging.getLogger(__name__)
KNOWN_FILES = 2000


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
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def pack(self, row: Row, channel: Channel, held: ExitStack) -> Outgoing:
        """`held` ends what may not outlive the sending: the picture of an invite. Raises
        Rejected when a document can't be rendered."""
        body = row.body
        text = body["text"]
        if "<secret " in text and not channel.reveals:
            now = self._clock.now()
            text = await self._work.read(
                lambda c: linking.revealed(c, body["text"], premises=self.premises, now=now)
            )
        return Outgoing(
            key=row.key,
            account=row.external_id,
            text=text,
            buttons=_buttons(body.get("buttons", ())),
            file=await self._file(body, channel.name, held),
            silent=bool(body.get("silent")),
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
        """Rendered each time and stored nowhere; None when the invite can't be used any more."""
        asked, now = document["arguments"], self._clock.now()
        text = await self._work.read(
            lambda c: linking.address(
                c,
                premises=self.premises,
                invite_id=int(asked["invite"]),
                show=asked["show"],
                now=now,
            )
        )
        if not text:
            return None
        content = await self._render(document["document"], {"text": text})
        writer = held.enter_context(self._blobs.writer(expected=len(content)))
        writer.write(content)
        return OutFile(writer.path, document["name"], document["mime"], blob="")

    async def _render(self, document: str, arguments: dict[str, str | int]) -> bytes:
        try:
            return await self._renderer.render(document, arguments)
        except RenderError as error:
            raise Rejected(str(error)) from error

    async def _stored(self, channel: str, blob: str, name: str, mime: str) -> OutFile:
        known = self._known.get((channel, blob))
        if known is None:
            known = await self._work.read(
                lambda c: outbox.known_file(c, channel=channel, blob=blob)
            )
            self.known(channel, blob, known)
        return OutFile(self._blobs.path(blob), name, mime, blob, known)

    def known(self, channel: str, blob: str, file_ref: str) -> None:
        """Remember the channel's own id of a file, or that it has none yet ('')."""
        self._known[channel, blob] = file_ref
        if len(self._known) > KNOWN_FILES:
            self._known.popitem(last=False)

    async def _rendered(self, document: dict[str, Any]) -> str:
        key = rendered.key_of(document["document"], document["arguments"])
        found = await self._work.read(lambda c: rendered.find(c, key))
        if found is not None and self._blobs.has(found):
            return found
        content = await self._render(document["document"], document["arguments"])
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
