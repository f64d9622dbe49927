"""「公布范围」: how much of the outcome is made public, to whom; asked once, then remembered."""

from __future__ import annotations

from typing import Final

from handlers.dialog import Outcome
from handlers.messages import Action, Button, rows
from handlers.publish_card import PANEL, say_term
from handlers.publishing import current, dialog, outdated, rest
from handlers.turn import Turn
from rubric.extent import ALL, AWARDS, FIRST, Extent, extent_of
from rubric.settings import (
    PUBLICATION_AUDIENCE,
    PUBLICATION_EXTENT,
    PUBLICATION_FIRST,
    Plain,
    Setting,
)
from storage.quarters import Term
from storage.settings import read_settings, set_rule
from templates import words

PLACES: Final = (3, 5, 10, 20)
_INSIDERS: Final = "departments"
_EVERYONE: Final = "everyone"


@dialog.action("pb.ext")
def choose(turn: Turn, action: Action) -> Outcome:
    _say(turn, _open_term(turn, action))
    return rest(turn)


def _open_term(turn: Turn, action: Action) -> Term:
    """The quarter, locked; after the proposal it is the director's to send back first."""
    term = current(turn, action, "admin")
    if not term.open:
        raise outdated(term.code)
    return term


def _say(turn: Turn, term: Term) -> None:
    extent = extent_of(read_settings(turn.connection))
    turn.say(
        "publish.extent",
        panel=PANEL,
        buttons=rows(
            [
                _choice(term, extent, Extent(ALL), "全部名次"),
                _choice(term, extent, Extent(AWARDS), "仅先进集体"),
            ],
            [_choice(term, extent, Extent(FIRST, n), f"前{n}名") for n in PLACES],
            _audiences(term, extent),
            Button(words.BACK, Action("pb.show", term.code)),
        ),
        quarter=term.code,
        extent=extent,
    )


def _choice(term: Term, extent: Extent | None, offered: Extent, label: str) -> Button:
    same = extent is not None and (extent.kind, extent.first) == (offered.kind, offered.first)
    argument = f"{offered.kind}{offered.first or ''}"
    action = Action("pb.extset", term.code, term.revision, argument)
    return Button(f"{'✓ ' if same else ''}{label}", action)


def _audiences(term: Term, extent: Extent | None) -> list[Button]:
    """To whom; nothing to choose where only the 先进集体 are named."""
    if extent is None or extent.kind == AWARDS:
        return []
    found = []
    for value, label in PUBLICATION_AUDIENCE.choices:
        mark = "✓ " if (value == _INSIDERS) == extent.insiders else ""
        action = Action("pb.extset", term.code, term.revision, str(value))
        found.append(Button(f"{mark}{label}", action))
    return found


@dialog.action("pb.extset")
def set_extent(turn: Turn, action: Action) -> Outcome:
    term = _open_term(turn, action)
    wanted = action.argument
    kind, _, places = wanted.partition(FIRST)
    if wanted in (_EVERYONE, _INSIDERS):
        _set(turn, PUBLICATION_AUDIENCE, wanted)
        _say(turn, term)
        return rest(turn)
    if wanted in (ALL, AWARDS):
        _set(turn, PUBLICATION_EXTENT, wanted)
    elif not kind and places in [str(n) for n in PLACES]:
        _set(turn, PUBLICATION_FIRST, int(places))
        _set(turn, PUBLICATION_EXTENT, FIRST)
    else:
        raise outdated(term.code)
    say_term(turn, term)
    return rest(turn)


def _set(turn: Turn, setting: Setting[Plain], value: Plain) -> None:
    before = setting.of(read_settings(turn.connection))
    if before == value:
        return
    set_rule(
        turn.connection,
        key=setting.key,
        value=value,
        basis="",
        reason="提请审定时选定",
        person_id=turn.person.id,
        now=turn.now,
    )
    turn.audit("setting.set", setting.key, before=before, after=value)
