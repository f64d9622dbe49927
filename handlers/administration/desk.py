"""What the parts of /admin share: one dialog, one panel, the right checked at every press."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from handlers.access import require_role
from handlers.dialog import ActionRun, Dialog, Done, Keep, Outcome, StepRun
from handlers.messages import Action, Button, Style, grid
from handlers.turn import Turn
from templates import words

T = TypeVar("T")

PANEL = "admin"
PAGE = 8
_BELOW = 1  # the revision of a button that stands on a message below the panel


@dataclass(frozen=True, slots=True)
class Draft:
    """What the awaited words are for: department, section or person (`id`), quarter or setting
    (`code`); `kind` is what they are, `given` what was said before them."""

    id: int = 0
    kind: str = ""
    code: str = ""
    given: str = ""


dialog = Dialog("admin", draft=Draft)


def action(verb: str) -> Callable[[ActionRun], ActionRun]:
    """A button that only administrators have, and that only they can use."""

    def add(run: ActionRun) -> ActionRun:
        @dialog.action(verb)
        def checked(turn: Turn, pressed: Action) -> Outcome:
            require_role(turn, "admin")
            turn.afresh = pressed.revision == _BELOW
            return run(turn, pressed)

        return run

    return add


def step(name: str, *, numeric: bool = False) -> Callable[[StepRun], StepRun]:
    """A step of /admin: the right may have gone since it began to wait."""

    def add(run: StepRun) -> StepRun:
        @dialog.step(name, numeric=numeric)
        def checked(turn: Turn, draft: Draft) -> Outcome:
            require_role(turn, "admin")
            return run(turn, draft)

        return run

    return add


def rest(turn: Turn) -> Outcome:
    """Nothing is awaited here; whatever another dialog waits for, it goes on waiting for."""
    return Keep() if turn.running not in ("", dialog.name) else Done()


def button(label: str, verb: str, object_: object = "", argument: str = "") -> Button:
    return Button(label[:20], Action(verb, str(object_), 0, argument))


def danger(label: str, verb: str, object_: object = "", argument: str = "") -> Button:
    return Button(label, Action(verb, str(object_), 0, argument), Style.DANGER)


def back(verb: str, object_: object = "", argument: str = "") -> Button:
    return button(words.BACK, verb, object_, argument)


def below(label: str, verb: str, object_: object = "") -> Button:
    """A button on a message that is no panel: the card it leads to comes under that message."""
    return Button(label, Action(verb, str(object_), _BELOW))


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a long list. `number` counts from 0 and is never beyond the last page."""

    number: int
    total: int
    size: int = PAGE

    @classmethod
    def of(cls, wanted: int, total: int, size: int = PAGE) -> Page:
        last = max(0, (total - 1) // size)
        return cls(min(wanted, last), total, size)

    @property
    def offset(self) -> int:
        return self.number * self.size

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    def cut(self, items: Sequence[T]) -> Sequence[T]:
        return items[self.offset : self.offset + self.size]

    def turners(self, verb: str, argument: str = "") -> tuple[Button, ...]:
        """上一页 and 下一页, where there is one."""
        found = []
        if self.number > 0:
            found.append(button(words.PREVIOUS, verb, self.number - 1, argument))
        if self.number + 1 < self.pages:
            found.append(button(words.NEXT, verb, self.number + 1, argument))
        return tuple(found)

    def turners_of(self, verb: str, object_: int | str) -> tuple[Button, ...]:
        """The same in a list of one object's: the page is the argument."""
        return tuple(
            button(each.label, verb, object_, each.action.object) for each in self.turners(verb)
        )


def pairs(buttons: list[Button]) -> list[tuple[Button, ...]]:
    return grid(buttons, width=2)
