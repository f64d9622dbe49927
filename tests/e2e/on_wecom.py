"""What a person at WeCom does alike in the self-built app and with the AI bot: press what is there
as soon as it is, and read what was said once all of it has come.
"""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pypinyin import lazy_pinyin

from tests.doubles.people import NotPossible
from tests.e2e.persons import WAIT, Shown

LOOK = 0.05  # seconds between two looks whether all parts of a message have been sent
MARK = r"(\d+|[A-Z]|#\d+[a-z]?)"
MARKED = re.compile(rf"{MARK} (.*)")
LISTED = re.compile(rf"{MARK}\. (.+)")
NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Choice:
    """`label` is the program's, `text` what stands of it on the card, or what is typed for it
    where `card` is 0."""

    label: str
    card: int
    text: str


class Message(Protocol):
    """What the program has said in one go."""

    @property
    def id(self) -> int: ...

    def shown(self) -> Shown: ...


M = TypeVar("M", bound=Message)


class OnWecom(ABC, Generic[M]):
    name: str

    @abstractmethod
    async def says(self, text: str) -> None: ...

    @abstractmethod
    def _choice(self, found: Sequence[M], label: str) -> Choice | None:
        """The latest of that label."""

    @abstractmethod
    async def _press(self, choice: Choice) -> None: ...

    @abstractmethod
    def _all_sent(self) -> bool: ...

    @abstractmethod
    async def _look(self) -> tuple[int, list[M]]:
        """The version of the chat, and what the program has said."""

    @abstractmethod
    async def _change(self, since: int, seconds: float) -> None:
        """Until something changes after this version, or the time is over."""

    async def presses(self, label: str, *, on: Shown | None = None) -> None:
        """A number that is asked for stands on no card: it is typed."""
        loop = asyncio.get_running_loop()
        end = loop.time() + WAIT
        while True:
            version, found = await self._look()
            meant = [each for each in found if on is None or each.id == on.id]
            choice = self._choice(meant, label)
            if choice is None and NUMBER.fullmatch(label):
                return await self.says(label)
            if choice is not None and not choice.card:
                return await self.says(choice.text)
            if choice is not None:
                with suppress(NotPossible):  # another card took its place just now
                    return await self._press(choice)
            left = end - loop.time()
            if left <= 0:
                raise AssertionError(f"{self.name} has no button {label}")
            await self._change(version, min(left, LOOK if choice else left))

    async def chat(self) -> Sequence[Shown]:
        loop = asyncio.get_running_loop()
        end = loop.time() + WAIT
        while not self._all_sent() and loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(LOOK)
        return [each.shown() for each in (await self._look())[1]]


def userid_of(name: str) -> str:
    """In pinyin, as directories have it."""
    return "".join(syllable.title() for syllable in lazy_pinyin(name))


def fits(text: str, label: str) -> bool:
    """Whether that is the label, or its beginning where it had to be cut."""
    return text == label or (text.endswith("…") and label.startswith(text.removesuffix("…")))
