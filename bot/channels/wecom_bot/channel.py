"""WeCom's AI bot as a channel: joins the parts and keeps what `bot.channels.base` promises.

Making a `WecomBot` calls nobody. Everything goes over the one connection that `listen` keeps up,
so messages leave in the process that listens; in another one they wait.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from bot.channels.base import Hearing, Intake, Outgoing, Pace, Sent
from bot.channels.wecom_bot.files import Files
from bot.channels.wecom_bot.lines import Lines, Parked
from bot.channels.wecom_bot.link import Link
from bot.channels.wecom_bot.moments import SECONDS, Moment, Moments
from bot.channels.wecom_bot.parse import NAME, Heard, parse
from bot.channels.wecom_bot.sending import Sender
from bot.channels.wecom_bot.settings import WecomBotSettings
from bot.channels.wecom_bot.uploads import Uploads
from bot.fields import Unparsable
from bot.in_order import InOrder
from bot.secret import Secret
from bot.wecom.http import Http
from handlers.messages import Inbound, Kind, Toast
from storage.blobs import Blobs
from templates.words import CENTRE_ZONE

if TYPE_CHECKING:
    from aiohttp import web

LAST_SECONDS = 5.0  # at the end, for what has come and its answers
CALM_SECONDS = 0.3


class WecomBot:
    name = NAME
    reveals = False
    appends = True
    circular = None
    exclusive = True
    pace = Pace()  # a conversation has a limit of its own, which the sender keeps

    def __init__(
        self,
        settings: WecomBotSettings,
        *,
        blobs: Blobs,
        now: Callable[[], datetime],
        public_url: str | None = None,
        proxy: Secret | None = None,
        ca_bundle: Path | None = None,
        zone: tzinfo = CENTRE_ZONE,
    ) -> None:
        """`now` is real time. Raises OSError where the CA bundle can't be used."""
        self._bot_id = settings.id
        self._http = Http(proxy=proxy, ca_bundle=ca_bundle)
        self._link = Link(settings, self._http)
        self._moments = Moments()
        self._order = InOrder[str]()
        self._files = Files(self._http, blobs, now=lambda: now().astimezone(zone))
        self._sender = Sender(
            self._link,
            Uploads(self._link, now=now),
            self._moments,
            url=public_url or "",
            rate=settings.rate,
        )
        self._lines: Lines | None = None

    @property
    def here(self) -> bool:
        return self._lines is not None

    def routes(self) -> list[web.RouteDef]:
        return []

    async def listen(self, intake: Intake) -> None:
        async with asyncio.TaskGroup() as group:
            lines = self._lines = Lines(intake, ready=self._ready, spawn=group.create_task)
            group.create_task(self._link.run(self._hear))
            try:
                await asyncio.Event().wait()
            finally:
                await self._settle(lines)
                self._lines = None

    async def _settle(self, lines: Lines) -> None:
        """What has come is offered to nobody again: it is committed, and answered if it can."""
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await lines.emptied()
                calm = 0.0
                while calm < CALM_SECONDS:
                    await asyncio.sleep(CALM_SECONDS / 3)
                    calm = calm + CALM_SECONDS / 3 if self._link.idle else 0.0
        except TimeoutError:
            pass

    async def _hear(self, frame: object, raw: str) -> None:
        if self._lines is None:
            return
        arrived = time.monotonic()
        try:
            heard = parse(frame, bot_id=self._bot_id)
        except Unparsable as fault:
            await self._lines.put(self._parked(raw, f"unparsable: {fault}"))
            return
        if heard is not None:
            self._note(heard, arrived)
            await self._lines.put(heard)

    def _note(self, heard: Heard, arrived: float) -> None:
        """What can be answered in the same breath."""
        inbound = heard.inbound
        moment = Moment(
            heard.req_id,
            self._link.serial,
            arrived + SECONDS,
            task_id=heard.task_id,
            action=inbound.action,
        )
        if inbound.kind is Kind.PRESS:
            self._sender.heard_press(inbound.account, inbound.source, moment)
        elif inbound.kind is Kind.OPENED:
            self._moments.note(inbound.key, moment)

    def _parked(self, raw: str, problem: str) -> Parked:
        """The text itself is the key, so that it is kept once."""
        text = raw.replace("\0", "\ufffd").encode(errors="replace").decode()
        digest = hashlib.sha256(f"{self._bot_id}:{text}".encode()).hexdigest()[:40]
        return Parked(f"wb:{digest}", text, problem)

    async def _ready(self, heard: Heard) -> Inbound:
        if not heard.media:
            return heard.inbound
        return replace(heard.inbound, attachments=await self._files.take(heard.media))

    async def send(self, message: Outgoing) -> Sent:
        async with self._order.to(message.account):
            return await self._sender.send(message)

    async def edit(self, message: Outgoing, message_ref: str) -> Sent:
        async with self._order.to(message.account):
            return await self._sender.edit(message, message_ref)

    async def acknowledge(self, inbound: Inbound, toast: Toast | None) -> None:
        """A pressed card has no spinner, and what a toast says also stands on the card."""

    def fetch(self, reference: str) -> AsyncGenerator[bytes]:
        return self._files.fetch(reference)

    def hearing(self) -> Hearing:
        return self._link.hearing()

    def trouble(self) -> str:
        return self._link.trouble()

    async def close(self) -> None:
        self._files.close()
        await self._http.close()
