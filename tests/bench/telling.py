"""A broadcast at the pace that Telegram allows, and a person who goes on pressing meanwhile."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

from sqlalchemy import func, select

from storage import departments, people, schema
from storage.blobs import Blobs
from storage.db import Database, sqlite_url
from storage.models import account, outbox, rendered
from tests.doubles.client import Control
from tests.doubles.person import Person
from tests.support.broadcasting import HOURS, Audience, publish, queue

RATE = 30  # messages a second that Telegram takes
WAIT = 120.0
IDLE_PRESSES = 100
_BUTTON, _SHOWN = "我的上报", "还没有"


class Centre:
    """The database of an installation in `folder`, beside the program that runs on it."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._data.mkdir(mode=0o700)
        self._database = Database(sqlite_url(self._data / "kaohe.sqlite"))
        schema.bring_up_to_date(self._database)

    def publish(self, audience: Audience) -> int:
        with self._database.begin() as connection:
            return publish(connection, audience)

    def queue(self, publication_id: int, *, user: int) -> int:
        blobs = Blobs(self._data / "files")
        with self._database.begin() as connection:
            return queue(connection, publication_id, blobs, user=user)

    def link_reporter(self, user: int) -> None:
        """Somebody of a department of their own."""
        with self._database.begin() as connection:
            person_id = people.add_person(connection, name="李敏", now=HOURS)
            place = departments.add_department(
                connection, name="市场监督管理局", short_name="市场监管局", code="SCJG"
            )
            people.grant_role(
                connection,
                person_id=person_id,
                role_name="liaison",
                department_id=place,
                now=HOURS,
            )
            connection.execute(
                account.insert(),
                {
                    "channel": "telegram",
                    "external_id": str(user),
                    "person_id": person_id,
                    "linked_at": HOURS,
                    "created_at": HOURS,
                },
            )

    def waiting(self) -> int:
        with self._database.read() as connection:
            return connection.execute(
                select(func.count())
                .select_from(outbox)
                .where(outbox.c.state.in_(("queued", "sending")))
            ).scalar_one()

    def sheets(self) -> int:
        """How many have been rendered."""
        with self._database.read() as connection:
            return connection.execute(
                select(func.count())
                .select_from(rendered)
                .where(rendered.c.key.startswith("annex_sheet"))
            ).scalar_one()

    def close(self) -> None:
        self._database.close()


async def wall(control: Control, rows: int) -> float:
    """Seconds from the first message's start to the last one's answer, by the double's clock."""
    await control.wait_calls("send*", count=rows, timeout=WAIT)
    await control.wait_idle(timeout=WAIT)
    calls = await control.ask("calls", method="send*", limit=20_000)
    return float(max(c["at"] + c["took"] for c in calls) - min(c["at"] for c in calls))


async def press(person: Person) -> float:
    """Seconds from a press of the menu to the card that it brings."""
    began = time.perf_counter()
    await person.presses(_BUTTON)
    await person.waits_for(_SHOWN, timeout=WAIT)
    return time.perf_counter() - began


async def idle_presses(person: Person) -> list[float]:
    await person.says("/start")
    await person.waits_for(_BUTTON, timeout=WAIT)
    for _ in range(10):
        await press(person)
    return [await press(person) for _ in range(IDLE_PRESSES)]


async def presses_until_rendered(person: Person, centre: Centre, sheets: int) -> list[float]:
    times: list[float] = []
    while await asyncio.to_thread(centre.sheets) < sheets:
        times.append(await press(person))
    return times


def percentile(times: list[float]) -> float:
    """The 95th."""
    return statistics.quantiles(times, n=20)[-1]
