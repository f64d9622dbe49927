"""Trouble on order for this double, see `tests.doubles.faults` for how an order is narrowed.

| kind | what the program sees |
| --- | --- |
| error | HTTP 200 with errcode `code` (-1, 45009, 45033, 48002, 60020 …); nothing executed |
| 500 | an HTML page with that status |
| garbage | 200 with a body that is no JSON (`payload` changes it); nothing executed |
| hang | nothing executed, held until the client hangs up, at most `seconds` |
| reset_before | connection reset, nothing executed |
| execute_then_reset | executed, then reset without an answer |
| execute_then_timeout | executed, answer held until the client hangs up, at most `seconds` |
| execute_then_500 | executed, then an HTML page with status 500 |
| slow | executed after `seconds` |
| slow_answer | executed at once, answered after `seconds` |
| refused | the listener is closed for `seconds`, all connections are reset |
| cut | half of a download, then reset (media/get) |
| duplicate | of `callback`: posted once more although it was taken |

`method` is a pattern over paths after /cgi-bin/ ("message/*", "media/get"); `callback` stands for
what is told to the app (`duplicate` and `slow`), `authorize` for the login page. `chat_id` is a
userid or the whole `touser`, `contains` a part of the body or of the plain XML.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tests.doubles.faults import Fault

BEFORE = frozenset({"error", "500", "garbage", "hang", "reset_before", "refused", "slow", "cut"})
AFTER = frozenset({
    "execute_then_reset", "execute_then_timeout", "execute_then_500", "slow_answer",
})  # fmt: skip


@dataclass(slots=True)
class WecomFault(Fault):
    KINDS: ClassVar[frozenset[str]] = BEFORE | AFTER | {"duplicate"}
    LISTENS: ClassVar[frozenset[str]] = frozenset({"callback", "authorize"})

    code: int = -1
    description: str = "system busy"
