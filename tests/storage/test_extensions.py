"""Later dates of a department, and who is not to be nominated, as they are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rubric import settings
from rubric.quarter import Quarter, QuarterState
from storage import departments, disqualification, extensions, people, quarters
from storage.calendar import read_calendar
from storage.db import Database, metadata
from storage.models import score, setting
from storage.quarters import Term

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 3, 10, tzinfo=ZONE)


@pytest.fixture
def connection(database_url):
    database = Database(database_url)
    metadata.create_all(database.writer)
    with database.begin() as connection:
        people.add_person(connection, name="赵强", now=NOW)
        for code in ("GA", "YB"):
            departments.add_department(connection, name=f"{code}局", short_name=code, code=code)
        yield connection
    database.close()


def opened(connection, code="2026Q4") -> Term:
    return quarters.ensure(
        connection,
        Quarter.parse(code),
        calendar=read_calendar(connection),
        timezone=ZONE,
        now=NOW,
    )


def grant(connection, code, department_id, report, supplement):
    dates = opened(connection, code).dates(ZONE)
    extensions.grant(
        connection,
        code=code,
        department_id=department_id,
        dates=replace(dates, report_until=report, supplement_until=supplement),
        reason="搬迁",
        person_id=1,
        now=NOW,
    )


def test_one_a_department_and_quarter(connection):
    grant(connection, "2026Q4", 2, date(2027, 1, 6), date(2027, 1, 12))
    grant(connection, "2026Q4", 1, date(2027, 1, 8), date(2027, 1, 8))
    grant(connection, "2026Q4", 1, date(2027, 1, 9), date(2027, 1, 11))
    grant(connection, "2027Q1", 1, date(2027, 4, 9), date(2027, 4, 11))
    assert [
        (each.department, each.report_until, each.supplement_until, each.reason, each.at)
        for each in extensions.extensions(connection, "2026Q4")
    ] == [
        ("GA", date(2027, 1, 9), date(2027, 1, 11), "搬迁", NOW),
        ("YB", date(2027, 1, 6), date(2027, 1, 12), "搬迁", NOW),
    ]
    found = extensions.of_department(connection, 1, first="2026Q4", last="2027Q1")
    assert list(found) == ["2026Q4", "2027Q1"]
    extensions.revoke(connection, code="2026Q4", department_id=1)
    assert [each.quarter for each in extensions.span(connection, "2026Q4", "2027Q1")] == [
        "2026Q4", "2027Q1",
    ]  # fmt: skip


def test_it_runs_to_the_end_of_its_last_day(connection):
    grant(connection, "2026Q4", 1, date(2027, 1, 9), date(2027, 1, 11))
    end = datetime(2027, 1, 12, tzinfo=ZONE)

    def running(now):
        return [
            each.department
            for each in extensions.running(connection, "2026Q4", now=now, timezone=ZONE)
        ]

    assert running(end - timedelta(seconds=1)) == ["GA"]
    assert running(end) == []


def test_it_only_ever_makes_dates_later(connection):
    dates = opened(connection).dates(ZONE)
    assert extensions.extended(dates, None) == dates
    grant(connection, "2026Q4", 1, date(2027, 1, 5), date(2027, 1, 12))
    (given,) = extensions.extensions(connection, "2026Q4")
    found = extensions.extended(dates, given)
    assert (found.report_until, found.supplement_until) == (
        date(2027, 1, 6),
        date(2027, 1, 12),
    )


def test_disqualified_once_and_taken_back(connection):
    opened(connection)

    def disqualify(reason):
        return disqualification.disqualify(
            connection, code="2026Q4", department_id=1, reason=reason, person_id=1, now=NOW
        )

    assert disqualify("一") is True
    assert disqualify("二") is False
    assert disqualification.disqualified(connection, "2026Q4") == {1: "一"}
    assert disqualification.disqualified(connection, "2027Q1") == {}
    for there in (True, False):
        gone = disqualification.requalify(connection, code="2026Q4", department_id=1)
        assert gone is there


# ---------------------------------------------------------------- the quarter's own


def test_moved_dates_raise_the_revision(connection):
    before = opened(connection)
    dates = before.dates(ZONE)
    moved = replace(
        dates,
        report_until=date(2027, 1, 7),
        supplement_until=date(2027, 1, 11),
        score_until=date(2027, 1, 20),
        provisional=False,
    )
    quarters.set_dates(connection, "2026Q4", moved, reason="调休")
    after = opened(connection)
    assert after.dates(ZONE) == moved
    assert (after.revision, after.dates_reason) == (2, "调休")
    quarters.touch(connection, "2026Q4")
    assert opened(connection).revision == 3
    calendar = read_calendar(connection)
    assert quarters.by_rule(after, calendar=calendar, timezone=ZONE) == dates


def test_a_look_opens_nothing(connection):
    wanted = Quarter(2026, 4)
    look = quarters.look(connection, wanted, calendar=read_calendar(connection), timezone=ZONE)
    assert (look.revision, look.settings) == (0, settings.effective({}))
    assert quarters.find(connection, "2026Q4") is None
    assert opened(connection).dates(ZONE) == look.dates(ZONE)


def test_the_first_quarter_follows_the_settings_until_its_first_score(connection):
    assert quarters.follow_settings(connection) == ""
    first = opened(connection)
    opened(connection, "2027Q1")
    connection.execute(setting.insert(), {"key": "score.step", "value": 100, "at": NOW})
    assert quarters.follow_settings(connection) == "2026Q4"
    found = opened(connection)
    assert found.settings == first.settings | {"score.step": 100}
    assert found.dates(ZONE) == first.dates(ZONE)
    assert opened(connection, "2027Q1").settings["score.step"] == 50
    connection.execute(
        score.insert(),
        {
            "quarter": "2026Q4",
            "department_id": 1,
            "indicator": "discipline",
            "version": 1,
            "latest": True,
            "person_id": 1,
            "at": NOW,
        },
    )
    connection.execute(setting.update().values(value=10))
    assert quarters.follow_settings(connection) == ""
    quarters.set_state(connection, "2026Q4", QuarterState.PROPOSED)
    connection.execute(score.delete())
    assert quarters.follow_settings(connection) == ""
    assert opened(connection).settings["score.step"] == 100
