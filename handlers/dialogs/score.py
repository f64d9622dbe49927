"""/score: an evaluator goes through the rows of their sections, department by department.

A value is pressed or typed; where PRODUCT's rule asks for a reason it is asked, and the next
department that is 未评 follows by itself. A version is written on top of the version that its
writer saw, or not at all; only rows that are handed in count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import templates
from handlers import score_bulk, score_handing
from handlers.access import require_role
from handlers.dialog import Done, Outcome
from handlers.dialogs.menu import MENU
from handlers.messages import Action, FileRef, Reply, rows
from handlers.score_card import (
    NOT_APPLICABLE,
    files_of,
    presets,
    say_cell,
    say_row,
    say_rows,
)
from handlers.score_cells import (
    Cell,
    ScoresClosed,
    held_term,
    look_at_cell,
    open_cell,
    share_key,
)
from handlers.score_giving import ask_reason, onward, record, take
from handlers.score_typed import names_department, read_typed
from handlers.scoring import (
    Draft,
    await_row,
    await_score,
    dialog,
    find_row,
    outdated_cell,
    rest,
)
from handlers.term import current_term, find_term
from handlers.turn import Turn
from rubric.errors import UserError
from rubric.scoring import Score, ScoreUnreadable, legal_values, parse_score
from storage import scores
from templates import words

# importing them is what puts their buttons on the dialog
PARTS = (score_bulk, score_handing)

REASON_LENGTH: Final = 500
FILES_SHOWN: Final = 20


@dataclass(eq=False)
class ReasonWanted(UserError):
    """Something without words came where a reason was asked for."""

    code: ClassVar[str] = "score.reason_wanted"


@dataclass(eq=False)
class ReasonTooLong(UserError):
    code: ClassVar[str] = "score.reason_too_long"
    length: int
    limit: int = REASON_LENGTH


# ---------------------------------------------------------------- looking


@dialog.command("score", words=("评分",), roles=("evaluator",), title="评分", order=30)
def start(turn: Turn) -> Outcome:
    say_rows(turn, current_term(turn))
    return rest(turn)


@dialog.action("sc.rows")
def show_rows(turn: Turn, action: Action) -> Outcome:
    require_role(turn, "evaluator")
    say_rows(turn, find_term(turn, action.object))
    return rest(turn)


@dialog.action("sc.row")
def show_row(turn: Turn, action: Action) -> Outcome:
    term, share = find_row(turn, action.object)
    say_row(turn, term, share, page=max(0, _number(action.argument)))
    return await_row(turn, action.object, share)


@dialog.action("sc.dep")
def show_cell(turn: Turn, action: Action) -> Outcome:
    return _show(turn, look_at_cell(turn, action.object))


def _show(turn: Turn, cell: Cell) -> Outcome:
    say_cell(turn, cell)
    return await_score(turn, cell)


@dialog.action("sc.next")
def skip(turn: Turn, action: Action) -> Outcome:
    return onward(turn, look_at_cell(turn, action.object))


@dialog.action("sc.view")
def view(turn: Turn, action: Action) -> Outcome:
    cell = look_at_cell(turn, action.object)
    files = files_of(turn, cell.evidence)
    for item, file in files[:FILES_SHOWN]:
        turn.say(
            "score.file",
            file=FileRef(file.blob or "", file.name, file.mime),
            item=item,
            name=file.name,
        )
    if not files or len(files) > FILES_SHOWN:
        turn.say("score.files", shown=min(len(files), FILES_SHOWN), total=len(files))
    turn.afresh = True  # the card comes below its files
    return _show(turn, cell)


# ---------------------------------------------------------------- pressing


@dialog.action("sc.set")
def press_value(turn: Turn, action: Action) -> Outcome:
    cell = open_cell(turn, action.object)
    value = _number(action.argument)
    if value not in legal_values(cell.row, step=cell.step):
        raise outdated_cell(action.object)
    return take(turn, cell, action.revision, value)


@dialog.action("sc.na")
def press_not_applicable(turn: Turn, action: Action) -> Outcome:
    return take(turn, open_cell(turn, action.object), action.revision, None)


@dialog.action("sc.edit")
def press_edit(turn: Turn, action: Action) -> Outcome:
    cell = open_cell(turn, action.object)
    if cell.given is None or cell.given.handed or action.revision != cell.version:
        raise outdated_cell(action.object)
    return ask_reason(turn, cell, cell.given.hundredths)


@dialog.action("sc.why")
def press_reason(turn: Turn, action: Action) -> Outcome:
    cell = open_cell(turn, action.object)
    wanted, _, which = action.argument.partition("-")
    value = None if wanted == NOT_APPLICABLE else _number(wanted)
    reason = _chosen(turn, cell, value, which)
    if not reason or (value is not None and value not in legal_values(cell.row, step=cell.step)):
        raise outdated_cell(action.object)
    return record(turn, cell, action.revision, Score(value, reason))


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
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


# ---------------------------------------------------------------- typing


@dialog.step("ask_row")
def type_at_row(turn: Turn, draft: Draft) -> Outcome:
    """“税务 8.5”, or only the department, to see its card."""
    return _typed_department(turn, draft.row)


@dialog.step("ask_score", numeric=True)
def type_score(turn: Turn, draft: Draft) -> Outcome:
    try:
        cell = open_cell(turn, draft.cell)
    except ScoresClosed as error:
        return _closed(turn, error)
    key = share_key(cell.term, cell.row, cell.seat)
    try:
        value = parse_score(turn.words, cell.row, step=cell.step)
    except ScoreUnreadable:
        if names_department(find_row(turn, key)[1], turn.words):
            return _typed_department(turn, key)
        raise
    return take(turn, cell, draft.version, value)


def _typed_department(turn: Turn, key: str) -> Outcome:
    try:
        held_term(turn, key)
    except ScoresClosed as error:
        return _closed(turn, error)
    typed = read_typed(find_row(turn, key)[1], turn.words)
    cell = open_cell(turn, f"{key}.{typed.department.id}")
    if not typed.value:
        return _show(turn, cell)
    value = (
        None
        if typed.value == words.NOT_APPLICABLE
        else parse_score(typed.value, cell.row, step=cell.step)
    )
    if typed.reason:
        return record(turn, cell, cell.version, Score(value, _checked(typed.reason)))
    return take(turn, cell, cell.version, value)


@dialog.step("ask_reason")
def type_reason(turn: Turn, draft: Draft) -> Outcome:
    try:
        cell = open_cell(turn, draft.cell)
    except ScoresClosed as error:
        return _closed(turn, error)
    reason = _checked(turn.words)
    try:
        corrected = parse_score(reason, cell.row, step=cell.step)
    except ScoreUnreadable:
        value = None if draft.value == NOT_APPLICABLE else int(draft.value)
        return record(turn, cell, draft.version, Score(value, reason))
    # a bare number is no reason: the score itself was typed once more
    return take(turn, cell, draft.version, corrected)


def _checked(reason: str) -> str:
    if not any(char.isalnum() for char in reason):
        raise ReasonWanted
    if len(reason) > REASON_LENGTH:
        raise ReasonTooLong(len(reason))
    return reason


def _closed(turn: Turn, error: ScoresClosed) -> Outcome:
    """Nothing waits for a score any more: said once, with a way on, and no word is taken for one
    after that."""
    turn.audit("score.record", error.quarter, result="denied", code=error.code)
    turn.replies.append(Reply(templates.say_error(error), rows(MENU)))
    return Done()
