"""An outbox on a real database with the real delivery, on a channel that does as it is told."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web
from sqlalchemy import select

from bot.channels.base import (
    Circular,
    DeliveryError,
    Intake,
    Outgoing,
    Pace,
    RetryLater,
    Sent,
)
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
from storage.models import account, person
from storage.models import outbox as outbox_table
from storage.outbox import Row

CLOCK = Clock(CENTRE_ZONE)


class ScriptedChannel:
    """Sends into a list; `script` holds what the next calls raise, None for success. With
    `names_files` it gives an id to each file that it is brought, as a messenger does; `brought`
    are the texts that came with a file's bytes, `named` those with its id; `again` those of calls
    that said they might be the second."""

    exclusive = False
    here = True
    reveals = False
    appends = False

    def __init__(
        self, pace: Pace | None = None, *, name: str = "fake", circular: Circular | None = None
    ) -> None:
        self.name = name
        self.circular = circular
        self.pace = pace or Pace()
        self.sent: list[tuple[str, str, str]] = []
        self.script: list[DeliveryError | None] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self.running = 0
        self.names_files = False
        self.brought: list[str] = []
        self.named: list[str] = []
        self.again: list[str] = []

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
        if message.again:
            self.again.append(message.text)
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


class ScriptedCircular:
    """A messenger that shows a call once, however often it is made. `seen` is what people saw of
    calls; `script` holds what the next calls raise, after their effect where they are in doubt;
    `faults` what is said of single accounts until it is taken out. The moment named `stop_at`
    ("prepare", "before" or "after" the effect) goes no further once it has come to `there`."""

    def __init__(self, *, most: int = 1000, window: timedelta = timedelta(hours=3)) -> None:
        self.most = most
        self.window = window
        self.prepared: list[str] = []
        self.made: list[str] = []
        self.told: list[list[str]] = []  # the accounts that were asked for at each call
        self.seen: Counter[tuple[str, str]] = Counter()
        self.script: list[DeliveryError | None] = []
        self.faults: dict[str, DeliveryError] = {}
        self.brought: list[str] = []  # files whose bytes it was brought
        self.stop_at = ""
        self.there = asyncio.Event()
        self.go_on = asyncio.Event()

    async def prepare(self, messages: Sequence[Outgoing]) -> str:
        [text] = {message.text for message in messages}
        file = messages[0].file
        if file is not None and not file.known:
            self.brought.append(file.blob)
        to = sorted(message.account for message in messages)
        self.prepared.append(json.dumps([len(self.prepared), text, to]))
        prepared = self.prepared[-1]
        await self._come_to("prepare")
        return prepared

    async def send_all(
        self, messages: Sequence[Outgoing], calls: str
    ) -> Mapping[str, Sent | DeliveryError]:
        self.told.append(sorted(message.account for message in messages))
        error = self.script.pop(0) if self.script else None
        if isinstance(error, RetryLater):
            raise error
        await self._come_to("before")
        _, text, to = json.loads(calls)
        if calls not in self.made:
            self.seen.update((each, text) for each in to if each not in self.faults)
        self.made.append(calls)
        await self._come_to("after")
        if error is not None:
            raise error
        file = messages[0].file
        sent = Sent(f"c{len(self.made)}", known=f"id of {file.blob}" if file else "")
        return {each: self.faults.get(each) or sent for each in to}

    async def _come_to(self, moment: str) -> None:
        if moment == self.stop_at:
            self.there.set()
            await self.go_on.wait()


class Post:
    """A delivery on a real database, with accounts 甲 (1) and 乙 (2), or as many as are named."""

    def __init__(
        self,
        url: str,
        folder: Path,
        channel: ScriptedChannel,
        names: Sequence[str] = ("甲", "乙"),
        *,
        worker: str = "me",
        others: Sequence[ScriptedChannel] = (),
        clock: Clock = CLOCK,
    ) -> None:
        self.channel = channel
        self.clock = clock
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
            clock=clock,
            worker=worker,
            channels={each.name: each for each in (channel, *others)},
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

    def person(self, name: str, *account_ids: int, preferred: int | None = None) -> int:
        """Somebody with these accounts, linked in this order; their id."""
        with self.database.begin() as connection:
            made = connection.execute(
                person.insert().returning(person.c.id),
                {"name": name, "preferred_account_id": preferred, "created_at": CLOCK.now()},
            ).scalar_one()
            for number, id_ in enumerate(account_ids):
                linked = CLOCK.now() + timedelta(seconds=number)
                connection.execute(
                    account.update()
                    .where(account.c.id == id_)
                    .values(person_id=made, linked_at=linked)
                )
        return int(made)

    def rows(self) -> list[tuple[str, int, str]]:
        """Key, account and state of all there are."""
        with self.database.read() as connection:
            query = select(outbox_table.c.key, outbox_table.c.account_id, outbox_table.c.state)
            return [(*row,) for row in connection.execute(query.order_by(outbox_table.c.id))]

    def queue(
        self, text: str, *, to: int = 1, now: datetime | None = None, **body: object
    ) -> None:
        self.keys += 1
        with self.database.begin() as connection:
            outbox.queue(
                connection,
                key=f"k{self.keys}",
                account_id=to,
                body={"text": text, **body},
                now=now or CLOCK.now(),
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
    url: str,
    folder: Path,
    *,
    pace: Pace | None = None,
    names: Sequence[str] = ("甲", "乙"),
    channel: ScriptedChannel | None = None,
    worker: str = "me",
    others: Sequence[ScriptedChannel] = (),
    clock: Clock = CLOCK,
) -> AsyncIterator[Post]:
    """Several may be opened on one database, as the program's processes are."""
    channel = channel or ScriptedChannel(pace)
    post = Post(url, folder, channel, names, worker=worker, others=others, clock=clock)
    try:
        yield post
    finally:
        post.channel.hold.set()
        await post.tasks.cancel_all()
        await post.renderer.close()
        post.work.close()
