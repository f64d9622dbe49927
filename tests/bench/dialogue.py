"""The evidence dialogue as people hold it: four texts, a photo, a document, two presses.

The same eight updates go to our bot, by whatever messenger, and to the baseline; each person waits
for the answer to one before the next.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from tests.doubles.client import Control
from tests.doubles.person import Person
from tests.doubles.seen import Seen

UPDATES = 8
PHOTO_BYTES = 120_000
DOCUMENT_BYTES = 250_000
WAIT = 60.0

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Reporter(Protocol[T_contra]):
    """Somebody at a messenger; what they send a file by is the double's affair."""

    def says(self, text: str, /) -> Awaitable[object]: ...

    def presses(self, label: str, /) -> Awaitable[object]: ...

    def sends_photo(self, data: T_contra, /) -> Awaitable[object]: ...

    def sends_document(self, data: T_contra, /) -> Awaitable[object]: ...

    def waits_for(self, words: str, /, *, timeout: float) -> Awaitable[object]: ...


@dataclass(frozen=True, slots=True)
class Files(Generic[T]):
    """The two files of one round: bytes, or names under which the double keeps them."""

    photo: T
    document: T


def fresh_files(number: int) -> Files[bytes]:
    """Other content each round: the same file twice would rightly be remarked on."""
    mark = f"{number:08d}".encode()
    photo = b"\xff\xd8\xff\xe0" + mark * (PHOTO_BYTES // 8)
    return Files(photo, b"%PDF-1.7\n" + mark * (DOCUMENT_BYTES // 8))


async def keep_files(control: Control, number: int) -> Files[str]:
    made = fresh_files(number)
    return Files(await control.keep(made.photo), await control.keep(made.document))


@dataclass(frozen=True, slots=True)
class BeforeTheBaseline:
    """Somebody who takes any answer for the one waited for, and presses what is there."""

    person: Person

    async def says(self, text: str) -> None:
        await self.person.says(text)

    async def presses(self, _label: str) -> None:
        await self.person.presses((await self.person.chat())[-1].rows[0][0])

    async def sends_photo(self, data: str) -> None:
        await self.person.sends_photo(data)

    async def sends_document(self, data: str) -> None:
        await self.person.sends_document(data)

    async def waits_for(self, _words: str, *, timeout: float) -> None:  # noqa: ASYNC109
        await self.person.waits_for(timeout=timeout)


async def hold(person: Reporter[T], number: int, files: Files[T], *, moment: float = 0) -> None:
    """One dialogue, from the command to the receipt; `moment`: seconds taken after each file."""

    async def answered(words: str) -> None:
        await person.waits_for(words, timeout=WAIT)

    await person.says("/submit")
    await answered("请选择类别")
    await person.presses("帮办案例")
    await answered("类别：帮办案例")
    await person.says(f"帮助第{number}位老人办理居住证")
    await answered(f"标题：帮助第{number}位老人")
    await person.says("昨天")
    await answered("计入")
    await person.says(f"第{number}位群众行动不便，窗口人员上门帮办，当日办结，群众满意。")
    await answered(f"说明：第{number}位")
    await person.sends_photo(files.photo)
    await asyncio.sleep(moment)
    await answered("附件（1）")
    await person.sends_document(files.document)
    await asyncio.sleep(moment)
    await answered("附件（2）")
    await person.presses("确认提交")
    await answered("已收到，回执号")


async def hold_many(
    control: Control, people: list[Person], *, first: int, rounds: int, ours: bool
) -> None:
    """`rounds` dialogues of each person, all people side by side."""
    kept = [await keep_files(control, first + number) for number in range(rounds)]

    async def one(person: Person) -> None:
        for number, files in enumerate(kept, first):
            await hold(person if ours else BeforeTheBaseline(person), number, files)

    await asyncio.gather(*(one(person) for person in people))


async def record_script(person: Person, path: Path) -> None:
    """What our bot answered last in each kind of step, for the baseline to answer the same."""
    chat = [message for message in await person.chat() if message.out]
    panel = next(m for m in reversed(chat) if "附件（2）" in m.text or "说明：" in m.text)
    receipt = chat[-1]

    def shown(message: Seen) -> dict[str, object]:
        keyboard = [[[b.text, b.data or "x"] for b in row] for row in message.buttons]
        return {"text": message.text, "keyboard": keyboard}

    script = {
        "text": shown(panel),
        "photo": shown(panel),
        "document": shown(panel),
        "press": shown(receipt),
    }
    await asyncio.to_thread(path.write_text, json.dumps(script, ensure_ascii=False), "utf-8")
