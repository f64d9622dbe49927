"""免打扰: what is claimed, what counts as late, and what the administrator sees, on both kinds of
database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from storage import deliveries, outbox, outbox_age
from storage.db import Database, metadata
from storage.models import account, person
from storage.models import outbox as outbox_table
from storage.quiet import minute_of
from tests.support.broadcasting import HOURS, Audience, publish

NIGHT = (22 * 60, 7 * 60)
NOON = (12 * 60, 14 * 60)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Heads 1 to 3, and an account of nobody's (4)."""
    made = Database(database_url)
    metadata.create_all(made.writer)
    with made.begin() as connection:
        assert publish(connection, Audience([11, 12, 13], [])) == 1
        connection.execute(
            account.insert(),
            {"channel": "telegram", "external_id": "-5", "created_at": HOURS},
        )
        for lane in ("notice", "answer"):
            for to in range(1, 5):
                outbox.queue(
                    connection,
                    key=f"publication:1:{lane}:{to}",
                    account_id=to,
                    body={"text": "结果"},
                    now=HOURS,
                    lane=lane,
                )
    yield made
    made.close()


def rests(database: Database, person_id: int, hours: tuple[int | None, int | None]) -> None:
    with database.begin() as connection:
        connection.execute(
            person.update()
            .where(person.c.id == person_id)
            .values(quiet_from=hours[0], quiet_to=hours[1])
        )


def told(database: Database, minute: int | None) -> list[str]:
    """Who is told at that minute; taken back again."""
    with database.begin() as connection:
        rows = outbox.claim(
            connection, worker="me", channels=["telegram"], limit=9, now=HOURS, minute=minute
        )
        connection.execute(outbox_table.update().values(state="queued", attempt=0, worker=None))
    return sorted(f"{row.lane} {row.account_id}" for row in rows)


ANSWERS = [f"answer {to}" for to in range(1, 5)]
ALL = sorted([*ANSWERS, *(f"notice {to}" for to in range(1, 5))])


@pytest.mark.parametrize(
    ("hours", "minute", "held"),
    [
        (NIGHT, 22 * 60, True),
        (NIGHT, 23 * 60 + 59, True),
        (NIGHT, 0, True),
        (NIGHT, 7 * 60 - 1, True),
        (NIGHT, 7 * 60, False),
        (NIGHT, 22 * 60 - 1, False),
        (NOON, 12 * 60, True),
        (NOON, 14 * 60, False),
        (NOON, 12 * 60 - 1, False),
        (NOON, 0, False),
        ((22 * 60, 0), 23 * 60, True),
        ((22 * 60, 0), 0, False),
        ((0, 6 * 60), 0, True),
        ((None, None), 0, False),
        (NIGHT, None, False),
    ],
)
def test_notices_wait_and_answers_do_not(
    database: Database, hours: tuple[int | None, int | None], minute: int | None, held: bool
):
    rests(database, 2, hours)
    expected = [each for each in ALL if not held or each != "notice 2"]
    assert told(database, minute) == expected


def test_what_waits_for_the_morning_is_not_late(database: Database):
    with database.begin() as connection:
        outbox.claim(connection, worker="x", channels=["telegram"], limit=9, now=HOURS)
        connection.execute(
            outbox_table.update()
            .where(outbox_table.c.key != "publication:1:notice:2")
            .values(state="sent")
        )
        connection.execute(
            outbox_table.update()
            .where(outbox_table.c.key == "publication:1:notice:2")
            .values(state="queued", attempt=0)
        )
    rests(database, 2, NIGHT)
    later = HOURS + timedelta(hours=1)

    def late(minute: int) -> tuple[bool, int, int]:
        with database.read() as connection:
            due, retried = outbox_age.look(
                connection, channels=["telegram"], now=later, minute=minute
            )
            number = outbox_age.waiting(
                connection, channels=["telegram"], now=later, minute=minute
            )
        return due is not None, len(retried), number

    assert (late(23 * 60), late(8 * 60)) == ((False, 0, 0), (True, 0, 1))
    with database.begin() as connection:
        connection.execute(
            outbox_table.update().where(outbox_table.c.state == "queued").values(attempt=1)
        )
    assert (late(23 * 60), late(8 * 60)) == ((False, 0, 0), (False, 1, 1))


def test_the_administrator_sees_what_waits(database: Database):
    rests(database, 2, NIGHT)
    with database.read() as connection:
        for minute, expected in ((0, ["publication:1:notice:2"]), (8 * 60, []), (None, [])):
            found = deliveries.of_publication(connection, 1, minute=minute)
            assert [each.key for each in found if each.held] == expected


def test_minutes_are_those_of_the_clock_on_the_wall():
    assert minute_of(HOURS.replace(hour=23, minute=59)) == 1439
    assert minute_of(HOURS.replace(hour=0, minute=0)) == 0
