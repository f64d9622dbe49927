"""The log of every call a bot made, bounded, and its counters, which are not.

`outcome` is the HTTP status, or what broke instead ("reset", "held", "refused"); `executed` says
whether the call took effect, whatever the bot was told. getUpdates calls are counted but logged
only on request, or a long test would hold nothing else.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

KEPT = 20_000


@dataclass(slots=True)
class Call:
    number: int
    method: str
    params: dict[str, Any]
    at: float
    outcome: str = "open"
    executed: bool = False
    error: str | None = None
    took: float = 0.0
    via: str = "http"


class CallLog:
    def __init__(self) -> None:
        self.kept: deque[Call] = deque(maxlen=KEPT)
        self.counts: Counter[str] = Counter()
        self.log_polls = False
        self.total = 0
        self.open = 0
        self.last_at = time.monotonic()

    def start(self, method: str, params: dict[str, Any], via: str = "http") -> Call:
        self.total += 1
        call = Call(self.total, method, params, time.monotonic(), via=via)
        if method != "getUpdates":
            self.open += 1
            self.last_at = call.at
            self.kept.append(call)
        elif self.log_polls:
            self.kept.append(call)
        return call

    def finish(self, call: Call, outcome: str, *, executed: bool, error: str | None) -> None:
        now = time.monotonic()
        call.outcome, call.executed, call.error = outcome, executed, error
        call.took = now - call.at
        if call.method != "getUpdates":
            self.open -= 1
            self.last_at = now
        self.counts[f"{call.method} {outcome}"] += 1

    def find(
        self, method: str = "*", *, chat_id: int | None, after: int, executed: bool | None
    ) -> Iterator[Call]:
        pattern = method.lower()
        for call in self.kept:
            if call.number <= after or not fnmatchcase(call.method.lower(), pattern):
                continue
            if chat_id is not None and str(call.params.get("chat_id")) != str(chat_id):
                continue
            if executed is not None and call.executed is not executed:
                continue
            yield call

    def clear(self) -> None:
        self.kept.clear()
        self.counts.clear()
