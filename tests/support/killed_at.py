"""The program, dead at a named moment: `python -m tests.support.killed_at POINT N VERB …`.

The N-th time it comes to POINT the process kills itself (SIGKILL), as a power cut would. There are
no hooks for this in the program: its functions are wrapped here, from outside.
"""

from __future__ import annotations

import importlib
import inspect
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from bot import __main__ as program
from bot import presence


@dataclass(frozen=True, slots=True)
class Point:
    """`target` is module:name or module:Class.name; the end comes before or after its call, then
    only if `only` says so of the call's result."""

    target: str
    after: bool = False
    only: Callable[[Any], bool] = lambda _result: True


POINTS = {
    # one update
    "handling": Point("handlers.dispatch:handle"),
    "handled": Point("handlers.dispatch:handle", after=True),
    "keyed": Point("storage.inbox:first_time", after=True),
    "audited": Point("storage.audit:record", after=True),
    "answered": Point("storage.outbox:answer", after=True),
    "numbered": Point("storage.submission:submit", after=True),
    "committed": Point("bot.intake:Reception._handle", after=True),
    "handed-on": Point("bot.intake:Reception.receive", after=True),
    "offset": Point("bot.channels.telegram.cursor:Cursor.pass_over"),
    "offset-moved": Point("bot.channels.telegram.cursor:Cursor.pass_over", after=True),
    "toast": Point("bot.channels.telegram.channel:Telegram.acknowledge"),
    # one message
    "sending": Point("bot.channels.telegram.channel:Telegram.send"),
    "sent": Point("bot.channels.telegram.channel:Telegram.send", after=True),
    "editing": Point("bot.channels.telegram.channel:Telegram.edit"),
    "edited": Point("bot.channels.telegram.channel:Telegram.edit", after=True),
    "marking": Point("storage.outbox:mark", after=True),
    "marked": Point("storage.outbox:mark"),  # the one before it has been committed by then
    "claiming": Point("storage.outbox:claim", after=True, only=bool),
    "claimed": Point("bot.delivery:Delivery._claim", after=True, only=bool),
    "settling": Point("storage.outbox:abandoned", after=True),
    # one file
    "announced": Point("storage.attachments:announce", after=True),
    "fetching": Point("bot.downloads:Downloads._fetch"),
    "piece": Point("storage.blobs:Writer.write", after=True),
    "keeping": Point("storage.blobs:Writer.keep"),
    "renaming": Point("pathlib:Path.replace"),
    "renamed": Point("pathlib:Path.replace", after=True),
    "kept": Point("storage.blobs:Writer.keep", after=True),
    "telling": Point("bot.downloads:Downloads._tell"),
    "stored": Point("storage.attachments:mark_stored", after=True),
    "told": Point("bot.downloads:Downloads._tell", after=True),
    # one process
    "migrating": Point("alembic.operations:Operations.create_table", after=True),
    "migrated": Point("storage.schema:_upgrade", after=True),
    "key": Point("os:link"),
    "beating": Point("bot.presence:Presence.beat"),
    "beaten": Point("storage.leases:take", after=True),
    "renewing": Point("bot.presence:Presence._take"),
    "resuming": Point("bot.downloads:Downloads.resume"),
    "closing": Point("bot.delivery:Delivery.close"),
    "leaving": Point("bot.presence:Presence.leave"),
}


def wrap(point: Point, come: Callable[..., None]) -> None:
    """Call `come` at this moment, with what the function was called with and has returned."""
    module_name, _, path = point.target.partition(":")
    owner: Any = importlib.import_module(module_name)
    *classes, name = path.split(".")
    for each in classes:
        owner = getattr(owner, each)
    function = getattr(owner, name)

    @wraps(function)
    def around(*args: Any, **more: Any) -> Any:
        if not point.after:
            come(args, more)
        result = function(*args, **more)
        if point.after and point.only(result):
            come(args, more, result)
        return result

    @wraps(function)
    async def around_waiting(*args: Any, **more: Any) -> Any:
        if not point.after:
            come(args, more)
        result = await function(*args, **more)
        if point.after and point.only(result):
            come(args, more, result)
        return result

    setattr(owner, name, around_waiting if inspect.iscoroutinefunction(function) else around)


def arm(point: Point, times: int) -> None:
    left = times

    def come(*_told: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    wrap(point, come)


if __name__ == "__main__":
    presence.BEAT = presence.RENEW = 0.3  # so that their moments come soon
    arm(POINTS[sys.argv[1]], int(sys.argv[2]))
    sys.exit(program.main(sys.argv[3:]))
