"""The whole path of each role in a real browser, on a telephone and on a desk.

Every stop is measured: nothing cut off, over something else or reached only by scrolling
sideways, every button large enough for a finger, a way on, and no word that is not for people.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from templates import documents
from tests.e2e import role_paths
from tests.e2e.looking import Looking
from tests.support.demonstration import FLAGS, demonstration

expect.set_options(timeout=20_000)
SIZES = {"telephone": (360, 740), "desk": (1280, 900)}


@pytest_asyncio.fixture(params=SIZES)
async def page(request: pytest.FixtureRequest, chromium: Path) -> AsyncIterator[Page]:
    """A fresh window; whatever the page complains of fails the test."""
    width, height = SIZES[request.param]
    said: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = await browser.new_page(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        yield page
        await browser.close()
    assert said == []


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "现场.png"
    path.write_bytes(documents.render("demo_picture", {"scene": "visit"}))
    return path


@pytest.mark.browser
@pytest.mark.slow
async def test_each_role_finds_its_way(page, photo, tmp_path):
    async with demonstration(tmp_path) as demo:
        someone = Looking(page)
        await someone.open(demo.url)
        await role_paths.director(someone)
        await role_paths.member(someone)
        await role_paths.auditor(someone)
        await role_paths.head(someone)
        await role_paths.liaison(someone, photo)
        await role_paths.evaluator(someone)
        await role_paths.rest_of_the_quarter(someone)
        await demo.enter()
        await demo.enter()
        await role_paths.outcome(someone)
        assert await demo.interrupted() == 0
        assert await demo.complaints() == ""
    assert someone.faults == []
    assert len(someone.stops) > 150
