"""The whole program in this process, with a liaison's draft and the link to its upload page.

bureau = await make_bureau()
token = bureau.token("李敏")                       # as a message to this account would hold it
answer = await bureau.upload(token, "现场.png", png())
assert bureau.files() == ["现场.png"]              # what is committed
"""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import aiohttp
from sqlalchemy import select, update

from bot import config
from bot.app import App
from bot.clock import Clock
from handlers import upload_link
from storage import evidence
from storage.db import Database
from storage.models import account, attachment, department, person, role, web_message
from storage.models import evidence as items

START = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)  # a Saturday, on which nobody is reminded
Prepare = Callable[[App], None]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@dataclass
class Bureau:
    """`prepare` may change the program before it runs."""

    folder: Path
    url: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    prepare: Prepare = lambda _app: None
    port: int = 0

    def __post_init__(self) -> None:
        self.port = self.port or free_port()
        self.url = self.url or f"sqlite:///{self.folder / 'bureau.sqlite'}"
        self._clock = self.folder / "now"
        self.set_clock(START)
        self.accounts: dict[str, int] = {}

    async def start(self) -> None:
        configured = config.load(
            {
                "KAOHE_DATA_DIR": str(self.folder / "data"),
                "KAOHE_DATABASE_URL": self.url,
                "KAOHE_HTTP_PORT": str(self.port),
                "KAOHE_PUBLIC_URL": self.origin,
                "KAOHE_WEB_CHAT": "on",
                "KAOHE_CLOCK": str(self._clock),
                **self.environment,
            }
        )
        self.app = App(configured, clock=Clock(configured.timezone, configured.clock))
        self.prepare(self.app)
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._stop, ready = asyncio.Event(), asyncio.Event()
        self._running = asyncio.create_task(self.app.run(self._stop, started=ready.set))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait((self._running, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._running.done():
            await self._running

    async def stop(self) -> None:
        await self.session.close()
        self._stop.set()
        await self._running

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # ------------------------------------------------------------ time and people

    def set_clock(self, instant: datetime) -> None:
        self._now = instant
        self._clock.write_text(instant.isoformat())

    def later(self, **span: float) -> None:
        self.set_clock(self._now + timedelta(**span))

    def furnish(self) -> None:
        """李敏, liaison of 市场监管局, with an empty draft (1); 孙警, of 公安, with one (2)."""
        with self.database() as database, database.begin() as connection:
            for number, (name, code, short) in enumerate(
                (("李敏", "SCJG", "市场监管局"), ("孙警", "GA", "公安")), start=1
            ):
                connection.execute(
                    department.insert().values(code=code, name=f"{short}全称", short_name=short)
                )
                made = connection.execute(
                    person.insert().values(name=name, created_at=START).returning(person.c.id)
                ).scalar_one()
                connection.execute(
                    role.insert().values(
                        person_id=made, role="liaison", department_id=number, created_at=START
                    )
                )
                self.accounts[name] = connection.execute(
                    account.insert()
                    .values(
                        channel="web",
                        external_id=name,
                        person_id=made,
                        linked_at=START,
                        created_at=START,
                    )
                    .returning(account.c.id)
                ).scalar_one()
                evidence.start_draft(
                    connection,
                    department_id=number,
                    person_id=made,
                    proxy=False,
                    now=START,
                    kind="work",
                    indicator="window_support",
                )

    def database(self) -> _Closing:
        return _Closing(Database(self.url))

    # ------------------------------------------------------------ the page

    def token(self, name: str = "李敏", item: int = 1) -> str:
        return upload_link.issue(
            self.app.desk.premises, account_id=self.accounts[name], item_id=item, now=self._now
        )

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(f"{self.origin}/{path}", allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def check(self, token: str, **what: object) -> tuple[int, dict[str, object]]:
        what = {"id": str(uuid4()), "name": "a.png", "size": 9} | what
        async with self.session.post(
            f"{self.origin}/upload/{token}/files/check", json=what
        ) as answer:
            return answer.status, await _json(answer)

    async def upload(
        self, token: str, name: str, data: bytes, *, key: str = "", more: bool = False
    ) -> tuple[int, dict[str, object]]:
        headers = {"X-File-Name": quote(name), "X-Upload-Id": key or str(uuid4())}
        if more:
            headers["X-More-Follow"] = "1"
        async with self.session.post(
            f"{self.origin}/upload/{token}/files", data=io.BytesIO(data), headers=headers
        ) as answer:
            return answer.status, await _json(answer)

    async def show(self, token: str) -> int:
        async with self.session.post(
            f"{self.origin}/upload/{token}/show", json={"id": str(uuid4())}
        ) as answer:
            return answer.status

    # ------------------------------------------------------------ what is committed

    def files(self, item: int = 1) -> list[str]:
        with self.database() as database, database.read() as connection:
            found = select(attachment.c.name).where(attachment.c.evidence_id == item)
            return list(connection.execute(found.order_by(attachment.c.id)).scalars())

    def cards(self, name: str = "李敏") -> list[str]:
        """What the program has said to this web account, as it stands now."""
        with self.database() as database, database.read() as connection:
            found = select(web_message.c.body).where(
                web_message.c.account_id == self.accounts[name], web_message.c.mine.is_(False)
            )
            return [
                body["text"]
                for body in connection.execute(found.order_by(web_message.c.id)).scalars()
            ]

    def close_draft(self, state: str) -> None:
        with self.database() as database, database.begin() as connection:
            connection.execute(update(items).where(items.c.id == 1).values(state=state))

    def on_disk(self) -> list[Path]:
        return [each for each in (self.folder / "data/files").rglob("*") if each.is_file()]


class _Closing:
    """A database of one's own, closed at the end."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Database:
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.close()


async def _json(answer: aiohttp.ClientResponse) -> dict[str, object]:
    if answer.content_type != "application/json":
        return {}
    told: dict[str, object] = await answer.json()
    return told


Make = Callable[..., Awaitable[Bureau]]


@asynccontextmanager
async def bureaus(folder: Path) -> AsyncIterator[Make]:
    started: list[Bureau] = []

    async def make(**more: object) -> Bureau:
        bureau = Bureau(folder, **more)  # type: ignore[arg-type]
        await bureau.start()
        bureau.furnish()
        started.append(bureau)
        return bureau

    yield make
    for bureau in reversed(started):
        await bureau.stop()
