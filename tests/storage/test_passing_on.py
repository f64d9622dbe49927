"""Chains of rows: who may pass a notice on, how they are read, and what once more means then."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from storage import accounts, calls, deliveries, outbox, passing_on
from storage.db import Database, metadata
from storage.models import account, channel_call
from storage.models import outbox as outbox_table
from storage.outbox import Mark, Row
from tests.support.broadcasting import HOURS, Audience, publish

KEY = "publication:1:ranking:1"
BOTH = ("telegram", "web")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Three heads with Telegram accounts, the first with one on the web chat too (4)."""
    made = Database(database_url)
    metadata.create_all(made.writer)
    with made.begin() as connection:
        assert publish(connection, Audience([11, 12, 13], [])) == 1
        connection.execute(
            account.insert(),
            {
                "channel": "web",
                "external_id": "w1",
                "person_id": 1,
                "linked_at": HOURS,
                "created_at": HOURS,
            },
        )
    yield made
    made.close()


def claimed(database: Database, key: str = KEY, *, to: int = 1, worker: str = "me") -> Row:
    with database.begin() as connection:
        outbox.queue(connection, key=key, account_id=to, body={"text": "结果"}, now=HOURS)
        [row] = outbox.claim(connection, worker=worker, channels=["telegram"], limit=1, now=HOURS)
    return row


def settle(database: Database, *marks: Mark, worker: str = "me") -> int:
    with database.begin() as connection:
        return passing_on.settle(connection, marks, worker=worker, channels=BOTH, now=HOURS)


def there(database: Database) -> list[tuple[str, int, str]]:
    """Key, account and state."""
    with database.read() as connection:
        query = select(outbox_table.c.key, outbox_table.c.account_id, outbox_table.c.state)
        return [(*row,) for row in connection.execute(query.order_by(outbox_table.c.id))]


@pytest.mark.parametrize(
    ("key", "first", "following", "earlier"),
    [
        ("a:1", "a:1", "a:1~2", []),
        ("a:1~2", "a:1", "a:1~3", ["a:1"]),
        ("a:1~4", "a:1", "a:1~5", ["a:1", "a:1~2", "a:1~3"]),
        ("a~b", "a~b", "a~b~2", []),
        ("a~b~2", "a~b", "a~b~3", ["a~b"]),
    ],
)
def test_keys_of_a_chain(key: str, first: str, following: str, earlier: list[str]):
    assert passing_on.first_of(key) == first
    assert passing_on.next_of(key) == following
    assert passing_on.before(key) == earlier


def test_only_who_has_it_passes_it_on(database: Database):
    row = claimed(database)
    failed = Mark(row.id, 1, "failed", problem="blocked", fault="gone")
    assert settle(database, failed, worker="another") == 0
    assert settle(database, Mark(row.id, 7, "failed", fault="gone")) == 0
    assert there(database) == [(KEY, 1, "sending")]
    assert settle(database, failed) == 1
    assert settle(database, failed) == 0  # its first commit was not learnt of
    assert there(database) == [(KEY, 1, "passed"), (f"{KEY}~2", 4, "queued")]


def test_two_at_the_same_time_pass_it_on_once(database: Database):
    for number in range(5):
        row = claimed(database, f"n:{number}:1")
        failed = Mark(row.id, 1, "failed", fault="refused")

        def mark(_: int, failed: Mark = failed) -> int:
            return settle(database, failed)

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(mark, range(2))) == [0, 1]


def test_what_is_no_fault_of_the_channels_is_not_passed_on(database: Database):
    row = claimed(database)
    assert settle(database, Mark(row.id, 1, "failed", problem="KeyError")) == 0
    assert there(database) == [(KEY, 1, "failed")]


def test_a_person_counts_once(database: Database):
    row = claimed(database)
    settle(database, Mark(row.id, 1, "failed", problem="blocked", fault="gone"))
    with database.begin() as connection:
        # told again by its first key: it has been
        assert not outbox.queue(connection, key=KEY, account_id=4, body={}, now=HOURS)
        [outcome] = deliveries.published(connection)
        assert [each.name for each in deliveries.missed(connection, outcome)] == [
            "人员001", "人员002",
        ]  # fmt: skip
        found = deliveries.of_publication(connection, 1)
        assert [(each.part, each.channel, each.state, each.last) for each in found] == [
            ("ranking", "telegram", "passed", False), ("ranking", "web", "queued", True),
        ]  # fmt: skip
        [first, second] = found
        before = deliveries.tried_before(connection, found)
        assert before == {first.id: [], second.id: [first]}


def test_once_more_is_for_the_last_of_the_chain(database: Database):
    first = claimed(database)
    settle(database, Mark(first.id, 1, "failed", fault="gone"))
    with database.begin() as connection:
        [second] = outbox.claim(connection, worker="me", channels=BOTH, limit=9, now=HOURS)
    settle(database, Mark(second.id, 1, "failed", fault="gone"))
    assert there(database) == [(KEY, 1, "passed"), (f"{KEY}~2", 4, "failed")]
    with database.begin() as connection:
        passed, failed = deliveries.find(connection, [first.id, second.id])
        assert not deliveries.send_again(connection, passed)
        accounts.mark_unreachable(connection, 1, None)
        assert deliveries.send_again(connection, failed, channels=["telegram"])
    assert there(database) == [(KEY, 1, "passed"), (f"{KEY}~2", 1, "queued")]


def test_once_more_is_another_call(database: Database):
    row = claimed(database)
    with database.begin() as connection:
        call = calls.keep(
            connection, channel="telegram", body="c", rows=[row.id], worker="me", now=HOURS
        )
        assert call is not None
        outbox.mark(connection, [Mark(row.id, 1, "unknown")], worker="me", now=HOURS)
        assert deliveries.send_again(connection, deliveries.find(connection, [row.id])[0])
        again = connection.execute(select(outbox_table.c.call_id)).scalar_one()
        assert again is None


def test_a_call_is_kept_for_all_its_rows_or_none(database: Database):
    rows = [claimed(database, f"n:{n}", to=n) for n in (1, 2)]
    rows.append(claimed(database, "n:3", to=3, worker="another"))
    ids = [row.id for row in rows]
    with database.begin() as connection:
        assert None is calls.keep(
            connection, channel="telegram", body="c", rows=ids, worker="me", now=HOURS
        )
        assert connection.execute(select(channel_call)).all() == []
        assert connection.execute(select(outbox_table.c.call_id)).scalars().all() == [None] * 3


def test_where_a_notice_goes(database: Database):
    def goes(**more: object) -> int | None:
        with database.read() as connection:
            found = accounts.address_of(connection, 1, **more)  # type: ignore[arg-type]
        return None if found is None else found.id

    assert goes() == 4  # linked last, or at least made last
    assert goes(channels=["telegram"]) == 1
    assert goes(without=[4]) == 1
    assert goes(channels=["web"], without=[4]) is None
    assert goes(channels=["wecom_app"]) is None


def test_a_long_complaint_fits(database: Database):
    row = claimed(database)
    settle(database, Mark(row.id, 1, "unknown", problem="错" * 999))
    with database.read() as connection:
        assert connection.execute(select(outbox_table.c.problem)).scalar_one() == "错" * 200
