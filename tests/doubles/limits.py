"""Telegram's rate limits as a bot meets them: over the limit means 429 and a lock-out.

`off`: none. `burst`: a chat may get 3 messages at once, then one a second. `strict`: one message a
second in a chat. Both refuse a 31st message within any one second over all chats and a 21st within
a minute in one group. A refusal locks (the chat, or the whole bot) for at least one second.
"""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, field

MODES = ("off", "burst", "strict")


class TooMany(Exception):
    """Refused by a limit; `retry_after` in whole seconds, at least 1."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


@dataclass(slots=True)
class RateLimits:
    """`window` is the length of "one second" (0.1 makes a bench ten times faster)."""

    mode: str = "off"
    overall: int = 30
    burst: int = 3
    group_a_minute: int = 20
    window: float = 1.0
    lockout: float = 1.0
    refused: int = 0
    _sent: deque[float] = field(default_factory=deque)
    _chats: dict[int, deque[float]] = field(default_factory=dict)
    _locked: dict[int, float] = field(default_factory=dict)

    def set(self, mode: str, *, window: float = 1.0, lockout: float = 1.0) -> None:
        if mode not in MODES:
            raise ValueError(f"limits: one of {', '.join(MODES)}")
        self.mode, self.window, self.lockout = mode, window, lockout
        self._sent.clear()
        self._chats.clear()
        self._locked.clear()

    def take(self, chat_id: int, n: int = 1) -> None:
        """Counts `n` messages or edits for the chat, or raises TooMany and counts none."""
        if self.mode == "off":
            return
        now = time.monotonic()
        for key in (0, chat_id):
            until = self._locked.get(key)
            if until is not None:
                if now < until:
                    self._refuse(until - now)
                del self._locked[key]
        sent, mine = self._sent, self._chats.setdefault(chat_id, deque(maxlen=64))
        while sent and now - sent[0] >= self.window:
            sent.popleft()
        allowed = self.burst if self.mode == "burst" else 1
        if not self._room(mine, now=now, allowed=max(allowed, n)):
            self._lock(chat_id, now)
        if chat_id < 0 and sum(now - at < 60 * self.window for at in mine) >= self.group_a_minute:
            self._lock(chat_id, now)
        if len(sent) + n > self.overall:
            self._lock(0, now)
        for _ in range(n):
            sent.append(now)
        mine.append(now)

    def _room(self, mine: deque[float], *, now: float, allowed: int) -> bool:
        """A bucket of `allowed` refilled once a window, replayed over the chat's last sends."""
        if allowed == 1:
            return not mine or now - mine[-1] >= self.window
        tokens, last = float(allowed), None
        for at in mine:
            if last is not None:
                tokens = min(float(allowed), tokens + (at - last) / self.window)
            tokens -= 1
            last = at
        if last is not None:
            tokens = min(float(allowed), tokens + (now - last) / self.window)
        return tokens >= 1

    def _lock(self, key: int, now: float) -> None:
        self._locked[key] = now + self.lockout
        self._refuse(self.lockout)

    def _refuse(self, seconds: float) -> None:
        self.refused += 1
        raise TooMany(max(1, math.ceil(seconds)))
