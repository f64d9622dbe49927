"""A broadcast to hundreds on the real program: who got which part, by the double's own record.

The rows are queued as a release queues them, before the program starts; what the checker finds is
held against what really appeared in each chat, never against what the program believes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from storage.blobs import Blobs
from storage.db import Database
from storage.models import account, outbox
from tests.doubles.client import Control
from tests.e2e.ground import Ground, grounded
from tests.e2e.invariants import violations
from tests.support.broadcasting import Audience, publish, queue

# far above Telegram's limits: what is tried here is not the pace
FAST = {"KAOHE_TELEGRAM_RATE": "100", "KAOHE_TELEGRAM_CHAT_RATE": "100"}
PATIENCE = 120.0  # seconds for a broadcast, on a machine that does other things besides


@dataclass(frozen=True, slots=True)
class Told:
    """`faults` is empty when each got each part once, or it is listed; `states` counts rows;
    `shown` messages that really appeared; `uploads` calls that brought a file's bytes."""

    faults: tuple[str, ...]
    states: Counter[str]
    shown: int
    uploads: Counter[str]


@dataclass(slots=True)
class Broadcast:
    ground: Ground
    rows: int

    async def reaches(self, calls: int) -> None:
        """Until the bot has made so many calls that send something."""
        await self.ground.control.wait_calls("send*", count=calls, timeout=PATIENCE)

    def states(self) -> Counter[str]:
        return states(self.ground.database_url)

    async def ends(self) -> None:
        """Until nothing waits or is under way any more."""
        await ends(self.ground.database_url)

    async def told(self) -> Told:
        """After the program's end; what is held against what."""
        calls = await self.ground.control.ask("calls", method="send*", limit=20_000)
        rows = rows_of(self.ground.database_url)
        shown = Counter(_message(call) for call in calls if call["executed"])
        unsound = violations(self.ground.database_url, self.ground.files)
        return Told(
            (*_faults(rows, shown, self.rows), *unsound),
            Counter(row["state"] for row in rows),
            shown.total(),
            Counter(call["method"] for call in calls if "_files" in call["params"]),
        )


def states(database_url: str) -> Counter[str]:
    return Counter(row["state"] for row in rows_of(database_url))


async def ends(database_url: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while states(database_url).keys() & {"queued", "sending"}:  # noqa: ASYNC110 - the database
            await asyncio.sleep(0.1)


def rows_of(database_url: str) -> list[dict[str, Any]]:
    """The outbox, with each row's account."""
    database = Database(database_url)
    try:
        with database.read() as connection:
            return [
                row._asdict()
                for row in connection.execute(
                    select(outbox, account.c.external_id, account.c.channel).join(
                        account, outbox.c.account_id == account.c.id
                    )
                )
            ]
    finally:
        database.close()


def _message(call: dict[str, Any]) -> tuple[str, str]:
    params = call["params"]
    return str(params["chat_id"]), str(params.get("text") or params.get("caption") or "")


def _faults(
    rows: Sequence[dict[str, Any]], shown: Counter[tuple[str, str]], expected: int
) -> list[str]:
    faults = [] if len(rows) == expected else [f"{len(rows)} rows instead of {expected}"]
    left = Counter(shown)
    for row in rows:
        message = (row["external_id"], row["body"]["text"])
        count = left.pop(message, 0)
        fine = {"sent": count == 1, "unknown": count <= 1, "failed": count == 0}
        if not fine.get(row["state"], False):
            faults.append(f"{row['key']} is {row['state']} and appeared {count} times")
    return faults + [f"{count} of nobody's: {message}" for message, count in left.items()]


@asynccontextmanager
async def broadcasting(
    folder: Path,
    control: Control,
    *,
    people: int,
    heads: int = 10,
    database_url: str = "",
    environment: dict[str, str] | None = None,
) -> AsyncIterator[Broadcast]:
    """Published to so many, nothing sent yet; the program is not started."""
    async with grounded(
        folder, control, liaisons=0, database_url=database_url, environment=environment or FAST
    ) as ground:
        made = [
            await control.person(f"人员{number}", contact="started") for number in range(people)
        ]
        users = [each.id for each in made]
        database = Database(ground.database_url)
        try:
            with database.begin() as connection:
                id_ = publish(connection, Audience.of(users, departments=heads))
                rows = queue(connection, id_, Blobs(ground.files), user=users[0])
        finally:
            database.close()
        yield Broadcast(ground, rows)
