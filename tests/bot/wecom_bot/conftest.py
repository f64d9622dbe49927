"""The channel over a real websocket, against the double of WeCom's AI bot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import episodes
from bot.channels.wecom_bot import connection, files, lines, link
from bot.channels.wecom_bot.channel import WecomBot
from bot.channels.wecom_bot.settings import WecomBotSettings
from bot.secret import Secret
from storage.blobs import Blobs
from tests.bot.desk import Desk, listening
from tests.doubles.wecom_bot import server
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person

Open = Callable[..., WecomBot]


@dataclass
class Watch:
    """A clock on the wall that a test moves."""

    time: datetime = datetime(2026, 11, 28, 9, 5, 7, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def pass_by(self, **passed: float) -> None:
        self.time += timedelta(**passed)


@pytest.fixture
async def double() -> AsyncIterator[server.WecomBot]:
    async with server.WecomBot() as double:
        yield double


@pytest.fixture
async def control(double: server.WecomBot) -> AsyncIterator[Control]:
    async with Control(double.control_url) as control:
        yield control


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "files", reserve=0)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def settings(control: Control) -> WecomBotSettings:
    return WecomBotSettings(id=control.bot_id, secret=Secret(control.secret), url=control.bot_url)


@pytest.fixture
async def channel(
    settings: WecomBotSettings, blobs: Blobs, watch: Watch
) -> AsyncIterator[WecomBot]:
    channel = WecomBot(settings, blobs=blobs, now=watch.now)
    yield channel
    await channel.close()


@pytest.fixture
async def li(control: Control) -> Person:
    return await control.person("李倩", userid="LiQian")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of seconds take hundredths."""
    monkeypatch.setattr(episodes, "SECOND", 0.02)
    monkeypatch.setattr(connection, "ACK_SECONDS", 0.3)
    monkeypatch.setattr(files, "PAUSE", 0.01)
    monkeypatch.setattr(lines, "BUSY_FIRST", 0.01)
    monkeypatch.setattr(lines, "BUSY_MOST", 0.02)
    monkeypatch.setattr(link, "KICKED_SECONDS", 60.0)


@asynccontextmanager
async def connected(channel: WecomBot, control: Control, desk: Desk) -> AsyncIterator[int]:
    """Listening and subscribed; the connection's number."""
    async with listening(channel, desk):
        yield await control.wait_subscribed()
