"""Notices that did not arrive, on both kinds of database: read, sent once more, sent elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from storage import accounts, deliveries, groups, outbox, passing_on, told
from storage.db import Database, metadata
from storage.deliveries import Missed
from storage.models import account
from storage.models import outbox as outbox_table
from storage.outbox import Mark
from tests.support.broadcasting import HOURS, Audience, publish

KEY = "publication:1:ranking"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Three heads with accounts, a publication, and nothing sent yet."""
    made = Database(database_url)
    metadata.create_all(made.writer)
    with made.begin() as connection:
        assert publish(connection, Audience([11, 12, 13], [])) == 1
    yield made
    made.close()


def notice(
    database: Database, key: str = f"{KEY}:1", *, to: int = 1, state: str = "failed"
) -> int:
    with database.begin() as connection:
        outbox.queue(connection, key=key, account_id=to, body={"text": "结果"}, now=HOURS)
        made = connection.execute(
            outbox_table.update()
            .where(outbox_table.c.key == key)
            .values(state=state, attempt=1, worker="old", claimed_at=HOURS, problem="blocked")
            .returning(outbox_table.c.id)
        ).scalar_one()
    return int(made)


def row(database: Database, id_: int) -> tuple[str, int, str | None, int]:
    """State, attempt, worker, account."""
    with database.read() as connection:
        found = connection.execute(select(outbox_table).where(outbox_table.c.id == id_)).one()
    return found.state, found.attempt, found.worker, found.account_id


def another_account(database: Database, person_id: int) -> int:
    with database.begin() as connection:
        made = connection.execute(
            account.insert().returning(account.c.id),
            {
                "channel": "web",
                "external_id": f"w{person_id}",
                "person_id": person_id,
                "linked_at": HOURS,
                "created_at": HOURS,
            },
        ).scalar_one()
    return int(made)


def test_two_presses_at_the_same_time_send_once(database: Database) -> None:
    for number in range(5):
        id_ = notice(database, f"{KEY}:{number}")
        with database.read() as connection:
            [seen] = deliveries.find(connection, [id_])

        def press(_: int, seen: deliveries.Notice = seen) -> bool:
            with database.begin() as connection:
                return deliveries.send_again(connection, seen)

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(press, range(2))) == [False, True]
        assert row(database, id_) == ("queued", 1, None, 1)


def test_a_late_proof_counts_until_it_is_sent_again_and_not_after(database: Database) -> None:
    proved, again = (notice(database, f"{KEY}:{n}", state="unknown") for n in (1, 2))
    with database.begin() as connection:
        for each in deliveries.find(connection, [again]):
            assert deliveries.send_again(connection, each)
        marks = [Mark(id_, 1, "sent", message_ref="m") for id_ in (proved, again)]
        outbox.mark(connection, marks, worker="old", now=HOURS)
        found = deliveries.find(connection, [proved, again])
        assert [each.state for each in found] == ["sent", "queued"]
        assert not deliveries.send_again(connection, found[0])


def test_what_changed_since_it_was_read_is_left(database: Database) -> None:
    id_ = notice(database)
    with database.begin() as connection:
        [seen] = deliveries.find(connection, [id_])
        for stale in (replace(seen, attempt=2), replace(seen, state="unknown")):
            assert not deliveries.send_again(connection, stale)
    assert row(database, id_) == ("failed", 1, "old", 1)


def test_once_more_it_goes_where_it_can_be_read(database: Database) -> None:
    id_, other = notice(database), another_account(database, 1)
    with database.begin() as connection:
        accounts.mark_unreachable(connection, 1, "gone")
        [seen] = deliveries.find(connection, [id_])
        assert deliveries.send_again(connection, seen)
    assert row(database, id_) == ("queued", 1, None, other)


def test_a_group_has_no_other_account(database: Database) -> None:
    with database.begin() as connection:
        group = groups.join(
            connection,
            channel="telegram",
            external_id="-5",
            title="考核群",
            added_by=None,
            now=HOURS,
        )
        assert group is not None
        id_ = group.account_id
        groups.decide(connection, id_, state=groups.CONFIRMED, person_id=1, now=HOURS)
    sent = notice(database, f"{KEY}:group{id_}", to=id_)
    with database.begin() as connection:
        [seen] = deliveries.of_publication(connection, 1)
        assert (seen.name, seen.part, seen.open) == ("考核群", "ranking", True)
        assert deliveries.send_again(connection, seen)
        outbox.claim(connection, worker="me", channels=["telegram"], limit=9, now=HOURS)
        marks = [Mark(sent, 2, "failed", fault="gone")]
        passing_on.settle(connection, marks, worker="me", channels=["telegram"], now=HOURS)
    assert row(database, sent) == ("failed", 2, "me", id_)


def test_who_has_no_message_at_all_is_named(database: Database) -> None:
    notice(database, f"{KEY}:2")
    with database.read() as connection:
        [outcome] = deliveries.published(connection)
        assert deliveries.missed(connection, outcome) == [
            Missed("人员000", linked=True, later=False),
            Missed("人员002", linked=True, later=False),
        ]


def test_other_notices_are_listed_with_what_they_say(database: Database) -> None:
    notice(database)
    first, second = (notice(database, f"evidence:{n}") for n in (1, 2))
    with database.read() as connection:
        found, total = deliveries.others(connection, limit=1)
        assert ([(each.id, text) for each, text in found], total) == ([(second, "结果")], 2)
        assert [each.id for each in deliveries.open_rows(connection)][-2:] == [first, second]


def test_what_has_left_lately_is_counted_by_account(database: Database) -> None:
    """Of what waits in a process's hands a few may have arrived."""
    for number, (to, state) in enumerate(
        [(1, "sent"), (1, "sent"), *[(1, "sending")] * 9, (2, "unknown"), (2, "failed")]
    ):
        notice(database, f"{KEY}:{number}", to=to, state=state)
    later = HOURS + timedelta(seconds=1)
    with database.begin() as connection:
        outbox.queue(connection, key="waits", account_id=3, body={"text": "结果"}, now=HOURS)
        sent = outbox_table.c.state == "sent"
        connection.execute(outbox_table.update().where(sent).values(sent_at=HOURS))
        assert told.lately(connection, channel="telegram", since=HOURS) == {"11": 5, "12": 1}
        assert told.lately(connection, channel="telegram", since=later) == {"11": 3}
        assert told.lately(connection, channel="web", since=HOURS) == {}
        for worker, accounts, found in (
            ("new", ["11", "12"], {"11": 5, "12": 1}),
            ("new", ["12"], {"12": 1}),
            ("old", ["11", "12"], {}),
        ):
            assert found == told.elsewhere(
                connection, channel="telegram", accounts=accounts, since=HOURS, worker=worker
            )
