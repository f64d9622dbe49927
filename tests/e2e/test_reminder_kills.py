"""kill -9 around the moment at which thirty liaisons are to be reminded, again and again: each
hears once a day, or the message is listed as in doubt.

The days are those of an office with a paper calendar (`tests.e2e.year_by_hand`); what came is read
at the double, never from what the program believes. The first day goes without a kill and shows
that a clock in a file is followed at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from storage import departments, people
from storage.db import Database
from storage.models import account, outbox
from tests.chat import ZONE
from tests.doubles.client import Control, child
from tests.e2e.ground import Ground, grounded
from tests.e2e.told import FAST, Broadcast
from tests.e2e.year_by_hand import Quarter, before
from tests.support.program import Program

LIAISONS, KILLS = 30, 8
FOUNDED = datetime(2026, 1, 5, 7, 30, tzinfo=ZONE)  # the first quarter's first working Monday
FOLLOWED_WITHIN = 3.0  # seconds: a look each second, on a machine that does other things besides
AROUND = 2.5  # seconds after the clock has moved in which a process is killed
UNANSWERED = 0.3  # seconds between a message's arrival and the answer
PACE = {**FAST, "KAOHE_TELEGRAM_RATE": "25"}  # so that some kills find messages under way

pytestmark = pytest.mark.slow


def due_days() -> list[date]:
    """One day without a kill, and one for each."""
    found = {FOUNDED.date()}
    for quarter in (Quarter(2026, 1), Quarter(2026, 2)):
        report, supplement = quarter.report_until, quarter.supplement_until
        found |= {before(report, 10), before(report, 3), report, before(supplement, 1)}
        found.add(quarter.next().workday(1))
    return sorted(found)[: KILLS + 1]


@dataclass(slots=True)
class Rounds:
    """Day by day; `people` are the liaisons' ids."""

    ground: Ground
    programs: Sequence[Program]
    people: list[int]
    clock: Path
    database: Database

    def sets_clock(self, day: date) -> None:
        made = self.clock.with_suffix(".new")
        made.write_text(f"{day}T09:00", "utf-8")
        made.replace(self.clock)

    def states(self, day: date) -> Counter[str]:
        with self.database.read() as connection:
            rows = connection.execute(
                select(outbox.c.state, func.count())
                .where(outbox.c.key.in_([f"reminder:{day}:{each}" for each in self.people]))
                .group_by(outbox.c.state)
            )
            return Counter({state: count for state, count in rows})

    async def queued(self, day: date, number: int) -> None:
        """Until so many of them are to be reminded."""
        async with asyncio.timeout(60):
            while self.states(day).total() < number:  # noqa: ASYNC110 - the database
                await asyncio.sleep(0.02)

    async def told(self, day: date) -> None:
        """Until all are, and nothing waits; what was under way at a kill may still be in doubt."""
        await self.queued(day, LIAISONS)
        async with asyncio.timeout(60):
            while self.states(day)["queued"]:  # noqa: ASYNC110 - the database
                await asyncio.sleep(0.02)

    async def without_a_kill(self, day: date) -> float:
        """Seconds until the first of them was told."""
        began = time.monotonic()
        self.sets_clock(day)
        await self.queued(day, 1)
        took = time.monotonic() - began
        await self.told(day)
        return took

    async def with_a_kill(self, day: date, dice: random.Random) -> None:
        self.sets_clock(day)
        program = dice.choice(self.programs)
        await asyncio.sleep(dice.uniform(0, AROUND))
        program.kill()
        await program.ended()
        print(f"{day}: killed at {dict(self.states(day))}")
        await program.start()
        await self.told(day)


async def test_one_of_two_is_killed(tmp_path: Path, postgres_url: str, seed: int):
    async with _office(tmp_path, postgres_url) as rounds:
        await _rounds(rounds, random.Random(seed))  # noqa: S311 - repeatable on purpose


async def test_the_only_one_is_killed(tmp_path: Path, seed: int):
    url = f"sqlite:///{tmp_path / 'kaohe.sqlite'}"
    async with _office(tmp_path, url, processes=1) as rounds:
        await _rounds(rounds, random.Random(seed))  # noqa: S311 - repeatable on purpose


async def _rounds(rounds: Rounds, dice: random.Random) -> None:
    began = time.monotonic()
    await asyncio.gather(*(each.start() for each in rounds.programs))
    first, *others = due_days()
    followed = await rounds.without_a_kill(first)
    for day in others:
        await rounds.with_a_kill(day, dice)
    broadcast = Broadcast(rounds.ground, _rows(rounds.database))
    await broadcast.ends()
    assert [await each.stop() for each in rounds.programs] == [0] * len(rounds.programs)
    took = time.monotonic() - began
    told = await broadcast.told()
    print(f"followed in {followed:.2f} s, all in {took:.0f} s: {told.states}")
    assert told.faults == ()
    assert told.states.keys() <= {"sent", "unknown"}
    keys = {f"reminder:{day}:{each}" for day in due_days() for each in rounds.people}
    assert _keys(rounds) == keys
    assert followed < FOLLOWED_WITHIN


def _rows(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(outbox)).scalar_one()


def _keys(rounds: Rounds) -> set[str]:
    """Of all that was ever to be sent to the liaisons."""
    with rounds.database.read() as connection:
        keys = connection.execute(
            select(outbox.c.key)
            .join(account, outbox.c.account_id == account.c.id)
            .where(account.c.person_id.in_(rounds.people))
        )
        return set(keys.scalars())


# ---------------------------------------------------------------- the office


@contextlib.asynccontextmanager
async def _office(folder: Path, url: str, *, processes: int = 2) -> AsyncIterator[Rounds]:
    clock = folder / "clock"
    clock.write_text(FOUNDED.isoformat(), "utf-8")
    async with (
        child() as control,
        grounded(
            folder,
            control,
            liaisons=0,
            database_url=url,
            environment={**PACE, "KAOHE_CLOCK": str(clock)},
        ) as ground,
        ground.another() as other,
    ):
        database = Database(url)
        try:
            found = await _liaisons(control, database)
            # what has arrived and isn't marked yet is what a kill leaves in doubt
            await control.fault("slow_answer", "sendMessage", count=None, seconds=UNANSWERED)
            programs = [ground.program, other][:processes]
            yield Rounds(ground, programs, found, clock, database)
        finally:
            database.close()
        assert await control.bugs() == []


async def _liaisons(control: Control, database: Database) -> list[int]:
    """One for each department, all of them reachable."""
    found = []
    made = [
        await control.person(f"联络员{number}", contact="started") for number in range(LIAISONS)
    ]
    with database.begin() as connection:
        for number, each in enumerate(made):
            name, code = f"{number}号局", f"J{chr(65 + number // 26)}{chr(65 + number % 26)}"
            place = departments.add_department(connection, name=name, short_name=name, code=code)
            found.append(people.add_person(connection, name=f"联络员{number}", now=FOUNDED))
            people.grant_role(
                connection,
                person_id=found[-1],
                role_name="liaison",
                department_id=place,
                now=FOUNDED,
            )
            connection.execute(
                account.insert(),
                {
                    "channel": "telegram",
                    "external_id": str(each.id),
                    "person_id": found[-1],
                    "linked_at": FOUNDED,
                    "created_at": FOUNDED,
                },
            )
    return found
