"""What is reported, waits and is linked, by department, row and person."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from storage import progress
from storage.db import Database, metadata
from storage.models import account, department, evidence, person
from storage.progress import Reported, Waiting

NOW = datetime(2026, 11, 3, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def connection(database_url):
    database = Database(database_url)
    metadata.create_all(database.writer)
    with database.begin() as connection:
        for number, name in enumerate(("丁", "乙", "丙", "甲"), 1):
            connection.execute(
                person.insert(),
                {
                    "id": number,
                    "name": name,
                    "created_at": NOW,
                    "removed_at": NOW if name == "丙" else None,
                },
            )
        for number, owner in ((1, 2), (2, 2), (3, None)):
            connection.execute(
                account.insert(),
                {
                    "channel": "fake",
                    "external_id": str(number),
                    "person_id": owner,
                    "created_at": NOW,
                },
            )
        for number, code in ((1, "SCJG"), (2, "GA"), (3, "YB")):
            connection.execute(
                department.insert(),
                {"id": number, "code": code, "name": f"{code}局", "short_name": code},
            )
        yield connection
    database.close()


def lies(connection, number, state, *, row="enquiries", department_id=1, **values):
    connection.execute(
        evidence.insert(),
        {
            "department_id": department_id,
            "quarter": "2026Q4",
            "number": number,
            "indicator": row,
            "state": state,
            "created_by": 1,
            "created_at": NOW,
            "updated_at": NOW,
            "submitted_at": NOW + timedelta(minutes=number or 0),
            **values,
        },
    )


def test_what_departments_have_reported(connection):
    lies(connection, 1, "submitted")
    lies(connection, 2, "submitted", row="discipline")
    lies(connection, 3, "accepted")
    lies(connection, 4, "rejected", row="presence")
    lies(connection, 5, "withdrawn", row="online_help")
    lies(connection, 1, "withdrawn", department_id=2)
    lies(connection, None, "draft", department_id=3)
    lies(connection, 1, "accepted", department_id=3, quarter="2026Q3")
    own = Reported(
        {"submitted": 2, "accepted": 1, "rejected": 1, "withdrawn": 1},
        frozenset({"enquiries", "discipline"}),
    )
    gone = Reported({"withdrawn": 1})
    assert progress.reported(connection, "2026Q4") == {1: own, 2: gone}
    assert progress.reported(connection, "2026Q4", department_ids=[2, 3]) == {2: gone}
    assert progress.reported(connection, "2026Q4", department_ids=[]) == {}
    assert [own.anything, gone.anything, Reported().anything] == [True, False, False]


def test_what_is_returned_is_told_by_its_day(connection):
    for number, department_id, days in ((1, 2, 3), (2, 1, 3), (3, 1, 1)):
        lies(
            connection,
            number,
            "returned",
            department_id=department_id,
            complete_until=NOW + timedelta(days=days),
        )
    lies(connection, 4, "submitted")
    assert [each.receipt for each in progress.returned(connection, "2026Q4")] == [
        "SCJG3号", "SCJG2号", "GA1号",
    ]  # fmt: skip
    mine = progress.returned(connection, "2026Q4", department_ids=[2])
    assert [each.receipt for each in mine] == ["GA1号"]
    assert progress.returned(connection, "2026Q3") == []


def test_what_waits_by_row_since_when(connection):
    lies(connection, 2, "submitted")
    lies(connection, 1, "submitted")
    lies(connection, 3, "submitted", row="discipline", department_id=2)
    lies(connection, 4, "accepted")
    assert progress.waiting(connection, "2026Q4") == {
        "enquiries": Waiting(2, NOW + timedelta(minutes=1)),
        "discipline": Waiting(1, NOW + timedelta(minutes=3)),
    }
    assert progress.waiting(connection, "2026Q3") == {}


def test_who_has_an_account(connection):
    assert progress.linked(connection, [1, 2, 4]) == {2}
    assert progress.linked(connection, []) == frozenset()
    assert progress.unlinked(connection) == ([], 2)
    assert progress.unlinked(connection, limit=5) == ([(1, "丁"), (4, "甲")], 2)
    assert progress.unlinked(connection, offset=1, limit=5) == ([(4, "甲")], 2)
