"""Control operations: the admin console, faults, tokens, hostile callbacks, settings."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.doubles.orders import OrdersDesk
from tests.doubles.people import NotPossible
from tests.doubles.wecom.callbacks import Sealed
from tests.doubles.wecom.trouble import WecomFault
from tests.doubles.wecom.world import Json

if TYPE_CHECKING:
    from tests.doubles.wecom.api import WecomApi


class TroublingDesk(OrdersDesk):
    def __init__(self, api: WecomApi) -> None:
        super().__init__(api.faults, api.corp.clock, WecomFault)
        self._api = api
        self._corp = api.corp

    # ------------------------------------------------------------------ the admin console

    async def saves_url(self, url: str) -> str:
        """Checks the address and takes it if the check went well: ''; else what was wrong."""
        fault = await self._api.callbacks.check(url)
        if not fault:
            self._corp.callback_url = url
        return fault

    def set_url(self, url: str = "") -> None:
        """Without a check: '' takes the address away."""
        self._corp.callback_url = url

    def settings(self, **values: Any) -> None:
        """Fields of `world.Settings`."""
        for name, value in values.items():
            if not hasattr(self._api.settings, name):
                raise ValueError(f"no setting {name!r}")
            setattr(self._api.settings, name, tuple(value) if isinstance(value, list) else value)

    def refuse(self, seconds: float) -> None:
        self._api.door.refuse(seconds)

    def new_secret(self, secret: str) -> None:
        """The secret was renewed in the console: tokens are worth nothing any more."""
        self._corp.secret = secret
        self._corp.tokens.clear()

    # ------------------------------------------------------------------ tokens, codes, media

    def forget_tokens(self) -> None:
        """40014 to all who have one."""
        self._corp.tokens.clear()

    def expire_tokens(self) -> None:
        """42001 to all who have one, before the time."""
        for token in self._corp.tokens:
            self._corp.tokens[token] = self._corp.now()

    def expire_media(self) -> None:
        for media in self._corp.media.values():
            media.until = self._corp.now()

    # ------------------------------------------------------------------ hostile callbacks

    def seal(self, plain: str, **changed: str) -> Json:
        """A callback as WeCom would send it with this text, or with something else of another:
        token, aes_key, receiver, timestamp, nonce, to_user, agent_id."""
        sealed = self._api.callbacks.sealed(plain, **changed)
        return {"query": sealed.query, "body": sealed.body}

    async def posts(
        self, *, query: dict[str, str], body: str, headers: dict[str, str] | None = None
    ) -> Json:
        """Anything at all to the app's address; status (or what broke) and body."""
        status, answer = await self._api.callbacks.post(Sealed(query, body), headers)
        return {"status": status, "body": answer.decode(errors="replace")}

    async def replays(
        self,
        number: int,
        *,
        times: int = 1,
        query: dict[str, str] | None = None,
        changes: dict[str, str] | None = None,
        at_once: int = 1,
    ) -> dict[str, int]:
        """A recorded callback byte for byte, `times` times, `at_once` of them side by side; or
        with other values in its query, or texts of its body replaced. How often which status."""
        told = next((t for t in reversed(self._api.callbacks.kept) if t.number == number), None)
        if told is None or told.sealed is None:
            raise NotPossible(f"nothing was told with number {number}")
        body = told.sealed.body
        for old, new in (changes or {}).items():
            if old not in body:
                raise NotPossible(f"{old!r} is not in that body")
            body = body.replace(old, new)
        sealed = Sealed(told.sealed.query | (query or {}), body)
        counts: dict[str, int] = {}
        for begin in range(0, times, at_once):
            several = range(min(at_once, times - begin))
            for status, _ in await asyncio.gather(
                *(self._api.callbacks.post(sealed) for _ in several)
            ):
                counts[status] = counts.get(status, 0) + 1
        return counts
