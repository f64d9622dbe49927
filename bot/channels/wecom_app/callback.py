"""The callback: WeCom pushes to /wecom, and 200 means committed, parked, or none of our business.

Promises: nothing has an effect whose signature, receiver, app or time isn't right; bodies are
small and come quickly or not at all. WeCom waits five seconds and then pushes again, so a commit
that takes longer is answered 503 in time and goes on: the repetition finds it done.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from aiohttp import web

from bot.channels.base import Busy, Intake
from bot.channels.wecom_app.elements import fields
from bot.channels.wecom_app.parse import SUSPENSION, Callback, key_of, parse
from bot.channels.wecom_app.settings import CALLBACK_PATH
from bot.fields import Unparsable
from bot.web import AGAIN, closing, streamed, streams
from bot.wecom.cards import first_card
from bot.wecom.clicks import Clicks
from bot.wecom.crypto import Cipher, Forged
from templates import wecom_words as words

log = logging.getLogger(__name__)

BODY_BYTES: Final = 64 * 1024
BODY_SECONDS: Final = 3.0
COMMIT_SECONDS: Final = 4.5
MOST_APART: Final = 300.0  # seconds between WeCom's clock and ours
_SECONDS = re.compile(r"[0-9]{1,12}")


class Signed(NamedTuple):
    """What stands in the address; '' for what doesn't."""

    signature: str
    timestamp: str
    nonce: str

    @classmethod
    def of(cls, request: web.Request) -> Signed:
        given = request.query.get
        return cls(given("msg_signature", ""), given("timestamp", ""), given("nonce", ""))


class Receiver:
    """`corp` and `agent` say whose app this is; `now` is real time, as WeCom signs with it."""

    def __init__(
        self,
        cipher: Cipher,
        clicks: Clicks,
        *,
        corp: str,
        agent: str,
        now: Callable[[], datetime],
        zone: tzinfo,
    ) -> None:
        self._cipher = cipher
        self._clicks = clicks
        self._corp = corp
        self._agent = agent
        self._now = now
        self._zone = zone
        self._intake: Intake | None = None
        self._late: asyncio.Queue[_Late] = asyncio.Queue()
        self._trouble = ""

    def routes(self) -> list[web.RouteDef]:
        return [web.get(CALLBACK_PATH, self.prove), web.post(CALLBACK_PATH, self.receive)]

    def trouble(self) -> str:
        return self._trouble

    async def listen(self, intake: Intake) -> None:
        """Until cancelled; before and after it callbacks are answered 503."""
        self._intake = intake
        try:
            while True:
                await (await self._late.get()).give()
        finally:
            self._intake = None

    async def prove(self, request: web.Request) -> web.Response:
        """WeCom's question when somebody saves this address: can we read what it has encrypted?"""
        try:
            text = self._opened(Signed.of(request), request.query.get("echostr", ""))
        except Forged:
            return web.Response(status=403)
        return web.Response(text=text)

    @streams  # the body is read here alone, under limits of its own
    async def receive(self, request: web.Request) -> web.Response:
        signed = Signed.of(request)
        if not all(signed):
            return closing(403)
        if self._intake is None:
            return closing(503, AGAIN)
        body = await streamed(request, most=BODY_BYTES, seconds=BODY_SECONDS)
        if isinstance(body, web.Response):
            return body
        try:
            text = self._read(signed, body)
        except Unparsable:
            return closing(400)
        except Forged:
            return closing(403)
        if not self._timely(signed.timestamp):
            return web.Response()
        late = _Late(request)
        loop = asyncio.get_running_loop()
        timer = loop.call_later(COMMIT_SECONDS, self._late.put_nowait, late)
        try:
            await self._handle(text, self._intake)
            answer = web.Response()
        except Busy:
            answer = web.Response(status=503, headers=AGAIN)
        finally:
            timer.cancel()
        return late.given or answer

    def _read(self, signed: Signed, body: bytes) -> str:
        """What is inside. Raises Unparsable for what is no envelope, and Forged."""
        envelope = fields(body)
        encrypted = envelope.text("Encrypt")
        if not encrypted:
            raise Unparsable("Encrypt")
        text = self._opened(signed, encrypted)
        if envelope.text("ToUserName") not in ("", self._corp):
            raise Forged("receiver")
        if envelope.text("AgentID") not in ("", self._agent):
            raise Forged("agent")
        return text

    def _opened(self, signed: Signed, encrypted: str) -> str:
        return self._cipher.open(
            signature=signed.signature,
            timestamp=signed.timestamp,
            nonce=signed.nonce,
            encrypted=encrypted,
        )

    def _timely(self, timestamp: str) -> bool:
        """Whether it is of now; one of long ago has been recorded by somebody, or our clock is
        wrong, which an operator must know."""
        sent = int(timestamp) if _SECONDS.fullmatch(timestamp) else 0
        timely = abs(self._now().timestamp() - sent) <= MOST_APART
        if not timely:
            log.warning("a callback with the time of another moment was left alone")
        self._trouble = "" if timely else words.BAD_CLOCK
        return timely

    async def _handle(self, text: str, intake: Intake) -> None:
        """Returns after the commit. Raises Busy."""
        try:
            found = parse(text, corp=self._corp, agent=self._agent, zone=self._zone)
        except Unparsable as fault:
            key = key_of(self._agent, text)
            await intake.park(
                key=key, raw=text.replace("\0", "\ufffd"), problem=f"unparsable: {fault}"
            )
            return
        if found.event in SUSPENSION:
            log.warning("WeCom says that it suspends this app for want of use: %s", found.event)
        if found.inbound is None:
            return
        self._note(found)
        await intake.receive(found.inbound)

    def _note(self, found: Callback) -> None:
        """Before the answer, which may leave with the commit."""
        inbound, clicked = found.inbound, found.clicked
        if inbound is not None and clicked is not None:
            ref = first_card(clicked.task)
            self._clicks.note(inbound.account, ref, clicked.code, action=inbound.action)


class _Late:
    """A callback whose turn takes too long: it is answered 503, and the turn goes on; its handler
    then returns what was `given`. The server sees to it that nothing is answered twice."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self.given: web.Response | None = None

    async def give(self) -> None:
        self.given = closing(503, AGAIN)  # whatever else came would wait behind the turn
        with suppress(ConnectionError):  # nobody waits any more
            await self.given.prepare(self._request)
            await self.given.write_eof()
