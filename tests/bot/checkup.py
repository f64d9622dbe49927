"""What check-ups are tried with: a site made of variables, and a server that has its answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from sqlalchemy import insert

from bot.clock import Clock
from bot.config import examine
from bot.doctor.findings import Site
from storage import people
from storage.db import Database
from storage.models import account

_NOW = datetime.now(UTC)
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


def site_of(data: Path, database: Database | None = None, /, **variables: str) -> Site:
    given = examine({"KAOHE_DATA_DIR": str(data), **variables})
    return Site(given, Clock(given.config.timezone, given.config.clock), database)


@asynccontextmanager
async def answering(answers: Mapping[str, web.Response | Answering]) -> AsyncIterator[str]:
    """A server that has these answers by path; its address."""

    async def answer(request: web.Request) -> web.StreamResponse:
        found = answers.get(request.path, web.Response(status=404))
        return found if isinstance(found, web.Response) else await found(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def bind(database: Database, *userids: str, channel: str = "wecom_app") -> None:
    with database.begin() as connection:
        for userid in userids:
            person_id = people.add_person(connection, name=f"人{userid}", now=_NOW)
            values = {"channel": channel, "external_id": userid, "person_id": person_id}
            connection.execute(insert(account), {**values, "created_at": _NOW})
