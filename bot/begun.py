"""Messages that go in several parts: which of them have left, so that each leaves once.

When the third part fails, the two before it have been read; `Outgoing.key` is the same at the
next attempt, which then goes on with the third. This is the process's own memory: after a crash
the outbox decides what happens to a row in doubt.
"""

from __future__ import annotations

from collections import OrderedDict

_REMEMBERED = 1000


class Begun:
    def __init__(self) -> None:
        self._begun: OrderedDict[str, tuple[int, str]] = OrderedDict()

    def of(self, key: str) -> tuple[int, str]:
        """How many parts have left, and the id of the file among them, '' if there is none."""
        return self._begun.get(key, (0, ""))

    def note(self, key: str, parts: int, known: str = "") -> None:
        self._begun[key] = (parts, known)
        if len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)

    def over(self, key: str) -> None:
        """All of it has left."""
        self._begun.pop(key, None)
