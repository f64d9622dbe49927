"""How many messages one conversation may get: WeCom drops what is above its limits in silence.

So we stay below them, over windows that slide, and say exactly when there is room again.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque

from bot.channels.base import RetryLater

_REMEMBERED = 5000


class Shares:
    """`windows` are pairs of messages and seconds: at most so many in any time of that length."""

    def __init__(self, *windows: tuple[int, float]) -> None:
        self._windows = windows
        self._most = max(most for most, _ in windows)
        self._sent: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, account: str) -> None:
        """Counts a message. Raises RetryLater with the seconds until there is room for it."""
        sent = self._sent.setdefault(account, deque(maxlen=self._most))
        now = time.monotonic()
        wait = max(
            sent[-most] + seconds - now if len(sent) >= most else 0.0
            for most, seconds in self._windows
        )
        if wait > 0:
            raise RetryLater("conversation has had its share", after=wait)
        sent.append(now)
        self._sent.move_to_end(account)
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
