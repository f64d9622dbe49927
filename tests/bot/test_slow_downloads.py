"""Where a changed panel is one more message, a file that takes long is told of meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest

from bot import delivery, downloads
from handlers.messages import Attachment
from tests.bot.house import House
from tests.bot.post import ScriptedChannel

PDF = b"%PDF-1.7 " + b"x" * 100
FILE = Attachment("ref", "证明.pdf", "application/pdf", len(PDF))


class Depot(ScriptedChannel):
    """A messenger that hands a file out when it is `ready`."""

    appends = True

    def __init__(self) -> None:
        super().__init__()
        self.ready = asyncio.Event()

    async def fetch(self, reference: str) -> AsyncGenerator[bytes]:
        await self.ready.wait()
        yield PDF


@pytest.fixture
def depot() -> Depot:
    return Depot()


@pytest.fixture
async def house(tmp_path: Path, depot: Depot, monkeypatch) -> AsyncIterator[House]:
    monkeypatch.setattr(downloads, "SLOW", 0.1)
    house = House(tmp_path, depot)
    yield house
    house.work.close()


async def kinds(house: House, *wanted: str) -> None:
    async with asyncio.timeout(5):
        while house.kinds != list(wanted):  # noqa: ASYNC110 - it is told from a task of its own
            await asyncio.sleep(0.01)


def begun(house: House, *, of_draft: bool = True) -> int:
    found = house.announced(FILE, draft=house.draft() if of_draft else None)
    house.downloads.fetch([found])
    return found


async def test_it_is_slow_and_then_here(house: House, depot: Depot):
    found = begun(house)
    await kinds(house, "slow")
    [slow] = house.told
    assert slow.download is not None
    assert (slow.key, slow.download.attachment_id) == (f"slow:{found}", found)
    depot.ready.set()
    await kinds(house, "slow", "stored")


def test_nobody_waits_long_for_a_word():
    """An answer within two seconds, the moment in which further files may follow included."""
    assert downloads.SLOW + delivery.GATHERING < 2


async def test_one_that_is_here_soon_is_told_of_once(house: House, depot: Depot):
    depot.ready.set()
    begun(house)
    await kinds(house, "stored")
    await asyncio.sleep(0.3)
    assert house.kinds == ["stored"]


async def test_one_that_waits_for_its_place_is_slow_as_well(house: House, monkeypatch):
    house.downloads._places = asyncio.Semaphore(0)
    begun(house)
    await kinds(house, "slow")


@pytest.mark.parametrize(("appends", "of_draft"), [(False, True), (True, False)])
async def test_where_it_was_told_of_from_the_beginning(
    house: House, depot: Depot, appends, of_draft
):
    """On a panel that is edited, or of a workbook to be imported."""
    depot.appends = appends
    begun(house, of_draft=of_draft)
    await asyncio.sleep(0.3)
    assert house.kinds == []
