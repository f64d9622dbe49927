"""A real browser on a house: one browser and one loop for all tests of a file, the rest anew."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from tests.bot.webchat.browser.steps import DESK
from tests.bot.webchat.house import House, Make, houses

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# a browser's own word for an answer of ours that says no
EXPECTED = re.compile(r"Failed to load resource|WebSocket connection to .* failed|net::ERR_")

expect.set_options(timeout=15_000)  # a busy machine is no fault of the page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A window without any history; faults of the page fail the test."""
    faults: list[str] = []

    def note(said: ConsoleMessage) -> None:
        if said.type == "error" and not EXPECTED.search(said.text):
            faults.append(said.text)

    context = await browser.new_context(
        viewport={"width": DESK[0], "height": DESK[1]}, reduced_motion="reduce"
    )
    page = await context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", note)
    yield page
    await context.close()
    assert faults == []


@pytest_asyncio.fixture(loop_scope="module")
async def make_house(tmp_path: Path) -> AsyncIterator[Make]:
    async with houses(tmp_path) as make:
        yield make


@pytest_asyncio.fixture(loop_scope="module")
async def house(make_house: Make) -> House:
    return await make_house()
