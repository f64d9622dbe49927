"""The channel with python-telegram-bot's own Bot, over HTTP, against the Bot API double."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot import episodes
from bot.channels.telegram import polling
from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.settings import TelegramSettings
from bot.secret import Secret
from tests.bot.desk import Desk
from tests.doubles.botapi import BotApi
from tests.doubles.client import Control


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


@pytest.fixture
async def control(api: BotApi) -> AsyncIterator[Control]:
    async with Control(api.control_url) as control:
        yield control


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def settings(api: BotApi) -> TelegramSettings:
    return TelegramSettings(
        token=Secret(api.token), base_url=api.base_url, base_file_url=api.base_file_url
    )


@pytest.fixture
async def channel(settings: TelegramSettings) -> AsyncIterator[Telegram]:
    channel = Telegram(settings)
    yield channel
    await channel.close()


@pytest.fixture
async def hasty(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of seconds take hundredths, on both sides."""
    monkeypatch.setattr(episodes, "SECOND", 0.02)
    monkeypatch.setattr(polling, "PAUSE_SECONDS", 0.02)
    await control.settings(scale=0.02)
