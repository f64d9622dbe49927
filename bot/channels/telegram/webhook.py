"""The webhook: Telegram pushes to /telegram, and 200 means committed or parked.

Promises: who does not know the secret is refused before a byte of the body is read; bodies are
small and come quickly or not at all; while the database is away the answer is 503, and Telegram
tries again.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from typing import Final

from aiohttp import web

from bot.channels.base import Busy, DeliveryError, Hearing, Intake, RetryLater
from bot.channels.telegram.parse import ALLOWED
from bot.channels.telegram.receiving import Receiver, take
from bot.channels.telegram.settings import WEBHOOK_PATH
from bot.channels.telegram.transport import Client
from bot.channels.telegram.verdict import decode
from bot.episodes import Episode
from bot.web import AGAIN, closing, streamed, streams

log = logging.getLogger(__name__)

HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
BODY_BYTES: Final = 1024 * 1024
BODY_SECONDS: Final = 10.0
WATCH_SECONDS: Final = 300.0
_EVERY: Final = 600.0  # seconds; a look that failed is repeated soon


class Webhook:
    """`last_ok` is the monotonic time of the last push or look that went well."""

    def __init__(self, client: Client, receiver: Receiver, *, secret: str, url: str) -> None:
        self._client = client
        self._receiver = receiver
        self._secret = secret.encode()
        self._url = url
        self._intake: Intake | None = None
        self._trouble = Episode("telegram webhook", log)
        self._failed: int | None = None
        self._told = ""
        self.last_ok = 0.0

    def hearing(self) -> Hearing:
        # between two looks nothing need come, which is a sign of life of no kind
        tried = max(self.last_ok + WATCH_SECONDS, self._trouble.until)
        return Hearing(self.last_ok, tried, _EVERY)

    def routes(self) -> list[web.RouteDef]:
        return [web.post(WEBHOOK_PATH, self.receive)]

    @streams  # the secret comes first, and the body is read here alone
    async def receive(self, request: web.Request) -> web.Response:
        given = request.headers.get(HEADER, "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return closing(403)
        if self._intake is None:
            return web.Response(status=503, headers=AGAIN)
        body = await streamed(request, most=BODY_BYTES, seconds=BODY_SECONDS)
        if isinstance(body, web.Response):
            return body
        try:
            await self._take(body, self._intake)
        except Busy:
            return web.Response(status=503, headers=AGAIN)
        self.last_ok = time.monotonic()
        return web.Response()

    async def _take(self, body: bytes, intake: Intake) -> None:
        raw = decode(body)
        if raw is None:
            text = body.decode(errors="replace").replace("\0", "\ufffd")
            await take(self._receiver.parked(text, id_=None, problem="unparsable: JSON"), intake)
            return
        item = self._receiver.read(raw)
        if item is not None:
            await take(item, intake)

    async def watch(self, intake: Intake) -> None:
        """Tells Telegram the address and keeps an eye on it. Until cancelled."""
        self._intake = intake
        known = False
        while True:
            try:
                known = known or await self._set()
                await self._look()
            except DeliveryError as error:
                exact = error.after if isinstance(error, RetryLater) and error.everyone else 0
                await self._trouble.wait("no answer", str(error), first=5, most=60, exact=exact)
                continue
            self._trouble.over()
            self.last_ok = time.monotonic()
            await asyncio.sleep(WATCH_SECONDS)

    async def _set(self) -> bool:
        fields = {
            "url": self._url,
            "secret_token": self._secret.decode(),
            "allowed_updates": ALLOWED,
            "drop_pending_updates": False,
        }
        return bool(await self._client.call("setWebhook", fields))

    async def _look(self) -> None:
        """One log line while deliveries fail in one way; a changed address is set anew."""
        info = await self._client.call("getWebhookInfo")
        if not isinstance(info, dict):
            return
        if info.get("url") != self._url:
            log.warning("telegram webhook: the address was changed by somebody else, set again")
            await self._set()
        failed, reason = info.get("last_error_date") or 0, str(info.get("last_error_message"))
        if self._failed is None or failed <= self._failed:
            self._told = ""  # nothing new; what failed before the start is an old story
        elif reason != self._told:
            waiting = info.get("pending_update_count")
            log.warning("telegram webhook: deliveries fail: %s (%s waiting)", reason, waiting)
            self._told = reason
        self._failed = max(failed, self._failed or 0)
