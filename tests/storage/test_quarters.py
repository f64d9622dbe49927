"""A quarter's row: opened once with the rules of the day, its state by dates and by decision."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from rubric import settings
from rubric.edition import NoEdition
from rubric.quarter import Quarter, QuarterState
from storage import quarters
from storage.calendar import read_calendar
from storage.db import Database, metadata
from storage.models import calendar_override, setting

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 3, 10, tzinfo=ZONE)


@pytest.fixture
def connection(database_url):
    database = Database(database_url)
    metadata.create_all(database.writer)
    with database.begin() as connection:
        yield connection
    database.close()


def ensure(connection, wanted):
    return quarters.ensure(
        connection, wanted, calendar=read_calendar(connection), timezone=ZONE, now=NOW
    )


def test_opened_with_edition_dates_and_settings(connection):
    term = ensure(connection, Quarter(2026, 3))
    assert term == quarters.find(connection, "2026Q3")
    assert (
        term.code,
        term.edition,
        term.state,
        term.opens,
        term.report_until,
        term.supplement_until,
        term.score_until,
        term.provisional,
        term.settings,
        term.revision,
    ) == (
        "2026Q3",
        "2023-17",
        "collecting",
        date(2026, 7, 1),
        date(2026, 10, 10),
        date(2026, 10, 13),
        date(2026, 10, 22),
        False,
        settings.effective({}),
        1,
    )


def test_announced_dates_do_not_move(connection):
    before = ensure(connection, Quarter(2026, 3))
    connection.execute(
        calendar_override.insert(), {"day": date(2026, 10, 9), "workday": False, "source": ""}
    )
    connection.execute(setting.insert(), {"key": "deadline.report_days", "value": 1, "at": NOW})
    assert ensure(connection, Quarter(2026, 3)) == before
    assert quarters.planned(
        connection, Quarter(2026, 3), calendar=read_calendar(connection), timezone=ZONE
    ).report_until == date(2026, 10, 8)


def test_no_quarter_before_the_first_edition(connection):
    with pytest.raises(NoEdition):
        ensure(connection, Quarter(2023, 1))
    assert quarters.find(connection, "2023Q1") is None


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (datetime(2026, 6, 30, 23, 59, tzinfo=ZONE), QuarterState.NOT_STARTED),
        (datetime(2026, 7, 1, tzinfo=ZONE), QuarterState.COLLECTING),
        (datetime(2026, 10, 13, 23, 59, tzinfo=ZONE), QuarterState.COLLECTING),
        (datetime(2026, 10, 14, tzinfo=ZONE), QuarterState.CLOSED),
    ],
)
def test_dates_decide_until_somebody_does(connection, now, state):
    term = ensure(connection, Quarter(2026, 3))
    assert term.state_at(now, ZONE) is state
    assert term.open
    quarters.set_state(connection, "2026Q3", QuarterState.PROPOSED)
    term = quarters.lock(connection, "2026Q3")
    assert term is not None
    assert term.state_at(now, ZONE) is QuarterState.PROPOSED
    assert not term.open
    assert term.revision == 2


def test_published_and_not(connection):
    assert quarters.latest_published(connection) is None
    for quarter in (Quarter(2026, 4), Quarter(2026, 2), Quarter(2026, 3)):
        ensure(connection, quarter)
    for code in ("2026Q2", "2026Q3"):
        quarters.set_state(connection, code, QuarterState.PUBLISHED)
    latest = quarters.latest_published(connection)
    assert latest is not None
    assert latest.code == "2026Q3"
    assert [term.code for term in quarters.unpublished(connection)] == ["2026Q4"]
    assert sorted(quarters.span(connection, "2026Q3", "2027Q1")) == ["2026Q3", "2026Q4"]
    assert quarters.hold(connection, "2027Q1") is None
