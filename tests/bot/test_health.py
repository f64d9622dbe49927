"""What is wrong, what is stuck, what people are told of: on a real outbox, a clock in the hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import insert, update
from sqlalchemy.exc import OperationalError

from bot.channels.base import Hearing
from bot.clock import Clock
from bot.database import Work
from bot.health import Health, lines
from bot.presence import Presence
from bot.scheduler import Ticker
from handlers.premises import CENTRE_ZONE, Premises
from storage import outbox, people
from storage.blobs import Blobs
from storage.db import Database, metadata
from storage.models import account
from storage.models import outbox as outbox_table
from tests.bot.post import ScriptedChannel

TEN = datetime(2026, 11, 3, 10, tzinfo=CENTRE_ZONE)


class Hand(Clock):
    """Time is what the test says: `passes` for everything, `steps` for the system's clock only."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.wrong = 0.0
        super().__init__(CENTRE_ZONE, TEN)

    def now(self) -> datetime:
        return TEN + timedelta(seconds=self.seconds - 1000)

    def wall(self) -> datetime:
        return self.now().astimezone(UTC) + timedelta(seconds=self.wrong)

    def monotonic(self) -> float:
        return self.seconds


class Messenger(ScriptedChannel):
    def __init__(self, clock: Hand) -> None:
        super().__init__()
        self.clock = clock
        self.answered = self.tried = 1000.0
        self.refuses = ""

    def trouble(self) -> str:
        return self.refuses

    def hearing(self) -> Hearing:  # type: ignore[override]
        return Hearing(self.answered, self.tried, 60.0)


@dataclass
class House:
    clock: Hand
    messenger: Messenger
    presence: Presence
    work: Work
    health: Health

    async def passes(self, seconds: float, *, silent: bool = False) -> None:
        """Time goes by, and unless `silent` everything else works as it should."""
        self.clock.seconds += seconds
        if not silent:
            await self.presence.beat()
            self.presence.last_try = self.clock.seconds
            self.messenger.answered = self.messenger.tried = self.clock.seconds

    async def wrong(self) -> list[str]:
        self.clock.seconds += 2  # a look counts for a second
        return lines(await self.health.troubles())

    def queue(self, key: str, *, to: int = 1, **values: object) -> None:
        with self.work.database.begin() as connection:
            outbox.queue(
                connection, key=key, account_id=to, body={"text": "x"}, now=self.clock.now()
            )
            if values:
                connection.execute(
                    update(outbox_table).where(outbox_table.c.key == key).values(**values)
                )


def health_of(house: House, folder: Path, *, reserve: int = 0) -> Health:
    return Health(
        work=house.work,
        clock=house.clock,
        presence=house.presence,
        channels={"fake": house.messenger},
        blobs=Blobs(folder / "files", reserve=reserve),
    )


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    database = Database(database_url)
    metadata.create_all(database.writer)
    with database.begin() as connection:
        for channel in ("fake", "web"):
            connection.execute(
                insert(account),
                {"channel": channel, "external_id": "1", "created_at": TEN},
            )
    work, clock = Work(database), Hand()
    messenger = Messenger(clock)
    presence = Presence(work=work, clock=clock, worker="here/1/aa")
    made = House(clock, messenger, presence, work, None)  # type: ignore[arg-type]
    made.health = health_of(made, tmp_path)
    await presence.beat()
    yield made
    work.close()


async def test_all_is_well(house: House):
    house.queue("a")
    await house.passes(200)
    assert await house.wrong() == []
    assert await house.health.alarms() == ()
    assert house.health.stuck() == ()


async def test_a_database_in_which_nothing_was_written_for_long(house: House):
    await house.passes(19, silent=True)
    assert await house.wrong() == ["database: nothing written for 21 s"]
    await house.passes(1)
    assert await house.wrong() == []


async def test_a_database_that_can_not_be_read(house: House, tmp_path: Path):
    house.work.close()
    gone = Work(Database(f"sqlite:///{tmp_path / 'no' / 'such.sqlite'}"))
    house.health = health_of(House(**vars(house) | {"work": gone}), tmp_path)
    assert await house.wrong() == ["database: not readable (OperationalError)"]
    with pytest.raises(OperationalError):
        await gone.read(lambda c: c.exec_driver_sql("SELECT 1"))
    gone.close()


async def test_a_messenger_that_does_not_answer(house: House):
    await house.passes(200)
    await house.passes(15, silent=True)
    assert await house.wrong() == []
    await house.passes(1)
    house.messenger.answered -= 59
    assert await house.wrong() == ["deaf: fake: no answer for 61 s"]
    assert [each.kind for each in await house.health.alarms()] == []
    house.messenger.answered -= 60
    [told] = await house.health.alarms()
    assert (told.kind, told.channel, told.detail) == ("deaf", "fake", "fake: no answer for 121 s")


async def test_a_messenger_that_refuses_us_says_why_until_that_is_mended(house: House):
    await house.passes(200)
    house.messenger.refuses = "Secret 不对，请改正。"
    assert await house.wrong() == ["refused: Secret 不对，请改正。"]
    [told] = await house.health.alarms()
    assert (told.kind, told.channel, told.detail) == ("refused", "fake", "Secret 不对，请改正。")
    assert house.health.stuck() == ()
    house.messenger.refuses = ""
    assert (await house.wrong(), await house.health.alarms()) == ([], ())


async def test_only_who_listens_on_an_exclusive_channel_can_be_deaf(house: House):
    house.messenger.exclusive = True
    await house.passes(300)
    house.messenger.answered = house.messenger.tried = 0.0
    assert await house.wrong() == []
    assert house.health.stuck() == ()

    async def listening() -> None:
        house.clock.seconds += 61
        assert await house.health.troubles() != ()
        raise ZeroDivisionError

    with pytest.raises(BaseExceptionGroup):
        await house.presence.alone("channel:fake", listening)
    await house.presence.beat()
    assert await house.wrong() == []


async def test_what_shows_no_sign_of_life_is_stuck(house: House):
    await house.passes(121, silent=True)
    assert house.health.stuck() == ("database", "fake")
    house.messenger.tried = house.clock.seconds
    assert house.health.stuck() == ("database",)
    house.presence.last_try = house.clock.seconds
    assert house.health.stuck() == ()


async def test_a_message_that_is_due_and_does_not_leave(house: House):
    house.queue("later", not_before=TEN + timedelta(hours=1))
    house.queue("sent", state="sent")
    house.queue("of a channel we have not", to=2)
    await house.passes(299)
    assert await house.wrong() == []
    house.queue("now", not_before=TEN)
    await house.passes(1)
    assert await house.wrong() == []
    await house.passes(60)
    assert await house.wrong() == ["outbox: a message waits for 366 s"]
    assert [each.kind for each in await house.health.alarms()] == ["outbox"]


async def test_a_long_broadcast_that_moves_on_is_not_stuck(house: House):
    for number in range(4):
        house.queue(f"part {number}")
    for number in range(4):
        await house.passes(200)
        assert await house.wrong() == []
        with house.work.database.begin() as connection:
            connection.execute(
                update(outbox_table)
                .where(outbox_table.c.key == f"part {number}")
                .values(state="sent")
            )


async def test_a_message_that_is_tried_again_and_again(house: House):
    """When it was tried for the first time no column says."""
    night = TEN - timedelta(hours=14)
    house.queue("from last night", created_at=night, attempt=1, not_before=TEN)
    assert await house.wrong() == []
    await house.passes(150)
    assert await house.wrong() == []
    await house.passes(150)
    assert await house.wrong() == ["outbox: a message waits for 304 s"]


async def test_a_disk_without_room(house: House, tmp_path: Path):
    house.health = health_of(house, tmp_path, reserve=2**60)
    assert await house.wrong() == ["disk: less than 1099511627776 MiB free"]
    (tmp_path / "files" / "tmp").rmdir()
    (tmp_path / "files").rmdir()
    assert await house.wrong() == ["disk: not readable (FileNotFoundError)"]


async def test_a_clock_that_stepped_is_told_of_once(house: House):
    assert await house.health.alarms() == ()
    for wrong, told in ((-59, []), (-59 + 61, ["clock"]), (-59 + 61, []), (-60, ["clock"])):
        house.clock.wrong = wrong
        await house.passes(60)
        assert [each.kind for each in await house.health.alarms()] == told


async def test_the_administrators_are_told_once_a_day(house: House, tmp_path: Path):
    full = health_of(house, tmp_path, reserve=2**60)
    woken: list[int] = []
    ticker = Ticker(
        work=house.work,
        clock=house.clock,
        premises=Premises(b"key"),
        queued=lambda: woken.append(1),
        alarms=full.alarms,
    )
    with house.work.database.begin() as connection:
        for name, role in (("赵主管", "admin"), ("李敏", "member"), ("钱主管", "admin")):
            id_ = people.add_person(connection, name=name, now=TEN)
            people.grant_role(connection, person_id=id_, role_name=role, now=TEN)
            connection.execute(
                insert(account),
                {
                    "channel": "fake", "external_id": name, "person_id": id_,
                    "linked_at": TEN, "created_at": TEN,
                },
            )  # fmt: skip

    def keys() -> list[str]:
        with house.work.database.read() as connection:
            rows = connection.execute(outbox_table.select().order_by(outbox_table.c.id))
            return [row.key for row in rows]

    def sent() -> None:
        with house.work.database.begin() as connection:
            connection.execute(update(outbox_table).values(state="sent"))

    first = await ticker.tick()
    assert (first.failed, first.notices) == ([], 2)
    sent()
    await house.passes(3600)
    again = await ticker.tick()
    assert (again.failed, again.notices) == ([], 0)
    assert keys() == ["alarm:disk:2026-11-03:1", "alarm:disk:2026-11-03:3"]
    await house.passes(86400)
    assert (await ticker.tick()).notices == 2
    assert keys()[2:] == ["alarm:disk:2026-11-04:1", "alarm:disk:2026-11-04:3"]
    assert woken == [1, 1]
