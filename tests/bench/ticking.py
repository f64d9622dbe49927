"""A tick over a large centre on a morning on which nobody has to be told anything."""

from __future__ import annotations

import gc
import statistics
import time
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from sqlalchemy import select

from handlers import jobs
from handlers.occasion import Occasion
from rubric.quarter import Quarter
from storage import quarters
from storage.calendar import read_calendar
from storage.db import Database, sqlite_url
from storage.models import account, department, evidence, outbox, person, role
from tests.bench.installation import FIRST_USER, prepare
from tests.bench.transactions import Timed

ZONE = ZoneInfo("Asia/Shanghai")
DEPARTMENTS, EVALUATORS, PEOPLE = 300, 30, 3_000
MORNING = datetime(2026, 11, 3, 10, 0, tzinfo=ZONE)  # a Tuesday in the middle of a quarter


def quiet_tick(folder: Path, *, rounds: int) -> tuple[float, str]:
    """The first tick of a day, which looks at everything, in transactions of the evidence
    dialogue on the same installation."""
    with TemporaryDirectory(dir=folder) as place:
        data = Path(place) / "data"
        _fill(data)
        timed = Timed(data, now=MORNING)
        found = jobs.discover()
        _tick(timed, found, MORNING - timedelta(days=1))  # opens the quarter, and the like
        gc.freeze()  # as the program does when it has started
        before = _queued(timed.database)
        first, further, dialogue = [], [], []
        for number in range(3 * rounds):
            morning = MORNING + timedelta(days=number)
            first.append(_tick(timed, found, morning))
            further.append(_tick(timed, found, morning + timedelta(minutes=1)))
        if _queued(timed.database) != before:
            raise RuntimeError("somebody was told something")
        for number in range(10 * rounds):
            dialogue += timed.dialogue(FIRST_USER + number)
        timed.database.close()
    one = statistics.mean(dialogue)
    worst = max(first)
    return worst / one, (
        f"{worst * 1000:.0f} ms, later {statistics.median(further) * 1000:.1f} ms, "
        f"to {one * 1000:.2f} ms"
    )


def _tick(timed: Timed, found: dict[str, jobs.Job], now: datetime) -> float:
    """Seconds of all jobs, each in a transaction of its own."""
    began = time.perf_counter()
    for job in found.values():
        with timed.database.begin() as connection:
            job(Occasion(connection, now, timed.desk.premises))
    return time.perf_counter() - began


def _queued(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(outbox.c.key).order_by(outbox.c.id)).scalars())


def _fill(data: Path) -> None:
    """Every department has reported something that was accepted; all the others only listen."""
    prepare(data, liaisons=DEPARTMENTS, evaluators=EVALUATORS)
    database = Database(sqlite_url(data / "kaohe.sqlite"))
    now = MORNING - timedelta(days=20)
    with database.begin() as connection:
        term = quarters.ensure(
            connection,
            Quarter.containing(MORNING.date()),
            calendar=read_calendar(connection),
            timezone=ZONE,
            now=now,
        )
        places = list(connection.execute(select(department.c.id)).scalars())
        members = PEOPLE - DEPARTMENTS - EVALUATORS
        first = 1 + DEPARTMENTS + EVALUATORS
        ids = range(first, first + members)
        connection.execute(
            person.insert(),
            [{"id": id_, "name": f"工作人员{id_}", "created_at": now} for id_ in ids],
        )
        connection.execute(
            role.insert(),
            [
                {
                    "person_id": id_,
                    "role": "member",
                    "department_id": places[id_ % DEPARTMENTS],
                    "created_at": now,
                }
                for id_ in ids
            ],
        )
        connection.execute(
            account.insert(),
            [
                {
                    "channel": "telegram",
                    "external_id": f"9{id_:06d}",
                    "person_id": id_,
                    "linked_at": now,
                    "created_at": now,
                }
                for id_ in ids
            ],
        )
        connection.execute(
            evidence.insert(),
            [
                {
                    "department_id": place,
                    "quarter": term.code,
                    "number": 1,
                    "kind": "case",
                    "indicator": "onsite_help",
                    "title": f"第{place}件",
                    "event_date": now.date(),
                    "state": "accepted",
                    "created_by": number,
                    "submitted_by": number,
                    "submitted_at": now,
                    "created_at": now,
                    "updated_at": now,
                }
                for number, place in enumerate(places, 1)
            ],
        )
    database.close()
