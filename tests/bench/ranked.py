"""Quarters of very many departments, all of whose rows are handed in, and their preview."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import aiohttp
from sqlalchemy import select

from rubric import edition as editions
from rubric.quarter import Quarter
from storage import quarters
from storage.calendar import read_calendar
from storage.db import Database, sqlite_url
from storage.models import account, department, person, role, score
from tests.bench.installation import FIRST_USER, prepare
from tests.bench.transactions import Timed
from tests.doubles.person import Person

ZONE = ZoneInfo("Asia/Shanghai")
PROBE = 0.01  # seconds between two requests


def prepare_ranked(data: Path, departments: int) -> int:
    """So many departments, each with all scores handed in for the present quarter; the Telegram
    user of an administrator."""
    users, _ = prepare(data, liaisons=departments)
    database = Database(sqlite_url(data / "kaohe.sqlite"))
    now = datetime.now(UTC)
    wanted = Quarter.containing(now.astimezone(ZONE).date())
    with database.begin() as connection:
        quarters.ensure(
            connection,
            wanted,
            calendar=read_calendar(connection),
            timezone=ZONE,
            now=now,
        )
        ids = connection.execute(select(department.c.id)).scalars().all()
        (admin,) = connection.execute(
            select(person.c.id)
            .join(account, account.c.person_id == person.c.id)
            .where(account.c.external_id == str(users[0]))
        ).scalars()
        connection.execute(role.insert(), {"person_id": admin, "role": "admin", "created_at": now})
        connection.execute(score.insert(), list(_cells(wanted.code, ids, admin, now)))
    database.close()
    return users[0]


def _cells(code: str, ids: object, person_id: int, now: datetime) -> Iterator[dict[str, object]]:
    """Some below full marks, so that there are many totals and some ties."""
    for place, id_ in enumerate(ids):  # type: ignore[arg-type,var-annotated]
        for number, row in enumerate(editions.find("2023-17").indicators):
            full = 0 if row.bonus else row.points * 100
            below = 50 * ((place * 7 + number) % 5) if not row.bonus and number % 3 == 0 else 0
            yield {
                "quarter": code,
                "department_id": id_,
                "indicator": row.id,
                "version": 1,
                "latest": True,
                "hundredths": full - below,
                "reason": "情况说明" if below else "",
                "handed_at": now,
                "handed_by": person_id,
                "person_id": person_id,
                "at": now,
            }


# ---------------------------------------------------------------- against the evidence dialogue


def preview_ratio(folder: Path, *, rounds: int) -> tuple[float, str]:
    """How many transactions of the evidence dialogue one preview of 350 departments takes."""
    with TemporaryDirectory(dir=folder) as place:
        data = Path(place) / "data"
        admin = prepare_ranked(data, 350)
        timed = Timed(data)
        evidence, previews = [], []
        for number in range(10 * rounds):
            evidence += timed.dialogue(FIRST_USER + 1 + number)
            previews.append(timed.run(admin, text="/ranking"))
        timed.database.close()
    preview, one = statistics.median(previews), statistics.mean(evidence)
    return preview / one, f"{preview * 1000:.1f} ms to {one * 1000:.2f} ms"


# ---------------------------------------------------------------- the loop meanwhile


async def longest_wait(admin: Person, port: int) -> float:
    """Seconds that the slowest of many small requests took while the order was worked out."""
    longest = 0.0
    done = asyncio.Event()
    async with aiohttp.ClientSession() as session:

        async def probe() -> None:
            nonlocal longest
            while not done.is_set():
                began = time.perf_counter()
                async with session.get(f"http://127.0.0.1:{port}/login") as answer:
                    await answer.read()
                longest = max(longest, time.perf_counter() - began)
                await asyncio.sleep(PROBE)

        probing = asyncio.ensure_future(probe())
        await asyncio.sleep(0.5)
        longest = 0.0  # the first requests load what is loaded once
        await admin.says("/ranking")
        await admin.waits_for("排名预览", timeout=60)
        done.set()
        await probing
    return longest
