"""Trouble on order: which command, callback or download fails, how, how often.

Commands (`method` is a pattern over their names, "aibot_send_msg"; "*" is all but ping, callback
and file):

| kind | what the bot sees |
| --- | --- |
| error | acked with `code` and `description`; nothing executed |
| drop | connection reset (1006), nothing executed |
| execute_then_drop | executed, then reset without an ack |
| close, execute_then_close | the same with a clean close (1000) |
| no_ack, execute_then_no_ack | never acked, the connection goes on |
| slow | executed and acked after `seconds` |
| slow_ack | executed at once, acked after `seconds` |
| garbage | `payload` in place of the ack; nothing executed |
| silence | nothing executed, and from then on nothing is heard on this connection |

Callbacks (method "callback"): `lost`, `duplicate` (the same msgid twice), `slow`, `garbage`
(`payload` before the callback). Downloads (method "file"): `status` (`code`), `cut` (half of it,
then reset), `slow` (`seconds` before the first byte), `stuck` (half of it, then nothing for
`seconds`), `damaged` (a sound answer whose bytes do not decrypt).

`chat_id` (as the bot spells it) and `contains` (in what is sent) narrow an order. `after` calls
pass first, then `count` (None: all) are hit, each with `probability`, drawn from `seed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tests.doubles import faults

CALLBACK, FILE, PING = "callback", "file", "ping"


@dataclass(slots=True)
class Fault(faults.Fault):
    KINDS: ClassVar[frozenset[str]] = frozenset({
        "error", "drop", "execute_then_drop", "close", "execute_then_close", "no_ack",
        "execute_then_no_ack", "slow", "slow_ack", "garbage", "silence", "lost", "duplicate",
        "status", "cut", "stuck", "damaged",
    })  # fmt: skip
    LISTENS: ClassVar[frozenset[str]] = frozenset({PING, CALLBACK, FILE})
