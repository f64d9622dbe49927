"""An outbox on a real database with the real delivery, on a channel that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from sqlalchemy import select

from bot.channels.base import Circular, DeliveryError, Intake, Outgoing, Pace, Sent
from bot.clock import Clock
from bot.database import Work
from bot.delivery import Delivery
from bot.envelope import Envelopes
from bot.rendering import Renderer
from bot.tasks import Tasks
from handlers.messages import Inbound, Toast
from handlers.premises import CENTRE_ZONE, Premises
from storage import outbox
from storage.blobs import Blobs
from storage.db import Database, metadata
from storage.models import account
from storage.models import outbox as outbox_table
from storage.outbox import Row

CLOCK = Clock(CENTRE_ZONE)


class ScriptedChannel:
    """Sends into a list; `script` holds what the next calls raise, None for success. With
    `names_files` it gives an id to each file that it is brought, as a messenger does; `brought`
    are the texts that came with a file's bytes, `named` those with its id."""

    name = "fake"
    exclusive = False
    reveals = False
    circular: Circular | None = None

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.sent: list[tuple[str, str, str]] = []
        self.script: list[DeliveryError | None] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self.running = 0
        self.names_files = False
        self.brought: list[str] = []
        self.named: list[str] = []

    def routes(self) -> list[web.RouteDef]:
        return []

    def trouble(self) -> str:
        return ""

    async def listen(self, intake: Intake) -> None:
        raise NotImplementedError

    async def send(self, message: Outgoing) -> Sent:
        return await self._do("send", message, "")

    async def edit(self, message: Outgoing, message_ref: str) -> Sent:
        return await self._do("edit", message, message_ref)

    async def _do(self, what: str, message: Outgoing, ref: str) -> Sent:
        self.running += 1
        await self.hold.wait()
        self.running -= 1
        error = self.script.pop(0) if self.script else None
        if error is not None:
            raise error
        self.sent.append((what, message.account, message.text))
        return Sent(ref or f"m{len(self.sent)}", known=self._take(message))

    def _take(self, message: Outgoing) -> str:
        if message.file is None:
            return ""
        (self.named if message.file.known else self.brought).append(message.text)
        return f"id of {message.file.blob}" if self.names_files else ""

    async def acknowledge(self, inbound: Inbound, toast: Toast | None) -> None:
        raise NotImplementedError

    def fetch(self, reference: str) -> AsyncGenerator[bytes]:
        raise NotImplementedError

    def hearing(self) -> None:
        pass

    async def close(self) -> None:
        pass


class Post:
    """A delivery on a real database, with accounts 甲 (1) and 乙 (2), or as many as are named."""

    def __init__(
        self, url: str, folder: Path, channel: ScriptedChannel, names: Sequence[str] = ("甲", "乙")
    ) -> None:
        self.channel = channel
        self.database = Database(url)
        metadata.create_all(self.database.writer)
        self.work = Work(self.database)
        self.tasks = Tasks(asyncio.create_task)
        self.keys = 0
        self.blobs = Blobs(folder / "files", reserve=0)
        self.renderer = Renderer(self.database, asyncio.to_thread)
        with self.database.begin() as connection:
            for name in names:
                connection.execute(
                    account.insert(),
                    {"channel": "fake", "external_id": name, "created_at": CLOCK.now()},
                )
        self.delivery = Delivery(
            work=self.work,
            clock=CLOCK,
            worker="me",
            channels={"fake": channel},
            envelopes=Envelopes(
                work=self.work,
                clock=CLOCK,
                premises=Premises(b"key"),
                blobs=self.blobs,
                renderer=self.renderer,
            ),
            spawn=self.tasks.spawn,
        )

    def answer(
        self,
        text: str,
        *,
        to: int = 1,
        panel: str = "",
        typed: int = 0,
        key: str = "",
        **more: object,
    ) -> Row:
        self.keys += 1
        key, body = key or f"k{self.keys}", {"text": text, **more}
        with self.database.begin() as connection:
            row_id = outbox.answer(
                connection,
                key=key,
                account_id=to,
                body=body,
                panel=panel,
                typed=typed,
                worker="me",
                now=CLOCK.now(),
            )
        name = "甲" if to == 1 else "乙"
        return Row(row_id, key, to, "fake", name, "answer", body, panel, typed, 1)

    def queue(self, text: str, *, to: int = 1, **body: object) -> None:
        self.keys += 1
        with self.database.begin() as connection:
            outbox.queue(
                connection,
                key=f"k{self.keys}",
                account_id=to,
                body={"text": text, **body},
                now=CLOCK.now(),
            )

    def states(self) -> list[str]:
        with self.database.read() as connection:
            query = select(outbox_table.c.state).order_by(outbox_table.c.id)
            return list(connection.execute(query).scalars())

    async def until(self, *states: str) -> None:
        """Wait until the rows have these states, in order."""
        async with asyncio.timeout(15):
            while self.states() != list(states):  # noqa: ASYNC110 - the database can't wake us
                await asyncio.sleep(0.01)


@asynccontextmanager
async def open_post(
    url: str, folder: Path, *, pace: Pace | None = None, names: Sequence[str] = ("甲", "乙")
) -> AsyncIterator[Post]:
    post = Post(url, folder, ScriptedChannel(pace), names)
    try:
        yield post
    finally:
        post.channel.hold.set()
        await post.tasks.cancel_all()
        await post.renderer.close()
        post.work.close()
