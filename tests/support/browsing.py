"""A real browser, and pages whose faults fail the test."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# a browser's own word for an answer of ours that says no
EXPECTED = re.compile(r"Failed to load resource|net::ERR_")

expect.set_options(timeout=15_000)  # a busy machine is no fault of the page


@asynccontextmanager
async def started(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def window(
    browser: Browser, *, width: int, height: int, expected: re.Pattern[str] = EXPECTED, **more: Any
) -> AsyncIterator[Page]:
    """Without any history; also what breaks the page's security policy is a fault of it."""
    faults: list[str] = []

    def note(said: ConsoleMessage) -> None:
        if said.type == "error" and not expected.search(said.text):
            faults.append(said.text)

    context = await browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce", **more
    )
    page = await context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", note)
    yield page
    await context.close()
    assert faults == []
