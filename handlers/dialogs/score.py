"""/score: an evaluator goes through the rows of their sections, department by department.

A value is pressed or typed; where PRODUCT's rule asks for a reason it is asked, and the next
department that is 未评 follows by itself. A version is written on top of the version that its
writer saw, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import templates
from handlers.access import require_role
from handlers.dialog import Dialog, Done, Goto, Keep, Outcome, Outdated
from handlers.dialogs.menu import MENU
from handlers.messages import Action, FileRef, Reply, rows
from handlers.score_card import (
    NOT_APPLICABLE,
    Saved,
    files_of,
    presets,
    say_cell,
    say_next,
    say_reason,
    say_row,
    say_rows,
    value_words,
)
from handlers.score_cells import Cell, ScoresClosed, find_share, look_at_cell, open_cell
from handlers.term import current_term, find_term
from handlers.turn import Turn
from rubric.errors import UserError
from rubric.scoring import (
    BonusNotApplicable,
    Score,
    ScoreUnreadable,
    check_score,
    legal_values,
    needs_reason,
    parse_score,
)
from storage import scores

REASON_LENGTH = 500
FILES_SHOWN = 20


@dataclass(eq=False)
class ReasonWanted(UserError):
    """Something without words came where a reason was asked for."""

    code: ClassVar[str] = "score.reason_wanted"


@dataclass(eq=False)
class ReasonTooLong(UserError):
    code: ClassVar[str] = "score.reason_too_long"
    length: int
    limit: int = REASON_LENGTH


@dataclass(frozen=True, slots=True)
class Draft:
    """The card that was shown; `value` while its reason is asked (hundredths, or na)."""

    cell: str
    version: int
    value: str = ""


dialog = Dialog("score", draft=Draft)


@dialog.command("score", words=("评分",), roles=("evaluator",), title="评分", order=30)
def start(turn: Turn) -> Outcome:
    say_rows(turn, current_term(turn))
    return _rest(turn)


@dialog.action("sc.rows")
def show_rows(turn: Turn, action: Action) -> Outcome:
    require_role(turn, "evaluator")
    say_rows(turn, find_term(turn, action.object))
    return _rest(turn)


@dialog.action("sc.row")
def show_row(turn: Turn, action: Action) -> Outcome:
    quarter, _, row_id = action.object.partition(".")
    term = find_term(turn, quarter)
    say_row(turn, term, find_share(turn, term, row_id))
    return _rest(turn)


@dialog.action("sc.dep")
def show_cell(turn: Turn, action: Action) -> Outcome:
    cell = look_at_cell(turn, action.object)
    say_cell(turn, cell)
    return _await_score(cell)


@dialog.action("sc.next")
def skip(turn: Turn, action: Action) -> Outcome:
    return _onward(turn, look_at_cell(turn, action.object))


@dialog.action("sc.view")
def view(turn: Turn, action: Action) -> Outcome:
    files = files_of(turn, look_at_cell(turn, action.object).evidence)
    for item, file in files[:FILES_SHOWN]:
        turn.say(
            "score.file",
            file=FileRef(file.blob or "", file.name, file.mime),
            item=item,
            name=file.name,
        )
    turn.say("score.files", shown=min(len(files), FILES_SHOWN), total=len(files))
    return Keep()


@dialog.action("sc.set")
def press_value(turn: Turn, action: Action) -> Outcome:
    cell = open_cell(turn, action.object)
    value = _number(action.argument)
    if value not in legal_values(cell.row, step=cell.step):
        raise _outdated(action.object)
    return _take(turn, cell, action.revision, value)


@dialog.action("sc.na")
def press_not_applicable(turn: Turn, action: Action) -> Outcome:
    return _take(turn, open_cell(turn, action.object), action.revision, None)


@dialog.action("sc.edit")
def press_edit(turn: Turn, action: Action) -> Outcome:
    cell = open_cell(turn, action.object)
    if cell.given is None or action.revision != cell.version:
        raise _outdated(action.object)
    return _ask_reason(turn, cell, cell.given.hundredths)


@dialog.action("sc.why")
def press_reason(turn: Turn, action: Action) -> Outcome:
    cell = open_cell(turn, action.object)
    wanted, _, which = action.argument.partition("-")
    value = None if wanted == NOT_APPLICABLE else _number(wanted)
    reason = _chosen(turn, cell, value, which)
    if not reason or (value is not None and value not in legal_values(cell.row, step=cell.step)):
        raise _outdated(action.object)
    return _record(turn, cell, action.revision, Score(value, reason))


def _chosen(turn: Turn, cell: Cell, value: int | None, which: str) -> str:
    """The words behind a reason's button, 「同上」 or a preset; '' for none of ours."""
    if which == "s":
        return scores.last_reason(
            turn.connection,
            quarter=cell.term.code,
            indicator=cell.row.id,
            person_id=turn.person.id,
        )
    known = dict(enumerate(presets(cell, value)))
    return known.get(_number(which), "")


def _number(text: str) -> int:
    """-1 for what is no number of ours."""
    return int(text) if text.isascii() and text.isdigit() else -1


@dialog.step("ask_score", numeric=True)
def type_score(turn: Turn, draft: Draft) -> Outcome:
    try:
        cell = open_cell(turn, draft.cell)
    except ScoresClosed as error:
        return _closed(turn, error)
    value = parse_score(turn.words, cell.row, step=cell.step)
    return _take(turn, cell, draft.version, value)


@dialog.step("ask_reason")
def type_reason(turn: Turn, draft: Draft) -> Outcome:
    try:
        cell = open_cell(turn, draft.cell)
    except ScoresClosed as error:
        return _closed(turn, error)
    if not any(char.isalnum() for char in turn.words):
        raise ReasonWanted
    if len(turn.words) > REASON_LENGTH:
        raise ReasonTooLong(len(turn.words))
    try:
        corrected = parse_score(turn.words, cell.row, step=cell.step)
    except ScoreUnreadable:
        value = None if draft.value == NOT_APPLICABLE else int(draft.value)
        return _record(turn, cell, draft.version, Score(value, turn.words))
    # a bare number is no reason: the score itself was typed once more
    return _take(turn, cell, draft.version, corrected)


def _closed(turn: Turn, error: ScoresClosed) -> Outcome:
    """Nothing waits for a score any more: said once, with a way on, and no word is taken for one
    after that."""
    turn.audit("score.record", error.quarter, result="denied", code=error.code)
    turn.replies.append(Reply(templates.say_error(error), rows(MENU)))
    return Done()


def _take(turn: Turn, cell: Cell, version: int, value: int | None) -> Outcome:
    """A value that was chosen: write it down, or ask for its reason first."""
    if value is None and cell.row.bonus:
        raise BonusNotApplicable(row=cell.row.name)
    if _tapped_twice(turn, cell, version, value):
        return _onward(turn, cell, _saved(cell, value))
    _must_be_current(cell, version)
    if cell.given is not None and cell.given.hundredths == value:
        return _onward(turn, cell, _saved(cell, value, changed=False))
    if value is None or needs_reason(cell.row, value, accepted_evidence=bool(cell.evidence)):
        return _ask_reason(turn, cell, value)
    return _record(turn, cell, version, Score(value))


def _record(turn: Turn, cell: Cell, version: int, score: Score) -> Outcome:
    check_score(cell.row, score, accepted_evidence=bool(cell.evidence))
    if _tapped_twice(turn, cell, version, score.hundredths, reason=score.reason):
        return _onward(turn, cell, _saved(cell, score.hundredths))
    _must_be_current(cell, version)
    if cell.given is not None and cell.given.score == score:
        return _onward(turn, cell, _saved(cell, score.hundredths, changed=False))
    written = scores.give(
        turn.connection,
        quarter=cell.term.code,
        indicator=cell.row.id,
        department_id=cell.department.id,
        on_version=version,
        score_=score,
        person_id=turn.person.id,
        now=turn.now,
    )
    if not written:
        raise _outdated(cell.key)
    turn.audit("score.give", cell.key, version=version + 1, hundredths=score.hundredths)
    return _onward(turn, cell, _saved(cell, score.hundredths))


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
    if version != cell.version:
        raise _outdated(cell.key)


def _outdated(key: str) -> Outdated:
    return Outdated(show=lambda turn: _show_anew(turn, key))


def _saved(cell: Cell, value: int | None, *, changed: bool = True) -> Saved:
    return Saved(cell.department.short_name, value_words(value), changed)


def _ask_reason(turn: Turn, cell: Cell, value: int | None) -> Outcome:
    say_reason(turn, cell, value)
    wanted = NOT_APPLICABLE if value is None else str(value)
    return Goto("ask_reason", Draft(cell.key, cell.version, wanted))


def _onward(turn: Turn, cell: Cell, saved: Saved | None = None) -> Outcome:
    if saved is not None:
        turn.toast(f"{saved.department}：{saved.score}")
    following = say_next(turn, cell, saved=saved)
    return _rest(turn) if following is None else _await_score(following)


def _show_anew(turn: Turn, key: str) -> Outcome:
    cell = look_at_cell(turn, key)
    say_cell(turn, cell, outdated=True)
    return _await_score(cell)


def _await_score(cell: Cell) -> Outcome:
    return Goto("ask_score", Draft(cell.key, cell.version))


def _rest(turn: Turn) -> Outcome:
    """Nothing is waited for any more, but another dialog's question stands."""
    return Done() if turn.running == dialog.name else Keep()
