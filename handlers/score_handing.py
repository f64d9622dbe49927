"""「提交本行评分」: a row side by side, then handed in; and what takes that back.

Only what is handed in counts. New evidence opens its own cell again, the admin or the director
the whole row (`handlers.reopening`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Final

from handlers import readiness
from handlers.access import NotAllowed
from handlers.dialog import Outcome
from handlers.judging import judged_for
from handlers.messages import Action, Button, Style, rows
from handlers.score_card import PANEL, Saved, in_points, row_name, say_row
from handlers.score_cells import Share, held_term
from handlers.score_table import read_table
from handlers.scoring import await_row, batch_of, dialog, find_row, outdated_row, rest
from handlers.turn import Turn
from rubric.edition import Indicator
from rubric.errors import UserError
from storage import handing, people, reviewing, scores
from storage.departments import Department
from storage.evidence import Item
from storage.quarters import Term
from templates import words

NAMED: Final = 10


@dataclass(eq=False)
class RowIncomplete(UserError):
    """`departments` are 未评; `elsewhere`: they are for the substitute to score."""

    code: ClassVar[str] = "score.row_incomplete"
    row: str
    departments: tuple[str, ...]
    elsewhere: bool


@dataclass(eq=False)
class EvidenceWaits(UserError):
    """Items of this row that nobody has decided about; handed in before, their points are lost."""

    code: ClassVar[str] = "score.evidence_waits"
    row: str
    receipts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Departments that share a score, and a reason if there is one. `hidden`: the person's own
    department, whose score is others' to know."""

    score: str
    departments: tuple[str, ...]
    reason: str
    hidden: bool = False


@dialog.action("sc.hand")
def compare(turn: Turn, action: Action) -> Outcome:
    """The row side by side, from the highest score down."""
    term, share = find_row(turn, action.object)
    if share.handed:
        raise outdated_row(action.object)
    _require_ready(turn, term, share)
    turn.say(
        "score.compare",
        panel=PANEL,
        buttons=rows(
            Button(words.HAND_IN, Action("sc.ok", action.object, 0, _seen(share)), Style.PRIMARY),
            Button(words.BACK, Action("sc.row", action.object)),
        ),
        quarter=term.code,
        name=row_name(share),
        row=share.row,
        lines=_lines(share),
        total=len(share.every),
    )
    return rest(turn)


def _lines(share: Share) -> list[Line]:
    """Sorted by score; the same score without a reason in one line."""
    found: dict[tuple[int, str], list[Department]] = {}
    for each in share.every:
        given = share.given[each.id]
        if each not in share.skipped:
            value = -1 if given.hundredths is None else given.hundredths
            found.setdefault((value, given.reason), []).append(each)
    lines = [
        Line(
            in_points(share.given[each[0].id]),
            tuple(one.short_name for one in each),
            reason,
        )
        for (_, reason), each in sorted(
            found.items(), key=lambda entry: (-entry[0][0], entry[0][1])
        )
    ]
    own = tuple(each.short_name for each in share.skipped if each in share.every)
    return [*lines, *([Line("", own, "", hidden=True)] if own else [])]


def _seen(share: Share) -> str:
    """What the list showed, in a word: it changes when any cell does."""
    text = ",".join(f"{each.id}:{share.given[each.id].version}" for each in share.every)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _require_ready(turn: Turn, term: Term, share: Share) -> None:
    if not share.hands_in:
        raise NotAllowed
    for left, elsewhere in ((share.open, False), (share.elsewhere, True)):
        if left:
            names = tuple(each.short_name for each in left)
            raise RowIncomplete(share.row.name, names, elsewhere)
    waiting = _waiting(turn, term, share.row)
    if waiting:
        raise EvidenceWaits(share.row.name, tuple(item.receipt for item in waiting[:NAMED]))


def _waiting(turn: Turn, term: Term, row: Indicator) -> list[Item]:
    found = reviewing.waiting(turn.connection, [row.id])
    return [item for item in found if item.quarter == term.code]


@dialog.action("sc.ok")
def hand_in(turn: Turn, action: Action) -> Outcome:
    term = held_term(turn, action.object)
    row_id = action.object.partition(".")[2].partition("~")[0]
    scores.lock_row(turn.connection, row_id)
    term, share = find_row(turn, action.object)
    if share.handed or not share.complete or action.argument != _seen(share):
        raise outdated_row(action.object)
    _require_ready(turn, term, share)
    done = handing.hand_in(
        turn.connection,
        quarter=term.code,
        indicator=share.row.id,
        versions={each.id: share.given[each.id].version for each in share.every},
        person_id=turn.person.id,
        now=turn.now,
        seat=share.seat,
    )
    if not done:
        raise outdated_row(action.object)
    acted = judged_for(turn, share.row.id, seat=share.seat)
    turn.audit("score.hand_in", action.object, cells=len(share.every), acting_for=acted)
    turn.toast(f"已提交：{share.row.name}")
    _tell_when_all_are_in(turn, term)
    term, share = find_row(turn, action.object)
    say_row(turn, term, share, saved=Saved(handed=share.row.name))
    return await_row(turn, action.object, share)


def _tell_when_all_are_in(turn: Turn, term: Term) -> None:
    """The last row of the quarter: whoever proposes hears of it."""
    if not read_table(turn, term).all_handed:
        return
    ready = readiness.is_ready(turn, term)
    if ready:
        readiness.know(turn, term, ready=True)
    for admin in people.holders_of(turn.connection, "admin"):
        turn.notify(
            admin.id,
            "score.all_handed",
            key=f"handed:{term.code}:{batch_of(turn)}",
            buttons=readiness.onward(),
            quarter=term.code,
            ready=ready,
        )
