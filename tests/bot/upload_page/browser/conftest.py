"""A real browser on a program that runs; one browser and one loop for all tests of a file."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from tests.bot.upload_page.bureau import Bureau, bureaus

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# a browser's own word for an answer of ours that says no
EXPECTED = re.compile(r"Failed to load resource|net::ERR_")

expect.set_options(timeout=15_000)  # a busy machine is no fault of the page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A telephone's window; faults of the page, and of its security policy, fail the test."""
    faults: list[str] = []

    def note(said: ConsoleMessage) -> None:
        if said.type == "error" and not EXPECTED.search(said.text):
            faults.append(said.text)

    context = await browser.new_context(
        viewport={"width": 360, "height": 700},
        reduced_motion="reduce",
        has_touch=True,
        is_mobile=True,
    )
    page = await context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", note)
    yield page
    await context.close()
    assert faults == []


@pytest_asyncio.fixture(loop_scope="module")
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with bureaus(tmp_path) as make:
        yield await make()
