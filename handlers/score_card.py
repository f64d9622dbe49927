"""How scoring looks: rows, the departments of a row, one cell, the question for a reason.

One panel holds all of it, so that a row is scored without the screen filling up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from handlers.administration.desk import Page
from handlers.judging import judged_for_name
from handlers.messages import Action, Button, Rows, Style, grid, rows
from handlers.score_cells import (
    Cell,
    Share,
    find_share,
    read_cell,
    score_before,
    share_key,
    shares,
)
from handlers.turn import Turn
from rubric.scoring import in_words, legal_values
from storage import attachments, handing, quarters, scores
from storage.attachments import File
from storage.evidence import Item
from storage.quarters import Term
from storage.scores import OWNER_SEAT, Given
from templates import reasons, words

PANEL: Final = "score"
GRID_WIDTH: Final = 6
DEPARTMENTS_SHOWN: Final = 40
MANY_DEPARTMENTS: Final = 20  # from here on three a line
LISTED_ITEMS: Final = 8
NOT_APPLICABLE: Final = "na"


@dataclass(frozen=True, slots=True)
class Saved:
    """What was just done, said on top of the next card. `score` is its words, e.g. 8.5分; `many`
    departments got it at once; `batch` by which it is taken back, '' where it can't be."""

    department: str = ""
    score: str = ""
    changed: bool = True
    many: int = 0
    left: tuple[str, ...] = ()
    undone: int = 0
    handed: str = ""
    row: str = ""
    batch: str = ""


def in_points(given: Given | None) -> str:
    """A score as a word on a button or in a line."""
    if given is None:
        return "未评"
    return value_words(given.hundredths)


def value_words(hundredths: int | None) -> str:
    return words.NOT_APPLICABLE if hundredths is None else f"{in_words(hundredths)}分"


# ---------------------------------------------------------------- the rows


def say_rows(turn: Turn, term: Term) -> None:
    found = shares(turn, term)
    if not found:
        turn.say("score.nothing", quarter=term.code)
        return
    buttons = [Button(_row_label(share), _row(term, share)) for share in found]
    state = term.state_at(turn.now, turn.premises.zone)
    owner = any(share.seat == OWNER_SEAT for share in found)
    turn.say(
        "score.rows",
        panel=PANEL,
        buttons=rows(
            *grid(buttons, width=2),
            *([_workbook(term)] if owner and state.open_for_scores else []),
            *_other_quarters(turn, term),
        ),
        quarter=term.code,
        state=state,
        until=term.score_until,
        left=sum(len(share.open) for share in found),
        handed=sum(share.handed for share in found),
        total=len(found),
    )


def _workbook(term: Term) -> Button:
    """For those who would rather fill in a workbook; it knows the owner section's seat only."""
    return Button(words.SCORE_SHEET, Action("im.kind", "scores", 0, term.code))


def _row_label(share: Share) -> str:
    """线上帮办 12/35, 线上帮办 已提交."""
    return f"{row_name(share)} {'已提交' if share.handed else f'{share.done}/{len(share.mine)}'}"


def row_name(share: Share) -> str:
    """On a further seat with its number."""
    return share.row.name + ("" if share.seat == OWNER_SEAT else f"（第{share.seat}席）")


def _other_quarters(turn: Turn, term: Term) -> list[Button]:
    today = turn.premises.today(turn.now)
    return [
        Button(f"切换到{words.quarter(each.code)}", Action("sc.rows", each.code))
        for each in quarters.unpublished(turn.connection)
        if each.code != term.code and each.opens <= today
    ]


# ---------------------------------------------------------------- one row


def say_row(
    turn: Turn, term: Term, share: Share, *, saved: Saved | None = None, page: int = 0
) -> None:
    """The departments of one row with what each has, and where to go on when all have."""
    shown = Page.of(page, len(share.mine), DEPARTMENTS_SHOWN)
    buttons = [
        Button(
            f"{each.short_name} {in_points(share.given.get(each.id))}",
            Action("sc.dep", f"{share_key(term, share.row, share.seat)}.{each.id}"),
        )
        for each in shown.cut(share.mine)
    ]
    width = 2 if len(buttons) <= MANY_DEPARTMENTS else 3
    turn.say(
        "score.row",
        panel=PANEL,
        buttons=rows(
            # above the departments, which may be many lines
            [*_whole_row(term, share), *_undo_button(term, share, saved)],
            *grid(buttons, width=width),
            _turners(term, share, shown),
            _next_row_button(turn, term, share),
            Button(words.BACK, Action("sc.rows", term.code)),
        ),
        quarter=term.code,
        open=term.state_at(turn.now, turn.premises.zone).open_for_scores,
        share=share,
        name=row_name(share),
        page=shown,
        reopened=None if share.handed else _reopened(turn, term, share),
        in_place_of=judged_for_name(turn, share.row.id, seat=share.seat),
        saved=saved,
    )


def _reopened(turn: Turn, term: Term, share: Share) -> handing.Reopening | None:
    return handing.reopenings(turn.connection, term.code).get(share.row.id)


def _turners(term: Term, share: Share, page: Page) -> list[Button]:
    key = share_key(term, share.row, share.seat)
    turns = []
    if page.number > 0:
        turns.append(Button(words.PREVIOUS, Action("sc.row", key, 0, str(page.number - 1))))
    if page.number + 1 < page.pages:
        turns.append(Button(words.NEXT, Action("sc.row", key, 0, str(page.number + 1))))
    return turns


def _undo_button(term: Term, share: Share, saved: Saved | None) -> list[Button]:
    if saved is None or not saved.batch:
        return []
    key = share_key(term, share.row, share.seat)
    return [Button(words.UNDO, Action("sc.undo", key, 0, saved.batch))]


def _whole_row(term: Term, share: Share) -> list[Button]:
    """Handing in where all is scored, the rest at once where something is not."""
    key = share_key(term, share.row, share.seat)
    if share.handed:
        return []
    if share.open:
        label = words.ALL_ZERO if share.row.bonus else words.ALL_FULL
        return [Button(label, Action("sc.rest", key))]
    if share.complete and share.hands_in:
        return [Button(words.HAND_IN, Action("sc.hand", key), Style.PRIMARY)]
    return []


def _next_row_button(turn: Turn, term: Term, share: Share) -> list[Button]:
    """Onward, once nothing of this row is left to score."""
    following = None if share.open else _next_row(turn, term, share)
    if following is None:
        return []
    style = Style.PRIMARY if share.handed else Style.PLAIN
    return [Button(f"下一项：{row_name(following)}", _row(term, following), style)]


def _row(term: Term, share: Share) -> Action:
    return Action("sc.row", share_key(term, share.row, share.seat))


def _next_row(turn: Turn, term: Term, share: Share) -> Share | None:
    """The next row with something left to do, beginning after this one and going round."""
    found = shares(turn, term)
    places = [(each.row.id, each.seat) for each in found]
    place = places.index((share.row.id, share.seat))
    return next((each for each in found[place + 1 :] + found[:place] if _to_do(each)), None)


def _to_do(share: Share) -> bool:
    return bool(share.open) or (share.complete and share.hands_in and not share.handed)


# ---------------------------------------------------------------- one cell


def say_cell(
    turn: Turn, cell: Cell, *, saved: Saved | None = None, outdated: bool = False
) -> None:
    """The department's card, its grid of legal values from high to low."""
    last, predecessor = score_before(turn, cell) or (None, "")
    turn.say(
        "score.cell",
        panel=PANEL,
        buttons=rows(*grid(_values(cell), width=GRID_WIDTH), *_cell_ways(turn, cell, saved)),
        quarter=cell.term.code,
        department=cell.department,
        row=cell.row,
        items=cell.evidence[:LISTED_ITEMS],
        more=max(0, len(cell.evidence) - LISTED_ITEMS),
        given=cell.given,
        score=in_points(cell.given),
        before=_version_before(turn, cell),
        in_place_of=judged_for_name(turn, cell.row.id, seat=cell.seat),
        last=last,
        predecessor=predecessor,
        suggestion=cell.suggestion,
        saved=saved,
        outdated=outdated,
    )


def _values(cell: Cell) -> list[Button]:
    """None where it is handed in: a value would be refused."""
    if cell.given is not None and cell.given.handed:
        return []
    return [
        Button(in_words(value), Action("sc.set", cell.key, cell.version, str(value)))
        for value in reversed(legal_values(cell.row, step=cell.step))
    ]


def _cell_ways(turn: Turn, cell: Cell, saved: Saved | None) -> list[list[Button]]:
    handed = cell.given is not None and cell.given.handed
    advice = cell.suggestion
    taken = []
    if advice and not handed and advice.hundredths in legal_values(cell.row, step=cell.step):
        label = f"按建议{value_words(advice.hundredths)}"
        press = Action("sc.set", cell.key, cell.version, str(advice.hundredths))
        taken.append(Button(label, press, Style.PRIMARY))
    about = []
    if any(files_of(turn, cell.evidence)):
        about.append(Button(words.VIEW, Action("sc.view", cell.key)))
    if not cell.row.bonus and not handed:
        about.append(Button(words.NOT_APPLICABLE, Action("sc.na", cell.key, cell.version)))
    if cell.given and cell.given.reason and not handed:
        about.append(Button("改理由", Action("sc.edit", cell.key, cell.version)))
    row = share_key(cell.term, cell.row, cell.seat)
    ways = [
        Button(words.SKIP, Action("sc.next", cell.key)),
        Button(words.BACK, Action("sc.row", row)),
    ]
    if saved is not None and saved.batch:
        ways.insert(0, Button(words.UNDO, Action("sc.undo", row, 0, saved.batch)))
    return [taken, about, ways]


def _version_before(turn: Turn, cell: Cell) -> Given | None:
    """The version before the current one, so that both names are seen."""
    if cell.version < 2:
        return None
    return scores.versions(
        turn.connection,
        quarter=cell.term.code,
        indicator=cell.row.id,
        department_id=cell.department.id,
        seat=cell.seat,
    )[-2]


def files_of(turn: Turn, items: Sequence[Item]) -> list[tuple[Item, File]]:
    """The stored files of these items."""
    return [
        (item, file)
        for item in items
        for file in attachments.of_evidence(turn.connection, item.id)
        if file.blob
    ]


# ---------------------------------------------------------------- why


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


def say_next(turn: Turn, cell: Cell, *, saved: Saved | None = None) -> tuple[Share, Cell | None]:
    """The card of the row's next department that is 未评; the row itself when there is none."""
    place = share_key(cell.term, cell.row, cell.seat).partition(".")[2]
    share = find_share(turn, cell.term, place)
    here = share.mine.index(cell.department)
    around = share.mine[here + 1 :] + share.mine[:here]
    onward = [each for each in around if each.id not in share.given]
    if not onward:
        say_row(turn, cell.term, share, saved=saved)
        return share, None
    following = read_cell(turn, cell.term, cell.row, cell.seat, onward[0])
    say_cell(turn, following, saved=saved)
    return share, following
