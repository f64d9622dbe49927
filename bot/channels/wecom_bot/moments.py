"""What can be answered in the same breath and not later: a pressed card, an opened chat.

WeCom takes such an answer within five seconds, over the connection that told of it, once.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

SECONDS = 4.5  # of WeCom's five, with half a second for the way there
_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Moment:
    """`serial` is the connection's, `until` monotonic; of a press also the card and what was
    pressed on it."""

    req_id: str
    serial: int
    until: float
    task_id: str = ""
    action: str = ""

    @property
    def left(self) -> float:
        """Seconds."""
        return self.until - time.monotonic()


class Moments:
    def __init__(self) -> None:
        self._moments: OrderedDict[str, Moment] = OrderedDict()

    def note(self, name: str, moment: Moment) -> None:
        self._moments[name] = moment
        self._moments.move_to_end(name)
        if len(self._moments) > _REMEMBERED:
            self._moments.popitem(last=False)

    def take(self, name: str, *, serial: int) -> Moment | None:
        """It, if it is not over yet; only once."""
        found = self._moments.pop(name, None)
        return found if found and found.serial == serial and found.left > 0 else None
