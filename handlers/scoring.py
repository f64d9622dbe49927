"""The dialog of /score, for all modules that hang their buttons and steps on it.

`handlers.dialogs.score` is where it begins, `score_giving` how one score is given, `score_bulk`
many at once and taking back, `score_handing` how a row is handed in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from handlers import score_card
from handlers.dialog import Dialog, Done, Goto, Keep, Outcome, Outdated
from handlers.score_cells import Cell, Share, find_share, look_at_cell
from handlers.term import find_term
from handlers.turn import Turn
from storage.quarters import Term


@dataclass(frozen=True, slots=True)
class Draft:
    """The card that was shown: a `cell`, or only a `row`; `value` while its reason is asked
    (hundredths, or na)."""

    cell: str = ""
    version: int = 0
    value: str = ""
    row: str = ""


dialog = Dialog("score", version=2, draft=Draft)


def batch_of(turn: Turn) -> str:
    """What one press writes is taken back together, so it has a name."""
    return hashlib.blake2b(turn.inbound.key.encode(), digest_size=6).hexdigest()


def rest(turn: Turn) -> Outcome:
    """Nothing is waited for any more, but another dialog's question stands."""
    return Done() if turn.running == dialog.name else Keep()


def await_score(turn: Turn, cell: Cell) -> Outcome:
    """What is handed in takes no score, so nothing waits for one."""
    if cell.given is not None and cell.given.handed:
        return rest(turn)
    return Goto("ask_score", Draft(cell.key, cell.version))


def await_row(turn: Turn, key: str, share: Share) -> Outcome:
    """A typed “税务 8.5” is taken while the row has anything to score."""
    return rest(turn) if share.handed else Goto("ask_row", Draft(row=key))


def find_row(turn: Turn, key: str) -> tuple[Term, Share]:
    """The row that a button names: 2026Q4.online_help, on a further seat 2026Q4.online_help~2."""
    quarter, _, place = key.partition(".")
    term = find_term(turn, quarter)
    return term, find_share(turn, term, place)


def show_row(turn: Turn, key: str, *, saved: score_card.Saved | None = None) -> Outcome:
    term, share = find_row(turn, key)
    score_card.say_row(turn, term, share, saved=saved)
    return await_row(turn, key, share)


def outdated_cell(key: str) -> Outdated:
    def show(turn: Turn) -> Outcome:
        cell = look_at_cell(turn, key)
        score_card.say_cell(turn, cell, outdated=True)
        return await_score(turn, cell)

    return Outdated(show=show)


def outdated_row(key: str) -> Outdated:
    return Outdated(show=lambda turn: show_row(turn, key))
