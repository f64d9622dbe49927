"""One websocket to WeCom, from its opening to its end: who waits for which answer, and since when
nothing has come.

What was written and not answered when it ends is in doubt; what comes after is refused unsent.
"""

from __future__ import annotations

import asyncio
import secrets
import time

import aiohttp

from bot.channels.base import InDoubt, RetryLater
from bot.channels.wecom_bot.frames import Json, command

ACK_SECONDS = 5.0
PING_SECONDS = 30.0
SILENT_SECONDS = 75.0  # without any frame
QUIET_SECONDS = 1800.0  # without a message: after that some are lost without a word
MISSED = 2  # acks after which a link is dead


class Connection:
    """Times are monotonic seconds. `answered` is when WeCom last answered to a sign of life."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.subscribed = False
        self.answered = 0.0
        self._began = time.monotonic()
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._pings: dict[str, float] = {}
        self._pinged = self._framed = self._spoken_to = time.monotonic()
        self._over = False

    # ------------------------------------------------------------ asking

    async def begin(self, cmd: str, body: Json) -> str:
        """Sends the first command and returns its id; its answer is read like any frame."""
        req_id = made_up(cmd)
        await self._write(command(cmd, req_id, body))
        return req_id

    async def ask(self, cmd: str, body: Json, *, req_id: str = "", seconds: float = 0.0) -> Json:
        """The answer, whatever it says. Raises InDoubt or RetryLater."""
        if self._over or self.socket.closed:
            raise RetryLater("connection lost", after=1)
        if any(time.monotonic() - sent > ACK_SECONDS for sent in self._pings.values()):
            raise RetryLater(
                "connection is silent", after=2
            )  # what is sent now is as good as lost
        req_id = req_id or made_up(cmd)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[req_id] = answer
        try:
            async with asyncio.timeout(seconds or ACK_SECONDS):
                await self._write(command(cmd, req_id, body))
                return await answer
        except TimeoutError:
            if not self._pings:
                await self.ping()  # is anybody there?
            raise InDoubt("no answer in time") from None
        finally:
            self._waiting.pop(req_id, None)

    async def ping(self) -> None:
        req_id = made_up("ping")
        self._pinged = self._pings[req_id] = time.monotonic()
        try:
            async with asyncio.timeout(ACK_SECONDS):
                await self._write(command("ping", req_id))
        except (TimeoutError, InDoubt):
            pass  # the end of the connection is noticed where it is read

    async def _write(self, frame: str) -> None:
        try:
            await self.socket.send_str(frame)
        except (aiohttp.ClientError, OSError) as error:
            raise InDoubt(f"connection lost ({type(error).__name__})") from None

    # ------------------------------------------------------------ hearing

    def came(self) -> None:
        """Any frame at all."""
        self._framed = time.monotonic()

    def spoke(self) -> None:
        """Somebody's message or event."""
        self._spoken_to = time.monotonic()

    def answer(self, req_id: str, frame: Json) -> bool:
        """An answer to one of our commands. True if it is to a ping."""
        if req_id in self._pings:
            self._pings.clear()
            self.answered = time.monotonic()
            return True
        waiting = self._waiting.get(req_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)
        return False

    # ------------------------------------------------------------ the clock

    @property
    def dead(self) -> bool:
        """No longer worth waiting for."""
        now = time.monotonic()
        return now - self._framed >= SILENT_SECONDS or (
            len(self._pings) >= MISSED and now - self._pinged >= PING_SECONDS
        )

    @property
    def stale(self) -> bool:
        """To be renewed, as soon as nobody waits for an answer."""
        return time.monotonic() - self._spoken_to >= QUIET_SECONDS and not self._waiting

    @property
    def unanswered(self) -> bool:
        """Not subscribed, and waited long enough for it."""
        return not self.subscribed and time.monotonic() - self._began >= ACK_SECONDS

    @property
    def idle(self) -> bool:
        return not self._waiting

    @property
    def ping_due(self) -> bool:
        return time.monotonic() - self._pinged >= PING_SECONDS

    @property
    def pause(self) -> float:
        """Seconds until one of these can change."""
        now = time.monotonic()
        moments = [self._pinged + PING_SECONDS, self._framed + SILENT_SECONDS]
        quiet = self._spoken_to + QUIET_SECONDS
        moments.append(quiet if now < quiet else now + 1)  # waits for those who wait
        if not self.subscribed:
            moments.append(self._began + ACK_SECONDS)
        return max(0.001, min(moments) - now)

    def end(self) -> None:
        self._over = True
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(InDoubt("connection lost"))
                waiting.exception()  # perhaps nobody waits for it any more


def made_up(cmd: str) -> str:
    return f"{cmd}-{secrets.token_hex(8)}"
