"""The web chat as a channel: sending is writing a row, which the page fetches.

A row is written once per outbox key, so nothing is ever sent twice, and a page that was away finds
everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

from aiohttp import web
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot.channels.base import Intake, Outgoing, Pace, RecipientGone, Rejected, RetryLater, Sent
from bot.channels.webchat import talk
from bot.channels.webchat.calls import Calls
from bot.channels.webchat.files import Files
from bot.channels.webchat.lent import Lent, Terms
from bot.channels.webchat.live import Live
from handlers.messages import Inbound, Toast
from storage import web as rows
from storage.db import passing
from storage.web import CHANNEL, WebMessage

_PIECE: Final = 256 * 1024


class WebChat:
    name = CHANNEL
    reveals = True
    exclusive = False
    circular = None
    here = True
    pace = Pace()

    def __init__(self, lent: Lent, terms: Terms) -> None:
        self._lent = lent
        self._live = Live(lent.work, lent.now, terms.poll_seconds)
        self._files = Files(lent.work, lent.blobs, lent.may_see)
        self._calls = Calls(lent, terms, live=self._live, files=self._files)

    def routes(self) -> list[web.RouteDef]:
        return self._calls.routes()

    async def admit(
        self, request: web.Request, account_id: int, response: web.Response
    ) -> web.Response:
        """Begin a session of this account in the browser that asks; `response` takes it along.
        Raises DBAPIError."""
        return await self._calls.admit(request, account_id, response)

    async def listen(self, intake: Intake) -> None:
        self._calls.intake = intake
        try:
            await self._live.watch()
        finally:
            # whatever is still sent is to be sent again, to the next process
            self._calls.intake = None

    async def send(self, message: Outgoing) -> Sent:
        """Raises RecipientGone, RetryLater."""
        row = await self._stored(message, None)
        return Sent(str(row.id))

    async def edit(self, message: Outgoing, message_ref: str) -> Sent:
        row = await self._stored(message, message_ref)
        return Sent(str(row.id))

    async def acknowledge(self, inbound: Inbound, toast: Toast | None) -> None:
        what: dict[str, Any] = {"done": inbound.acknowledge}
        if toast is not None and toast.text:
            what |= {"toast": toast.text, "alert": toast.alert}
        try:
            account_id = await self._lent.work.read(
                lambda c: rows.account_id_of(c, inbound.account)
            )
        except DBAPIError:
            return  # whoever is without the database has said so
        if account_id is not None:
            await self._live.tell(account_id, what)

    async def fetch(self, reference: str) -> AsyncGenerator[bytes]:
        """Of no use in practice: what a page has sent is stored already."""
        try:
            file = self._lent.blobs.open(reference)
        except (FileNotFoundError, ValueError) as error:
            raise Rejected("no such file") from error
        with file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece

    def hearing(self) -> None:
        """The page comes to us."""

    def trouble(self) -> str:
        return ""

    async def close(self) -> None:
        await self._live.close()

    async def _stored(self, message: Outgoing, ref: str | None) -> WebMessage:
        def store(connection: Connection) -> WebMessage | None:
            account_id = rows.account_id_of(connection, message.account)
            if account_id is None:
                return None
            file = message.file
            size = 0
            if file is not None:
                size = self._files.take_in(key=message.key, path=file.path, blob=file.blob)
            body = talk.body_of(message, file_size=size)
            if ref is not None and ref.isdigit():
                changed = rows.rewrite(
                    connection, message_id=int(ref), account_id=account_id, body=body
                )
                if changed is not None:
                    return changed
            return rows.post(
                connection, account_id=account_id, key=message.key, mine=False, body=body, now=now
            )

        now = self._lent.now()
        try:
            row = await self._lent.work.write(store)
        except FileNotFoundError as error:
            raise Rejected("the file is not there") from error
        except DBAPIError as error:
            if not passing(error):
                raise
            # whether or not it was committed: the key makes a second time harmless
            raise RetryLater(type(error.orig).__name__) from error
        if row is None:
            raise RecipientGone("no such account")
        await self._live.wake(row.account_id, row.seq)
        return row
