"""Where an update goes: slash, action, typed choice, running step, word, catcher, menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from handlers import linking, typed_choice
from handlers.access import NotAllowed
from handlers.dialog import Dialog, Done, Keep, Outcome, Outdated, Step
from handlers.discovery import Registry, allowed
from handlers.messages import Action, Kind
from handlers.turn import Turn
from storage.conversations import Conversation

# these work everywhere, also while a step waits for text
EVERYWHERE: Final = frozenset({"菜单", "帮助", "取消"})
COMMAND: Final = "cmd"  # a button that runs a command: cmd:submit


@dataclass(frozen=True, slots=True)
class Route:
    """Where an update goes: the dialog, what to run, and whether the files of a message are kept
    there."""

    dialog: Dialog
    run: Callable[[Turn], Outcome]
    name: str
    files: bool = False


def route(turn: Turn, state: Conversation, registry: Registry) -> Route:
    """Slash, action, typed choice, running step, word, catcher, menu: in this order."""
    inbound = turn.inbound
    if inbound.kind is Kind.PRESS:
        return _press(turn, inbound.action, registry)
    if inbound.kind is not Kind.MESSAGE:
        dialog, hook = registry.hooks[inbound.kind]
        return Route(dialog, hook, f"{dialog.name}.{inbound.kind}")
    typed = turn.words if not inbound.forwarded_from and not inbound.attachments else ""
    if typed.startswith("/"):
        return _slash(turn, typed, registry)
    if linking.issued(turn, typed):
        return Route(_menu(registry), partial(_code, typed=typed), "command.code")
    if typed in EVERYWHERE and typed in registry.words:
        return _command(turn, registry, registry.words[typed].name)
    waiting, step = _step(turn, state, registry) or (None, None)
    if typed and (action := typed_choice.chosen(turn, typed, state)):
        turn.words = ""  # a choice is no content, whatever it was typed by
        return _press(turn, action, registry)
    if waiting and (not step or step.text or typed not in registry.words):
        return waiting
    if typed in registry.words:
        turn.words = ""
        return _command(turn, registry, registry.words[typed].name)
    for roles, takes, dialog, catch in registry.catchers:
        if turn.person.has(*roles) and takes(turn):
            return Route(dialog, catch, f"{dialog.name}.catch", files=True)
    turn.words = ""
    turn.unread = not inbound.attachments
    return _command(turn, registry, "start")


def _code(turn: Turn, *, typed: str) -> Outcome:
    linking.offered(turn, typed)
    return Keep()


def _slash(turn: Turn, typed: str, registry: Registry) -> Route:
    head, _, rest = typed[1:].partition(" ")
    name = head.strip().lower()
    if name not in registry.commands:
        turn.say("menu.unknown_command", command=name[:32])
        return Route(_menu(registry), lambda _turn: Keep(), "command.unknown")
    turn.words = rest.strip()
    return _command(turn, registry, name)


def _command(turn: Turn, registry: Registry, name: str) -> Route:
    command = registry.commands[name]
    if not allowed(command, turn.person):
        raise NotAllowed
    return Route(command.dialog, command.run, f"command.{name}")


def _press(turn: Turn, text: str, registry: Registry) -> Route:
    action = Action.parse(text)
    if action is not None and action.verb == COMMAND and action.object in registry.commands:
        turn.words = action.argument
        return _command(turn, registry, action.object)
    found = registry.actions.get(action.verb) if action else None
    if action is None or found is None:
        raise Outdated
    dialog, run = found
    return Route(dialog, lambda turn: run(turn, action), f"{action.verb}:{action.object}"[:60])


def takes_number(state: Conversation, registry: Registry) -> bool:
    dialog = registry.dialogs.get(state.dialog)
    step = dialog.steps.get(state.step) if dialog else None
    return step is not None and step.numeric


def _step(turn: Turn, state: Conversation, registry: Registry) -> tuple[Route, Step | None] | None:
    """The running step, if one waits. A draft of another version is never guessed at."""
    if not state.step:
        return None
    dialog = registry.dialogs.get(state.dialog)
    step = dialog.steps.get(state.step) if dialog else None
    if dialog is None or step is None or state.draft_version != dialog.version:
        turn.say("menu.renewed")
        return Route(_menu(registry), lambda _turn: Done(), "dialog.renewed"), None
    draft: Any = dialog.load(state.draft)
    run, name = step.run, f"{dialog.name}.{step.name}"
    return Route(dialog, lambda turn: run(turn, draft), name, step.files), step


def _menu(registry: Registry) -> Dialog:
    return registry.commands["start"].dialog
