"""What is known of cards that people see: codes with which each can be renewed once, and what its
buttons are called.

It is a memory of this process alone, and a help: a card without a code is followed by a new one.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LIFE_SECONDS: Final = 71 * 3600.0  # of the 72 hours that WeCom takes a code for
_REMEMBERED: Final = 5000
_CODES: Final = 4  # of one card: somebody clicks faster than we answer


@dataclass(frozen=True, slots=True)
class Click:
    """`label` of what was chosen, '' if nobody knows how it was called; `clicked` is false for
    the code that a card was sent with."""

    code: str
    label: str
    clicked: bool
    at: float  # monotonic


class Clicks:
    def __init__(self) -> None:
        self._clicks: OrderedDict[tuple[str, str], deque[Click]] = OrderedDict()
        self._labels: OrderedDict[str, Mapping[str, str]] = OrderedDict()

    def shown(self, ref: str, labels: Mapping[str, str]) -> None:
        """What stands on a message's cards, by action; `ref` is its message_ref."""
        self._labels[ref] = {**self._labels.get(ref, {}), **labels}
        self._labels.move_to_end(ref)
        if len(self._labels) > _REMEMBERED:
            self._labels.popitem(last=False)

    def note(self, account: str, ref: str, code: str, *, action: str = "") -> None:
        """A code that came with a click or, without an action, when the card was sent."""
        found = self._clicks.setdefault((account, ref), deque(maxlen=_CODES))
        self._clicks.move_to_end((account, ref))
        if any(click.code == code for click in found):
            return  # WeCom has told us of this click before
        label = self._labels.get(ref, {}).get(action, "") if action else ""
        found.append(Click(code, label, bool(action), time.monotonic()))
        if len(self._clicks) > _REMEMBERED:
            self._clicks.popitem(last=False)

    def take(self, account: str, ref: str) -> Click | None:
        """The oldest code that is still good and came with a click, else the one it was sent
        with; it is taken out, since it serves once."""
        found = self._clicks.pop((account, ref), None)
        if found is None:
            return None
        oldest = time.monotonic() - LIFE_SECONDS
        good = sorted((c for c in found if c.at > oldest), key=lambda c: not c.clicked)
        if not good:
            return None
        if len(good) > 1:
            self._clicks[account, ref] = deque(good[1:], maxlen=_CODES)
        return good[0]

    def give_back(self, account: str, ref: str, click: Click) -> None:
        """It was surely not used."""
        self._clicks.setdefault((account, ref), deque(maxlen=_CODES)).appendleft(click)
