"""A real browser on a house: one browser and one loop for all tests of a file, the rest anew."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.bot.webchat.browser.steps import DESK
from tests.bot.webchat.house import House, Make, houses
from tests.support import browsing

EXPECTED = re.compile(rf"{browsing.EXPECTED.pattern}|WebSocket connection to .* failed")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with browsing.started(chromium) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    width, height = DESK
    async with browsing.window(browser, width=width, height=height, expected=EXPECTED) as page:
        yield page


@pytest_asyncio.fixture(loop_scope="module")
async def make_house(tmp_path: Path) -> AsyncIterator[Make]:
    async with houses(tmp_path) as make:
        yield make


@pytest_asyncio.fixture(loop_scope="module")
async def house(make_house: Make) -> House:
    return await make_house()
