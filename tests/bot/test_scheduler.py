"""The beat of the timed rules: with a test clock, whenever that has been moved."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from bot.clock import Clock
from bot.database import Work
from bot.scheduler import Ticker
from handlers.alarms import Trouble
from handlers.premises import Premises
from storage.db import Database
from storage.models import evidence
from tests.chat import MORNING, ZONE, Centre
from tests.support.evidence import lies

SOON = 20.0  # seconds, far below the minute that a beat takes


async def all_is_well() -> Sequence[Trouble]:
    return ()


async def test_a_clock_that_was_moved_ticks_at_once(tmp_path: Path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    centre.person("李敏", "liaison", department="SCJG")
    until = MORNING + timedelta(days=3)
    item = lies(centre, "SCJG", "enquiries", "退回的一件", state="returned", complete_until=until)
    hand = tmp_path / "clock"
    hand.write_text(MORNING.isoformat())
    told = asyncio.Event()
    work = Work(Database(centre.url))
    ticker = Ticker(
        work=work,
        clock=Clock(ZONE, hand),
        premises=Premises(b"key"),
        queued=told.set,
        alarms=all_is_well,
    )

    def state() -> object:
        with centre.database.read() as connection:
            return connection.execute(
                select(evidence.c.state).where(evidence.c.id == item)
            ).scalar_one()

    ticker.start()
    try:
        await asyncio.sleep(2.5)
        assert state() == "returned"
        told.clear()
        hand.write_text(until.isoformat())
        async with asyncio.timeout(SOON):
            await told.wait()
        assert state() == "rejected"
    finally:
        ticker.stop()
        work.close()
