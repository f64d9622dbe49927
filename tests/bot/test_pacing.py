"""The pacer against a messenger that counts arrivals: never one too many within a second."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from bot.channels.base import Pace
from bot.pacing import Pacer

SLOTS = 3


async def _send(pacer: Pacer, arrivals: list[float], there: float, back: float) -> None:
    async with pacer.sending([1]):
        await asyncio.sleep(there)
        arrivals.append(asyncio.get_running_loop().time())
        await asyncio.sleep(back)


async def _sent(pacer: Pacer, trips: list[tuple[float, float]]) -> list[float]:
    """When each arrived, by trips there and back in seconds."""
    arrivals: list[float] = []
    async with asyncio.TaskGroup() as group:
        for there, back in trips:
            await pacer.slots(1)
            group.create_task(_send(pacer, arrivals, there, back))
    return sorted(arrivals)


@pytest.mark.parametrize(
    "trips",
    [
        # connections are opened first, and that takes long
        [(0.3, 0.02)] * SLOTS + [(0.01, 0.01)] * 6,
        [(0.02, 0.3)] * SLOTS + [(0.01, 0.01)] * 6,
        # later ones may be half as long as the shortest so far
        [(0.05, 0.05)] * SLOTS * 2 + [(0.025, 0.025)] * SLOTS,
    ],
)
async def test_no_more_than_the_slots_arrive_within_a_second(
    trips: list[tuple[float, float]],
) -> None:
    arrivals = await _sent(Pacer(Pace(overall=SLOTS)), trips)
    gaps = [later - first for first, later in itertools.pairwise(arrivals[::SLOTS])]
    assert min(gaps) >= 1


async def test_the_way_there_is_not_waited_for_twice() -> None:
    """Round trips of a fifth of a second cost half of one each at most."""
    arrivals = await _sent(Pacer(Pace(overall=SLOTS)), [(0.1, 0.1)] * SLOTS * 3)
    assert arrivals[-1] - arrivals[0] < 2 * 1.2 + 0.05


async def test_an_account_rests_by_the_same_rule() -> None:
    pacer = Pacer(Pace(overall=1, account=2))
    loop = asyncio.get_running_loop()
    await pacer.slots(1)
    async with pacer.sending([7]):
        assert pacer.resting() == [7]
        await asyncio.sleep(0.1)
    began = loop.time()
    while pacer.resting():  # noqa: ASYNC110 - it is the clock that we wait for
        await asyncio.sleep(0.01)
    assert 0.45 < loop.time() - began < 0.6
