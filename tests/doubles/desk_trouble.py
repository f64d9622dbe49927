"""Control operations: limits, odd updates, the token, besides faults and the clock."""

from __future__ import annotations

import base64
from typing import Any

import orjson

from tests.doubles.orders import OrdersDesk
from tests.doubles.reach import Reach
from tests.doubles.updates import MESSAGE_SECONDS
from tests.doubles.world import Bot, Json


class TroubleDesk(OrdersDesk):
    def __init__(self, at: Reach) -> None:
        super().__init__(at.api.faults, at.api.clock)
        self._at = at

    def refuse(self, seconds: float) -> None:
        self._at.api.door.refuse(seconds)

    def limits(
        self, mode: str, *, window: float = 1.0, lockout: float = 1.0, bot: str | None = None
    ) -> None:
        self._at.bot(bot).limits.set(mode, window=window, lockout=lockout)

    def settings(self, *, bot: str | None = None, **numbers: float) -> None:
        """Fields of `world.Settings`, and `batch` (most updates in one answer), `log_polls`."""
        it = self._at.bot(bot)
        for name, value in numbers.items():
            if name == "batch":
                it.updates.batch = int(value)
            elif name == "log_polls":
                it.log.log_polls = bool(value)
            elif hasattr(self._at.api.settings, name):
                setattr(self._at.api.settings, name, value)
            else:
                raise ValueError(f"no setting {name!r}")

    def inject(
        self,
        payloads: list[Any],
        *,
        raw: bool = False,
        once: bool = False,
        key: int = 0,
        bot: str | None = None,
    ) -> list[int]:
        """Updates as given. An object gets its update_id unless it brings one; with `raw` each is
        a string that goes into the answer byte for byte (base64 after `b64:`), sound or not.
        `once` drops it after its first delivery."""
        it = self._at.bot(bot)
        made = []
        for payload in payloads:
            body = _raw(payload, it.updates.next_id) if raw else _whole(payload, it)
            kind = next((k for k in payload if k != "update_id"), "") if not raw else ""
            made.append(
                it.updates.push_whole(
                    body, kind=kind, expires=it.clock.now() + MESSAGE_SECONDS,
                    key=("injected", key), once=once,
                )
            )  # fmt: skip
        return [m for m in made if m is not None]

    def restart_ids(self, next_id: int, *, bot: str | None = None) -> None:
        """After a week without updates Telegram goes on from any number, even a lower one."""
        self._at.bot(bot).updates.next_id = next_id

    def drop_pending(self, *, bot: str | None = None) -> None:
        self._at.bot(bot).updates.clear()

    def revoke(self, *, revoked: bool = True, bot: str | None = None) -> None:
        """The token is worth nothing (401) until it is restored."""
        self._at.bot(bot).revoked = revoked


def _whole(payload: Json, bot: Bot) -> bytes:
    return orjson.dumps(payload if "update_id" in payload else
                        {"update_id": bot.updates.next_id, **payload})  # fmt: skip


def _raw(payload: str, update_id: int) -> bytes:
    if payload.startswith("b64:"):
        return base64.b64decode(payload[4:])
    return payload.replace("{update_id}", str(update_id)).encode()
