"""/settings: a person's own accounts, which of them notices go to, and when they are left alone.

A button carries a sum of what its card showed: where that has changed since, nothing is done and
the card is shown as it is now.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from handlers import linking, own_accounts
from handlers.access import NotAllowed
from handlers.dialog import Dialog, Done, Goto, Keep, Outcome, Outdated
from handlers.dialogs.menu import MENU
from handlers.messages import Action, Button, Rows, Style, grid, rows
from handlers.turn import Turn
from rubric.quiet import Quiet, parse_hours
from storage import linked
from storage.linked import Linked
from templates import words

PANEL: Final = "settings"
_OFF: Final = "off"
_PRESETS: Final = (Quiet(22 * 60, 7 * 60), Quiet(20 * 60, 8 * 60), Quiet(18 * 60, 9 * 60))
_CHATS: Final = ("telegram", "wecom_app", "wecom_bot")

dialog = Dialog("settings")


@dataclass(frozen=True, slots=True)
class Shown:
    """An account as the card tells of it; `off` where its channel is not switched on."""

    channel: str
    since: datetime
    here: bool
    preferred: bool
    unreachable: str | None
    off: bool


@dialog.command("settings", words=("设置",), title="设置", order=80)
def start(turn: Turn) -> Outcome:
    return _card(turn)


@dialog.action("st.show")
def show(turn: Turn, action: Action) -> Outcome:
    _own(turn, action)
    return _card(turn)


@dataclass(frozen=True, slots=True)
class _State:
    """All that the buttons can change, as it is now."""

    person_id: int
    accounts: list[Linked]
    quiet: Quiet | None

    @property
    def revision(self) -> int:
        shown = [(each.id, each.since.isoformat(), each.preferred) for each in self.accounts]
        return zlib.crc32(repr((shown, str(self.quiet))).encode())

    @property
    def called(self) -> dict[int, str]:
        return own_accounts.called(self.accounts)

    def button(
        self, label: str, verb: str, argument: object = "", *, style: Style = Style.PLAIN
    ) -> Button:
        action = Action(verb, str(self.person_id), self.revision, str(argument))
        return Button(label, action, style)


def _now(turn: Turn) -> _State:
    person_id = turn.person.id
    found = linked.accounts_of(turn.connection, person_id)
    return _State(person_id, found, linked.quiet_of(turn.connection, person_id))


def _card(turn: Turn, *, done: str = "", what: str = "") -> Outcome:
    state = _now(turn)
    turn.say(
        "personal.card",
        panel=PANEL,
        found=[
            Shown(
                each.channel,
                each.since,
                each.id == turn.account.id,
                each.preferred,
                each.unreachable,
                not own_accounts.live(turn.premises, each.channel),
            )
            for each in state.accounts
        ],
        quiet=state.quiet,
        year=turn.today.year,
        done=done,
        what=what,
        buttons=_buttons(turn, state),
    )
    return _rest(turn)


def _buttons(turn: Turn, state: _State) -> Rows:
    prefer = [
        state.button(words.PREFER.format(state.called[each.id]), "st.first", each.id)
        for each in state.accounts
        if not each.preferred and own_accounts.live(turn.premises, each.channel)
    ]
    let_go = [
        state.button(words.LET_GO.format(state.called[each.id]), "st.off", each.id)
        for each in state.accounts
        if each.id != turn.account.id
    ]
    last = [state.button(words.LINK_ANOTHER, "st.link"), state.button(words.QUIET, "st.quiet")]
    return rows(*grid(prefer, width=2), *grid(let_go, width=2), last, MENU)


def _rest(turn: Turn) -> Outcome:
    """Nothing is awaited here; whatever another dialog waits for, it goes on waiting for."""
    return Keep() if turn.running not in ("", dialog.name) else Done()


def _own(turn: Turn, action: Action) -> None:
    if action.id != turn.person.id:
        raise NotAllowed


def _as_shown(turn: Turn, action: Action) -> _State:
    """What there is, if it is what the pressed card said; the card is this person's."""
    _own(turn, action)
    state = _now(turn)
    if action.revision != state.revision:
        raise Outdated(show=_card)
    return state


def _account(state: _State, action: Action) -> Linked:
    wanted = Action("", action.argument).id
    each = next((each for each in state.accounts if each.id == wanted), None)
    if each is None:
        raise Outdated(show=_card)
    return each


def _another(turn: Turn, state: _State, action: Action) -> Linked:
    """Nobody cuts off the very account they act by: the question was asked on another one."""
    each = _account(state, action)
    if each.id == turn.account.id:
        raise Outdated(show=_card)
    return each


# ---------------------------------------------------------------- accounts


@dialog.action("st.first")
def prefer(turn: Turn, action: Action) -> Outcome:
    state = _as_shown(turn, action)
    each = _account(state, action)
    before = next(one.id for one in state.accounts if one.preferred)
    linked.prefer(turn.connection, turn.person.id, each.id)
    turn.audit("account.prefer", str(each.id), before=before)
    return _card(turn, done="preferred", what=state.called[each.id])


@dialog.action("st.link")
def link_another(turn: Turn, action: Action) -> Outcome:
    """A login code, which any other chat takes too."""
    _own(turn, action)
    linking.say_login(
        turn,
        "personal.code",
        person_id=turn.person.id,
        chats=[each for each in _CHATS if each in turn.premises.channels],
        web_chat=turn.premises.web_chat,
        buttons=rows([_now(turn).button(words.BACK, "st.show"), MENU]),
    )
    return _rest(turn)


@dialog.action("st.off")
def ask_let_go(turn: Turn, action: Action) -> Outcome:
    state = _as_shown(turn, action)
    each = _another(turn, state, action)
    yes = state.button(words.LET_GO_YES, "st.off2", each.id, style=Style.DANGER)
    turn.say(
        "personal.ask_let_go",
        panel=PANEL,
        what=state.called[each.id],
        buttons=rows([yes, state.button(words.BACK, "st.show")]),
    )
    return _rest(turn)


@dialog.action("st.off2")
def let_go(turn: Turn, action: Action) -> Outcome:
    state = _as_shown(turn, action)
    each = _another(turn, state, action)
    linked.let_go(turn.connection, turn.person.id, each.id, to=turn.account.id, now=turn.now)
    turn.audit("account.unlink", str(each.id))
    return _card(turn, done="let_go", what=state.called[each.id])


# ---------------------------------------------------------------- 免打扰


@dialog.action("st.quiet")
def ask_quiet(turn: Turn, action: Action) -> Outcome:
    _own(turn, action)
    state = _now(turn)
    presets = [
        state.button(str(each), "st.hours", f"{each.first}-{each.until}")
        for each in _PRESETS
        if each != state.quiet
    ]
    off = [state.button(words.NOT_QUIET, "st.hours", _OFF)] if state.quiet else []
    turn.say(
        "personal.ask_quiet",
        panel=PANEL,
        quiet=state.quiet,
        buttons=rows(*presets, [*off, state.button(words.BACK, "st.show")]),
    )
    return Goto("ask_hours")


@dialog.action("st.hours")
def choose_hours(turn: Turn, action: Action) -> Outcome:
    _as_shown(turn, action)
    if action.argument == _OFF:
        return _keep(turn, None)
    chosen = next(
        (each for each in _PRESETS if f"{each.first}-{each.until}" == action.argument), None
    )
    if chosen is None:
        raise Outdated(show=_card)
    return _keep(turn, chosen)


@dialog.step("ask_hours")
def take_hours(turn: Turn, draft: None) -> Outcome:
    return _keep(turn, parse_hours(turn.words))


def _keep(turn: Turn, quiet: Quiet | None) -> Outcome:
    before = linked.quiet_of(turn.connection, turn.person.id)
    linked.keep_quiet(turn.connection, turn.person.id, quiet)
    turn.audit(
        "person.quiet",
        str(turn.person.id),
        before=str(before) if before else None,
        after=str(quiet) if quiet else None,
    )
    return _card(turn, done="quiet")
