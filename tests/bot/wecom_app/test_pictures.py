"""A picture that WeCom does not name is kept under what it is, not under what we guessed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest

from bot.channels.wecom_app.channel import WecomApp
from bot.database import Work
from bot.downloads import Downloads
from handlers import unclaimed
from handlers.messages import Attachment, Download, Inbound, Receipt
from storage import attachments
from storage.attachments import File
from storage.blobs import Blobs
from storage.db import Database, metadata
from storage.models import account, person
from tests.bot.desk import Desk
from tests.chat import MORNING
from tests.doubles.conftest import png
from tests.doubles.wecom.person import Person

JPEG = b"\xff\xd8\xff\xe0" + b"x" * 100


class House:
    """Files of one draft are downloaded into it; `told` is what the dialogs would be told."""

    def __init__(self, folder: Path, channel: WecomApp) -> None:
        self.database = Database(f"sqlite:///{folder / 'kaohe.sqlite'}")
        metadata.create_all(self.database.writer)
        self.work = Work(self.database)
        self.told: list[Download | None] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.downloads = Downloads(
            work=self.work,
            blobs=Blobs(folder / "files", reserve=0),
            channels={"wecom_app": channel},
            receive=self._receive,
            spawn=self._spawn,
        )
        with self.database.begin() as connection:
            self.person_id = connection.execute(
                person.insert().returning(person.c.id), {"name": "李倩", "created_at": MORNING}
            ).scalar_one()
            self.account_id = connection.execute(
                account.insert().returning(account.c.id),
                {
                    "channel": "wecom_app",
                    "external_id": "liqian",
                    "person_id": self.person_id,
                    "created_at": MORNING,
                },
            ).scalar_one()

    async def _receive(self, inbound: Inbound) -> Receipt:
        self.told.append(inbound.download)
        if inbound.download is not None:
            with self.database.begin() as connection:
                unclaimed.settle(connection, inbound.download, now=MORNING)
        return Receipt(fresh=True)

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(job))

    async def downloaded(self, announced: Attachment) -> File:
        with self.database.begin() as connection:
            attachment_id = attachments.announce(
                connection,
                evidence_id=None,
                account_id=self.account_id,
                person_id=self.person_id,
                reference=announced.reference,
                name=announced.name,
                mime=announced.mime,
                size=announced.size,
                stored=None,
                source="",
                now=MORNING,
            )
        self.downloads.fetch([attachment_id])
        await asyncio.gather(*self.tasks)
        with self.database.read() as connection:
            found = attachments.find(connection, attachment_id)
        assert found is not None
        return found


@pytest.fixture
async def house(tmp_path: Path, channel: WecomApp) -> AsyncIterator[House]:
    house = House(tmp_path, channel)
    yield house
    house.work.close()


@pytest.mark.parametrize(
    ("content", "suffix", "mime"), [(png(), ".png", "image/png"), (JPEG, ".jpg", "image/jpeg")]
)
async def test_it_is_called_after_its_content(
    address: str, desk: Desk, li: Person, house: House, content, suffix, mime
):
    await li.sees_told(await li.sends_image(content))
    [announced] = desk.received[0].attachments
    found = await house.downloaded(announced)
    [download] = house.told
    assert download is not None
    assert (download.problem, download.size) == ("", len(content))
    assert found.state == "stored"
    assert (found.name, found.mime) == (announced.name.replace(".jpg", suffix), mime)


async def test_what_is_no_picture_at_all_is_refused(
    address: str, desk: Desk, li: Person, house: House
):
    await li.sees_told(await li.sends_file(b"%PDF-1.4 " + b"x" * 100, name="图.jpg"))
    [announced] = desk.received[0].attachments
    guessed = Attachment(announced.reference, announced.name, "image/*")
    found = await house.downloaded(guessed)
    [download] = house.told
    assert download is not None
    assert (download.problem, found.name) == ("file.mismatch", "图.jpg")
