"""How many messages one person is sent a minute: WeCom drops what is too many without a word."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from bot.channels.base import RetryLater, Unavailable

MOST: Final = 25  # of 30, some of which another process may have sent
SECONDS: Final = 60.0
_REMEMBERED: Final = 5000


class Windows:
    """The times of the last messages to each account, in a window that slides."""

    def __init__(self, *, most: int = MOST, seconds: float = SECONDS, own: int = 0) -> None:
        """`own` of them are ours, however much others have sent."""
        self._most = most
        self._own = own
        self._seconds = seconds
        self._sent: OrderedDict[str, deque[float]] = OrderedDict()

    def take(
        self,
        accounts: Collection[str],
        elsewhere: Mapping[str, int] | None = None,
        *,
        now: float | None = None,
    ) -> None:
        """A place for one message to each of them; `elsewhere` is what others have sent lately.
        Raises RetryLater with the seconds until all have one; then none is taken."""
        now = time.monotonic() if now is None else now
        others = elsewhere or {}
        waits = [self._wait(account, others.get(account, 0), now) for account in accounts]
        longest = max(waits, default=0.0)
        if longest > 0:
            raise RetryLater("too many messages to one person", after=longest)
        for account in accounts:
            self._sent.setdefault(account, deque()).append(now)
            self._sent.move_to_end(account)
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)

    def fill(self, accounts: Mapping[str, int], *, now: float | None = None) -> None:
        """So many messages were sent to each just now, by a process before us perhaps."""
        now = time.monotonic() if now is None else now
        for account, count in accounts.items():
            self._sent.setdefault(account, deque()).extend([now] * min(count, self._most))

    def sent(self, account: str) -> int:
        """By us in this window, more or less."""
        return len(self._sent.get(account, ()))

    @contextmanager
    def place(
        self, accounts: Collection[str], elsewhere: Mapping[str, int] | None = None
    ) -> Iterator[None]:
        """As `take`, for what is sent inside; what surely did not leave takes up no place."""
        self.take(accounts, elsewhere)
        try:
            yield
        except (RetryLater, Unavailable):
            for account in accounts:
                if times := self._sent.get(account):
                    times.pop()
            raise

    def _wait(self, account: str, elsewhere: int, now: float) -> float:
        times = self._sent.get(account)
        if times is None:
            return 0.0
        while times and times[0] + self._seconds <= now:
            times.popleft()
        most = max(self._own, self._most - elsewhere)
        return times[-most] + self._seconds - now if len(times) >= most else 0.0
