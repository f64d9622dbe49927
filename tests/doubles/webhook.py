"""Pushing updates to the bot's webhook the way Telegram's server does.

Updates of one chat go strictly one after another, and so do the presses of one person, in a queue
of their own: a press may overtake a message. Any 2xx ends an update. Else: again at once, then
after 2, 4, 8 … up to 60-120 s, or after the `Retry-After` answered (at most 3600 s), until the
update is too old. 410 for 23 hours removes the webhook. A 2xx body may carry one method call.
Plain http is allowed, as with a Bot API server of one's own.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import orjson

from tests.doubles.faults import Fault
from tests.doubles.updates import Update
from tests.doubles.world import Bot

RETRY_AFTER_MAX = 3600
RESEND_SECONDS = 60
GONE_SECONDS = 23 * 3600
NOT_IN_ANSWER = ("setwebhook", "deletewebhook", "close", "logout")

Execute = Callable[[str, dict[str, Any]], Awaitable[None]]


class Webhook:
    """The delivery to one URL; made by setWebhook, ended by `close`."""

    def __init__(
        self,
        bot: Bot,
        url: str,
        *,
        secret: str,
        max_connections: int,
        certificate: bool,
        fault: Callable[[], Fault | None],
        execute: Execute,
    ) -> None:
        self.bot = bot
        self.url = url
        self.secret = secret
        self.max_connections = max_connections
        self.certificate = certificate
        self.last_error: tuple[int, str] | None = None
        self.removed = False
        self.posted = 0
        self._fault = fault
        self._execute = execute
        self._queues: dict[tuple[str, int], deque[Update]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(max_connections)
        self._gone_since: float | None = None
        self._dice = random.Random(0)  # noqa: S311 - repeatable on purpose
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=max_connections),
            timeout=aiohttp.ClientTimeout(total=bot.settings.webhook_timeout),
        )
        bot.updates.on_push = self.accept
        for update in list(bot.updates.waiting.values()):
            self.accept(update)

    def is_set(self, url: str, secret: str, max_connections: int) -> bool:
        return (self.url, self.secret, self.max_connections) == (url, secret, max_connections)

    def accept(self, update: Update) -> None:
        queue = self._queues.get(update.key)
        if queue is not None:
            queue.append(update)
            return
        self._queues[update.key] = deque([update])
        task = asyncio.create_task(self._run(update.key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        self.bot.updates.on_push = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    async def _run(self, key: tuple[str, int]) -> None:
        queue = self._queues[key]
        while queue and not self.removed:
            update = queue[0]
            if update.id in self.bot.updates.waiting:
                await self._deliver(update)
            queue.popleft()
        del self._queues[key]

    async def _deliver(self, update: Update) -> None:
        """Until answered with 2xx, forgotten meanwhile, or too old."""
        updates, scale = self.bot.updates, self.bot.settings.scale
        delay, fails = 1, 0
        while update.id in updates.waiting:
            async with self._places:
                retry_after = await self._post(update)
            if retry_after is None:
                updates.forget(update)
                updates.delivered += 1
                fault = self._fault()
                if fault is not None and fault.kind == "duplicate":
                    async with self._places:
                        await self._post(update)
                return
            if self.removed:
                return
            wait = retry_after
            if not retry_after and fails > 0:
                delay = min(delay * 2, self._dice.randint(RESEND_SECONDS, 2 * RESEND_SECONDS))
                wait = delay
            fails += 1
            if update.once or self.bot.clock.now() + wait > update.expires:
                updates.waiting.pop(update.id, None)
                updates.expired += 1
                return
            await asyncio.sleep(wait * scale)

    async def _post(self, update: Update) -> int | None:
        """None for a 2xx, else the seconds of Retry-After (0 without)."""
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.secret
        self.posted += 1
        try:
            async with self._session.post(
                self.url, data=update.body, headers=headers, allow_redirects=False
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as e:
            self.last_error = self.bot.now(), _words(e)
            return 0
        if 200 <= answer.status <= 299:
            self._gone_since = None
            await self._obey(body)
            return None
        self.last_error = (
            self.bot.now(), f"Wrong response from the webhook: {answer.status} {answer.reason}"
        )  # fmt: skip
        self._note_gone(answer.status)
        given = answer.headers.get("Retry-After", "")
        return min(int(given), RETRY_AFTER_MAX) if given.isdigit() else 0

    def _note_gone(self, status: int) -> None:
        now = self.bot.clock.now()
        if status != 410:
            self._gone_since = None
        elif self._gone_since is None:
            self._gone_since = now
        elif now > self._gone_since + GONE_SECONDS:
            self.removed = True
            self.bot.updates.on_push = None

    async def _obey(self, body: bytes) -> None:
        if not body.startswith(b"{"):
            return
        try:
            given = orjson.loads(body)
        except orjson.JSONDecodeError:
            return
        method = str(given.pop("method", "")).lower()
        if method and method not in NOT_IN_ANSWER and not method.startswith("get"):
            await self._execute(method, given)


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "Read timeout expired"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "Connection refused"
    return "Connection closed by peer"
