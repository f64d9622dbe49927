"""/ranking: the order before it is public, for those who propose and release.

Nobody else learns a total or a place, and they only once every row is handed in.
"""

from __future__ import annotations

from typing import Final

from handlers.access import require_role
from handlers.administration.desk import Page
from handlers.dialog import Dialog, Keep, Outcome
from handlers.messages import Action, Button, rows
from handlers.score_table import ScoreTable, read_table
from handlers.standings import read_standings
from handlers.term import current_term, find_term
from handlers.turn import Turn
from rubric.ranking import TieAtCut
from storage import quarters, sections
from storage.quarters import Term
from templates import words

PANEL: Final = "ranking"
PLACES_SHOWN: Final = 40
ROLES: Final = ("admin", "director")

dialog = Dialog("ranking")


@dialog.command("ranking", words=("排名",), roles=ROLES, title="排名", order=45)
def start(turn: Turn) -> Outcome:
    _say(turn, current_term(turn), 0)
    return Keep()


@dialog.action("rk.show")
def show(turn: Turn, action: Action) -> Outcome:
    require_role(turn, *ROLES)
    page = int(action.argument) if action.argument.isdecimal() and len(action.argument) < 5 else 0
    _say(turn, find_term(turn, action.object), page)
    return Keep()


def _say(turn: Turn, term: Term, page: int) -> None:
    if term.state == "published":
        result = Button("考核结果", Action("rs.show", term.code))
        turn.say("publish.over", panel=PANEL, buttons=rows(result), quarter=term.code)
        return
    table = read_table(turn, term)
    if not table.all_handed:
        _say_not_yet(turn, term, table)
        return
    found = read_standings(turn, term, table)
    shown = Page.of(page, len(found.places), PLACES_SHOWN)
    turn.say(
        "ranking.preview",
        panel=PANEL,
        buttons=rows(
            _turners(term, shown),
            [_again(term, shown.number), Button("发布", Action("cmd", "publish"))],
            *_other_quarters(turn, term),
        ),
        quarter=term.code,
        found=found,
        places=shown.cut(found.places),
        page=shown,
        tie=found.nominated if isinstance(found.nominated, TieAtCut) else None,
    )


def _say_not_yet(turn: Turn, term: Term, table: ScoreTable) -> None:
    names = {each.id: each.name for each in sections.sections(turn.connection)}
    owners = sections.row_owners(turn.connection)
    turn.say(
        "ranking.not_yet",
        panel=PANEL,
        buttons=rows(
            [_again(term, 0), Button("发布", Action("cmd", "publish"))],
            *_other_quarters(turn, term),
        ),
        quarter=term.code,
        nobody=not table.departments,
        states=[
            (state, names.get(owners.get(state.row.id, 0), ""))
            for state in table.rows()
            if not state.handed
        ],
        total=len(table.indicators),
    )


def _turners(term: Term, page: Page) -> list[Button]:
    turns = []
    if page.number > 0:
        turns.append(Button(words.PREVIOUS, _page(term, page.number - 1)))
    if page.number + 1 < page.pages:
        turns.append(Button(words.NEXT, _page(term, page.number + 1)))
    return turns


def _again(term: Term, page: int) -> Button:
    return Button("刷新", _page(term, page))


def _page(term: Term, number: int) -> Action:
    return Action("rk.show", term.code, 0, str(number))


def _other_quarters(turn: Turn, term: Term) -> list[Button]:
    today = turn.premises.today(turn.now)
    return [
        Button(f"切换到{words.quarter(each.code)}", _page(each, 0))
        for each in quarters.unpublished(turn.connection)
        if each.code != term.code and each.opens <= today
    ]
