"""Liaisons at work: each hands in one piece of evidence after another, and writes down what."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.e2e.hands import Hands
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
        hands = meant.who.hands
        await self._until("请选择类别", hands, lambda: self._says(hands, "/submit"))
        await self._until("上报草稿", hands, lambda: self._presses(hands, "帮办案例"))
        ending = await self._gives(meant)
        await self._until(ending, hands, None)
        await self._until("计入", hands, lambda: self._presses(hands, "今天"))
        if self.dice.random() < 0.5:
            await self._until(f"附件（{len(meant.files)}）", hands, None)
        meant.confirmed = True
        # nothing but a receipt has the title as a line of its own
        told = await self._until(
            f"\n{meant.title}", hands, lambda: self._presses(hands, "确认提交")
        )
        found = RECEIPT.search(told)
        meant.receipt = found[1] if found else ""

    async def _gives(self, meant: Meant) -> str:
        """Title, texts, a photo, a document, an album, in one go; the last words."""
        hands, dice = meant.who.hands, self.dice
        meant.in_order = hands.in_order
        await self._says(hands, meant.title)
        await hands.handed_over()  # whatever comes first is the title
        gifts = ["text", "photo", "document", "album"]
        dice.shuffle(gifts)
        for gift in gifts:
            match gift:
                case "text":
                    meant.texts.append(f"经过 {dice.getrandbits(48):x}")
                    await self._says(hands, meant.texts[-1])
                case "photo":
                    self.history.sent(await hands.gives_pictures(self._file(meant, JPEG)))
                case "document":
                    self.history.sent(await hands.gives_document(self._file(meant, PDF)))
                case "album":
                    pictures = [self._file(meant, JPEG) for _ in range(2)]
                    self.history.sent(await hands.gives_pictures(*pictures))
        meant.texts.append(f"结果 {dice.getrandbits(48):x}")
        await self._says(hands, meant.texts[-1])
        await hands.handed_over()
        return meant.texts[-1]

    def _file(self, meant: Meant, head: bytes) -> bytes:
        """A file that nobody else sends, of a size between one and many pieces."""
        content = head + self.dice.randbytes(self.dice.choice((40, 5_000, 200_000)))
        meant.files.append(hashlib.sha256(content).hexdigest())
        return content

    async def _says(self, hands: Hands, text: str) -> None:
        await hands.says(text)
        self.history.sent()

    async def _presses(self, hands: Hands, button: str) -> None:
        await hands.presses(button)
        self.history.sent()

    async def _until(
        self, words: str, hands: Hands, act: Callable[[], Awaitable[None]] | None
    ) -> str:
        """Act, and again when no answer comes: as people do."""
        if act is not None:
            await act()
        for _ in range(TRIES - 1):
            try:
                return await hands.sees(words, self.patience)
            except TimeoutError:
                if act is not None:
                    await act()
        return await hands.sees(words, self.patience)
