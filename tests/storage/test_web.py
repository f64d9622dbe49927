"""Sessions end when they should, and whoever asks for what came after a number misses nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from storage import web
from storage.db import Database, metadata, passing
from storage.models import account, person, role, web_session
from storage.web import Visitor, WebBody, WebButton, WebFile, WebMessage

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def database(database_url) -> Iterator[Database]:
    database = Database(database_url)
    metadata.create_all(database.writer)
    yield database
    database.close()


@pytest.fixture
def li(database) -> int:
    return add(database, "李敏")


def add(database: Database, name: str, *roles: str, channel: str = "web") -> int:
    with database.begin() as connection:
        person_id = connection.execute(
            person.insert().values(name=name, created_at=NOW).returning(person.c.id)
        ).scalar_one()
        for code in roles:
            connection.execute(
                role.insert().values(person_id=person_id, role=code, created_at=NOW)
            )
        account_id: int = connection.execute(
            account.insert()
            .values(channel=channel, external_id=name, person_id=person_id, created_at=NOW)
            .returning(account.c.id)
        ).scalar_one()
        return account_id


def begin(database: Database, account_id: int, digest: str = "d" * 64) -> None:
    with database.begin() as connection:
        web.open_session(connection, digest=digest, account_id=account_id, now=NOW)


def who(database: Database, now: datetime, digest: str = "d" * 64) -> Visitor | None:
    with database.read() as connection:
        found = web.visitor(connection, digest=digest, now=now)
        standing = web.standing_sessions(connection, [digest, "e" * 64], now=now)
    assert standing == (frozenset() if found is None else {digest})
    return found


def say(database: Database, account_id: int, key: str, text: str = "您好") -> WebMessage:
    with database.begin() as connection:
        return web.post(
            connection,
            account_id=account_id,
            key=key,
            mine=False,
            body=WebBody(text=text),
            now=NOW,
        )


# ---------------------------------------------------------------- sessions


def test_a_session_is_its_accounts(database, li):
    begin(database, li)
    assert who(database, NOW) == Visitor(li, "李敏", "李敏")
    assert who(database, NOW, "e" * 64) is None


def test_a_session_slides_for_thirty_days(database, li):
    begin(database, li)
    assert who(database, NOW + HOUR) == Visitor(li, "李敏", "李敏")
    late = NOW + 30 * DAY - HOUR
    assert who(database, late) == Visitor(li, "李敏", "李敏", stale=True)
    with database.begin() as connection:
        web.note_seen(connection, digest="d" * 64, now=late)
    assert who(database, late + 29 * DAY) == Visitor(li, "李敏", "李敏", stale=True)
    assert who(database, late + 30 * DAY) is None


def test_unseen_for_thirty_days(database, li):
    begin(database, li)
    assert who(database, NOW + 30 * DAY) is None


@pytest.mark.parametrize("code", ["evaluator", "director", "admin"])
def test_who_decides_about_others_logs_in_each_day(database, code):
    wang = add(database, "王建国", "liaison", code)
    begin(database, wang)
    with database.begin() as connection:
        web.note_seen(connection, digest="d" * 64, now=NOW + 11 * HOUR)
    assert who(database, NOW + 12 * HOUR - timedelta(seconds=1)) == Visitor(
        wang, "王建国", "王建国"
    )
    assert who(database, NOW + 12 * HOUR) is None


@pytest.mark.parametrize("code", ["liaison", "head", "auditor", "member"])
def test_others_do_not(database, code):
    chen = add(database, "陈静", code)
    begin(database, chen)
    assert who(database, NOW + 13 * HOUR) == Visitor(chen, "陈静", "陈静", stale=True)


def test_a_role_given_later_counts_at_once(database, li):
    begin(database, li)
    with database.begin() as connection:
        person_id = connection.execute(
            select(account.c.person_id).where(account.c.id == li)
        ).scalar_one()
        connection.execute(role.insert().values(person_id=person_id, role="admin", created_at=NOW))
    assert who(database, NOW + 13 * HOUR) is None
    with database.begin() as connection:
        connection.execute(delete(role))
    assert who(database, NOW + 13 * HOUR) == Visitor(li, "李敏", "李敏", stale=True)


def test_what_ends_a_session_at_once(database, li):
    begin(database, li)
    ends = (
        (update(person).values(removed_at=NOW), update(person).values(removed_at=None)),
        (update(account).values(person_id=None), None),
    )
    for end, undo in ends:
        with database.begin() as connection:
            connection.execute(end)
        assert who(database, NOW) is None
        if undo is not None:
            with database.begin() as connection:
                connection.execute(undo)
            assert who(database, NOW) == Visitor(li, "李敏", "李敏")


def test_an_ended_session_stays_ended(database, li):
    begin(database, li)
    for now in (NOW + HOUR, NOW + 2 * HOUR):
        with database.begin() as connection:
            web.end_session(connection, digest="d" * 64, now=now)
    assert who(database, NOW) is None
    with database.read() as connection:
        assert connection.execute(select(web_session.c.ended_at)).scalar_one() == NOW + HOUR


def test_an_account_of_another_channel_has_no_session(database):
    begin(database, add(database, "7001", channel="telegram"))
    assert who(database, NOW) is None


def test_a_persona_is_a_linked_web_account(database, li):
    add(database, "7001", channel="telegram")
    with database.read() as connection:
        found = [web.visitor_of(connection, name) for name in ("李敏", "7001", "nobody")]
        ids = [web.account_id_of(connection, name) for name in ("李敏", "7001", "nobody")]
    assert found == [Visitor(li, "李敏", "李敏"), None, None]
    assert ids == [li, None, None]


# ---------------------------------------------------------------- messages

FULL = WebBody(
    text="<b>材料</b>",
    label="上报",
    buttons=((WebButton("采纳", "rev:1:2", "primary"), WebButton("退回补充", "ret:1:2")),),
    files=(WebFile("a" * 64, "照片.jpg", "image/jpeg", 12),),
    press="go::0",
    pressed_on=4,
    silent=True,
)


@pytest.mark.parametrize("body", [FULL, WebBody(), WebBody(text="\0控制\x1b")])
def test_a_body_comes_back_as_it_was(database, li, body):
    with database.begin() as connection:
        posted = web.post(connection, account_id=li, key="k", mine=True, body=body, now=NOW)
    with database.read() as connection:
        found = web.find(connection, message_id=posted.id, account_id=li)
    assert found == posted == WebMessage(posted.id, li, 1, "k", True, body, NOW)


def test_a_key_is_posted_once(database, li):
    first = say(database, li, "k", "one")
    assert say(database, li, "k", "two") == first
    with database.read() as connection:
        assert web.history(connection, account_id=li, before=None, limit=9) == [first]


def test_a_key_of_another_account_shows_whose_it_is(database, li):
    wang = add(database, "王建国")
    first = say(database, li, "k")
    assert say(database, wang, "k") == first


def test_each_account_counts_for_itself(database, li):
    wang = add(database, "王建国")
    seqs = [say(database, who_, f"k{n}").seq for n, who_ in enumerate((li, wang, li, wang, wang))]
    assert seqs == [1, 1, 2, 2, 3]
    with database.read() as connection:
        assert web.newest_seqs(connection, [li, wang, 999]) == {li: 2, wang: 3}
        assert (web.newest_seq(connection, li), web.newest_seq(connection, 999)) == (2, 0)


def test_an_edit_keeps_its_place_and_takes_a_new_number(database, li):
    first, second = say(database, li, "a"), say(database, li, "b")
    with database.begin() as connection:
        edited = web.rewrite(
            connection, message_id=first.id, account_id=li, body=WebBody(text="新")
        )
    assert edited == WebMessage(first.id, li, 3, "a", False, WebBody(text="新"), NOW)
    with database.read() as connection:
        assert web.history(connection, account_id=li, before=None, limit=9) == [edited, second]
        after = web.changed_after(connection, account_id=li, seq=1, limit=9)
    assert after == [second, edited]


def test_an_edit_that_changes_nothing_is_none(database, li):
    first = say(database, li, "a", "旧")
    with database.begin() as connection:
        again = web.rewrite(
            connection, message_id=first.id, account_id=li, body=WebBody(text="旧")
        )
    assert again == first


def test_nobody_edits_what_is_not_the_programs_own(database, li):
    wang = add(database, "王建国")
    theirs = say(database, wang, "a")
    with database.begin() as connection:
        mine = web.post(
            connection, account_id=li, key="m", mine=True, body=WebBody(text="x"), now=NOW
        )
        new = WebBody(text="new")
        assert (
            web.rewrite(connection, message_id=theirs.id, account_id=li, body=new),
            web.rewrite(connection, message_id=mine.id, account_id=li, body=new),
            web.rewrite(connection, message_id=999, account_id=li, body=new),
        ) == (None, None, None)
        assert web.find(connection, message_id=theirs.id, account_id=li) is None


def test_history_in_pages(database, li):
    wang = add(database, "王建国")
    mine = [say(database, li, f"k{n}") for n in range(5)]
    say(database, wang, "other")
    with database.read() as connection:
        last = web.history(connection, account_id=li, before=None, limit=2)
        middle = web.history(connection, account_id=li, before=last[0].id, limit=2)
        first = web.history(connection, account_id=li, before=middle[0].id, limit=2)
        after = web.changed_after(connection, account_id=li, seq=1, limit=2)
    assert (first, middle, last) == (mine[:1], mine[1:3], mine[3:])
    assert after == mine[1:3]


def test_whoever_follows_the_numbers_misses_nothing(database, li):
    """Four writers at once; a reader asks again and again for what came after his last number."""
    faults: list[DBAPIError] = []

    def write(worker: int) -> None:
        number = 0
        while number < 25 and not faults:
            try:
                say(database, li, f"{worker}-{number}")
                number += 1
            except DBAPIError as error:
                if not passing(error):  # SQLite's lock is not given in turn
                    faults.append(error)

    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for writer in writers:
        writer.start()
    seen: list[str] = []
    seq = 0
    while any(writer.is_alive() for writer in writers) or seq < 100:
        with database.read() as connection:
            for message in web.changed_after(connection, account_id=li, seq=seq, limit=10):
                assert message.seq == seq + 1
                seq = message.seq
                seen.append(message.key)
        if faults:
            break
    for writer in writers:
        writer.join()
    assert faults == []
    assert sorted(seen) == sorted(
        f"{worker}-{number}" for worker in range(4) for number in range(25)
    )
