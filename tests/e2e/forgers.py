"""People who send whatever they like, at each channel's double: any words, any button's bytes.

A `Gate` is a channel as the program is configured with it; a `Forger` one account there. What the
program answered is what the double shows, without formatting.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

from tests.doubles import client as telegram
from tests.doubles import person as telegram_person
from tests.doubles.wecom import client as wecom
from tests.doubles.wecom import person as wecom_person
from tests.doubles.wecom_bot import client as wecom_bot
from tests.doubles.wecom_bot import person as wecom_bot_person
from tests.support.program import Program

WAIT = 20.0
# nothing happens by the clock
STILL = (
    "import sys, bot.scheduler\n"
    "bot.scheduler.Ticker.start = lambda _: None\n"
    "from bot.__main__ import main; sys.exit(main())"
)


class Forger(Protocol):
    @property
    def account(self) -> str:
        """As the program knows it."""

    async def types(self, text: str) -> None: ...

    async def forges(self, action: str) -> None:
        """A press on a card that nobody was shown."""

    async def heard(self) -> list[str]:
        """What was answered to the last act, once something was. Raises TimeoutError."""


class Gate(Protocol):
    """`greets_strangers`: whether an account that has only pressed can be answered."""

    channel: str
    greets_strangers: bool

    @property
    def environment(self) -> dict[str, str]: ...

    async def opened(self, program: Program) -> None:
        """Once the program runs."""

    async def forger(self, name: str) -> Forger: ...


# ---------------------------------------------------------------- Telegram


@dataclass
class TelegramForger:
    person: telegram_person.Person

    @property
    def account(self) -> str:
        return str(self.person.id)

    async def types(self, text: str) -> None:
        await self.person.says(text)

    async def forges(self, action: str) -> None:
        await self.person.presses(action, forge=True)

    async def heard(self) -> list[str]:
        await self.person.waits_for("", timeout=WAIT)
        return [each.text for each in await self.person.hears()]


@dataclass
class TelegramGate:
    control: telegram.Control
    channel = "telegram"
    greets_strangers = True

    @property
    def environment(self) -> dict[str, str]:
        return {
            "KAOHE_TELEGRAM_TOKEN": self.control.token,
            "KAOHE_TELEGRAM_BASE_URL": self.control.base_url,
            "KAOHE_TELEGRAM_BASE_FILE_URL": self.control.base_file_url,
        }

    async def opened(self, program: Program) -> None:
        """It asks by itself."""

    async def forger(self, name: str) -> Forger:
        return TelegramForger(await self.control.person(name, contact="started"))


# ---------------------------------------------------------------- WeCom


@dataclass
class AppForger:
    person: wecom_person.Person

    @property
    def account(self) -> str:
        return self.person.id.lower()

    async def types(self, text: str) -> None:
        await self.person.says(text)

    async def forges(self, action: str) -> None:
        await self.person.forges(action)

    async def heard(self) -> list[str]:
        await self.person.waits_for("", timeout=WAIT)
        return [each.text for each in await self.person.hears()]


@dataclass
class AppGate:
    control: wecom.Control
    channel = "wecom_app"
    greets_strangers = True
    _numbers: int = 0

    @property
    def environment(self) -> dict[str, str]:
        return self.control.environment() | {"KAOHE_WECOM_RATE": "1000"}

    async def opened(self, program: Program) -> None:
        assert await self.control.saves_url(f"{program.url}/wecom") == ""

    async def forger(self, name: str) -> Forger:
        self._numbers += 1
        return AppForger(await self.control.person(f"Member{self._numbers}", name=name))


@dataclass
class BotForger:
    person: wecom_bot_person.Person
    account: str

    async def types(self, text: str) -> None:
        await self.person.says(text)

    async def forges(self, action: str) -> None:
        chat = await self.person.chat()
        self.person.since = max((each.version for each in chat), default=0)
        await self.person.forges(action, task_id=uuid.uuid4().hex)

    async def heard(self) -> list[str]:
        await self.person.waits_for("", timeout=WAIT)
        return [each.text for each in await self.person.hears()]


@dataclass
class BotGate:
    control: wecom_bot.Control
    channel = "wecom_bot"
    greets_strangers = False

    @property
    def environment(self) -> dict[str, str]:
        return self.control.environment | {"KAOHE_WECOM_BOT_RATE": "1000"}

    async def opened(self, program: Program) -> None:
        await self.control.wait_subscribed()

    async def forger(self, name: str) -> Forger:
        person = await self.control.person(name)
        return BotForger(person, await person.shown_id())


# ---------------------------------------------------------------- the web chat


@dataclass
class WebForger:
    """`token` is the cookie of a session, which may stand or not."""

    gate: WebGate
    account: str
    token: str
    refused: int = 0  # status, where it did not come in at all
    _seq: int = 0

    async def types(self, text: str) -> None:
        await self._post("messages", text=text)

    async def forges(self, action: str) -> None:
        await self._post("press", action=action, message=1)

    async def heard(self) -> list[str]:
        async with asyncio.timeout(WAIT):
            while not self.refused:
                told = await self._ask("GET", f"messages?after={self._seq}")
                if found := [each["text"] for each in told["messages"] if not each["mine"]]:
                    return found
                await asyncio.sleep(0.01)
        return [f"HTTP {self.refused}"]

    async def _post(self, what: str, **fields: object) -> None:
        told = await self._ask("GET", "messages")
        self._seq = told.get("seq", 0)
        await self._ask("POST", what, id=str(uuid.uuid4()), **fields)

    async def _ask(self, method: str, what: str, **fields: object) -> dict[str, Any]:
        origin = self.gate.home
        async with self.gate.session.request(
            method,
            f"{origin}/api/{what}",
            json=fields if method == "POST" else None,
            headers={"Origin": origin, "Cookie": f"kaohe={self.token}"},
        ) as answer:
            self.refused = 0 if answer.status == 200 else answer.status
            told: dict[str, Any] = await answer.json()
            return told


@dataclass
class WebGate:
    session: aiohttp.ClientSession
    channel = "web"
    greets_strangers = True
    home: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    async def opened(self, program: Program) -> None:
        self.home = program.url

    async def forger(self, name: str) -> Forger:
        return WebForger(self, name, uuid.uuid4().hex)


def digest_of(forger: Forger) -> str:
    """Of the session that a page would have: '' where there are none."""
    if not isinstance(forger, WebForger):
        return ""
    return hashlib.sha256(forger.token.encode()).hexdigest()


# ---------------------------------------------------------------- all of them


@asynccontextmanager
async def at_telegram() -> AsyncIterator[Gate]:
    async with telegram.child() as control:
        yield TelegramGate(control)
        assert await control.bugs() == []


@asynccontextmanager
async def at_wecom_app() -> AsyncIterator[Gate]:
    async with wecom.child() as control:
        await control.settings(limits=False)
        yield AppGate(control)
        assert await control.bugs() == []


@asynccontextmanager
async def at_wecom_bot() -> AsyncIterator[Gate]:
    async with wecom_bot.child() as control:
        await control.settings(limited=False)
        yield BotGate(control)
        assert await control.bugs() == []


@asynccontextmanager
async def at_web() -> AsyncIterator[Gate]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield WebGate(session)


GATES: dict[str, Callable[[], AbstractAsyncContextManager[Gate]]] = {
    "telegram": at_telegram,
    "web": at_web,
    "wecom_app": at_wecom_app,
    "wecom_bot": at_wecom_bot,
}
