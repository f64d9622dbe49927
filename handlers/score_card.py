"""How scoring looks: rows, the departments of a row, one cell, the question for a reason.

One panel holds all of it, so that a row is scored without the screen filling up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.messages import Action, Button, Rows, Style, grid, rows
from handlers.score_cells import Cell, Share, find_share, read_cell, shares
from handlers.turn import Turn
from rubric.scoring import in_words, legal_values
from storage import attachments, quarters, scores
from storage.attachments import File
from storage.evidence import Item
from storage.quarters import Term
from storage.scores import Given
from templates import reasons, words

PANEL = "score"
GRID_WIDTH = 6
LISTED_ITEMS = 8
NOT_APPLICABLE = "na"


@dataclass(frozen=True, slots=True)
class Saved:
    """What was just done, said on top of the next card. `score` is its words, e.g. 8.5分."""

    department: str
    score: str
    changed: bool = True


def in_points(given: Given | None) -> str:
    """A score as a word on a button or in a line."""
    if given is None:
        return "未评"
    return value_words(given.hundredths)


def value_words(hundredths: int | None) -> str:
    return words.NOT_APPLICABLE if hundredths is None else f"{in_words(hundredths)}分"


def say_rows(turn: Turn, term: Term) -> None:
    found = shares(turn, term)
    if not found:
        turn.say("score.nothing", quarter=term.code)
        return
    buttons = [
        Button(
            f"{share.row.name} {share.done}/{len(share.mine)}",
            Action("sc.row", f"{term.code}.{share.row.id}"),
        )
        for share in found
    ]
    turn.say(
        "score.rows",
        panel=PANEL,
        buttons=rows(*grid(buttons, width=2), *_other_quarters(turn, term)),
        quarter=term.code,
        state=term.state_at(turn.now, turn.premises.zone),
        until=term.score_until,
        left=sum(len(share.open) for share in found),
    )


def _other_quarters(turn: Turn, term: Term) -> list[Button]:
    today = turn.premises.today(turn.now)
    return [
        Button(f"切换到{words.quarter(each.code)}", Action("sc.rows", each.code))
        for each in quarters.unpublished(turn.connection)
        if each.code != term.code and each.opens <= today
    ]


def say_row(turn: Turn, term: Term, share: Share, *, saved: Saved | None = None) -> None:
    """The departments of one row with what each has, and where to go on when all have."""
    buttons = [
        Button(
            f"{each.short_name} {in_points(share.given.get(each.id))}",
            Action("sc.dep", f"{term.code}.{share.row.id}.{each.id}"),
        )
        for each in share.mine
    ]
    following = None if share.open else _next_open_row(turn, term, share)
    onward = (
        [Button(f"下一项：{following.row.name}", _row(term, following), Style.PRIMARY)]
        if following
        else []
    )
    turn.say(
        "score.row",
        panel=PANEL,
        buttons=rows(
            *grid(buttons, width=2), *onward, Button(words.BACK, Action("sc.rows", term.code))
        ),
        quarter=term.code,
        row=share.row,
        left=len(share.open),
        skipped=[each.short_name for each in share.skipped],
        saved=saved,
    )


def _row(term: Term, share: Share) -> Action:
    return Action("sc.row", f"{term.code}.{share.row.id}")


def _next_open_row(turn: Turn, term: Term, share: Share) -> Share | None:
    """The next row with something left, beginning after this one and going round."""
    found = shares(turn, term)
    place = next(n for n, each in enumerate(found) if each.row.id == share.row.id)
    return next((each for each in found[place + 1 :] + found[:place] if each.open), None)


def say_cell(
    turn: Turn, cell: Cell, *, saved: Saved | None = None, outdated: bool = False
) -> None:
    """The department's card, its grid of legal values from high to low."""
    values = reversed(legal_values(cell.row, step=cell.step))
    choices = [
        Button(in_words(value), Action("sc.set", cell.key, cell.version, str(value)))
        for value in values
    ]
    turn.say(
        "score.cell",
        panel=PANEL,
        buttons=rows(*grid(choices, width=GRID_WIDTH), *_cell_ways(turn, cell)),
        quarter=cell.term.code,
        department=cell.department,
        row=cell.row,
        items=cell.evidence[:LISTED_ITEMS],
        more=max(0, len(cell.evidence) - LISTED_ITEMS),
        given=cell.given,
        score=in_points(cell.given),
        before=_before(turn, cell),
        saved=saved,
        outdated=outdated,
    )


def _cell_ways(turn: Turn, cell: Cell) -> list[list[Button]]:
    about = []
    if any(files_of(turn, cell.evidence)):
        about.append(Button(words.VIEW, Action("sc.view", cell.key)))
    if not cell.row.bonus:
        about.append(Button(words.NOT_APPLICABLE, Action("sc.na", cell.key, cell.version)))
    if cell.given and cell.given.reason:
        about.append(Button("改理由", Action("sc.edit", cell.key, cell.version)))
    back = Action("sc.row", f"{cell.term.code}.{cell.row.id}")
    return [about, [Button(words.SKIP, Action("sc.next", cell.key)), Button(words.BACK, back)]]


def _before(turn: Turn, cell: Cell) -> Given | None:
    """The version before the current one, so that both names are seen."""
    if cell.version < 2:
        return None
    return scores.versions(
        turn.connection,
        quarter=cell.term.code,
        indicator=cell.row.id,
        department_id=cell.department.id,
    )[-2]


def files_of(turn: Turn, items: Sequence[Item]) -> list[tuple[Item, File]]:
    """The stored files of these items."""
    return [
        (item, file)
        for item in items
        for file in attachments.of_evidence(turn.connection, item.id)
        if file.blob
    ]


def say_reason(turn: Turn, cell: Cell, value: int | None) -> None:
    """Ask why; `value` None is 不涉及. A press carries all it needs, so it works for ever."""
    last = scores.last_reason(
        turn.connection,
        quarter=cell.term.code,
        indicator=cell.row.id,
        person_id=turn.person.id,
    )
    turn.say(
        "score.reason",
        panel=PANEL,
        buttons=_reason_buttons(cell, value, same=bool(last)),
        quarter=cell.term.code,
        department=cell.department,
        row=cell.row,
        score=value_words(value),
        applicable=value is not None,
        last=last,
    )


def _reason_buttons(cell: Cell, value: int | None, *, same: bool) -> Rows:
    wanted = NOT_APPLICABLE if value is None else str(value)

    def button(label: str, which: str) -> Button:
        return Button(label, Action("sc.why", cell.key, cell.version, f"{wanted}-{which}"))

    choices = [button(text, str(n)) for n, text in enumerate(presets(cell, value))]
    return rows(
        *grid(choices, width=2),
        *([button(words.SAME, "s")] if same else []),
        Button(words.BACK, Action("sc.dep", cell.key)),
    )


def presets(cell: Cell, value: int | None) -> tuple[str, ...]:
    if value is None:
        return reasons.NOT_APPLICABLE
    return reasons.score_presets(cell.row.id)


def say_next(turn: Turn, cell: Cell, *, saved: Saved | None = None) -> Cell | None:
    """The card of the row's next department that is 未评; the row itself when there is none."""
    share = find_share(turn, cell.term, cell.row.id)
    place = share.mine.index(cell.department)
    onward = [each for each in share.mine[place + 1 :] + share.mine[:place] if each in share.open]
    if not onward:
        say_row(turn, cell.term, share, saved=saved)
        return None
    following = read_cell(turn, cell.term, cell.row, onward[0])
    say_cell(turn, following, saved=saved)
    return following
