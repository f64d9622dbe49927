"""A program that runs, and people in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.bot.upload_page.bureau import Bureau, Make, bureaus


@pytest_asyncio.fixture
async def make_bureau(tmp_path: Path) -> AsyncIterator[Make]:
    async with bureaus(tmp_path) as make:
        yield make


@pytest_asyncio.fixture
async def bureau(make_bureau: Make) -> Bureau:
    return await make_bureau()
