"""The channel over HTTP against WeCom's double, and a desk in the place of the program."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.base import Outgoing
from bot.channels.wecom_app.channel import WecomApp
from bot.channels.wecom_app.settings import WecomAppSettings
from bot.secret import Secret
from bot.wecom import client
from handlers.messages import Action, Button, Marks, Rows, grid
from tests.bot.desk import Desk, listening
from tests.doubles.wecom.api import AES_KEY, AGENT_ID, CORP_ID, SECRET, TOKEN, WecomApi
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.person import Person
from tests.doubles.wecom.world import Settings


@dataclass
class Notebook:
    """A memory that outlives the channel; `told` are the messages of its last minute, `others`
    those of other processes, `asked` for whom these were asked for."""

    kept: dict[str, str] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    away: Exception | None = None

    async def recall(self, name: str) -> str:
        if self.away:
            raise self.away
        return self.kept.get(name, "")

    async def remember(self, name: str, text: str) -> None:
        if self.away:
            raise self.away
        assert len(name) <= 40
        assert len(text) <= 80
        self.kept[name] = text

    async def lately(self, channel: str, *, seconds: float) -> dict[str, int]:
        assert (channel, seconds) == ("wecom_app", 60.0)
        return self.told

    async def elsewhere(
        self, channel: str, accounts: Collection[str], *, seconds: float
    ) -> dict[str, int]:
        assert channel == "wecom_app"
        assert 0 <= seconds <= 60
        self.asked.append(tuple(accounts))
        if self.away:
            raise self.away
        return {each: self.others[each] for each in accounts if each in self.others}


@dataclass
class Now:
    """Real time, and as much later as a test likes."""

    ahead: float = 0.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.ahead, UTC)


@asynccontextmanager
async def served(channel: WecomApp) -> AsyncIterator[str]:
    """The channel's routes behind an address; where WeCom is to push to."""
    app = web.Application()
    app.add_routes(channel.routes())
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("/wecom"))
    finally:
        await server.close()


def message(
    text: str,
    *labels: str,
    key: str = "k",
    account: str = "liqian",
    marks: Marks = Marks.NUMBERS,
    number: int = 41,
) -> Outgoing:
    buttons = [Button(label, Action("do", str(n), n)) for n, label in enumerate(labels, 1)]
    rows: Rows = tuple(grid(buttons, width=2))
    return Outgoing(key, account, text, rows, marks=marks, number=number)


def notices(text: str, accounts: Sequence[str], *labels: str) -> list[Outgoing]:
    return [
        message(text, *labels, key=f"n:{a}", account=a, marks=Marks.NONE, number=40 + n)
        for n, a in enumerate(accounts, 1)
    ]


@pytest.fixture
async def api() -> AsyncIterator[WecomApi]:
    async with WecomApi(settings=Settings(scale=0.01)) as api:
        yield api


@pytest.fixture
async def control(api: WecomApi) -> AsyncIterator[Control]:
    async with Control(api.control_url) as control:
        yield control


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def settings(api: WecomApi) -> WecomAppSettings:
    return WecomAppSettings(
        corp_id=CORP_ID,
        agent_id=str(AGENT_ID),
        secret=Secret(SECRET),
        token=Secret(TOKEN),
        aes_key=Secret(AES_KEY),
        base_url=api.base_url,
        login_url=f"{api.base_url}/connect/oauth2/authorize",
    )


@pytest.fixture
async def channel(
    settings: WecomAppSettings, notebook: Notebook, now: Now
) -> AsyncIterator[WecomApp]:
    channel = WecomApp(settings, memory=notebook, now=now, public_url="https://kaohe.example")
    yield channel
    await channel.close()


@pytest.fixture
async def address(channel: WecomApp, desk: Desk, control: Control) -> AsyncIterator[str]:
    """The channel listens, and WeCom knows where."""
    async with served(channel) as url, listening(channel, desk):
        await control.wait_calls("menu/*")  # so it listens
        assert await control.saves_url(url) == ""
        yield url


@pytest.fixture
async def li(control: Control) -> Person:
    return await control.person("LiQian", name="李倩")


@pytest.fixture
async def wang(control: Control) -> Person:
    return await control.person("WangQiang", name="王强")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of seconds take hundredths."""
    monkeypatch.setattr(client, "PAUSE", 0.005)
