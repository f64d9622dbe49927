"""The result reaches everyone: hundreds are told while the program is killed, stopped, doubled,
or a fifth of all calls goes wrong. Each gets each part once, or it is listed as unknown."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.doubles.client import child
from tests.e2e.told import FAST, broadcasting

PEOPLE, KILLS, STOPS = 300, 4, 3
STOPPED_WITHIN = 15.0  # seconds
# kind, and its share of the calls; all in all a fifth
FAULTS = (
    ("429", 0.02),
    ("500", 0.04),
    ("reset_before", 0.04),
    ("execute_then_reset", 0.04),
    ("execute_then_500", 0.02),
    ("execute_then_timeout", 0.04),
)


async def test_to_fifty_the_picture_is_uploaded_once(tmp_path: Path):
    async with child() as control, broadcasting(tmp_path, control, people=50, heads=3) as sent:
        await sent.ground.program.start()
        await sent.ends()
        assert await sent.ground.program.stop() == 0
        told = await sent.told()
        assert told.faults == ()
        assert told.states == {"sent": sent.rows}
        assert told.uploads["sendPhoto"] == 1
        assert await control.bugs() == []


@pytest.mark.slow
async def test_killed_in_the_middle(tmp_path: Path, seed: int):
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    async with child() as control, broadcasting(tmp_path, control, people=PEOPLE) as sent:
        program, in_flight = sent.ground.program, 0
        for number in range(KILLS):
            await program.start()
            await sent.reaches(int(sent.rows * (number + dice.random()) / (KILLS + 1)))
            await asyncio.sleep(dice.uniform(0, 0.2))  # any moment, not just that of a call
            program.kill()
            assert await program.ended() == -signal.SIGKILL
            in_flight += sent.states()["sending"]
        await program.start()
        await sent.ends()
        assert await program.stop() == 0
        told = await sent.told()
        print(f"{sent.rows} rows, {in_flight} in flight at {KILLS} kills: {told.states}")
        assert told.faults == ()
        assert told.states == Counter(sent=sent.rows - in_flight, unknown=in_flight)


@pytest.mark.slow
async def test_stopped_in_the_middle(tmp_path: Path, seed: int):
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    async with child() as control, broadcasting(tmp_path, control, people=PEOPLE) as sent:
        program = sent.ground.program
        for number in range(STOPS):
            await program.start()
            await sent.reaches(int(sent.rows * (number + dice.random()) / (STOPS + 1)))
            began = time.monotonic()
            assert await program.stop(STOPPED_WITHIN) == 0
            print(f"stopped after {time.monotonic() - began:.1f} s: {sent.states()}")
        await program.start()
        await sent.ends()
        assert await program.stop() == 0
        told = await sent.told()
        assert told.faults == ()
        assert told.states == {"sent": sent.rows}


@pytest.mark.slow
async def test_a_fifth_of_all_calls_goes_wrong_and_the_rest_is_sent_again(
    tmp_path: Path, seed: int
):
    async with child() as control, broadcasting(tmp_path, control, people=PEOPLE) as sent:
        program = sent.ground.program
        ordered = [
            await control.fault(
                kind, "send*", count=None, probability=share, seed=seed + number, seconds=0.2
            )
            for number, (kind, share) in enumerate(FAULTS)
        ]
        await program.start()
        await sent.ends()
        hits = [await control.fault_hits(each) for each in ordered]
        told = await sent.told()
        print(f"{sent.rows} rows, {sum(hits)} faults: {told.states}")
        assert told.faults == ()
        assert told.states.keys() <= {"sent", "unknown"}
        assert sum(hits) > sent.rows // 10
        await control.cancel_faults()
        before = told.shown
        assert (await program.verb("outbox", "retry", "--all"))[0] == 0
        await sent.ends()
        assert await program.stop() == 0
        assert sent.states() == {"sent": sent.rows}
        # each of those that were in doubt came once more, and nothing else did
        assert (await sent.told()).shown == before + told.states["unknown"]


@pytest.mark.slow
async def test_one_of_two_processes_is_killed(tmp_path: Path, database_url: str, seed: int):
    """What it had in flight is listed, the other sends all the rest."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    url = "" if database_url.startswith("sqlite") else database_url
    async with (
        child() as control,
        broadcasting(tmp_path, control, people=PEOPLE, database_url=url) as sent,
        sent.ground.another(**FAST) as other,
    ):
        await asyncio.gather(sent.ground.program.start(), other.start())
        await sent.reaches(int(sent.rows * dice.uniform(0.2, 0.6)))
        other.kill()
        assert await other.ended() == -signal.SIGKILL
        await sent.ends()
        assert await sent.ground.program.stop() == 0
        told = await sent.told()
        print(f"{sent.rows} rows: {told.states}")
        assert told.faults == ()
        assert told.states.keys() <= {"sent", "unknown"}
        assert told.states["unknown"] <= int(FAST["KAOHE_TELEGRAM_RATE"])


@pytest.mark.slow
async def test_two_processes_send_each_part_once(tmp_path: Path, database_url: str):
    url = "" if database_url.startswith("sqlite") else database_url
    async with (
        child() as control,
        broadcasting(tmp_path, control, people=PEOPLE, database_url=url) as sent,
        sent.ground.another(**FAST) as other,
    ):
        await asyncio.gather(sent.ground.program.start(), other.start())
        await sent.ends()
        assert [await each.stop() for each in (sent.ground.program, other)] == [0, 0]
        told = await sent.told()
        assert told.faults == ()
        assert told.states == {"sent": sent.rows}
        assert told.uploads["sendPhoto"] <= 2
