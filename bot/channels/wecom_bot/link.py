"""The long connection, kept up: subscribed once, kept warm, opened anew whenever it ends.

WeCom lets a bot have one connection and closes the older when a new one subscribes. Whoever is
displaced must not come back at once, or two programs would drive each other out for ever: we
stay away for half an hour and say so. A subscription that is refused is not hammered at either.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

import aiohttp

from bot.channels.base import DeliveryError, Hearing, RetryLater, Unavailable
from bot.channels.wecom_bot import connection as limits
from bot.channels.wecom_bot.connection import Connection
from bot.channels.wecom_bot.frames import Json, decode, is_answer, req_id_of
from bot.channels.wecom_bot.parse import displaces
from bot.channels.wecom_bot.settings import WecomBotSettings
from bot.channels.wecom_bot.verdict import NOT_SUBSCRIBED, verdict
from bot.episodes import Episode
from bot.fields import Unparsable
from bot.wecom.http import Http
from templates.wecom_bot_words import KICKED, REFUSED

log = logging.getLogger(__name__)

KICKED_SECONDS = 1800.0
REFUSED_FIRST, REFUSED_MOST = 60.0, 900.0
LOST_MOST = 60.0

Hear = Callable[[object, str], Awaitable[None]]


class Displaced(Exception):
    """Another program has subscribed as this bot."""


class NotAccepted(Exception):
    def __init__(self, code: object) -> None:
        super().__init__(f"errcode {code}")
        self.code = code


class Lost(Exception):
    """The connection has ended, or never came to be."""


class Link:
    def __init__(self, settings: WecomBotSettings, http: Http) -> None:
        self._settings = settings
        self._http = http
        self._connection: Connection | None = None
        self._episode = Episode("wecom bot", log)
        self._answered = 0.0
        self._trouble = ""
        self.serial = 0  # of the connection; what was asked on an older one is forgotten

    # ------------------------------------------------------------ for those who send

    async def ask(self, cmd: str, body: Json, *, req_id: str = "", seconds: float = 0.0) -> Json:
        """The answer's body, {} without one. Raises DeliveryError."""
        connection = self._connection
        if connection is None or not connection.subscribed:
            if self._trouble:
                raise Unavailable("not accepted, or displaced")
            raise RetryLater("not connected", after=1, everyone=True)
        answer = await connection.ask(cmd, body, req_id=req_id, seconds=seconds)
        failure = verdict(answer.get("errcode"))
        if failure is None:
            found = answer.get("body")
            return found if isinstance(found, dict) else {}
        if answer.get("errcode") == NOT_SUBSCRIBED:
            await connection.socket.close()
        raise failure

    @property
    def idle(self) -> bool:
        """Nobody waits for an answer."""
        return self._connection is None or self._connection.idle

    def hearing(self) -> Hearing:
        answered = max(self._answered, self._connection.answered if self._connection else 0.0)
        every = limits.PING_SECONDS * (limits.MISSED + 1)
        return Hearing(answered, max(answered, self._episode.until), every)

    def trouble(self) -> str:
        return self._trouble

    # ------------------------------------------------------------ keeping it up

    async def run(self, hear: Hear) -> None:
        """Until cancelled. `hear` is given what is no answer to us, decoded (None for what is no
        JSON) and as it came."""
        while True:
            try:
                await self._live(hear)
            except Displaced:
                self._trouble = KICKED
                await self._episode.wait(
                    "another program uses this bot", "no new try for a while", exact=KICKED_SECONDS
                )
            except NotAccepted as error:
                self._trouble = REFUSED.format(error.code)
                await self._episode.wait(
                    "not accepted", str(error), first=REFUSED_FIRST, most=REFUSED_MOST
                )
            except (DeliveryError, Lost) as error:
                await self._episode.wait("not connected", str(error), first=1, most=LOST_MOST)

    async def _live(self, hear: Hear) -> None:
        """One connection until its end; returns if it is only to be renewed."""
        async with self._http.websocket(self._settings.url) as socket:
            connection = self._connection = Connection(socket)
            self.serial += 1
            try:
                await self._read(connection, hear)
            finally:
                connection.end()
                self._answered = max(self._answered, connection.answered)
                self._connection = None

    async def _read(self, connection: Connection, hear: Hear) -> None:
        body = {"bot_id": self._settings.id, "secret": self._settings.secret.reveal()}
        subscription = await connection.begin("aibot_subscribe", body)
        while not connection.stale:
            if connection.unanswered:
                raise Lost("subscription not answered")
            if connection.dead:
                raise Lost("no sign of life")
            if connection.ping_due:
                await connection.ping()
            try:
                message = await connection.socket.receive(timeout=connection.pause)
            except TimeoutError:
                continue
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise Lost(f"closed ({connection.socket.close_code})")
            connection.came()
            frame = decode(message.data)
            if isinstance(frame, dict) and is_answer(frame):
                self._answer(connection, frame, subscription)
            elif displaces(frame):
                raise Displaced
            else:
                connection.spoke()
                await hear(frame, message.data)

    def _answer(self, connection: Connection, frame: Json, subscription: str) -> None:
        try:
            req_id = req_id_of(frame)
        except Unparsable:
            return  # whoever waits for it waits in vain
        if req_id == subscription:
            code = frame.get("errcode")
            if code != 0:
                raise NotAccepted(code if type(code) is int else "?")
            connection.subscribed = True
            connection.answered = time.monotonic()
            self._trouble = ""
        elif connection.answer(req_id, frame):
            self._episode.over()  # not before: one that lives for a moment is no end of trouble
