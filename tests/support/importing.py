"""An importer on its own: rows in, what would change or what is wrong out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from bot.reading_child import read
from handlers.import_desk import known
from handlers.imports import By, Plan
from handlers.imports.book import WorkbookFaulty
from handlers.occasion import Occasion
from tests.chat import Centre

Fault = tuple[str, int, str, str]


def occasion_of(centre: Centre, connection: Connection, now: datetime | None = None) -> Occasion:
    return Occasion(connection, now or centre.now, centre.desk.premises)


def plan_of(centre: Centre, kind: str, content: bytes, *, quarter: str = "") -> Plan:
    """Raises WorkbookFaulty."""
    with centre.database.read() as connection:
        occasion = occasion_of(centre, connection)
        return known()[kind].read(occasion, read(content), quarter=quarter, by=By())


def lines_of(centre: Centre, kind: str, content: bytes) -> list[str]:
    return list(plan_of(centre, kind, content).lines)


def faults_of(centre: Centre, kind: str, content: bytes) -> list[Fault]:
    """All of them, as (sheet, row, column, words)."""
    try:
        plan_of(centre, kind, content)
    except WorkbookFaulty as error:
        return [(each.sheet, each.row, each.column, each.words) for each in error.faults]
    return []


def take_in(centre: Centre, kind: str, content: bytes, *, by: By | None = None) -> list[str]:
    """Apply it; the lines that said what would happen."""
    plan = plan_of(centre, kind, content)
    with centre.database.begin() as connection:
        plan.apply(occasion_of(centre, connection), by or By())
    return list(plan.lines)
