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
from tests.e2e.looking import CODES, Looking
from tests.support.demonstration import FLAGS, demonstration

expect.set_options(timeout=20_000)
SIZES = {"telephone": (360, 740), "desk": (1280, 900)}


# a fault put in on purpose, and what is said of it
WRONG = {
    ".choices .button { height: 30px; min-height: 0; }": ["only 30 high", "words cut off"],
    ".buttons .button { white-space: nowrap; max-width: 20px; }": ["words cut off"],
    ".choices .buttons + .buttons { margin-top: -30px; }": ["one over the other"],
    ".text { width: 2000px; }": ["out of its bubble", "scrolls sideways"],
    ".choices { margin-top: -40px; }": ["over what stands above"],
    ".log { gap: 0; } .message { margin-bottom: -60px; }": ["over the message above"],
    ".choices { display: none; }": ["no way on"],
    ".bar h1 { width: 40px; flex: none; }": ["cut off"],
    "": [],
}
CODED = ("共None件", "{{ name }}", "角色：evaluator", "window_support", "<b>注意", "&lt;", "NaN分")
# the page lets no style in that isn't its own, but for sheets made by a script
WEAR = """
(style) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  document.adoptedStyleSheets = [sheet];
}
"""


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
        assert [words for words in CODED if not CODES.search(words)] == []
        assert await faults_seen(page) == list(WRONG.values())
        await role_paths.director(someone)
        await role_paths.member(someone)
        await role_paths.auditor(someone)
        await role_paths.admin(someone, tmp_path)
        await role_paths.head(someone)
        await role_paths.liaison(someone, photo)
        await role_paths.evaluator(someone)
        await role_paths.rest_of_the_quarter(someone)
        await demo.enter()
        await demo.enter()
        await role_paths.outcome(someone)
        await page.close()
        assert await demo.interrupted() == 0
        assert await demo.complaints() == ""
    assert someone.faults == []
    assert len(someone.stops) > 150


async def faults_seen(page: Page) -> list[list[str]]:
    """What a look finds while each of WRONG is put in; the ruler itself is measured so."""
    found = []
    for style in WRONG:
        someone = Looking(page)
        await page.evaluate(WEAR, style)
        await someone.look("WRONG")
        found.append(sorted({fault.split(": ")[1] for fault in someone.faults}))
    return found
