"""/leave: the person says from when to when they are away; the B角 then has their tasks."""

from __future__ import annotations

from dataclasses import replace

import templates
from handlers import leaving
from handlers.access import NotAllowed, require_role
from handlers.dialog import Dialog, Done, Goto, Keep, Outcome
from handlers.dialogs.menu import MENU
from handlers.leaving import Ways
from handlers.messages import Action, Button, Reply, rows
from handlers.turn import Turn
from rubric.errors import UserError
from storage import leaves, people

# whoever can owe something
ROLES = ("liaison", "head", "evaluator", "director", "admin")

dialog = Dialog("leave")

_WAYS = Ways("leave", "lv.show", "lv.ok", "lv.off", "", MENU, ask="lv.ask")


@dialog.command("leave", words=("请假",), roles=ROLES, title="请假", order=65)
def start(turn: Turn) -> Outcome:
    """Dates may stand behind the command: /leave 明天."""
    if not turn.words or not leaves.deputy_of(turn.connection, turn.person.id):
        return _list(turn, _WAYS)
    try:
        return take_days(turn, None)
    except UserError as error:
        turn.audit("leave.enter", str(turn.person.id), result="denied", code=error.code)
        turn.replies.append(Reply(templates.say_error(error)))
        return Goto("ask_days")


def _list(turn: Turn, ways: Ways) -> Outcome:
    if leaving.say_list(turn, ways, turn.person.id):
        return Goto("ask_days")
    return _rest(turn)


def _rest(turn: Turn) -> Outcome:
    """Nothing is awaited here; whatever another dialog waits for, it goes on waiting for."""
    return Keep() if turn.running not in ("", dialog.name) else Done()


def _own(turn: Turn, action: Action) -> None:
    """These buttons are the person's own: an administrator has others."""
    require_role(turn, *ROLES)
    if action.id != turn.person.id:
        raise NotAllowed


@dialog.action("lv.show")
def show(turn: Turn, action: Action) -> Outcome:
    _own(turn, action)
    return _list(turn, _WAYS)


@dialog.step("ask_days")
def take_days(turn: Turn, draft: None) -> Outcome:
    require_role(turn, *ROLES)
    leaving.ask(turn, _WAYS, turn.person.id)
    return Goto("ask_days")


@dialog.action("lv.ok")
def enter(turn: Turn, action: Action) -> Outcome:
    _own(turn, action)
    leaving.enter(turn, _WAYS, turn.person.id, action.argument)
    return _rest(turn)


@dialog.action("lv.off")
def take_back(turn: Turn, action: Action) -> Outcome:
    _own(turn, action)
    leaving.take_back(turn, _WAYS, turn.person.id, Action("", action.argument).id)
    return _rest(turn)


@dialog.action("lv.ask")
def ask_admin(turn: Turn, action: Action) -> Outcome:
    """The admins hear of it once a day, with the way to the person's card."""
    _own(turn, action)
    if leaves.deputy_of(turn.connection, turn.person.id):
        return _list(turn, _WAYS)
    admins = people.holders_of(turn.connection, "admin")
    for admin in admins:
        turn.notify(
            admin.id,
            "leave.deputy_wanted",
            key=f"deputy:{turn.person.id}:{turn.today}",
            buttons=rows(Button("指定B角", Action("ad.dpty", str(turn.person.id), 1))),
            name=turn.person.name,
            roles=people.held_roles(turn.connection, turn.person.id),
        )
    turn.audit("deputy.ask", str(turn.person.id))
    leaving.say_list(turn, replace(_WAYS, ask=""), turn.person.id, done="asked")
    return _rest(turn)
