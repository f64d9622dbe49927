"""Which getUpdates offset confirms a batch, also where an update's own id can't be trusted.

Telegram gives ids that grow by one. They may begin anew at another number after a week without
updates, and a distorted id must neither confirm what was never seen nor stop everything behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low

LARGEST_ID = 2**31 - 1
_FAR = 100_000  # so far from its neighbours no id is believed


def usable_id(raw: object) -> int | None:
    """The update's id if it is one that Telegram could have given."""
    value = raw.get("update_id") if isinstance(raw, dict) else None
    return value if type(value) is int and 0 < value <= LARGEST_ID else None


class Cursor:
    """`offset` is None at the start: then Telegram sends all that was never confirmed."""

    def __init__(self) -> None:
        self.offset: int | None = None
        self._doubted: int | None = None

    def reset(self) -> None:
        self.offset = self._doubted = None

    def pass_over(self, ids: Sequence[int | None]) -> bool:
        """Move behind a batch that is committed; `None` stands for an update without a usable id.

        False if the way was guessed: the same batch may come again, ask with a pause.
        """
        known = [id_ for id_ in ids if id_ is not None]
        middle = median_low(known) if known else None
        base = self.offset
        if base is None or (middle is not None and middle == self._doubted):
            base = middle  # nothing to compare with, or told the same thing twice
        near = [id_ for id_ in known if base is not None and abs(id_ - base) <= _FAR]
        if near:
            self.offset, self._doubted = max(near) + 1, None
            return len(near) == len(ids)
        self._doubted = middle
        if self.offset is not None:
            self.offset += len(ids)
        return False
