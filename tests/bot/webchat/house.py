"""A web chat with a real database and a real server, and a small program behind it.

house = House(tmp_path)
await house.start()
code = house.code("李敏")                     # a login code for a new or known person
await house.says("李敏", "您好")               # what delivery would send
house.replies = lambda inbound: [...]          # what the program answers to what comes in
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import aiohttp
from sqlalchemy import select, update
from sqlalchemy.engine import Connection
from yarl import URL

from bot.channels.base import Busy, Intake, Outgoing
from bot.channels.webchat import Knock, Lent, Persona, Terms, WebChat
from bot.database import Work
from bot.web import Web
from handlers.joining import NameWanted
from handlers.messages import Inbound, Receipt, Rows
from rubric.errors import UserError
from storage import models
from storage.blobs import Blobs
from storage.db import Database, metadata, sqlite_url
from storage.models import account, person, role

START = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
JOIN_CODE = "JOIN"  # lets many in, who say their names
Replies = Callable[[Inbound], Sequence[Outgoing]]


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until it holds; five seconds at most."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for is a file or another process
            await asyncio.sleep(0.01)


@dataclass(eq=False)
class CodeUnknown(UserError):
    code: ClassVar[str] = "invite.unknown"


@dataclass
class House:
    """`now` is the clock; `open` False makes the intake busy, as when the database is away."""

    folder: Path
    url: str = ""
    terms: dict[str, object] = field(default_factory=dict)
    web: dict[str, object] = field(default_factory=dict)
    now: datetime = START
    open: bool = True
    received: list[Inbound] = field(default_factory=list)
    replies: Replies = lambda _inbound: ()
    menu: list[tuple[str, str]] = field(default_factory=lambda: [("submit", "上报材料")])
    port: int = 0

    def __post_init__(self) -> None:
        self.database = Database(self.url or sqlite_url(self.folder / "chat.sqlite"))
        metadata.create_all(self.database.writer)
        self.blobs = Blobs(self.folder / "files", reserve=0)
        self.visible = lambda _blob: True
        self._codes: dict[str, int] = {}
        self.knocks: list[Knock] = []
        self._keys: set[str] = set()
        self._numbers = count(1)

    # ------------------------------------------------------------ running

    async def start(self) -> None:
        self.work = Work(Database(self.database.url))
        lent = Lent(
            work=self.work,
            blobs=self.blobs,
            now=lambda: self.now,
            say_error=lambda error: f"<b>{error.code}</b>",
            authenticate=self._authenticate,
            menu=self._menu,
            may_see=self._may_see,
            reveal=lambda _connection, _account, text: text.replace(
                '<secret invite="1"/>', "打开"
            ),
        )
        terms = {"key": b"k" * 32, "zone": ZoneInfo("Asia/Shanghai"), "poll_seconds": 0.1}
        self.chat = WebChat(lent, Terms(**{**terms, **self.terms}))  # type: ignore[arg-type]
        server: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "troubles": self._troubles,
        }
        self.server = Web(self.chat.routes(), **{**server, **self.web})  # type: ignore[arg-type]
        await self.server.start()
        self.port = self.server.port
        self._listening = asyncio.create_task(self.chat.listen(Intake(self._receive, self._park)))

    async def stop(self) -> None:
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening
        await self.server.stop()
        await self.chat.close()
        self.work.close()

    def close(self) -> None:
        self.database.close()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # ------------------------------------------------------------ what the program lends

    async def _troubles(self) -> Sequence[str]:
        return () if self.open else ("closed",)

    async def _authenticate(self, knock: Knock) -> int:
        self.knocks.append(knock)
        code = knock.code
        if code == JOIN_CODE:
            if not knock.name:
                raise NameWanted("市场监管局")
            return self.account(knock.name)
        if code not in self._codes:
            raise CodeUnknown
        return self._codes.pop(code)

    async def _menu(self, _account_id: int) -> list[tuple[str, str]]:
        return self.menu

    async def _may_see(self, _account_id: int, blob: str) -> bool:
        return self.visible(blob)

    async def _park(self, *, key: str, raw: str, problem: str) -> None:
        raise AssertionError(f"parked {key}: {problem} {raw}")

    async def _receive(self, inbound: Inbound) -> Receipt:
        if not self.open:
            raise Busy
        if inbound.key in self._keys:
            return Receipt(fresh=False)
        self._keys.add(inbound.key)
        self.received.append(inbound)
        for message in self.replies(inbound):
            await self.chat.send(message)
        if inbound.acknowledge:
            await self.chat.acknowledge(inbound, None)
        return Receipt(fresh=True)

    # ------------------------------------------------------------ people and messages

    def account(self, name: str, *roles: str) -> int:
        """The web account of this person, made at the first call; its external id is the name."""

        def find(connection: Connection) -> int | None:
            return connection.execute(
                select(account.c.id).where(account.c.external_id == name)
            ).scalar()

        with self.database.begin() as connection:
            if (known := find(connection)) is not None:
                return known
            person_id = connection.execute(
                person.insert().values(name=name, created_at=START).returning(person.c.id)
            ).scalar_one()
            for code in roles:
                connection.execute(
                    role.insert().values(person_id=person_id, role=code, created_at=START)
                )
            connection.execute(
                account.insert().values(
                    channel="web", external_id=name, person_id=person_id, created_at=START
                )
            )
            found = find(connection)
            assert found is not None
            return found

    def code(self, name: str, *roles: str) -> str:
        code = f"CODE-{next(self._numbers)}"
        self._codes[code] = self.account(name, *roles)
        return code

    def out(
        self, name: str, text: str, *, buttons: Rows = (), key: str = "", **more: object
    ) -> Outgoing:
        """A message to this person, under a key of its own unless one is given."""
        key = key or f"out:{next(self._numbers)}"
        return Outgoing(key, name, text, buttons, **more)  # type: ignore[arg-type]

    async def says(self, name: str, text: str, **more: object) -> int:
        sent = await self.chat.send(self.out(name, text, **more))  # type: ignore[arg-type]
        return int(sent.message_ref)

    def remove(self, name: str) -> None:
        with self.database.begin() as connection:
            connection.execute(
                update(person).where(person.c.name == name).values(removed_at=self.now)
            )

    def unlink(self, name: str) -> None:
        with self.database.begin() as connection:
            connection.execute(
                update(account).where(account.c.external_id == name).values(person_id=None)
            )

    def rows(self) -> list[tuple[str, bool, dict[str, object]]]:
        """What is committed: key, whose, body."""
        table = models.web_message
        with self.database.read() as connection:
            return [
                (row.key, row.mine, row.body)
                for row in connection.execute(select(table).order_by(table.c.id))
            ]

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


Make = Callable[..., Awaitable[House]]


@asynccontextmanager
async def houses(folder: Path) -> AsyncIterator[Make]:
    """House(...) started, any number of them on one folder; stopped at the end."""
    started: list[House] = []

    async def make(**more: object) -> House:
        house = House(folder, **more)  # type: ignore[arg-type]
        await house.start()
        started.append(house)
        return house

    yield make
    for house in reversed(started):
        await house.stop()
        house.close()


@dataclass
class Page:
    """What a browser does, without one: a cookie jar and the right headers."""

    house: House
    session: aiohttp.ClientSession
    prefix: str = ""
    scheme: dict[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": self.house.origin, "Sec-Fetch-Site": "same-origin", **self.scheme}

    def url(self, path: str) -> str:
        return f"{self.house.origin}{self.prefix}/{path}"

    async def get(self, path: str, **more: object) -> aiohttp.ClientResponse:
        answer = await self.session.get(
            self.url(path),
            headers=self.headers,
            allow_redirects=False,
            **more,  # type: ignore[arg-type]
        )
        await answer.read()
        return answer

    async def post(
        self, path: str, what: object = None, *, headers: dict[str, str] | None = None
    ) -> aiohttp.ClientResponse:
        answer = await self.session.post(
            self.url(path), json=what or {}, headers=self.headers if headers is None else headers
        )
        await answer.read()
        return answer

    @property
    def token(self) -> str:
        """The session's token, as the browser keeps it."""
        [cookie] = self.session.cookie_jar
        return cookie.value

    def plant(self, token: str) -> None:
        self.session.cookie_jar.update_cookies({"kaohe": token}, URL(self.house.origin))

    async def log_in(self, name: str, *roles: str) -> Page:
        answer = await self.post("api/login", {"code": self.house.code(name, *roles)})
        assert answer.status == 200, await answer.text()
        return self

    async def upload(self, name: str, data: bytes) -> aiohttp.ClientResponse:
        answer = await self.session.post(
            self.url("api/uploads"),
            data=io.BytesIO(data),
            headers={**self.headers, "X-File-Name": name},
        )
        await answer.read()
        return answer

    async def messages(self, query: str = "") -> list[dict[str, object]]:
        told = await (await self.get(f"api/messages{query}")).json()
        return list(told["messages"])


__all__ = ["START", "CodeUnknown", "House", "Make", "Page", "Persona", "eventually", "houses"]
