"""The demonstration's quarters in a database, without its page: what its people left behind."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot import demo
from bot.demo import enrolment, seeding
from bot.demo.days import Days, days_of
from handlers import discovery
from handlers.dispatch import Desk
from handlers.premises import Premises
from rubric import report as reports
from rubric.quarter import Quarter
from rubric.report import Report
from storage import accounts, models, publications
from storage.accounts import Person
from storage.blobs import Stored
from storage.calendar import work_calendar
from storage.db import Database, metadata

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = work_calendar({})
# each ends before other holidays
QUARTERS = ("2025Q4", "2026Q1", "2026Q2", "2026Q3")


@dataclass(slots=True)
class Filled:
    database: Database
    days: Days

    @property
    def now(self) -> str:
        return self.days.quarter.code

    @property
    def before(self) -> str:
        return self.days.quarter.previous().code

    def rows(self, *columns, where=()) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(select(*columns).where(*where)))

    def count(self, *columns, where=()) -> Counter[object]:
        """How many rows of the columns' table have which values."""
        found = self.rows(*columns, where=where)
        return Counter(row[0] if len(columns) == 1 else tuple(row) for row in found)

    def everybody(self) -> dict[int, Person]:
        with self.database.read() as connection:
            ids = connection.execute(select(models.person.c.id)).scalars().all()
            found = [accounts.find_person(connection, id_) for id_ in ids]
        return {person.id: person for person in found if person}

    def report(self) -> Report:
        """What was published."""
        with self.database.read() as connection:
            published = publications.find(connection, self.before)
        assert published is not None
        return reports.from_json(published.report)


def present(quarter: str) -> Days:
    return days_of(Quarter.parse(quarter), CALENDAR, ZONE, after=4)


def fill(database: Database, days: Days) -> Filled:
    metadata.create_all(database.writer)
    told = demo.told_until(days, ZONE)
    files: dict[Any, Future[Stored]] = {sample: Future() for sample in seeding.samples(told)}
    for number, file in enumerate(files.values()):
        file.set_result(Stored(f"{number:064x}", 1))
    desk = Desk(discovery.discover(), Premises(b"key"), "demo")
    with database.begin() as connection:
        enrolled = enrolment.enrol(connection, told)
        seeding.seed(connection, desk, told, files, enrolled)
    return Filled(database, days)


def local(moment: datetime) -> datetime:
    return moment.astimezone(ZONE)
