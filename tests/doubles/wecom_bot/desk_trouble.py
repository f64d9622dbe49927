"""Control operations: settings, and what becomes of the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.doubles.wecom_bot.links import Link

if TYPE_CHECKING:
    from tests.doubles.wecom_bot.server import WecomBot


class TroubleDesk:
    def __init__(self, double: WecomBot) -> None:
        self._it = double

    def settings(self, **values: float | bool) -> None:
        """Fields of `world.Settings`."""
        for name, value in values.items():
            self._it.world.settings.set(name, value)

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
        self._it.door.refuse(seconds)

    def change_secret(self, secret: str) -> None:
        self._it.world.secret = secret

    def inject(self, frame: Any) -> None:
        """A frame to the bot; a string goes out as it is, sound or not."""
        self._it.links.inject(frame)
