"""The evidence dialogue as people hold it: four texts, a photo, a document, two presses.

The same eight updates go to our bot and to the baseline; each person waits for the answer to one
before the next.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from tests.doubles.client import Control
from tests.doubles.person import Person
from tests.doubles.seen import Seen

UPDATES = 8
PHOTO_BYTES = 120_000
DOCUMENT_BYTES = 250_000
WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Files:
    """Names under which the double keeps the two files of one round."""

    photo: str
    document: str


async def keep_files(control: Control, number: int) -> Files:
    """Fresh content each round: the same file twice would rightly be remarked on."""
    mark = f"{number:08d}".encode()
    photo = b"\xff\xd8\xff\xe0" + mark * (PHOTO_BYTES // 8)
    document = b"%PDF-1.7\n" + mark * (DOCUMENT_BYTES // 8)
    return Files(await control.keep(photo), await control.keep(document))


async def hold(person: Person, number: int, files: Files, *, ours: bool) -> None:
    """One dialogue, from /submit to the receipt. `ours`: wait for the very words of each step."""

    async def answered(words: str) -> None:
        await person.waits_for(words if ours else "", timeout=WAIT)

    async def press(label: str) -> None:
        if not ours:
            label = (await person.chat())[-1].rows[0][0]
        await person.presses(label)

    await person.says("/submit")
    await answered("请选择类别")
    await press("帮办案例")
    await answered("类别：帮办案例")
    await person.says(f"帮助第{number}位老人办理居住证")
    await answered(f"标题：帮助第{number}位老人")
    await person.says("昨天")
    await answered("计入")
    await person.says(f"第{number}位群众行动不便，窗口人员上门帮办，当日办结，群众满意。")
    await answered(f"说明：第{number}位")
    await person.sends_photo(files.photo)
    await answered("附件（1）")
    await person.sends_document(files.document, name="材料.pdf")
    await answered("附件（2）")
    await press("确认提交")
    await answered("已收到，回执号")


async def hold_many(
    control: Control, people: list[Person], *, first: int, rounds: int, ours: bool
) -> None:
    """`rounds` dialogues of each person, all people side by side."""
    kept = [await keep_files(control, first + number) for number in range(rounds)]

    async def one(person: Person) -> None:
        for number, files in enumerate(kept):
            await hold(person, first + number, files, ours=ours)

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
