"""Telling the app what happened, the way WeCom does: sealed XML to the address in the console.

One member's things leave in order, each as soon as the one before it was tried once; different
members' side by side. Only 200 within five seconds counts as taken; else the same message, sealed
anew, is sent three times more, or until it is taken (`Settings.until_taken`). A body that comes
back is a passive reply: opened, checked and obeyed (`tests.doubles.wecom.passive`).
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from tests.doubles.changes import Changes
from tests.doubles.faults import Fault
from tests.doubles.wecom import passive
from tests.doubles.wecom.told import xml
from tests.doubles.wecom.world import Corp, Json, Member, Message

KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Sealed:
    """One HTTP request as it left, to be repeated byte for byte or with something changed."""

    query: dict[str, str]
    body: str


@dataclass(slots=True, eq=False)
class Told:
    """`state`: open, taken, given_up, or unheard where no address was set. `tries`: what came of
    each, an HTTP status or the name of what broke."""

    number: int
    member: Member
    kind: str
    plain: str
    card: Message | None = None
    state: str = "open"
    tries: list[str] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    sealed: Sealed | None = None
    reply: Json | None = None


class Callbacks:
    def __init__(self, corp: Corp, fault: Callable[[str, str], Fault | None]) -> None:
        """`fault` is asked before each first try, by user and plain text."""
        self.corp = corp
        self.kept: deque[Told] = deque(maxlen=KEPT)
        self.changes = Changes()
        self.open = 0
        self.faulty_replies: list[str] = []
        self._fault = fault
        self._count = 0
        self._queues: dict[str, deque[Told]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self.closing = False

    async def close(self) -> None:
        self.closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    # ------------------------------------------------------------------ the console

    async def check(self, url: str, *, echo: str = "") -> str:
        """What the console does when the address is saved: '' if the app has proven that it knows
        the key, within a second, with nothing but the text itself; else what was wrong."""
        echo = echo or str(secrets.randbelow(10**19))
        encrypted = self.corp.lock.seal(echo)
        query = self._query(encrypted) | {"echostr": encrypted}
        limit = aiohttp.ClientTimeout(total=self.corp.settings.check_seconds)
        # a real server's `+` in base64 arrives as %2B
        address = URL(url).update_query(query)
        try:
            async with self._web().get(address, timeout=limit, allow_redirects=False) as answer:
                body = await answer.read()
        except TimeoutError:
            return "no answer within a second"
        except (aiohttp.ClientError, OSError) as error:
            return f"not reached: {type(error).__name__}"
        if answer.status != 200:
            return f"status {answer.status}"
        return "" if body == echo.encode() else f"another text: {body[:80]!r}"

    # ------------------------------------------------------------------ telling

    def tell(self, member: Member, plain: str, *, kind: str, card: Message | None = None) -> Told:
        self._count += 1
        told = Told(self._count, member, kind, plain, card)
        self.kept.append(told)
        if not self.corp.callback_url:
            told.state = "unheard"
            return told
        self.open += 1
        queue = self._queues.get(member.userid)
        if queue is not None:
            queue.append(told)
        else:
            self._queues[member.userid] = deque([told])
            self._spawn(self._run(member.userid))
        return told

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, userid: str) -> None:
        queue = self._queues[userid]
        while queue:
            told = queue.popleft()
            fault = self._fault(userid, told.plain)
            if fault is not None and fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            taken = await self._try(told)
            if taken and fault is not None and fault.kind == "duplicate":
                taken = await self._try(told)
            if taken:
                self._finish(told, "taken")
            else:
                self._spawn(self._again(told))
        del self._queues[userid]

    async def _again(self, told: Told) -> None:
        settings = self.corp.settings
        retries = 0
        while settings.until_taken or retries < settings.retries:
            retries += 1
            await asyncio.sleep(settings.retry_seconds * settings.scale)
            if await self._try(told):
                self._finish(told, "taken")
                return
        self._finish(told, "given_up")

    def _finish(self, told: Told, state: str) -> None:
        told.state = state
        self.open -= 1
        self.changes.change()

    async def _try(self, told: Told) -> bool:
        told.sealed = self.sealed(told.plain)
        began = time.monotonic()
        outcome, body = await self.post(told.sealed)
        told.tries.append(outcome)
        told.took.append(time.monotonic() - began)
        if outcome == "200" and body.strip() and body.strip() != b"success":
            told.reply = passive.obey(
                self.corp, told.member, told.card, body, self.faulty_replies.append
            )
        self.changes.change()
        return outcome == "200"

    # ------------------------------------------------------------------ as HTTP

    def sealed(self, plain: str, **changed: str) -> Sealed:
        """`changed`: another token, aes_key or receiver, timestamp, nonce, to_user or agent_id."""
        lock = self.corp.lock
        lock = type(lock)(
            changed.get("token", lock.token),
            changed.get("aes_key", lock.aes_key),
            changed.get("receiver", lock.receiver),
        )
        encrypted = lock.seal(plain)
        query = self._query(encrypted, lock.sign, changed)
        agent = changed.get("agent_id", str(self.corp.agent_id))
        body = xml((
            ("ToUserName", changed.get("to_user", self.corp.corp_id)), ("AgentID", agent),
            ("Encrypt", encrypted),
        ))  # fmt: skip
        return Sealed(query, body)

    def _query(
        self,
        encrypted: str,
        sign: Callable[[str, str, str], str] | None = None,
        changed: dict[str, str] | None = None,
    ) -> dict[str, str]:
        given = changed or {}
        timestamp = given.get("timestamp", str(int(self.corp.now())))
        nonce = given.get("nonce", str(secrets.randbelow(10**10)))
        signature = (sign or self.corp.lock.sign)(timestamp, nonce, encrypted)
        return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}

    async def post(
        self, sealed: Sealed, headers: dict[str, str] | None = None
    ) -> tuple[str, bytes]:
        """The status, or what broke instead, and the body."""
        limit = aiohttp.ClientTimeout(total=self.corp.settings.callback_seconds)
        address = URL(self.corp.callback_url).update_query(sealed.query)
        sent = {"Content-Type": "text/xml"} | (headers or {})
        body = sealed.body.encode(errors="surrogateescape")
        try:
            async with self._web().post(
                address, data=body, headers=sent, timeout=limit, allow_redirects=False
            ) as answer:
                return str(answer.status), await answer.read()
        except TimeoutError:
            return "timeout", b""
        except aiohttp.ClientConnectorError:
            return "refused", b""
        except (aiohttp.ClientError, OSError):
            return "reset", b""

    def _web(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session
