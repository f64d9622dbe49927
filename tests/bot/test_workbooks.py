"""A workbook that is on disk is read, its rows are kept, and the dialogs are told, once each."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from bot.database import Work
from bot.downloads import Downloads
from handlers.imports.book import from_json
from handlers.messages import Download, Inbound, Kind, Receipt
from storage import attachments, imports
from storage.blobs import Blobs
from storage.db import Database, metadata
from storage.models import account, import_file, person
from tests.chat import MORNING
from tests.support.workbooks import workbook

ROWS = workbook({"部门": [["部门全称"], ["司法局"]]})


class House:
    """`told` is what the dialogs are told; `stored` a workbook of the web chat that waits."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self.told: list[Inbound] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.database = database
        self.work = Work(database)
        self.blobs = blobs
        self.downloads = Downloads(
            work=self.work,
            blobs=blobs,
            channels={"web": object()},  # type: ignore[dict-item]
            receive=self._receive,
            spawn=self._spawn,
        )

    async def _receive(self, inbound: Inbound) -> Receipt:
        self.told.append(inbound)
        return Receipt(fresh=True)

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(job))

    async def done(self) -> None:
        while self.tasks:
            await self.tasks.pop()

    def stored(self, content: bytes, name: str = "部门.xlsx") -> tuple[int, int]:
        kept = self.blobs.put(content)
        with self.database.begin() as connection:
            person_id = connection.execute(
                person.insert().returning(person.c.id), {"name": "张伟", "created_at": MORNING}
            ).scalar_one()
            account_id = connection.execute(
                account.insert().returning(account.c.id),
                {
                    "channel": "web",
                    "external_id": str(person_id),
                    "person_id": person_id,
                    "created_at": MORNING,
                },
            ).scalar_one()
            attachment_id = attachments.announce(
                connection,
                evidence_id=None,
                account_id=account_id,
                person_id=person_id,
                reference="",
                name=name,
                mime="",
                size=kept.size,
                stored=kept.sha256,
                source="",
                now=MORNING,
            )
            import_id = imports.begin(
                connection,
                attachment_id=attachment_id,
                person_id=person_id,
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
    database = Database(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    metadata.create_all(database.writer)
    house = House(database, Blobs(tmp_path / "files", reserve=0))
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
