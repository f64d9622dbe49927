"""Trouble on order: which call fails, how, how often.

| kind | what the bot sees |
| --- | --- |
| error | `code`, `description`, `retry_after` or `migrate_to` as given; nothing executed |
| 429, 500, 401, 404 | the same with Telegram's usual words; 429 takes `retry_after` |
| 502 | an HTML page |
| garbage | 200 with a body that is no JSON (`payload` changes it); nothing executed |
| reset_before | connection reset, nothing executed |
| execute_then_reset | executed, then reset without an answer |
| execute_then_timeout | executed, answer held until the client hangs up, at most `seconds` |
| execute_then_500 | executed, then answered 500 |
| slow | executed after `seconds` |
| slow_answer | executed at once, answered after `seconds` |
| refused | the listener is closed for `seconds`, all connections are reset |
| cut | half of a download, then reset (method `file`) |
| duplicate | getUpdates repeats confirmed and current updates; the webhook posts twice |
| out_of_order | one getUpdates batch shuffled |

`method` is a pattern over method names in any case ("send*"), `file` stands for downloads,
`webhook` for deliveries; `chat_id` and `contains` (in text or caption) narrow it. `after` calls
pass first, then `count` calls (None: all) are hit, each with `probability`, drawn from `seed`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import ClassVar

KINDS = frozenset({
    "error", "429", "500", "401", "404", "502", "garbage", "reset_before", "execute_then_reset",
    "execute_then_timeout", "execute_then_500", "slow", "slow_answer", "refused", "cut",
    "duplicate", "out_of_order",
})  # fmt: skip
DELIVERY_KINDS = frozenset({"duplicate", "out_of_order"})
LISTENS = frozenset({"getupdates", "webhook", "file"})


@dataclass(slots=True)
class Fault:
    """A double of something else makes a subclass with kinds of its own; `LISTENS` are the methods
    that are not what the bot does but how it listens, which "*" does not mean."""

    KINDS: ClassVar[frozenset[str]] = KINDS
    LISTENS: ClassVar[frozenset[str]] = LISTENS

    kind: str
    method: str = "*"
    count: int | None = 1
    after: int = 0
    probability: float = 1.0
    seed: int = 0
    chat_id: int | str | None = None
    contains: str | None = None
    retry_after: int = 1
    seconds: float = 0.0
    code: int = 400
    description: str = "Bad Request: as ordered"
    migrate_to: int | None = None
    payload: str = "<not json>"
    hits: int = 0
    seen: int = 0
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in self.KINDS:
            raise ValueError(f"fault kind: one of {', '.join(sorted(self.KINDS))}")
        self.method = self.method.lower()
        self._dice = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def hit(self, method: str, chat_id: str, text: str) -> bool:
        if self.count is not None and self.hits >= self.count:
            return False
        if not fnmatchcase(method, self.method):
            return False
        if self.method == "*" and method in self.LISTENS:
            return False
        if self.chat_id is not None and chat_id != str(self.chat_id):
            return False
        if self.contains is not None and self.contains not in text:
            return False
        self.seen += 1
        if self.seen <= self.after:
            return False
        if self.probability < 1 and self._dice.random() >= self.probability:
            return False
        self.hits += 1
        return True


class Faults:
    """All orders that stand; the first that hits a call decides."""

    def __init__(self) -> None:
        self.standing: dict[int, Fault] = {}
        self._next = 1

    def order(self, fault: Fault) -> int:
        number, self._next = self._next, self._next + 1
        self.standing[number] = fault
        return number

    def cancel(self, number: int | None) -> None:
        if number is None:
            self.standing.clear()
        else:
            self.standing.pop(number, None)

    def pick(self, method: str, *, chat_id: str = "", text: str = "") -> Fault | None:
        for fault in self.standing.values():
            if fault.hit(method, chat_id, text):
                return fault
        return None
