"""What an evaluator still owes a quarter: scores, rows to hand in, evidence to review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from handlers import review_queue
from handlers.messages import Action, Button, Rows, Style, grid, rows
from handlers.progress_terms import Standing, result_button, standing, switches
from handlers.review_queue import Queue
from handlers.score_card import row_name
from handlers.score_cells import Share, share_key, shares
from handlers.turn import Turn
from storage.quarters import Term
from templates import words

VERB: Final = "pr.rows"
PANEL: Final = "progress-rows"
NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A row with the departments in it that are 未评, or that have new evidence."""

    name: str
    done: int
    total: int
    departments: tuple[str, ...]

    @property
    def named(self) -> tuple[str, ...]:
        return self.departments[:NAMED]

    @property
    def more(self) -> bool:
        return len(self.departments) > NAMED


@dataclass(slots=True)
class Standings:
    """This person's rows, each in one list: `untouched` and `open` with `left` scores to give;
    `ready` to be handed in; `again`, since evidence came after that; `others` have scores left to
    give; `theirs` is the handing in; `handed`."""

    left: int = 0
    untouched: list[str] = field(default_factory=list)
    open: list[Line] = field(default_factory=list)
    ready: list[str] = field(default_factory=list)
    again: list[Line] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    theirs: list[str] = field(default_factory=list)
    handed: list[str] = field(default_factory=list)

    @property
    def unfinished(self) -> list[str]:
        """Rows in which this person has scores to give."""
        return [*(line.name for line in self.open), *self.untouched]


def say_rows(turn: Turn, term: Term) -> None:
    found = shares(turn, term)
    now = standing(turn, term)
    queue = review_queue.read(turn, quarter=term.code)
    turn.say(
        "progress.rows",
        panel=PANEL,
        buttons=_buttons(turn, term, now, found, queue),
        now=now,
        total=len(found),
        rows=sort_shares(found),
        queue=queue,
    )


def sort_shares(found: Sequence[Share]) -> Standings:
    """Each of a person's rows in the one list that says what is to be done about it."""
    made = Standings(left=sum(len(share.open) for share in found))
    for share in found:
        name = row_name(share)
        if share.handed:
            made.handed.append(name)
        elif share.open and not share.done:
            made.untouched.append(name)
        elif share.open:
            missing = tuple(each.short_name for each in share.open)
            made.open.append(Line(name, share.done, len(share.mine), missing))
        elif share.elsewhere:
            made.others.append(name)
        elif not share.hands_in:
            made.theirs.append(name)
        elif share.taken_back:
            back = tuple(each.short_name for each in share.taken_back)
            made.again.append(Line(name, share.done, len(share.every), back))
        else:
            made.ready.append(name)
    return made


def _buttons(turn: Turn, term: Term, now: Standing, found: Sequence[Share], queue: Queue) -> Rows:
    review = [
        Button(f"审核材料 {count}", Action("rev.q", code), Style.PRIMARY)
        for code, count in ((term.code, len(queue.items)),)
        if count
    ]
    elsewhere = [
        Button(f"审核{words.quarter(code)}的 {count}", Action("rev.q", code))
        for code, count in queue.others
    ]
    scores = [
        Button(
            f"{row_name(share)} {share.done}/{len(share.mine)}",
            Action("sc.row", share_key(term, share.row, share.seat)),
        )
        for share in found
        # a quarter that is only looked at has no cells yet
        if term.revision and now.state.open_for_scores and share.to_do
    ]
    return rows(
        *review,
        *elsewhere,
        *grid(scores, width=2),
        result_button(now),
        *switches(turn, term, VERB),
    )
