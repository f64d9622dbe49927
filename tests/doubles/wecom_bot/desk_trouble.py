"""Control operations: faults, settings, the clock, and what becomes of the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.doubles.wecom_bot.faults import Fault
from tests.doubles.wecom_bot.links import Link

if TYPE_CHECKING:
    from tests.doubles.wecom_bot.server import WecomBot


class TroubleDesk:
    def __init__(self, double: WecomBot) -> None:
        self._it = double

    def fault(self, kind: str, **order: Any) -> int:
        """See `tests.doubles.wecom_bot.faults`. The number is for `cancel_fault`."""
        return self._it.faults.order(Fault(kind, **order))

    def cancel_fault(self, number: int | None = None) -> None:
        self._it.faults.cancel(number)

    def faults(self) -> dict[str, int]:
        """How often each standing order has hit, by number."""
        return {str(n): fault.hits for n, fault in self._it.faults.standing.items()}

    def settings(self, **values: float | bool) -> None:
        """Fields of `world.Settings`."""
        for name, value in values.items():
            self._it.world.settings.set(name, value)

    def clock(
        self,
        *,
        set: float | None = None,
        advance: float = 0.0,
        frozen: bool | None = None,
    ) -> float:
        clock = self._it.world.clock
        if set is not None:
            clock.set(set)
        if advance:
            clock.advance(advance)
        if frozen is not None:
            clock.freeze(frozen=frozen)
        return clock.now()

    # ------------------------------------------------------------------ the connection

    def _current(self) -> Link:
        if self._it.links.current is None:
            raise LookupError("no connection is subscribed")
        return self._it.links.current

    def drop(self) -> None:
        """Reset, which the bot sees as 1006."""
        self._current().drop()

    def hang_up(self, code: int = 1000) -> None:
        self._it.links.hang_up(self._current(), code)

    def silence(self) -> None:
        """It stays open, and nothing is read or sent on it any more."""
        self._current().silent = True

    def stall(self) -> None:
        """Acks go on, but no callback comes until `resume` or the next subscribe."""
        self._current().stalled = True

    def resume(self) -> None:
        self._it.links.resume()

    def forget(self) -> None:
        """The service no longer takes the connection for subscribed: 846609 for all but pings."""
        link = self._current()
        link.subscribed = False
        self._it.links.current = None

    def kick(self) -> None:
        """As if another program had subscribed as this bot, and gone again."""
        self._it.links.kick(self._current())

    def refuse(self, seconds: float) -> None:
        """No connection is taken for so long, those open are reset."""
        self._it.refuse(seconds)

    def change_secret(self, secret: str) -> None:
        self._it.world.secret = secret

    def inject(self, frame: Any) -> None:
        """A frame to the bot; a string goes out as it is, sound or not."""
        self._it.links.inject(frame)
