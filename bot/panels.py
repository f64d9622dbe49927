"""Which message shows which panel now: remembered, and read from the outbox when it is not."""

from __future__ import annotations

from collections import OrderedDict

from bot.database import Work
from storage import outbox
from storage.outbox import Row

REMEMBERED = 2000


class Superseded(Exception):
    """The panel shows something newer already."""


def in_place(row: Row, message_ref: str, typed: int) -> bool:
    """Whether the panel's message is where the person looks."""
    return message_ref == row.pressed if row.pressed else typed == row.typed


class Panels:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._shown: OrderedDict[tuple[int, str], tuple[str, int, int]] = OrderedDict()

    async def to_edit(self, row: Row) -> str | None:
        """The message that this row is to be written into; None for a new one.

        Raises Superseded, and DBAPIError.
        """
        if not row.panel or row.anew:
            return None
        shown = self._shown.get((row.account_id, row.panel)) or await self._work.read(
            lambda c: outbox.panel_message(c, account_id=row.account_id, panel=row.panel)
        )
        if shown is None:
            return None
        message_ref, typed, row_id = shown
        if row_id > row.id:
            raise Superseded  # a dead process left this row, and it comes late
        return message_ref if in_place(row, message_ref, typed) else None

    def remember(self, row: Row, message_ref: str) -> None:
        if not row.panel:
            return
        key = (row.account_id, row.panel)
        self._shown[key] = (message_ref, row.typed, row.id)
        self._shown.move_to_end(key)
        if len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)
