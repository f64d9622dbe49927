"""/start, /help and /cancel: where everybody begins, and the way out of everything."""

from __future__ import annotations

from handlers.dialog import Dialog, Done, Keep, Outcome
from handlers.messages import Action
from handlers.turn import Turn

dialog = Dialog("menu")


@dialog.command("start", words=("菜单",), title="菜单", order=0)
def start(turn: Turn) -> Outcome:
    turn.say("menu.start", name=turn.person.name)
    return Keep()


@dialog.command("help", words=("帮助",), title="帮助", order=90)
def help_(turn: Turn) -> Outcome:
    turn.say("menu.help")
    return Keep()


@dialog.command("cancel", words=("取消",), title="取消", order=91, hidden=True)
def cancel(turn: Turn) -> Outcome:
    turn.say("menu.cancelled")
    return Done()


@dialog.action("cmd")
def run(turn: Turn, action: Action) -> Outcome:
    turn.say("menu.help")
    return Keep()
