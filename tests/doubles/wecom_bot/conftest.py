"""The double in this process, a bare client that is subscribed, two people."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.doubles.wecom_bot.server import WecomBot
from tests.doubles.wecom_bot.wire import Wire


@pytest.fixture
async def double() -> AsyncIterator[WecomBot]:
    async with WecomBot() as double:
        yield double


@pytest.fixture
async def control(double: WecomBot) -> AsyncIterator[Control]:
    async with Control(double.control_url) as control:
        yield control


@pytest.fixture
async def wire(control: Control) -> AsyncIterator[Wire]:
    async with Wire(control.bot_url) as wire:
        assert await wire.subscribes(control.bot_id, control.secret) == 0
        yield wire


@pytest.fixture
async def li(control: Control) -> Person:
    return await control.person("李倩", userid="LiQian")


@pytest.fixture
async def wang(control: Control) -> Person:
    return await control.person("王强", userid="WangQiang")
