"""How a conversation is written: commands, actions and steps of a `Dialog`.

    dialog = Dialog("submit", version=1, draft=Draft)

    @dialog.command("submit", words=("上报",), roles=("liaison",), title="上报材料")
    def start(turn: Turn) -> Outcome: ...          # /submit, 上报, the menu's button

    @dialog.action("sub.kind")                      # any button whose verb is sub.kind, for ever
    def choose_kind(turn: Turn, action: Action) -> Outcome: ...

    @dialog.step("collect")                         # the next text or file while this step waits
    def collect(turn: Turn, draft: Draft) -> Outcome: ...

Each returns what becomes of the conversation: `Goto` a step, `Stay`, `Done`, or `Keep` (an action
that leaves a running dialog alone). Replies are said through the turn, never returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from handlers.messages import Action, Kind
from rubric.errors import UserError

if TYPE_CHECKING:
    from handlers.turn import Turn


@dataclass(frozen=True, slots=True)
class Goto:
    """Wait at `step` (of this dialog) with `draft`."""

    step: str
    draft: Any = None


@dataclass(frozen=True, slots=True)
class Stay:
    """Keep waiting where we are; a new draft if one is given."""

    draft: Any = None


@dataclass(frozen=True, slots=True)
class Done:
    """The dialog is over."""


@dataclass(frozen=True, slots=True)
class Keep:
    """A press that does not touch whichever dialog is running."""


Outcome: TypeAlias = Goto | Stay | Done | Keep
CommandRun: TypeAlias = "Callable[[Turn], Outcome]"
ActionRun: TypeAlias = "Callable[[Turn, Action], Outcome]"
StepRun: TypeAlias = "Callable[[Turn, Any], Outcome]"
Takes: TypeAlias = "Callable[[Turn], bool]"


@dataclass(eq=False)
class Outdated(UserError):
    """A button of an older revision: nothing is done, the card is shown anew.

    `show` draws the true state; it runs after the rollback, in the same transaction. What it
    returns becomes of the conversation, so that a step goes on from the card that is shown.
    """

    code = "dialog.outdated"
    show: Callable[[Turn], Outcome | None] | None = None

    def facts(self) -> dict[str, object]:
        return {}


@dataclass(frozen=True, slots=True)
class Command:
    """`roles` empty = everybody linked. `order` sorts menus; `title` is the menu's words. `page`:
    of no use where pages have no address."""

    name: str
    words: tuple[str, ...]
    roles: frozenset[str]
    title: str
    order: int
    run: CommandRun
    dialog: Dialog
    hidden: bool = False
    page: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """`numeric` steps take numbers, so their choices are lettered on channels without buttons;
    `files` ones keep the files of a message, where others say that they don't; while one without
    `text` waits, words are commands as anywhere."""

    name: str
    run: StepRun
    numeric: bool
    files: bool
    text: bool


class Dialog:
    """A conversation's name, draft type and entry points; registered by `handlers.discovery`."""

    def __init__(self, name: str, *, version: int = 1, draft: type | None = None) -> None:
        self.name = name
        self.version = version
        self.draft = draft
        self.commands: list[Command] = []
        self.actions: dict[str, ActionRun] = {}
        self.steps: dict[str, Step] = {}
        self.hooks: dict[Kind, CommandRun] = {}
        self.catcher: tuple[frozenset[str], Takes, CommandRun] | None = None

    def on(self, kind: Kind) -> Callable[[CommandRun], CommandRun]:
        """Handle `EDITED` or what the program itself did, whichever step waits; one dialog a
        kind."""

        def add(run: CommandRun) -> CommandRun:
            self.hooks[kind] = run
            return run

        return add

    def catch(
        self, *, roles: tuple[str, ...], takes: Takes = lambda _turn: True
    ) -> Callable[[CommandRun], CommandRun]:
        """Take a message that no step waits for and no word names, by the sender's roles and, if
        need be, by what it brings."""

        def add(run: CommandRun) -> CommandRun:
            self.catcher = (frozenset(roles), takes, run)
            return run

        return add

    def command(
        self,
        name: str,
        *,
        words: tuple[str, ...],
        title: str,
        order: int,
        roles: tuple[str, ...] = (),
        hidden: bool = False,
        page: bool = False,
    ) -> Callable[[CommandRun], CommandRun]:
        def add(run: CommandRun) -> CommandRun:
            self.commands.append(
                Command(name, words, frozenset(roles), title, order, run, self, hidden, page)
            )
            return run

        return add

    def action(self, verb: str) -> Callable[[ActionRun], ActionRun]:
        def add(run: ActionRun) -> ActionRun:
            if verb in self.actions:
                raise ValueError(f"verb {verb} registered twice")
            self.actions[verb] = run
            return run

        return add

    def step(
        self, name: str, *, numeric: bool = False, files: bool = False, text: bool = True
    ) -> Callable[[StepRun], StepRun]:
        def add(run: StepRun) -> StepRun:
            self.steps[name] = Step(name, run, numeric, files, text)
            return run

        return add

    def load(self, draft: dict[str, Any] | None) -> Any:
        """The draft as the dialog's dataclass (flat, plain values)."""
        if self.draft is None or draft is None:
            return None
        return self.draft(**draft)

    @staticmethod
    def dump(draft: Any) -> dict[str, Any] | None:
        if draft is None:
            return None
        return {field.name: getattr(draft, field.name) for field in fields(draft)}
