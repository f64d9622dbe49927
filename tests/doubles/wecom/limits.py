"""How many messages reach one member or one group within a minute and within an hour."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Windows:
    """In real time, whatever the test's clock shows; a `minute` of less than 60 s makes a test
    faster, and the hour with it."""

    _last: deque[float] = field(default_factory=deque)

    def room(self, *, a_minute: int, an_hour: int, minute: float) -> bool:
        """Whether one more fits; it is counted only then."""
        now = time.monotonic()
        while self._last and now - self._last[0] >= 60 * minute:
            self._last.popleft()
        lately = sum(now - at < minute for at in self._last)
        if lately >= a_minute or len(self._last) >= an_hour:
            return False
        self._last.append(now)
        return True
