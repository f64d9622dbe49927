"""Versions of scores: written on what was seen, never overwritten, the newest marked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from rubric.scoring import Score
from storage import scores
from storage.db import Database, metadata
from storage.models import department, person, quarter, score, section, section_row

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    metadata.create_all(database.writer)
    with database.begin() as connection:
        connection.execute(
            department.insert(),
            [
                {"id": 1, "code": "GA", "name": "公安分局", "short_name": "公安"},
                {"id": 2, "code": "SW", "name": "税务局", "short_name": "税务"},
            ],
        )
        connection.execute(
            person.insert(),
            [
                {"id": 1, "name": "王芳", "created_at": NOW},
                {"id": 2, "name": "赵强", "created_at": NOW},
            ],
        )
        connection.execute(section.insert(), {"id": 1, "name": "考核办公室"})
        connection.execute(section_row.insert(), {"indicator": "discipline", "section_id": 1})
        day = NOW.date()
        connection.execute(
            quarter.insert(),
            {
                "code": "2026Q4",
                "edition": "2023-17",
                "state": "collecting",
                "opens": day,
                "report_until": day,
                "supplement_until": day,
                "score_until": day,
                "provisional": False,
                "settings": {},
                "created_at": NOW,
            },
        )
    yield database
    database.close()


def give(
    database: Database,
    value: int | None,
    *,
    on: int,
    reason: str = "",
    by: int = 1,
    department_id: int = 1,
    after: int = 0,
) -> bool:
    with database.begin() as connection:
        return scores.give(
            connection,
            quarter="2026Q4",
            indicator="discipline",
            department_id=department_id,
            on_version=on,
            score_=Score(value, reason),
            person_id=by,
            now=NOW + timedelta(seconds=after),
        )


def version(
    number: int, value: int | None, reason: str, person_id: int, name: str
) -> scores.Given:
    """One of department 1's in 工作纪律, as it is read."""
    return scores.Given(
        department_id=1,
        indicator="discipline",
        seat=1,
        version=number,
        hundredths=value,
        reason=reason,
        open=False,
        carried=False,
        batch="",
        handed_at=None,
        person_id=person_id,
        person=name,
        at=NOW,
    )


def test_a_version_is_written_on_the_one_that_was_seen(database):
    assert give(database, 950, on=0, reason="迟到")
    assert not give(database, 900, on=0)
    assert give(database, None, on=1, reason="不涉及", by=2)
    assert not give(database, 900, on=1)
    assert not give(database, 900, on=3)
    with database.read() as connection:
        current = scores.of_cell(
            connection, quarter="2026Q4", indicator="discipline", department_id=1
        )
        kept = scores.versions(
            connection, quarter="2026Q4", indicator="discipline", department_id=1
        )
        latest = connection.execute(select(score.c.version).where(score.c.latest)).scalars().all()
    assert current == kept[1]
    assert current == version(2, None, "不涉及", 2, "赵强")
    assert current.score == Score(None, "不涉及")
    assert kept[0] == version(1, 950, "迟到", 1, "王芳")
    assert latest == [2]


def test_what_is_not_there_is_not_a_zero(database):
    with database.read() as connection:
        assert (
            scores.of_cell(connection, quarter="2026Q4", indicator="discipline", department_id=1)
            is None
        )
        assert scores.of_quarter(connection, "2026Q4") == {}
        assert scores.of_row(connection, quarter="2026Q4", indicator="discipline") == {}


def test_a_quarter_and_a_row_at_a_glance(database):
    give(database, 1000, on=0)
    give(database, 0, on=0, department_id=2, reason="缺勤")
    with database.read() as connection:
        whole = scores.of_quarter(connection, "2026Q4")
        row = scores.of_row(connection, quarter="2026Q4", indicator="discipline")
        assert scores.of_quarter(connection, "2026Q3") == {}
    assert {id_: list(rows) for id_, rows in whole.items()} == {
        1: ["discipline"],
        2: ["discipline"],
    }
    assert {id_: given.hundredths for id_, given in row.items()} == {1: 1000, 2: 0}


def test_the_last_reason_of_a_person_in_a_row(database):
    def last(person_id: int) -> str:
        with database.read() as connection:
            return scores.last_reason(
                connection, quarter="2026Q4", indicator="discipline", person_id=person_id
            )

    assert last(1) == ""
    give(database, 900, on=0, reason="迟到")
    give(database, 900, on=0, reason="会议缺席", department_id=2, after=1)
    give(database, 1000, on=1, after=2)
    give(database, 800, on=2, reason="别人写的", by=2, after=3)
    assert (last(1), last(2)) == ("会议缺席", "别人写的")


def test_two_latest_versions_can_not_be(database):
    give(database, 900, on=0, reason="迟到")
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(
            score.insert(),
            {
                "quarter": "2026Q4",
                "department_id": 1,
                "indicator": "discipline",
                "version": 7,
                "latest": True,
                "hundredths": 1,
                "person_id": 1,
                "at": NOW,
            },
        )
