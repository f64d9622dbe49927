"""What a liaison does to hand in evidence, and what they see of it, whichever the channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tests.doubles.person import Person


class Hands(Protocol):
    """`in_order`: whether the program is told of everything in the order in which it is done."""

    @property
    def in_order(self) -> bool: ...

    async def says(self, text: str) -> None: ...

    async def presses(self, label: str) -> None: ...

    async def gives_document(self, content: bytes) -> int:
        """How many updates that makes, as below."""

    async def gives_pictures(self, *contents: bytes) -> int: ...

    async def handed_over(self) -> None:
        """Until what was done is in the program's hands, where order or arrival is not sure."""

    async def sees(self, words: str, patience: float) -> str:
        """The whole message with these words. Raises TimeoutError."""


class Liaison(Protocol):
    @property
    def department_id(self) -> int: ...

    @property
    def hands(self) -> Hands: ...


@dataclass(frozen=True, slots=True)
class TelegramHands:
    """Updates wait in Telegram's queue: none is lost, none overtakes another."""

    person: Person
    in_order: bool = True

    async def says(self, text: str) -> None:
        await self.person.says(text)

    async def presses(self, label: str) -> None:
        await self.person.presses(label)

    async def gives_document(self, content: bytes) -> int:
        await self.person.sends_document(content)
        return 1

    async def gives_pictures(self, *contents: bytes) -> int:
        if len(contents) == 1:
            await self.person.sends_photo(contents[0])
        else:
            await self.person.sends_album(*(("photo", content) for content in contents))
        return len(contents)

    async def handed_over(self) -> None:
        pass

    async def sees(self, words: str, patience: float) -> str:
        return (await self.person.waits_for(words, timeout=patience)).text
