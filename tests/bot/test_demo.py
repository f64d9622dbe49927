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
from rubric.edition import edition_for
from rubric.quarter import Quarter
from storage import models
from storage.blobs import Stored
from storage.calendar import work_calendar
from storage.db import Database, metadata, sqlite_url
from templates import documents

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = work_calendar({})


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
        enrolled = seeding.enrol(connection, days)
        seeding.seed(connection, desk, days, files, enrolled)
    yield Filled(database, days)
    database.close()


def test_what_a_visitor_finds(filled):
    evidence = models.evidence.c
    assert filled.count(evidence.state) == {
        "accepted": 17,
        "submitted": 4,
        "returned": 1,
        "rejected": 2,
        "withdrawn": 2,
        "draft": 2,
        "merged": 2,
    }
    assert set(filled.count(evidence.kind)) == {"case", "news", "innovation", "work", "other"}
    assert filled.count(evidence.late)[True] == 1
    assert filled.count(evidence.proxy)[True] == 1
    assert set(filled.count(evidence.quarter)) == {filled.days.quarter.code, None}
    assert filled.count(models.outbox.c.state) == {
        "sent": filled.count(models.outbox.c.id).total()
    }
    assert filled.count(models.audit.c.result)["denied"] == 0


def test_half_of_the_rows_are_handed_in_or_nearly(filled):
    """And one of them is open again, for one department that reported after it."""
    score = models.score.c
    given = filled.count(score.indicator)
    assert given == {
        "enquiries": 30,
        "discipline": 30,
        "service_ratings": 30,
        "window_standards": 30,
        "online_maturity": 30,
        "bonus_other": 30,
        "coordination": 30,
        "onsite_help": 12,
        "online_help": 10,
        "presence": 8,
        "bonus_innovation": 3,
        "bonus_news": 2,
    }
    handed = [score.indicator, score.handed_at.is_not(None)]
    assert {row for row, there in filled.count(*handed) if there} == {
        "enquiries",
        "discipline",
        "service_ratings",
        "window_standards",
        "online_maturity",
        "bonus_other",
    }
    assert filled.count(*handed)["service_ratings", False] == 1
    assert filled.count(score.version) == {1: given.total()}


def test_each_score_obeys_the_rules(filled):
    """As the evaluators could have given it: a reason below full marks, a bonus on evidence."""
    with filled.database.read() as connection:
        reported = {
            tuple(row)
            for row in connection.execute(
                select(models.evidence.c.department_id, models.evidence.c.indicator).where(
                    models.evidence.c.state == "accepted"
                )
            )
        }
        rows = {row.id: row for row in edition_for(filled.days.quarter.last_day).indicators}
        for given in connection.execute(select(models.score)):
            row, value, reason = rows[given.indicator], given.hundredths, given.reason
            if value is None or (not row.bonus and value < row.points * 100):
                assert reason, given
                assert not (row.bonus and value is None)
            elif row.bonus and value > 0:
                assert reason or (given.department_id, row.id) in reported, given
            else:
                assert reason == "", given
            if value is not None:
                assert value % 50 == 0
                assert 0 <= value <= row.points * 100


def test_the_departments_are_many_and_their_names_short(filled):
    department = models.department.c
    names = filled.count(department.short_name)
    assert len(names) == len(PLACES) == 30
    assert max(map(len, names)) <= 6
    liaisons = {each.where for each in MEMBERS if each.role == "liaison"}
    assert liaisons == {place.code for place in PLACES}


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
    tabs = {member.name for member in MEMBERS if member.tab}
    assert {name for name, _, _ in said} >= tabs
    for name, body, at in said:
        if name not in tabs:
            continue
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
