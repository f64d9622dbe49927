"""Somebody with a chat, whichever: what a script can have them do, and what they get to see.

`tests.e2e.on_telegram` is a person at the Bot API double, `tests.e2e.on_page` one in a browser;
a script knows this file only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

WAIT = 20.0  # seconds for an answer, long enough for a machine that does other things besides


@dataclass(frozen=True, slots=True)
class File:
    name: str
    data: bytes

    @property
    def picture(self) -> bool:
        return self.name.endswith((".png", ".jpg"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the program's as it stands in the chat: plain text, labels, names of files."""

    id: int
    text: str
    buttons: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """Without empty ones: a card sets its title apart from the text by itself."""
        return [line for line in self.text.splitlines() if line]

    def holds(self, words: str) -> bool:
        return any(words in text for text in (self.text, *self.buttons, *self.files))

    def button(self, beginning: str) -> str:
        """The whole label of the button that begins so."""
        [found] = [label for label in self.buttons if label.startswith(beginning)]
        return found


class Person(Protocol):
    name: str

    async def enters(self, code: str) -> None:
        """Uses a code for the first time, or to log in again."""

    async def says(self, text: str) -> None: ...

    async def presses(self, label: str, *, on: Shown | None = None) -> None:
        """On this message, or on the latest that has it."""

    async def sends(self, *files: File, text: str = "") -> None:
        """All in one message, or as near to it as the channel comes."""

    async def waits_for(self, words: str) -> Shown:
        """The first message with these words (in text, a button or a file's name) that came or
        changed since the person did something. Raises TimeoutError."""

    async def chat(self) -> Sequence[Shown]:
        """What the program has said and still stands there, from the beginning."""

    async def witnessed(self) -> Sequence[str]:
        """Every text that was ever shown, also what was edited away, and the toasts."""

    async def opens(self, file: str) -> bytes:
        """Downloads the latest file of this name, or the latest picture that is named so: a
        picture on Telegram by the words under it, one on the page by how its name begins."""


async def says(person: Person, text: str, then: str) -> Shown:
    await person.says(text)
    return await person.waits_for(then)


async def presses(person: Person, label: str, then: str, *, on: Shown | None = None) -> Shown:
    """A notice may come in between at any time: what it is about is pressed on its own message."""
    await person.presses(label, on=on)
    return await person.waits_for(then)


async def finds(person: Person, words: str) -> Shown:
    """The latest message with these words, which has come or is still to come."""
    for shown in reversed(await person.chat()):
        if shown.holds(words):
            return shown
    return await person.waits_for(words)
