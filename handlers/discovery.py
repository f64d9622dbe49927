"""Finds every dialog by looking into `handlers.dialogs`: to add one, add a file.

A dialog module names its `Dialog` value `dialog`. Two that claim the same command, word, verb or
hook are a fault of the program and stop its start.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field
from typing import TypeVar

from handlers import dialogs
from handlers.dialog import ActionRun, Command, CommandRun, Dialog, Takes
from handlers.messages import Kind
from storage.accounts import Person

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class Registry:
    pages: bool = True
    dialogs: dict[str, Dialog] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    words: dict[str, Command] = field(default_factory=dict)
    actions: dict[str, tuple[Dialog, ActionRun]] = field(default_factory=dict)
    hooks: dict[Kind, tuple[Dialog, CommandRun]] = field(default_factory=dict)
    catchers: list[tuple[frozenset[str], Takes, Dialog, CommandRun]] = field(default_factory=list)

    def add(self, dialog: Dialog) -> None:
        _claim(self.dialogs, dialog.name, dialog)
        for command in dialog.commands:
            if command.page and not self.pages:
                continue
            _claim(self.commands, command.name, command)
            for word in command.words:
                _claim(self.words, word, command)
        for verb, run in dialog.actions.items():
            _claim(self.actions, verb, (dialog, run))
        for kind, hook in dialog.hooks.items():
            _claim(self.hooks, kind, (dialog, hook))
        if dialog.catcher is not None:
            roles, takes, catch = dialog.catcher
            self.catchers.append((roles, takes, dialog, catch))

    def menu(self, person: Person) -> list[Command]:
        """What this person's menu shows, in order."""
        return sorted(
            (c for c in self.commands.values() if not c.hidden and allowed(c, person)),
            key=lambda command: command.order,
        )


def allowed(command: Command, person: Person) -> bool:
    return not command.roles or person.has(*command.roles)


def _claim(table: dict[K, V], key: K, value: V) -> None:
    if key in table:
        raise ValueError(f"{key} is claimed by two dialogs")
    table[key] = value


def discover(*, pages: bool = True) -> Registry:
    """Without `pages` (nobody could open one) commands that lead to a page do not exist."""
    registry = Registry(pages=pages)
    for module in pkgutil.iter_modules(dialogs.__path__, f"{dialogs.__name__}."):
        found = getattr(importlib.import_module(module.name), "dialog", None)
        if isinstance(found, Dialog):
            registry.add(found)
    return registry
