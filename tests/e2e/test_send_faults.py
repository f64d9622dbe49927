"""A fifth of all calls to the Bot API go wrong: every answer arrives or is listed as unknown, and
none comes more often than was written down beforehand."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.doubles.client import child
from tests.e2e.ground import grounded
from tests.e2e.history import History, examine
from tests.e2e.nemesis import at_work, settled

UPDATES = 150
PATIENCE = 8.0
# kind, and its share of the calls; all in all a fifth
FAULTS = (
    ("429", 0.02),
    ("500", 0.04),
    ("reset_before", 0.04),
    ("execute_then_reset", 0.04),
    ("execute_then_500", 0.02),
    ("execute_then_timeout", 0.04),
)
REFUSED = 3


@pytest.mark.slow
async def test_a_fifth_of_all_calls_goes_wrong(tmp_path: Path, seed: int):
    async with child() as control, grounded(tmp_path, control, liaisons=4) as ground:
        history = await History.begin(control)
        await ground.program.start()
        ordered = [
            await control.fault(
                kind, method, count=None, probability=share, seed=seed + number, seconds=0.2
            )
            for number, (kind, share) in enumerate(FAULTS)
            for method in ("send*", "edit*", "answer*", "getFile")
        ]
        async with at_work(
            ground.liaisons, history, seed=seed, updates=UPDATES, patience=PATIENCE
        ):
            for number in range(REFUSED):
                await history.reaches(UPDATES * (number + 1) // (REFUSED + 1))
                await control.refuse(0.3)
        hits = await asyncio.gather(*(control.fault_hits(each) for each in ordered))
        await control.cancel_faults()
        await settled(ground)
        found = await examine(history, ground)
        print(f"{history.updates} updates, {sum(hits)} faults: {found}")
        assert found.faults == []
        assert sum(hits) > UPDATES // 10
        assert found.repeated > 0  # or the faults were none
