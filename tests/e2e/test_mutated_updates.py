"""Two thousand distorted updates among two thousand good ones: nobody dies, every good one is
answered, nothing is asked in a loop, and the log stays readable."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from storage.db import Database
from storage.models import inbox, outbox
from tests.doubles.client import Control, child
from tests.e2e.ground import Ground, grounded
from tests.e2e.invariants import violations
from tests.e2e.mutants import broken, mutant
from tests.e2e.nemesis import quiet, settled

EACH, BROKEN, AT_ONCE = 2000, 4, 250
IDLE = 2.0  # seconds of looking whether anything is asked in vain


@pytest.mark.slow
async def test_two_thousand_mutants_among_two_thousand_good_ones(tmp_path: Path, seed: int):
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    async with child() as control, grounded(tmp_path, control, liaisons=8) as ground:
        [before] = await control.inject({"poll": {}}, once=True)
        await ground.program.start()
        assert ground.program.process is not None
        born = ground.program.process.pid
        good = await _sent(ground, dice, first=before + 1)
        await quiet(ground)
        busy = _polls(await control.counts())
        await control.wait_idle(quiet=IDLE)
        idle = _polls(await control.counts()) - busy
        await settled(ground)

        assert ground.program.process.pid == born
        bot = control.token.partition(":")[0]
        keys, parked = {f"tg:{bot}:{number}" for number in good}, _parked(ground)
        assert keys & parked.keys() == set()
        assert _unanswered(ground, keys) == set()
        assert [each for each in parked.values() if not each.startswith("unparsable")] == []
        assert len(parked) > EACH // 10
        assert violations(ground.database_url, ground.files) == []
        # a spoilt answer is asked for again one update at a time, until its turn comes
        assert busy < 2 * (EACH * 2 // 100 + BROKEN * 100)
        assert idle <= 1
        lines = ground.program.log
        assert len(lines) < len(parked) + 100
        assert sum(map(len, lines)) < 500 * len(lines)
        print(f"{len(parked)} parked, {busy} polls, {len(lines)} lines of log")


async def _sent(ground: Ground, dice: random.Random, *, first: int) -> set[int]:
    """The ids of the good ones. The double numbers updates in order, so each id is known."""
    users = [each.person.id for each in ground.liaisons]
    kinds = ["good"] * EACH + ["mutant"] * (EACH - BROKEN) + ["broken"] * BROKEN
    dice.shuffle(kinds)
    good, operations = set(), list[tuple[str, dict[str, Any]]]()
    for number, kind in enumerate(kinds, start=first):
        if kind == "good":
            good.add(number)
            operations.append(_good(dice, dice.choice(users)))
        else:
            text = broken(number, dice) if kind == "broken" else mutant(dice, number, users)
            operations.append(("inject", {"payloads": [text], "raw": True}))
        if len(operations) == AT_ONCE or number == first + len(kinds) - 1:
            await ground.control.do_all(operations)
            operations.clear()
            await _handled(ground.control)
    return good


def _good(dice: random.Random, user: int) -> tuple[str, dict[str, Any]]:
    if dice.random() < 0.3:
        return "presses", {"user": user, "button": "cmd:help", "message_id": None, "forge": True}
    return "says", {"user": user, "text": "/help"}


async def _handled(control: Control) -> None:
    await control.wait_idle(quiet=0.05, timeout=120)


def _polls(counts: dict[str, Any]) -> int:
    return sum(n for call, n in counts["calls"].items() if call.startswith("getUpdates"))


def _parked(ground: Ground) -> dict[str, str]:
    database = Database(ground.database_url)
    with database.read() as connection:
        rows = connection.execute(
            select(inbox.c.key, inbox.c.problem).where(inbox.c.parked.is_not(None))
        ).all()
    database.close()
    return {row.key: row.problem for row in rows}


def _unanswered(ground: Ground, keys: set[str]) -> set[str]:
    database = Database(ground.database_url)
    with database.read() as connection:
        answered = connection.execute(select(outbox.c.key).where(outbox.c.state == "sent"))
        found = {key.partition("#")[0] for (key,) in answered}
    database.close()
    return keys - found
