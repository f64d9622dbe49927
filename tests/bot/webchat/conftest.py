"""A house with its server running, and pages to visit it with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest_asyncio

from tests.bot.webchat.house import House, Make, Page, houses


@pytest_asyncio.fixture
async def make_house(tmp_path: Path) -> AsyncIterator[Make]:
    async with houses(tmp_path) as make:
        yield make


@pytest_asyncio.fixture
async def house(make_house: Make) -> House:
    return await make_house()


@pytest_asyncio.fixture
async def visit() -> AsyncIterator[Callable[..., Page]]:
    """visit(house): a browser of its own, with no cookie yet."""
    sessions: list[aiohttp.ClientSession] = []

    def open_page(house: House, *, prefix: str = "", scheme: dict[str, str] | None = None) -> Page:
        # addresses may set cookies here, and a cookie for https is sent to our plain server
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=house.origin)
        session = aiohttp.ClientSession(cookie_jar=jar)
        sessions.append(session)
        return Page(house, session, prefix, scheme or {})

    yield open_page
    for session in sessions:
        await session.close()


@pytest_asyncio.fixture
async def li(house: House, visit: Callable[..., Page]) -> Page:
    """李敏, logged in."""
    return await visit(house).log_in("李敏", "liaison")
