"""Somebody at the demonstration who looks at every stop with a ruler.

Each thing that they wait for is measured as soon as it is there; what is wrong with it is noted
down with the stop's name, so that one walk tells all faults at once.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.support.demonstration import Sitting

FINGER = 44  # pixels that a finger needs
# what only the program itself should ever read
CODES = re.compile(
    r"[{}]|</?[a-z]+>|&[a-z]+;|[a-z]+_[a-z_]+"
    r"|(?<![A-Za-z])(?:None|NaN|null|undefined)(?![A-Za-z])"
    r"|(?<![/A-Za-z])(?:liaison|head|evaluator|director|admin|auditor|member)(?![A-Za-z])"
)
REMEMBER = """
() => document.querySelectorAll(".chat:not([hidden]) .message:not(.mine) .bubble")
  .forEach((bubble) => { bubble.dataset.seen = ""; })
"""
LOOK = Path(__file__).with_name("look.js").read_text()


@dataclass(frozen=True, slots=True)
class Looking(Sitting):
    """`stops` counts what was looked at, `faults` says what was wrong there."""

    stops: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    async def sit(self, name: str) -> None:
        await Sitting.sit(self, name)
        await self.look(name)

    async def hears(self, text: str) -> None:
        await Sitting.hears(self, text)
        await self.look(text)

    async def look(self, stop: str) -> None:
        self.stops.append(stop)
        faults, read = await self.page.evaluate(LOOK, FINGER)
        codes = [
            f"not for people: {found[0]!r} in {text[:60]!r}"
            for text in read
            if (found := CODES.search(text))
        ]
        self._note(stop, *faults, *codes)

    def _note(self, stop: str, *faults: str) -> None:
        """Each once: what was wrong stays on the page while the conversation goes on."""
        known = {each.partition(": ")[2] for each in self.faults}
        self.faults.extend(f"{stop}: {each}" for each in faults if each not in known)

    async def look_with_axe(self, stop: str) -> None:
        """What a reader with weak eyes, or none, stumbles over; contrast is part of it."""
        results = await Axe().run(self.page)
        found = [
            f"{violation['id']} {node['html'][:120]}"
            for violation in results.response["violations"]
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]
        self._note(stop, *found)

    # ------------------------------------------------------------ a stop in one line

    async def press(self, label: str, heard: str) -> None:
        await self._remember()
        await self.click(label)
        await self._hears_anew(heard)

    async def say(self, text: str, heard: str) -> None:
        await self._remember()
        await self.type(text)
        await self._hears_anew(heard)

    async def from_menu(self, label: str, heard: str) -> None:
        """By the button beside the place to write."""
        await self._remember()
        await self.chat.locator(".menu-button").click()
        await self.chat.locator(".menu-item", has_text=re.compile(f"^{label}$")).click()
        await self._hears_anew(heard)

    async def _remember(self) -> None:
        """What was said last, so that it is not taken for the answer."""
        await self.page.evaluate(REMEMBER)

    async def _hears_anew(self, text: str) -> None:
        last = self.chat.locator(".message:not(.mine)").last
        await expect(last.locator(".bubble:not([data-seen]) .text")).to_contain_text(text)
        await self.look(text)

    async def take(self, name: str) -> BytesIO:
        """The last file in the chat whose name holds `name`."""
        link = self.chat.locator("a.file", has_text=name).last
        async with self.page.expect_download() as downloading:
            await link.click()
        path = await (await downloading.value).path()
        return BytesIO(await asyncio.to_thread(path.read_bytes))
