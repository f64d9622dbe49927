"""A person at the Bot API double."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Sequence

from tests.doubles import person as double
from tests.doubles.client import Control
from tests.doubles.person import Data
from tests.doubles.seen import Seen
from tests.e2e.persons import WAIT, File, Shown


class OnTelegram:
    """`deep`: the first code comes as a deep link, which Telegram turns into /start CODE."""

    def __init__(self, name: str, person: double.Person, *, deep: bool) -> None:
        self.name = name
        self._person = person
        self._deep = deep

    @classmethod
    async def joins(cls, control: Control, name: str, *, deep: bool = False) -> OnTelegram:
        return cls(name, await control.person(name, contact="started"), deep=deep)

    async def enters(self, code: str) -> None:
        if self._deep:
            await self._person.starts(code.replace("-", ""))
        else:
            await self.says(f" {code.lower()} ")

    async def says(self, text: str) -> None:
        await self._person.says(text)

    async def presses(self, label: str, *, on: Shown | None = None) -> None:
        await self._person.presses(label, on.id if on else None)

    async def sends(self, *files: File, text: str = "") -> None:
        pictures: list[tuple[str, Data]] = [("photo", each.data) for each in files if each.picture]
        if len(pictures) > 1:
            await self._person.sends_album(*pictures, caption=text or None)
        elif pictures:
            await self._person.sends_photo(pictures[0][1], caption=text or None)
        elif text and not files:
            await self.says(text)
        for each in files:
            if not each.picture:
                mime, _ = mimetypes.guess_type(each.name)
                await self._person.sends_document(
                    each.data, name=each.name, mime=mime, caption=None if pictures else text
                )

    async def waits_for(self, words: str) -> Shown:
        return _shown(await self._person.waits_for(words, timeout=WAIT))

    async def chat(self) -> Sequence[Shown]:
        return [_shown(each) for each in await self._person.chat() if each.out]

    async def witnessed(self) -> Sequence[str]:
        calls = await self._person.control.ask(
            "calls", chat_id=self._person.id, executed=True, limit=1_000_000
        )
        said = [
            str(call["params"].get("text", call["params"].get("caption", ""))) for call in calls
        ]
        return [*said, *(answer.text for answer in await self._person.answers())]

    async def opens(self, file: str) -> bytes:
        found = _latest(await self._person.chat(), file)
        if found.file is None:
            raise AssertionError(f"{file} is no file")
        return await self._person.control.file(found.file.file_id)


def _latest(chat: Iterable[Seen], file: str) -> Seen:
    """A picture has no name there: it is found by the text that stands under it."""
    words = file.removesuffix(".png")
    files = [m for m in chat if m.out and m.file]
    named = [m for m in files if m.file and m.file.name == file]
    return (named or [m for m in files if words in m.text and m.kind == "photo"])[-1]


def _shown(seen: Seen) -> Shown:
    return Shown(
        seen.id,
        seen.text,
        tuple(button.text for row in seen.buttons for button in row),
        (seen.file.name or "",) if seen.file else (),
    )
