"""The demonstration's quarter as it stands in the database when the page opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from bot import demo
from bot.config import load_for_demo
from bot.demo import seeding
from bot.demo.people import MEMBERS, PLACES
from bot.demo.seeding import Days
from handlers import discovery
from handlers.dispatch import Desk
from handlers.premises import Premises
from rubric.quarter import Quarter
from storage import models
from storage.blobs import Stored
from storage.calendar import work_calendar
from storage.db import Database, metadata, sqlite_url
from templates import documents

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = work_calendar({})
ROWS = 14


@dataclass(slots=True)
class Filled:
    database: Database
    days: Days

    def count(self, *columns) -> Counter[object]:
        """How many rows of the columns' table have which values."""
        with self.database.read() as connection:
            found = connection.execute(select(*columns))
            return Counter(row[0] if len(columns) == 1 else tuple(row) for row in found)


def days_of(quarter: str) -> Days:
    return seeding.days_of(Quarter.parse(quarter), CALENDAR, ZONE, after=4)


@pytest.fixture(params=["2025Q4", "2026Q1", "2026Q2", "2026Q3"])
def filled(request, tmp_path) -> Iterator[Filled]:
    """Each quarter of a year, since each ends before other holidays."""
    database = Database(sqlite_url(tmp_path / "demo.sqlite"))
    metadata.create_all(database.writer)
    days = days_of(request.param)
    files = {
        sample: Stored(f"{number:064x}", 1) for number, sample in enumerate(seeding.samples(days))
    }
    desk = Desk(discovery.discover(), Premises(b"key"), "demo")
    with database.begin() as connection:
        seeding.seed(connection, desk, days, files)
    yield Filled(database, days)
    database.close()


def test_what_a_visitor_finds(filled):
    evidence = models.evidence.c
    assert filled.count(evidence.state) == {
        "accepted": 8,
        "submitted": 4,
        "returned": 1,
        "rejected": 1,
        "withdrawn": 1,
        "draft": 1,
        "merged": 1,
    }
    assert set(filled.count(evidence.kind)) == {"case", "news", "innovation", "work", "other"}
    assert filled.count(evidence.late)[True] == 1
    assert filled.count(evidence.proxy)[True] == 1
    assert set(filled.count(evidence.quarter)) == {filled.days.quarter.code, None}
    assert filled.count(models.outbox.c.state) == {
        "sent": filled.count(models.outbox.c.id).total()
    }
    assert filled.count(models.score.c.version) == {1: ROWS * len(PLACES) - 5}
    assert filled.count(models.audit.c.result)["denied"] == 0


def test_every_tab_begins_with_a_menu_of_this_morning(filled):
    with filled.database.read() as connection:
        newest = select(func.max(models.web_message.c.id)).group_by(
            models.web_message.c.account_id
        )
        said = connection.execute(
            select(
                models.account.c.external_id, models.web_message.c.body, models.web_message.c.at
            )
            .join(models.account)
            .where(models.web_message.c.id.in_(newest))
        ).all()
    assert {name for name, _, _ in said} == {member.name for member in MEMBERS}
    for name, body, at in said:
        assert body["text"].startswith(f"{name}您好，您是")
        assert filled.days.morning.replace(hour=9, minute=0) < at < filled.days.morning


@pytest.mark.parametrize(
    ("now", "told", "morning"),
    [
        ("2026-11-22T19:00", False, "2026-10-12T09:30"),  # after the holidays, with a make-up day
        ("2026-10-03T19:00", False, "2026-10-12T09:30"),
        ("2026-10-12T09:30", True, "2026-10-12T09:30"),
        ("2026-10-12T09:29", True, "2026-07-06T09:30"),  # nothing that is shown lies ahead
        ("2026-01-05T08:00", False, "2026-01-07T09:30"),
    ],
)
def test_which_morning_it_is(tmp_path, now, told, morning):
    config = load_for_demo(tmp_path / "data", {})
    moment = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    days = demo.choose_days(moment, CALENDAR, config, told=told)
    assert days.morning == datetime.fromisoformat(morning).replace(tzinfo=ZONE)


def test_each_file_is_what_its_name_says_and_no_two_are_alike():
    made = {
        sample.name: documents.render(sample.document, arguments)
        for sample, arguments in seeding.samples(days_of("2026Q3")).items()
    }
    beginnings = {"png": b"\x89PNG", "pdf": b"%PDF", "docx": b"PK\x03\x04"}
    for name, content in made.items():
        assert content.startswith(beginnings[name.rpartition(".")[2]])
    assert len(made) == len(seeding.samples(days_of("2026Q3")))
    assert len(set(made.values())) == len(made)
