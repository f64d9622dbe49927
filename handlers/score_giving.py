"""One score: checked, its reason asked for where the rule wants one, written on what was seen."""

from __future__ import annotations

from handlers.dialog import Goto, Outcome
from handlers.judging import judged_for
from handlers.messages import Action, Button, rows
from handlers.score_card import NOT_APPLICABLE, Saved, say_next, say_reason, value_words
from handlers.score_cells import Cell, find_share, share_key
from handlers.scoring import Draft, await_row, await_score, batch_of, outdated_cell
from handlers.turn import Turn
from rubric.errors import UserError
from rubric.scoring import BonusNotApplicable, Score, check_score, needs_reason
from storage import leaves, people, scores, sections
from storage.scores import OWNER_SEAT


class RowHandedIn(UserError):
    """What is handed in changes only after the row was sent back."""

    code = "score.handed_in"

    def __init__(self, department: str, row: str) -> None:
        super().__init__()
        self.department, self.row = department, row

    def facts(self) -> dict[str, object]:
        return {"department": self.department, "row": self.row}


def take(turn: Turn, cell: Cell, version: int, value: int | None) -> Outcome:
    """A value that was chosen: write it down, or ask for its reason first."""
    if value is None and cell.row.bonus:
        raise BonusNotApplicable(row=cell.row.name)
    if _tapped_twice(turn, cell, version, value):
        return onward(turn, cell, _saved(cell, value, batch_of_given(cell)))
    _must_be_current(cell, version)
    if cell.given is not None and cell.given.hundredths == value:
        return onward(turn, cell, _saved(cell, value, changed=False))
    if value is None or needs_reason(cell.row, value, accepted_evidence=bool(cell.evidence)):
        return ask_reason(turn, cell, value)
    return record(turn, cell, version, Score(value))


def record(turn: Turn, cell: Cell, version: int, score: Score) -> Outcome:
    check_score(cell.row, score, accepted_evidence=bool(cell.evidence))
    if _tapped_twice(turn, cell, version, score.hundredths, reason=score.reason):
        return onward(turn, cell, _saved(cell, score.hundredths, batch_of_given(cell)))
    _must_be_current(cell, version)
    if cell.given is not None and cell.given.score == score:
        return onward(turn, cell, _saved(cell, score.hundredths, changed=False))
    batch = batch_of(turn)
    written = scores.give(
        turn.connection,
        quarter=cell.term.code,
        indicator=cell.row.id,
        department_id=cell.department.id,
        on_version=version,
        score_=score,
        person_id=turn.person.id,
        now=turn.now,
        seat=cell.seat,
        batch=batch,
    )
    if not written:
        raise outdated_cell(cell.key)
    turn.audit(
        "score.give",
        cell.key,
        version=version + 1,
        hundredths=score.hundredths,
        acting_for=judged_for(turn, cell.row.id, seat=cell.seat),
    )
    _tell_owner(turn, cell, batch)
    return onward(turn, cell, _saved(cell, score.hundredths, batch))


def _tell_owner(turn: Turn, cell: Cell, batch: str) -> None:
    """Whoever stood in has given the last score: the owner section can hand the row in."""
    section = sections.section_of_row(turn.connection, cell.row.id)
    if cell.seat != OWNER_SEAT or section is None or section.id in turn.person.sections:
        return
    key = share_key(cell.term, cell.row, cell.seat)
    share = find_share(turn, cell.term, key.partition(".")[2])
    if share.hands_in or not share.complete:
        return
    evaluators = people.evaluators_of(turn.connection, section.id, day=turn.today)
    for evaluator in leaves.on_duty(turn.connection, evaluators, day=turn.today):
        turn.notify(
            evaluator.id,
            "score.completed",
            key=f"complete:{key}:{batch}",
            buttons=rows(Button("评分", Action("sc.row", key))),
            quarter=cell.term.code,
            row=cell.row,
            by=turn.person.name,
        )


def ask_reason(turn: Turn, cell: Cell, value: int | None) -> Outcome:
    say_reason(turn, cell, value)
    wanted = NOT_APPLICABLE if value is None else str(value)
    return Goto("ask_reason", Draft(cell.key, cell.version, wanted))


def onward(turn: Turn, cell: Cell, saved: Saved | None = None) -> Outcome:
    """The next department that is 未评, else the row."""
    if saved is not None:
        turn.toast(f"{saved.department}：{saved.score}")
    share, following = say_next(turn, cell, saved=saved)
    if following is None:
        return await_row(turn, share_key(cell.term, cell.row, cell.seat), share)
    return await_score(turn, following)


def batch_of_given(cell: Cell) -> str:
    return cell.given.batch if cell.given else ""


def _saved(cell: Cell, value: int | None, batch: str = "", *, changed: bool = True) -> Saved:
    return Saved(cell.department.short_name, value_words(value), changed, batch=batch)


def _tapped_twice(
    turn: Turn, cell: Cell, version: int, value: int | None, *, reason: str | None = None
) -> bool:
    """Whether the version on top of the one that was seen is this very press's doing."""
    given = cell.given
    return (
        given is not None
        and given.version == version + 1
        and given.person_id == turn.person.id
        and given.hundredths == value
        and reason in (None, given.reason)
    )


def _must_be_current(cell: Cell, version: int) -> None:
    if cell.given is not None and cell.given.handed:
        raise RowHandedIn(cell.department.short_name, cell.row.name)
    if version != cell.version:
        raise outdated_cell(cell.key)
