"""Liaisons at work: each hands in one piece of evidence after another, and writes down what."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.doubles.person import Person
from tests.doubles.seen import Seen
from tests.e2e.history import History, Meant

RECEIPT = re.compile(r"(\d+)号")
PATIENCE = 20.0  # seconds before a person tries again; a start takes less
TRIES = 6
JPEG, PDF = b"\xff\xd8\xff\xe0", b"%PDF-1.4\n"


@dataclass(slots=True)
class Reporter:
    """Half the time 「确认提交」 is pressed while files are still on the way."""

    history: History
    dice: random.Random
    patience: float = PATIENCE

    async def reports(self, meant: Meant) -> None:
        """From /submit to the receipt. Raises TimeoutError when nothing helps."""
        person = meant.who.person
        await self._until("请选择类别", person, lambda: self._says(person, "/submit"))
        await self._until("上报草稿", person, lambda: self._presses(person, "帮办案例"))
        ending = await self._gives(meant)
        await self._until(ending, person, None)
        await self._until("计入", person, lambda: self._presses(person, "今天"))
        if self.dice.random() < 0.5:
            await self._until(f"附件（{len(meant.files)}）", person, None)
        meant.confirmed = True
        # nothing but a receipt has the title as a line of its own
        told = await self._until(
            f"\n{meant.title}", person, lambda: self._presses(person, "确认提交")
        )
        found = RECEIPT.search(told.text)
        meant.receipt = found[1] if found else ""

    async def _gives(self, meant: Meant) -> str:
        """Title, texts, a photo, a document, an album, in one go; the last words."""
        person, dice = meant.who.person, self.dice
        await self._says(person, meant.title)
        gifts = ["text", "photo", "document", "album"]
        dice.shuffle(gifts)
        for gift in gifts:
            match gift:
                case "text":
                    meant.texts.append(f"经过 {dice.getrandbits(48):x}")
                    await self._says(person, meant.texts[-1])
                case "photo":
                    await person.sends_photo(self._file(meant, JPEG))
                    self.history.sent()
                case "document":
                    await person.sends_document(self._file(meant, PDF))
                    self.history.sent()
                case "album":
                    pictures = [("photo", self._file(meant, JPEG)) for _ in range(2)]
                    await person.sends_album(*pictures)
                    self.history.sent(2)
        meant.texts.append(f"结果 {dice.getrandbits(48):x}")
        await self._says(person, meant.texts[-1])
        return meant.texts[-1]

    def _file(self, meant: Meant, head: bytes) -> bytes:
        """A file that nobody else sends, of a size between one and many pieces."""
        content = head + self.dice.randbytes(self.dice.choice((40, 5_000, 200_000)))
        meant.files.append(hashlib.sha256(content).hexdigest())
        return content

    async def _says(self, person: Person, text: str) -> None:
        await person.says(text)
        self.history.sent()

    async def _presses(self, person: Person, button: str) -> None:
        await person.presses(button)
        self.history.sent()

    async def _until(
        self, words: str, person: Person, act: Callable[[], Awaitable[None]] | None
    ) -> Seen:
        """Act, and again when no answer comes: as people do."""
        if act is not None:
            await act()
        for _ in range(TRIES - 1):
            try:
                return await person.waits_for(words, timeout=self.patience)
            except TimeoutError:
                if act is not None:
                    await act()
        return await person.waits_for(words, timeout=self.patience)
