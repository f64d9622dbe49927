"""Group chats: who is known, registered, gone, moved; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage import accounts, groups, outbox
from storage.db import Database, metadata
from storage.groups import CONFIRMED, LEFT, REFUSED, WAITING, Group
from storage.models import account, person, role
from storage.models import outbox as outbox_table

NOW = datetime(2027, 1, 12, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ADMIN = 1


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    metadata.create_all(found.writer)
    with found.begin() as connection:
        connection.execute(person.insert(), {"id": ADMIN, "name": "张伟", "created_at": NOW})
        connection.execute(role.insert(), {"person_id": ADMIN, "role": "admin", "created_at": NOW})
    yield found
    found.close()


def joins(
    database: Database,
    address: str,
    title: str = "工作群",
    *,
    by: int | None = ADMIN,
    now: datetime = NOW,
) -> tuple[int, Group | None]:
    with database.begin() as connection:
        came = groups.join(
            connection, channel="telegram", external_id=address, title=title, added_by=by, now=now
        )
        found = groups.find_by_address(connection, channel="telegram", external_id=address)
        return (found.account_id if found else 0), came


def decides(database: Database, id_: int, state: str) -> None:
    with database.begin() as connection:
        groups.decide(connection, id_, state=state, person_id=ADMIN, now=LATER)


def queues(database: Database, id_: int, key: str) -> None:
    with database.begin() as connection:
        outbox.queue(connection, key=key, account_id=id_, body={"text": "结果"}, now=NOW)


def listed(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        return [(each.title, each.state) for each in groups.groups(connection)[0]]


def addresses(database: Database) -> dict[str, tuple[int, str | None]]:
    with database.read() as connection:
        rows = connection.execute(
            select(account.c.external_id, account.c.id, account.c.unreachable)
        )
        return {row.external_id: (row.id, row.unreachable) for row in rows}


def messages(database: Database) -> dict[str, tuple[int, str]]:
    with database.read() as connection:
        rows = connection.execute(
            select(outbox_table.c.key, outbox_table.c.account_id, outbox_table.c.state)
        )
        return {row.key: (row.account_id, row.state) for row in rows}


def test_a_group_waits_until_it_is_decided_on(database: Database):
    id_, came = joins(database, "-100")
    waiting = Group(id_, "工作群", WAITING, True, "张伟", NOW, "", None)
    assert came == waiting
    with database.read() as connection:
        assert groups.confirmed_groups(connection) == []
        assert groups.waiting_groups(connection) == 1
    decides(database, id_, CONFIRMED)
    confirmed = replace(waiting, decision=CONFIRMED, decided_by="张伟", decided_at=LATER)
    with database.read() as connection:
        assert groups.confirmed_groups(connection) == [confirmed]
        assert groups.waiting_groups(connection) == 0
        assert groups.find(connection, id_) == confirmed
        assert groups.find(connection, 99) is None
        assert groups.is_group(connection, id_)
        assert not groups.is_group(connection, 99)
    decides(database, id_, REFUSED)
    with database.read() as connection:
        assert groups.confirmed_groups(connection) == []
        assert accounts.person_of(connection, id_) is None


def test_who_is_there_already_only_changes_the_title(database: Database):
    id_, _ = joins(database, "-100")
    decides(database, id_, REFUSED)
    assert joins(database, "-100", "新" * 200, by=None, now=LATER) == (id_, None)
    with database.read() as connection:
        found = groups.find(connection, id_)
    assert found == Group(id_, "新" * 128, REFUSED, True, "张伟", NOW, "张伟", LATER)


@pytest.mark.parametrize(
    ("before", "after"), [(WAITING, WAITING), (REFUSED, WAITING), (CONFIRMED, CONFIRMED)]
)
def test_removed_and_added_again(database: Database, before: str, after: str):
    id_, _ = joins(database, "-100")
    decides(database, id_, before)
    with database.begin() as connection:
        groups.leave(connection, id_)
    assert listed(database) == [("工作群", LEFT)]
    with database.read() as connection:
        assert groups.confirmed_groups(connection) == []
        assert groups.waiting_groups(connection) == 0
    _, came = joins(database, "-100", by=None, now=LATER)
    assert came is not None
    assert (came.state, came.added_by, came.added_at) == (after, "", LATER)
    assert (came.decided_at is None) == (after == WAITING)


def test_one_that_the_channel_refuses_is_gone_too(database: Database):
    id_, _ = joins(database, "-100")
    decides(database, id_, CONFIRMED)
    with database.begin() as connection:
        accounts.mark_unreachable(connection, id_, "gone")
        assert groups.confirmed_groups(connection) == []
    assert listed(database) == [("工作群", LEFT)]


def test_the_waiting_come_first_and_the_gone_last(database: Database):
    for number, state in enumerate((LEFT, REFUSED, CONFIRMED, WAITING, WAITING)):
        id_, _ = joins(database, f"-{number}", f"群{number}", now=NOW + timedelta(number))
        if state == LEFT:
            with database.begin() as connection:
                groups.leave(connection, id_)
        else:
            decides(database, id_, state)
    assert [title for title, _ in listed(database)] == ["群3", "群4", "群2", "群1", "群0"]
    with database.read() as connection:
        part, total = groups.groups(connection, offset=1, limit=2)
    assert ([each.title for each in part], total) == (["群4", "群2"], 5)


def test_what_waits_for_a_group_taken_off_stays_here(database: Database):
    id_, _ = joins(database, "-100")
    other, _ = joins(database, "-200")
    decides(database, id_, CONFIRMED)
    queues(database, id_, "a")
    queues(database, other, "b")
    decides(database, id_, REFUSED)
    assert messages(database) == {"a": (id_, "superseded"), "b": (other, "queued")}


# ---------------------------------------------------------------- moved


def moves(database: Database, id_: int, to: str) -> bool:
    with database.begin() as connection:
        return groups.move(connection, id_, to=to)


def test_a_group_that_moved_keeps_everything(database: Database):
    id_, _ = joins(database, "-100")
    decides(database, id_, CONFIRMED)
    queues(database, id_, "a")
    assert moves(database, id_, "-100200")
    assert not moves(database, id_, "-100200")
    assert addresses(database) == {"-100200": (id_, None)}
    assert messages(database) == {"a": (id_, "queued")}
    assert joins(database, "-100200", "工作大群") == (id_, None)
    assert listed(database) == [("工作大群", CONFIRMED)]


def test_one_that_was_heard_of_under_its_new_id_first(database: Database):
    id_, _ = joins(database, "-100")
    decides(database, id_, CONFIRMED)
    with database.begin() as connection:
        groups.leave(connection, id_)
    other, came = joins(database, "-100200", "工作大群")
    assert came is not None
    assert moves(database, id_, "-100200")
    assert addresses(database) == {"-100200": (id_, None), "-100": (other, LEFT)}
    assert listed(database) == [("工作群", CONFIRMED)]
    assert not moves(database, id_, "-100200")


@pytest.mark.parametrize("state", [CONFIRMED, REFUSED])
def test_what_was_said_under_the_new_id_counts(database: Database, state: str):
    id_, _ = joins(database, "-100")
    queues(database, id_, "a")
    other, _ = joins(database, "-100200", "工作大群")
    decides(database, other, state)
    assert moves(database, id_, "-100200")
    assert listed(database) == [("工作大群", state)]
    expected = "queued" if state == CONFIRMED else "superseded"
    assert messages(database) == {"a": (id_, expected)}


def test_a_persons_address_is_never_taken(database: Database):
    id_, _ = joins(database, "-100")
    with database.begin() as connection:
        connection.execute(
            account.insert(),
            {"channel": "telegram", "external_id": "5", "person_id": ADMIN, "created_at": NOW},
        )
    before = addresses(database)
    assert joins(database, "5") == (0, None)
    assert not moves(database, id_, "5")
    assert addresses(database) == before


def test_a_move_and_the_first_news_of_the_new_id_at_once(database: Database):
    """Whichever comes first, one group is left, registered, under the new id."""
    id_, _ = joins(database, "-100")
    decides(database, id_, CONFIRMED)
    start = threading.Barrier(2)

    def moving() -> None:
        start.wait()
        moves(database, id_, "-100200")

    def joining() -> None:
        start.wait()
        joins(database, "-100200")

    threads = [threading.Thread(target=each) for each in (moving, joining)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert listed(database) == [("工作群", CONFIRMED)]
    assert addresses(database)["-100200"] == (id_, None)
