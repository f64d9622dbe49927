"""What is kept of reminders and marks, on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from storage import accounts, audit, marks, nothing, people, reminders
from storage.audit import Result
from tests.chat import MORNING, Centre
from tests.handlers.progress_desk import open_quarter

DAY = date(2026, 12, 22)


@pytest.fixture
def centre(database_url: str) -> Centre:
    return Centre(database_url)


def test_a_reminder_is_kept_once(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    later = MORNING + timedelta(days=1)
    kept = {"person_id": li.person_id, "kind": "report3", "due": DAY}
    with centre.database.begin() as connection:
        assert reminders.remember(connection, subject="2026Q4.1.20261222", now=later, **kept)
        assert reminders.remember(connection, subject="2026Q4.2.20261222", now=MORNING, **kept)
        assert not reminders.remember(connection, subject="2026Q4.2.20261222", now=later, **kept)
        reminders.remember(connection, subject="2027Q1.1.20270101", now=MORNING, **kept)
    with centre.database.read() as connection:
        assert [(each.subject, each.at) for each in reminders.told(connection, ["2026Q4"])] == [
            ("2026Q4.2.20261222", MORNING),
            ("2026Q4.1.20261222", later),
        ]
        assert reminders.told(connection, []) == []


def test_a_mark_is_a_word(centre):
    with centre.database.begin() as connection:
        assert marks.read(connection, "reminders") == ""
        assert marks.hold(connection, "reminders", now=MORNING) == ""
        marks.set_mark(connection, "reminders", "2026-12-22:3", now=MORNING)
        assert marks.hold(connection, "reminders", now=MORNING) == "2026-12-22:3"
    with centre.database.read() as connection:
        assert marks.read(connection, "reminders") == "2026-12-22:3"
        assert marks.read(connection, "others") == ""


def test_what_lets_a_day_be_looked_at_again(centre):
    with centre.database.begin() as connection:
        happened: tuple[tuple[str, Result, datetime], ...] = (
            ("account.link", "ok", MORNING),
            ("role.grant", "ok", MORNING),
            ("role.grant", "denied", MORNING),
            ("evidence.submit", "ok", MORNING),
            ("quarter.extend", "ok", MORNING - timedelta(days=1)),
        )
        for action, result, at in happened:
            audit.record(connection, now=at, action=action, result=result)
        assert reminders.changes(connection, since=MORNING - timedelta(hours=10)) == 2


def test_who_can_be_reached(centre):
    """A liaison, one who is out of reach, one who was removed; a head is no liaison."""
    li, wu, gone = (
        centre.person(name, "liaison", department="SCJG") for name in ("李敏", "吴丹", "郑旧")
    )
    qian = centre.person("钱局", "head", department="SCJG")
    places = [centre.departments[code] for code in ("SCJG", "GA")]
    everybody = [each.person_id for each in (li, wu, gone, qian)]
    with centre.database.begin() as connection:
        accounts.mark_unreachable(connection, wu.account_id, "blocked")
        people.remove_person(connection, gone.person_id, now=MORNING)
        assert reminders.liaisons(connection, places) == {places[0]: everybody[:2]}
        assert reminders.liaisons(connection, []) == {}
        assert reminders.reachable(connection, everybody) == {li.person_id, qian.person_id}


def test_nothing_to_report_is_said_once(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    wu = centre.person("吴丹", "liaison", department="SCJG")
    open_quarter(centre)
    place = {"quarter": "2026Q4", "department_id": centre.departments["SCJG"]}
    with centre.database.begin() as connection:
        assert nothing.say(connection, person_id=li.person_id, now=MORNING, **place)
        assert not nothing.say(connection, person_id=wu.person_id, now=MORNING, **place)
        (said,) = nothing.of_quarter(connection, "2026Q4").values()
        assert (said.person, said.at) == ("李敏", MORNING)
        assert nothing.take_back(connection, **place)
        assert not nothing.take_back(connection, **place)
        assert nothing.of_quarter(connection, "2026Q4") == {}
