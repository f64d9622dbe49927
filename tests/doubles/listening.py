"""How a bot gets its updates: getUpdates, setWebhook, deleteWebhook, getWebhookInfo."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.faults import Fault, Faults
from tests.doubles.forms import Params
from tests.doubles.limits import TooMany
from tests.doubles.updates import BY_WEBHOOK, Terminated, Update
from tests.doubles.webhook import Webhook
from tests.doubles.world import ApiError, Bot, Json, bad

POLL_MAX = 50
SECRET = re.compile(r"[A-Za-z0-9_-]*")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


@dataclass(frozen=True, slots=True)
class Described:
    """A result that comes with a `description` beside it."""

    result: Any
    description: str


@dataclass(slots=True)
class Listening:
    """One bot's way of listening, and the faults that stand between."""

    bot: Bot
    faults: Faults
    execute: Callable[[str, dict[str, Any]], Awaitable[None]]
    webhook: Webhook | None = None
    _last_set: float = -100.0
    _dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311

    @property
    def active(self) -> Webhook | None:
        """The webhook, unless its 410s have removed it."""
        return None if self.webhook is None or self.webhook.removed else self.webhook

    async def get_updates(self, params: Params, fault: Fault | None) -> bytes:
        """The JSON array of updates."""
        if self.active is not None:
            raise ApiError(409, WEBHOOK_ACTIVE)
        self._allow(params)
        updates = self.bot.updates
        try:
            batch = await updates.poll(
                offset=params.number("offset"),
                limit=min(max(params.number("limit", 100), 1), 100),
                timeout=min(max(params.number("timeout"), 0), POLL_MAX),
                scale=self.bot.settings.scale,
            )
        except Terminated as end:
            await asyncio.sleep(end.wait)
            raise ApiError(409, end.description) from None
        if fault is not None and batch:
            batch = self._distorted(batch, fault.kind)
        return b"[" + b",".join([u.body for u in batch]) + b"]"

    def _distorted(self, batch: list[Update], kind: str) -> list[Update]:
        if kind == "duplicate":
            return [*list(self.bot.updates.confirmed)[-3:], *batch, *batch]
        if kind == "out_of_order":
            shuffled = list(batch)
            self._dice.shuffle(shuffled)
            return shuffled if shuffled != batch else list(reversed(batch))
        return batch

    async def set_webhook(self, params: Params) -> Described:
        url = params.text("url")
        if not url:
            return await self.delete_webhook(params)
        now = time.monotonic()
        if now < self._last_set + self.bot.settings.scale:
            raise TooMany(1)
        self._last_set = now
        secret = params.text("secret_token")
        _check_webhook(url, secret)
        connections = min(max(params.number("max_connections", 40), 1), 100)
        self._allow(params)
        if params.flag("drop_pending_updates"):
            self.bot.updates.clear()
        elif self.active is not None and self.active.is_set(url, secret, connections):
            return Described(True, "Webhook is already set")
        self.bot.updates.abort(BY_WEBHOOK)
        await self.close()
        self.webhook = Webhook(
            self.bot,
            url,
            secret=secret,
            max_connections=connections,
            certificate="certificate" in params.files,
            fault=lambda: self.faults.pick("webhook"),
            execute=self.execute,
        )
        return Described(True, "Webhook was set")

    async def delete_webhook(self, params: Params) -> Described:
        if params.flag("drop_pending_updates"):
            self.bot.updates.clear()
        if self.webhook is None:
            return Described(True, "Webhook is already deleted")
        await self.close()
        return Described(True, "Webhook was deleted")

    def get_webhook_info(self, params: Params) -> Json:
        hook = self.active
        self.bot.updates.sweep()
        info: Json = {
            "url": hook.url if hook else "",
            "has_custom_certificate": hook is not None and hook.certificate,
            "pending_update_count": len(self.bot.updates),
        }
        if hook is not None:
            info["max_connections"] = hook.max_connections
            if hook.last_error is not None:
                info["last_error_date"], info["last_error_message"] = hook.last_error
        if self.bot.updates.allowed is not None:
            info["allowed_updates"] = sorted(self.bot.updates.allowed)
        return info

    async def close(self) -> None:
        hook, self.webhook = self.webhook, None
        if hook is not None:
            await hook.close()

    def _allow(self, params: Params) -> None:
        try:
            kinds = params.json("allowed_updates")
        except ApiError:
            return
        if isinstance(kinds, list):
            self.bot.updates.allow(str(k) for k in kinds)


def _check_webhook(url: str, secret: str) -> None:
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        port = parts.port
    except ValueError:
        raise bad("invalid webhook URL specified") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad("invalid webhook URL specified")
    if parts.hostname not in LOOPBACK:
        if parts.scheme == "http":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if port not in (None, 443, 80, 88, 8443):
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if len(secret) > 256:
        raise bad("secret token is too long")
    if not SECRET.fullmatch(secret):
        raise bad("secret token contains unallowed characters")
