"""A real browser on a program that runs; one browser and one loop for all tests of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.bot.upload_page.bureau import Bureau, bureaus
from tests.support import browsing


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with browsing.started(chromium) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A telephone's window."""
    async with browsing.window(
        browser, width=360, height=700, has_touch=True, is_mobile=True
    ) as page:
        yield page


@pytest_asyncio.fixture(loop_scope="module")
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with bureaus(tmp_path) as make:
        yield await make()
