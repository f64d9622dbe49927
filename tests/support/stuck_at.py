"""The program with a part that stands still: `python -m tests.support.stuck_at PART VERB …`.

PART is poller, database or loop, which works a few times and then no more, or nothing. What
would take two minutes to be called stuck takes six seconds here. There are no hooks for this in
the program.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Callable
from typing import Any

from bot import __main__ as program
from bot import health, presence
from bot.channels.telegram import polling
from bot.channels.telegram.polling import Poller

WORKS = 3  # times


def _stops(function: Callable[..., Any], *, blocking: bool = False) -> Callable[..., Any]:
    calls = itertools.count(1)

    async def wrapped(*arguments: Any) -> Any:
        if next(calls) > WORKS:
            if blocking:
                time.sleep(3600)  # noqa: ASYNC251 - that is the fault
            await asyncio.Event().wait()
        return await function(*arguments)

    return wrapped


def main(part: str, *verb: str) -> int:
    health.STUCK = 6.0
    presence.BEAT = 0.2
    polling.POLL_SECONDS = 3  # else a call lasts half a minute, and is no sign of life so long
    match part:
        case "poller":
            Poller._ask = _stops(Poller._ask)  # type: ignore[method-assign]
        case "database":
            presence.Presence.beat = _stops(presence.Presence.beat)  # type: ignore[method-assign]
        case "loop":
            beat = _stops(presence.Presence.beat, blocking=True)
            presence.Presence.beat = beat  # type: ignore[method-assign]
    return program.main(verb)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
