"""The program with faults inside: `python -m tests.support.failing_at KIND … -- VERB …`.

    commit:7     every seventh transaction is committed and then fails, as when the connection
                 breaks while the answer is on its way
    POINT:7      every seventh time at this moment (see killed_at) an error is raised that tells
                 all it was called with, as a careless library's would
    -v           goes to the verb

There are no hooks for this in the program: its functions are wrapped here, from outside.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import OperationalError

from bot import __main__ as program
from tests.support.killed_at import POINTS, Point, wrap


def every(times: int, act: Callable[..., None]) -> Callable[..., None]:
    seen = 0

    def come(*told: Any) -> None:
        nonlocal seen
        seen += 1
        if seen % times == 0:
            act(*told)

    return come


def tell_all(*told: Any) -> None:
    raise RuntimeError(f"careless error about {told!r}")


def doubt(*_told: Any) -> None:
    raise OperationalError("COMMIT", {}, Exception("server closed the connection"))


def arm(order: str) -> None:
    kind, _, times = order.partition(":")
    if kind == "commit":
        wrap(Point("bot.database:Work._write", after=True), every(int(times), doubt))
    else:
        wrap(POINTS[kind], every(int(times), tell_all))


if __name__ == "__main__":
    end = sys.argv.index("--")
    orders = [each for each in sys.argv[1:end] if each != "-v"]
    for order in orders:
        arm(order)
    sys.exit(program.main([*sys.argv[end + 1 :], *(["-v"] * ("-v" in sys.argv[1:end]))]))
