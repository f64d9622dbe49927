"""Connections of the bot: one counts, the latest that subscribed; callbacks go to that one.

Commands of a connection are run in the order in which they come. Whatever a connection is sent
goes through one queue, so that acks and callbacks keep their order unless a delay was asked for.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
import traceback
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import orjson
from aiohttp import web
from aiohttp.web_request import BaseRequest

from tests.doubles import replies
from tests.doubles.faults import Faults
from tests.doubles.wecom_bot.commands import Asked, Commands
from tests.doubles.wecom_bot.faults import CALLBACK, PING, Fault
from tests.doubles.wecom_bot.frames import Frame, FrameLog
from tests.doubles.wecom_bot.world import MINUTE, BotError, Code, Json, World

SUBSCRIBE: Final = "aibot_subscribe"
BEFORE: Final = frozenset({"error", "drop", "close", "no_ack", "garbage", "silence"})
SUBSCRIBE_FIELDS: Final = {"bot_id", "secret", "scene", "plug_version"}
CONTROL: Final = re.compile(r"(\\\\)|\\u00([01][0-9a-f])")
POLL: Final = 0.02


@dataclass(frozen=True, slots=True)
class Callback:
    """What happened, on its way to the bot; `about` what may be answered to it."""

    cmd: str
    body: Json
    about: Asked


class Link:
    """One connection. `silent`: nothing is read or sent any more, though it stays open; `stalled`:
    acks go on, but no callback comes; `asked`: callbacks by the req_id they came with."""

    def __init__(self, number: int, ws: web.WebSocketResponse, request: BaseRequest) -> None:
        self.number = number
        self.ws = ws
        self.request = request
        self.subscribed = False
        self.silent = False
        self.stalled = False
        self.kicked = False
        self.pinged = time.monotonic()
        self.ending: asyncio.Task[None] | None = None
        self.asked: dict[str, Asked] = {}
        self.going: asyncio.Queue[str | None] = asyncio.Queue()
        self.written = asyncio.Event()  # nothing more goes out

    @property
    def alive(self) -> bool:
        return replies.alive(self.request) and not self.ws.closed

    @property
    def hears(self) -> bool:
        if not self.subscribed or not self.alive or self.ending is not None:
            return False
        return not (self.silent or self.stalled or self.kicked)

    def send(self, frame: Json | str, *, after: float = 0.0) -> None:
        text = frame if isinstance(frame, str) else _raw(frame)
        if after:
            asyncio.get_running_loop().call_later(after, self.going.put_nowait, text)
        else:
            self.going.put_nowait(text)

    def drop(self) -> None:
        replies.abort(self.request.transport)

    async def write(self) -> None:
        """Sends what is to be sent until there is a None."""
        try:
            while (text := await self.going.get()) is not None:
                if not self.silent and self.alive:
                    await self.ws.send_str(text)
        except (ConnectionError, aiohttp.ClientError):
            pass
        finally:
            self.written.set()


def _raw(frame: Json) -> str:
    """Control characters in what people typed go out as they are, which is not sound JSON."""
    text = orjson.dumps(frame).decode()
    return CONTROL.sub(lambda found: found[1] or chr(int(found[2], 16)), text)


class Links:
    def __init__(self, world: World, *, commands: Commands, faults: Faults, log: FrameLog) -> None:
        self.world = world
        self.log = log
        self.current: Link | None = None
        self.open: dict[int, Link] = {}
        self.waiting: deque[Callback] = deque()
        self.lost = 0
        self.failed_subscribes = 0
        self.closing = False
        self._commands = commands
        self._faults = faults
        self._subscribed: deque[float] = deque(maxlen=1000)
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------ a connection's life

    async def serve(self, request: BaseRequest) -> web.StreamResponse:
        heartbeat = self.world.settings.protocol_pings or None
        ws = web.WebSocketResponse(autoping=False, heartbeat=heartbeat, max_msg_size=1 << 20)
        await ws.prepare(request)
        self._count += 1
        link = self.open[self._count] = Link(self._count, ws, request)
        self.log.changes.change()
        writer = asyncio.create_task(link.write())
        watcher = asyncio.create_task(self._watch(link))
        try:
            await self._read(link)
        finally:
            watcher.cancel()
            link.going.put_nowait(None)
            if link.ending is not None:
                await asyncio.wait((link.ending,))
            await asyncio.gather(writer, watcher, return_exceptions=True)
            del self.open[link.number]
            if self.current is link:
                self.current = None
            self.log.changes.change()
        return ws

    async def _read(self, link: Link) -> None:
        while True:
            while link.silent and link.alive and not self.closing:  # noqa: ASYNC110
                await asyncio.sleep(POLL)
            message = await link.ws.receive()
            if link.silent and not self.closing and link.alive:
                continue
            if message.type is aiohttp.WSMsgType.PING:
                await link.ws.pong(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                self._heard(link, message.data)
            elif message.type is aiohttp.WSMsgType.BINARY:
                self.world.note("a binary frame")
            elif message.type is not aiohttp.WSMsgType.PONG:
                return

    async def _watch(self, link: Link) -> None:
        while True:
            left = link.pinged + self.world.settings.ping_seconds - time.monotonic()
            if left <= 0:
                self.hang_up(link, 1000)
                return
            await asyncio.sleep(min(left, 0.5))

    async def close(self) -> None:
        self.closing = True
        for link in [*self.open.values()]:
            link.drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """`do` after so long, at once without a delay."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            try:
                do()
            except Exception:
                self.world.bugs.append(traceback.format_exc())

        if not seconds:
            do()
            return
        self._start(wait())

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def hang_up(self, link: Link, code: int) -> None:
        """A clean close, after what is already on its way."""

        async def close() -> None:
            link.going.put_nowait(None)
            await link.written.wait()
            await link.ws.close(code=code)

        link.ending = self._start(close())

    # ------------------------------------------------------------------ commands

    def _heard(self, link: Link, text: str) -> None:
        try:
            frame = json.loads(text)
            cmd, req_id = frame["cmd"], frame["headers"]["req_id"]
            body = frame.get("body") or {}
            if not (isinstance(cmd, str) and isinstance(req_id, str) and isinstance(body, dict)):
                raise TypeError("not a frame")
        except (ValueError, LookupError, TypeError):
            self.world.note(f"no frame: {text[:200]}")
            self._ack(link, "", code=Code.PARAMETER, words="invalid frame")
            return
        if not req_id:
            self.world.note(f"{cmd} without req_id")
        entry = self.log.add(link.number, out=False, cmd=cmd, req_id=req_id, body=body)
        fault = self._fault(cmd, body, text)
        if fault is not None and self._instead(link, entry, req_id, fault):
            return
        if fault is not None and fault.kind == "slow":
            self.later(fault.seconds, lambda: self._do(link, entry, body, None))
        else:
            self._do(link, entry, body, fault)

    def _fault(self, cmd: str, body: Json, text: str) -> Fault | None:
        if not self._faults.standing:
            return None
        found = self._faults.pick(cmd.lower(), chat_id=str(body.get("chatid", "")), text=text)
        return found if isinstance(found, Fault) else None

    def _instead(self, link: Link, entry: Frame, req_id: str, fault: Fault) -> bool:
        """What comes in place of executing; False where the command is run after all."""
        if fault.kind not in BEFORE:
            return False
        if fault.kind == "error":
            self.log.finish(entry, fault.code, fault.description, executed=False)
            self._ack(link, req_id, code=fault.code, words=fault.description)
        elif fault.kind == "drop":
            link.drop()
        elif fault.kind == "close":
            self.hang_up(link, 1000)
        elif fault.kind == "garbage":
            link.send(fault.payload)
        elif fault.kind == "silence":
            link.silent = True
        return True

    def _do(self, link: Link, entry: Frame, body: Json, fault: Fault | None) -> None:
        code, words, answer = self._executed(link, entry, body)
        self.log.finish(entry, code, words, executed=code == 0)
        kind = fault.kind if fault is not None else ""
        if kind == "execute_then_no_ack":
            return
        if kind == "execute_then_drop":
            link.drop()
            return
        if kind == "execute_then_close":
            self.hang_up(link, 1000)
            return
        after = fault.seconds if fault is not None and kind == "slow_ack" else 0.0
        after = after or self.world.settings.ack_seconds
        self._ack(link, entry.req_id, code=code, words=words, body=answer, after=after)
        if entry.cmd == SUBSCRIBE and code == 0:
            self.later(after, lambda: self._take_over(link))

    def _executed(self, link: Link, entry: Frame, body: Json) -> tuple[int, str, Json | None]:
        try:
            if entry.cmd == PING:
                link.pinged = time.monotonic()
                return 0, "ok", None
            if entry.cmd == SUBSCRIBE:
                self._subscribe(link, body)
                return 0, "ok", None
            if not link.subscribed or link.kicked:
                raise BotError(Code.NOT_SUBSCRIBED, "aibot websocket not subscribed")
            asked = link.asked.get(entry.req_id)
            return 0, "ok", self._commands.run(entry.cmd, body, asked)
        except BotError as error:
            return error.code, error.words, None
        except Exception:
            self.world.bugs.append(traceback.format_exc())
            return Code.BUSY, "system error", None

    def _ack(
        self, link: Link, req_id: str, *, code: int, words: str, body: Json | None = None,
        after: float = 0.0,
    ) -> None:  # fmt: skip
        frame: Json = {"headers": {"req_id": req_id}, "errcode": code, "errmsg": words}
        if body is not None:
            frame["body"] = body
        made = self.log.add(link.number, out=True, cmd="", req_id=req_id, body=body)
        made.errcode, made.errmsg = code, words
        link.send(frame, after=after)

    # ------------------------------------------------------------------ subscribing

    def _subscribe(self, link: Link, body: Json) -> None:
        now, most = self.world.now(), self.world.settings.subscribes_a_minute
        lately = sum(at > now - MINUTE for at in self._subscribed)
        self._subscribed.append(now)
        if most and lately >= most:
            self.failed_subscribes += 1
            raise BotError(Code.SUBSCRIBES, "subscribe too frequently")
        for name in sorted(body.keys() - SUBSCRIBE_FIELDS):
            self.world.note(f"aibot_subscribe has no {name}")
        if link.subscribed:
            self.world.note("subscribed twice on one connection")
        if (body.get("bot_id"), body.get("secret")) != (self.world.bot_id, self.world.secret):
            self.failed_subscribes += 1
            raise BotError(Code.SECRET, "invalid bot_id or secret")
        link.subscribed = True

    def _take_over(self, link: Link) -> None:
        if self.current is not None and self.current is not link:
            self.kick(self.current)
        self.current = link
        self._offer_waiting(link)

    def _offer_waiting(self, link: Link) -> None:
        while self.waiting and link.hears:
            self._deliver(link, self.waiting.popleft())

    def resume(self) -> None:
        """The stalled connection hears callbacks again."""
        if self.current is not None:
            self.current.stalled = False
            self._offer_waiting(self.current)

    def kick(self, link: Link) -> None:
        """As if another program had subscribed: told, then closed."""
        body = self.event("disconnected_event", None)
        self._frame(link, "aibot_event_callback", body)
        link.kicked = True
        if self.current is link:
            self.current = None
        self.hang_up(link, 1000)

    # ------------------------------------------------------------------ callbacks

    def event(self, kind: str, content: Json | None) -> Json:
        event: Json = {"eventtype": kind}
        if content is not None:
            event[kind] = content
        return {
            "msgid": self.world.fresh("ev"),
            "create_time": int(self.world.now()),
            "aibotid": self.world.bot_id,
            "msgtype": "event",
            "event": event,
        }

    def tell(self, callback: Callback) -> None:
        """To the bot, now or when it next subscribes, or never (`Settings.kept`)."""
        fault = None
        if self._faults.standing:
            text = orjson.dumps(callback.body).decode()
            shown = self.world.shown_id(callback.about.userid)
            fault = self._faults.pick(CALLBACK, chat_id=shown, text=text)
        kind = fault.kind if fault is not None else ""
        if fault is not None and kind == "lost":
            self.lost += 1
        elif fault is not None and kind == "slow":
            self.later(fault.seconds, lambda: self._offer(callback))
        else:
            if fault is not None and kind == "garbage" and self.current is not None:
                self.current.send(fault.payload)
            self._offer(callback)
            if kind == "duplicate":
                self._offer(callback)

    def _offer(self, callback: Callback) -> None:
        if self.current is not None and self.current.hears:
            self._deliver(self.current, callback)
        elif self.world.settings.kept:
            self.waiting.append(callback)
        else:
            self.lost += 1

    def _deliver(self, link: Link, callback: Callback) -> None:
        req_id = self._frame(link, callback.cmd, callback.body)
        link.asked[req_id] = callback.about

    def _frame(self, link: Link, cmd: str, body: Json) -> str:
        req_id = secrets.token_hex(16)
        self.log.add(link.number, out=True, cmd=cmd, req_id=req_id, body=body)
        link.send({"cmd": cmd, "headers": {"req_id": req_id}, "body": body})
        return req_id

    def inject(self, frame: Any) -> None:
        """Any frame to the connection that counts; a string goes out as it is."""
        if self.current is None:
            raise LookupError("no connection")
        self.current.send(frame)
