"""A house that files are downloaded into, as the program does it, with nobody in it to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from bot.channels.base import Channel
from bot.database import Work
from bot.downloads import Downloads
from handlers import unclaimed
from handlers.messages import Attachment, Inbound, Kind, Receipt
from storage import attachments, evidence
from storage.attachments import File
from storage.blobs import Blobs
from storage.db import Database, metadata
from storage.departments import add_department
from storage.models import account, person
from tests.chat import MORNING


class House:
    """The files of somebody on one channel are downloaded into it; `told` is what the dialogs
    would be told."""

    def __init__(self, folder: Path, channel: Channel) -> None:
        self.database = Database(f"sqlite:///{folder / 'kaohe.sqlite'}")
        metadata.create_all(self.database.writer)
        self.work = Work(self.database)
        self.told: list[Inbound] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.blobs = Blobs(folder / "files", reserve=0)
        self.downloads = Downloads(
            work=self.work,
            blobs=self.blobs,
            channels={channel.name: channel},
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
                    "channel": channel.name,
                    "external_id": "liqian",
                    "person_id": self.person_id,
                    "created_at": MORNING,
                },
            ).scalar_one()

    async def _receive(self, inbound: Inbound) -> Receipt:
        self.told.append(inbound)
        if inbound.download is not None and inbound.kind in (Kind.STORED, Kind.REFUSED):
            with self.database.begin() as connection:
                unclaimed.settle(connection, inbound.download, now=MORNING)
        return Receipt(fresh=True)

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(job))

    @property
    def kinds(self) -> list[str]:
        return [inbound.kind.value for inbound in self.told]

    def draft(self) -> int:
        """A draft of this person's department."""
        with self.database.begin() as connection:
            place = add_department(connection, name="公安局", short_name="公安", code="GA")
            made, _ = evidence.start_draft(
                connection, department_id=place, person_id=self.person_id, proxy=False, now=MORNING
            )
            return made

    def announced(self, announced: Attachment, *, draft: int | None = None) -> int:
        with self.database.begin() as connection:
            return attachments.announce(
                connection,
                evidence_id=draft,
                account_id=self.account_id,
                person_id=self.person_id,
                reference=announced.reference,
                name=announced.name,
                mime=announced.mime,
                size=announced.size,
                stored=announced.blob,
                source="",
                now=MORNING,
            )

    async def done(self) -> None:
        while self.tasks:
            await self.tasks.pop(0)

    async def downloaded(self, announced: Attachment) -> File:
        attachment_id = self.announced(announced)
        self.downloads.fetch([attachment_id])
        await self.done()
        with self.database.read() as connection:
            found = attachments.find(connection, attachment_id)
        assert found is not None
        return found
