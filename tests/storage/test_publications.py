"""Proposals, publications and who hears of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage import outbox, publications
from storage.db import Database, metadata
from storage.models import account, person, quarter
from storage.models import outbox as outbox_table
from storage.publications import PREPARED, RELEASED, RETURNED, WAITING, Proposal, Publication

NOW = datetime(2027, 1, 12, 2, 0, tzinfo=UTC)


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    metadata.create_all(database.writer)
    with database.begin() as connection:
        connection.execute(
            person.insert(),
            [
                {"id": 1, "name": "张伟", "created_at": NOW},
                {"id": 2, "name": "陈主任", "created_at": NOW},
            ],
        )
        day = NOW.date()
        for code in ("2026Q3", "2026Q4"):
            connection.execute(
                quarter.insert(),
                {
                    "code": code,
                    "edition": "2023-17",
                    "state": "closed",
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


def test_what_was_prepared_is_proposed_then_returned_then_begun_anew(database):
    with database.begin() as connection:
        assert publications.latest_proposal(connection, "2026Q4") is None
        for picked in (["GA"], ["GA", "SW"]):
            publications.prepare(
                connection, quarter="2026Q4", picked=picked, reason="理由", person_id=2, now=NOW
            )
        prepared = publications.latest_proposal(connection, "2026Q4")
        assert prepared == Proposal(
            1, "2026Q4", 1, ("GA", "SW"), "理由", 2, "陈主任", NOW, PREPARED, ""
        )
        later = NOW + timedelta(hours=1)
        assert (
            publications.propose(connection, quarter="2026Q4", person_id=1, now=later)
            == prepared.id
        )
        assert publications.latest_proposal(connection, "2026Q4") == Proposal(
            1, "2026Q4", 1, ("GA", "SW"), "理由", 1, "张伟", later, WAITING, ""
        )
        publications.settle_proposal(
            connection, prepared.id, outcome=RETURNED, person_id=2, now=later, remark="再核对"
        )
        second = publications.propose(connection, quarter="2026Q4", person_id=1, now=later)
        publications.settle_proposal(connection, second, outcome=RELEASED, person_id=2, now=later)
        assert publications.latest_proposal(connection, "2026Q4") == Proposal(
            second, "2026Q4", 2, (), "", 1, "张伟", later, RELEASED, ""
        )
        publications.prepare(
            connection, quarter="2026Q4", picked=["SW"], reason="新", person_id=1, now=later
        )
        third = publications.latest_proposal(connection, "2026Q4")
        assert third is not None
        assert (third.number, third.outcome) == (3, PREPARED)


def publish(database: Database, code: str, report: str) -> int | None:
    with database.begin() as connection:
        return publications.publish(
            connection, quarter=code, revision=1, report=report, digest="d", person_id=1, now=NOW
        )


def test_a_quarter_is_published_once(database):
    with database.read() as connection:
        assert publications.latest(connection) is None
    first = publish(database, "2026Q4", "{}")
    assert first is not None
    assert publish(database, "2026Q4", "other") is None
    publish(database, "2026Q3", "{3}")
    with database.read() as connection:
        kept = Publication(first, "2026Q4", 1, "{}", "d", NOW)
        assert publications.find(connection, "2026Q4") == kept
        assert publications.latest(connection) == kept
        assert publications.find(connection, "2026Q2") is None
        assert publications.published_quarters(connection) == ["2026Q4", "2026Q3"]
        assert publications.report_text(connection, first) == "{}"
        assert publications.report_text(connection, 99) is None


def test_the_audience_are_all_who_can_be_reached_once_each(database):
    people = [
        {"id": 3, "name": "两个账号", "created_at": NOW, "removed_at": None},
        {"id": 4, "name": "没有账号", "created_at": NOW, "removed_at": None},
        {"id": 5, "name": "已移除", "created_at": NOW, "removed_at": NOW},
        {"id": 6, "name": "已拉黑", "created_at": NOW, "removed_at": None},
    ]
    accounts = [(3, None), (3, None), (5, None), (6, "blocked"), (None, None), (1, None)]
    with database.begin() as connection:
        connection.execute(person.insert(), people)
        for number, (person_id, unreachable) in enumerate(accounts):
            connection.execute(
                account.insert(),
                {
                    "channel": "fake",
                    "external_id": str(number),
                    "person_id": person_id,
                    "unreachable": unreachable,
                    "created_at": NOW,
                },
            )
        assert publications.audience(connection) == [1, 3]


def test_what_waits_for_office_hours_can_be_sent_at_once(database):
    later = NOW + timedelta(hours=12)
    rows = {
        publications.notice_key(1, "ranking") + ":1": later,
        publications.notice_key(1, "sheet.GA") + ":1": later,
        publications.notice_key(1, "ranking") + ":2": None,
        publications.notice_key(11, "ranking") + ":1": later,
        "publication_1:ranking:1": later,
    }
    with database.begin() as connection:
        account_id = connection.execute(
            account.insert().returning(account.c.id),
            {"channel": "fake", "external_id": "1", "created_at": NOW},
        ).scalar_one()
        for key, not_before in rows.items():
            outbox.queue(
                connection,
                key=key,
                account_id=account_id,
                body={"text": "结果"},
                now=NOW,
                not_before=not_before,
            )
        assert publications.send_now(connection, 1, now=NOW) == 2
        assert publications.send_now(connection, 1, now=NOW) == 0
        waiting = connection.execute(
            select(outbox_table.c.key)
            .where(outbox_table.c.not_before.is_not(None))
            .order_by(outbox_table.c.id)
        )
        assert waiting.scalars().all() == ["publication:11:ranking:1", "publication_1:ranking:1"]
