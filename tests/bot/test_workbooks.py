"""A workbook that is on disk is read, its rows are kept, and the dialogs are told, once each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from handlers.imports.book import from_json
from handlers.messages import Attachment, Download, Inbound, Kind
from storage import attachments, imports
from storage.models import import_file
from tests.bot.house import House
from tests.bot.post import ScriptedChannel
from tests.chat import MORNING
from tests.support.workbooks import workbook

ROWS = workbook({"部门": [["部门全称"], ["司法局"]]})


class Importing(House):
    """With workbooks that came by the web chat, which has stored them."""

    def stored(self, content: bytes, name: str = "部门.xlsx") -> tuple[int, int]:
        kept = self.blobs.put(content)
        attachment_id = self.announced(Attachment("", name, size=kept.size, blob=kept.sha256))
        with self.database.begin() as connection:
            import_id = imports.begin(
                connection,
                attachment_id=attachment_id,
                person_id=self.person_id,
                kind="departments",
                quarter="",
                now=MORNING,
            )
        return attachment_id, import_id

    def content(self) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(select(import_file.c.content)).scalars())


@pytest.fixture
async def house(tmp_path):
    house = Importing(tmp_path, ScriptedChannel(name="web"))
    yield house
    house.work.close()


def told(attachment_id: int, house: House, problem: str = "") -> Inbound:
    with house.database.read() as connection:
        file = attachments.find(connection, attachment_id)
    assert file is not None
    return Inbound(
        key=f"read:{attachment_id}",
        channel="internal",
        account=f"file:{attachment_id}",
        kind=Kind.READ,
        download=Download(attachment_id, file.blob, file.size or 0, problem),
    )


async def test_a_workbook_that_is_here_is_read(house):
    attachment_id, _ = house.stored(ROWS)
    house.downloads.fetch([attachment_id])
    await house.done()
    assert house.told == [told(attachment_id, house)]
    [content] = house.content()
    assert [line.cells[0].value for line in from_json(content).sheets[0].lines] == [
        "部门全称",
        "司法局",
    ]


async def test_what_cannot_be_read_is_told_with_its_reason(house):
    attachment_id, _ = house.stored(ROWS[:500])
    house.downloads.fetch([attachment_id])
    await house.done()
    assert house.told == [told(attachment_id, house, "import.damaged")]
    assert house.content() == [None]


async def test_a_start_goes_on_with_what_was_not_read(house):
    first, _ = house.stored(ROWS)
    second, dropped = house.stored(ROWS)
    with house.database.begin() as connection:
        imports.end(connection, dropped, state=imports.DROPPED, now=MORNING)
    await house.downloads.resume()
    await house.done()
    assert house.told == [told(first, house)]
    # read a second time nothing is kept of it: nobody waits any more
    house.downloads.fetch([second])
    await house.done()
    assert house.told == [told(first, house), replace(told(second, house))]
    assert [content is None for content in house.content()] == [False, True]


async def test_a_file_that_is_no_import_is_left_alone(house):
    attachment_id, _ = house.stored(ROWS)
    with house.database.begin() as connection:
        connection.execute(import_file.delete())
    house.downloads.fetch([attachment_id, 999])
    await house.done()
    assert house.told == []
