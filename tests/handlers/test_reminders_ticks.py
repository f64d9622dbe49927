"""Ticks that meet: two processes, a database that is away, a fault in one rule or for one person;
and what a tick costs that has nothing to do."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from handlers import reminding
from handlers.jobs import reminders as job
from handlers.judging import judges_of, read_bench
from handlers.occasion import Occasion
from rubric.quarter import QuarterState
from storage import leaves, marks, people, publications, quarters, sections
from storage.evidence import items, statement
from storage.models import (
    audit,
    department,
    evidence,
    job_mark,
    outbox,
    person,
    quarter,
    section_row,
)
from storage.models import reminder as reminder_table
from storage.models import role as roles
from tests.chat import Centre, User
from tests.handlers.progress_desk import open_quarter
from tests.handlers.reminder_desk import kept, morning, tick, told
from tests.support.evidence import lies


def on_time(centre: Centre, day: str, hour: int = 9, minute: int = 0) -> int:
    """The job by itself, in a transaction of its own."""
    centre.now = morning(day, hour, minute)
    with centre.database.begin() as connection:
        occasion = Occasion(connection, centre.now, centre.desk.premises)
        job.run(occasion)
        return occasion.notices


def mark(centre: Centre) -> str:
    with centre.database.read() as connection:
        return marks.read(connection, "reminders")


# ---------------------------------------------------------------- two processes


def test_two_processes_tick_at_once(database_url: str):
    """The second begins while the first has not committed: it waits, and finds nothing to do."""
    centre = Centre(database_url)
    open_quarter(centre)
    for name in ("李敏", "吴丹"):
        centre.person(name, "liaison", department="SCJG")
    centre.now = morning("2026-12-22")
    begun = threading.Event()

    def second() -> int:
        begun.set()
        return on_time(centre, "2026-12-22")

    with ThreadPoolExecutor(1) as pool:
        with centre.database.begin() as connection:
            occasion = Occasion(connection, centre.now, centre.desk.premises)
            job.run(occasion)
            behind = pool.submit(second)
            begun.wait(10)
        assert (occasion.notices, behind.result(30)) == (2, 0)
    with centre.database.read() as connection:
        found = connection.execute(select(outbox.c.key).order_by(outbox.c.key)).scalars()
        assert list(found) == [
            f"reminder:2026-12-22:{centre.people[name].person_id}" for name in ("李敏", "吴丹")
        ]
        assert connection.execute(select(func.count()).select_from(reminder_table)).scalar() == 2


def test_many_ticks_side_by_side(database_url: str):
    centre = Centre(database_url)
    open_quarter(centre)
    for number in range(5):
        centre.person(f"联络员{number}", "liaison", department="SCJG")
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: on_time(centre, "2026-12-22"), range(12)))
    assert sorted(counts) == [0] * 11 + [5]


# ---------------------------------------------------------------- the mark


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    made = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", now=morning("2026-11-02"))
    open_quarter(made)
    return made


def test_a_tick_with_nothing_to_do_is_two_looks(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    assert on_time(centre, "2026-12-22") == 1
    assert mark(centre) == "2026-12-22:0"
    seen: list[str] = []
    centre.now = morning("2026-12-22", 9, 1)
    with centre.database.begin() as connection:
        connection.connection.driver_connection.set_trace_callback(seen.append)
        job.run(Occasion(connection, centre.now, centre.desk.premises))
        connection.connection.driver_connection.set_trace_callback(None)
    assert [each.split()[0] for each in seen] == ["SELECT", "SELECT"]
    assert len(kept(centre, li)) == 1


def test_a_day_off_is_looked_at_once(centre):
    assert on_time(centre, "2026-12-26", 3) == 0
    assert mark(centre) == "2026-12-26:0"


def test_before_the_hours_nothing_is_settled(centre):
    assert on_time(centre, "2026-12-22", 8, 59) == 0
    assert mark(centre) == ""
    assert on_time(centre, "2026-12-22", 17) == 0
    assert mark(centre) == "2026-12-22:0"


# ---------------------------------------------------------------- faults


def failures(centre: Centre) -> list[tuple[str, str]]:
    with centre.database.read() as connection:
        found = connection.execute(
            select(audit.c.object, audit.c.detail).where(audit.c.action == "reminder.fail")
        )
        return [(row.object, row.detail["problem"]) for row in found]


def test_a_rule_that_fails_keeps_no_other_from_being_told(centre, caplog):
    """A quarter whose edition is unknown: its rows can't be read, all else is told."""
    centre.person("王芳", "evaluator")
    centre.person("赵强", "admin")
    open_quarter(centre, "2027Q1")
    with centre.database.begin() as connection:
        connection.execute(
            update(quarter).where(quarter.c.code == "2026Q4").values(edition="1999-1")
        )
    with caplog.at_level(logging.CRITICAL, "handlers.reminding"):
        heard = told(centre, "2027-01-20")
    assert list(heard) == ["赵强"]
    assert "2027年放假安排" in heard["赵强"][0]
    assert failures(centre) == [
        ("2026Q4 judges", "UnknownEdition"),
        ("2026Q4 leaders", "UnknownEdition"),
    ]
    assert mark(centre) == "2027-01-20:0"


def test_a_person_who_fails_keeps_nobody_else_from_being_told(centre, caplog):
    """An item without the moment it was submitted at, in 督查科's only row."""
    with centre.database.begin() as connection:
        watch = sections.add_section(connection, name="督查科")
        sections.assign_row(connection, indicator="discipline", section_id=watch)
    gu = centre.person("顾平", "evaluator", section=watch)
    centre.person("王芳", "evaluator")
    when = morning("2026-11-02", 10)
    lies(centre, "SCJG", "discipline", "一件", state="submitted", updated_at=when)
    lies(centre, "SCJG", "enquiries", "一件", state="submitted", submitted_at=when)
    with caplog.at_level(logging.CRITICAL, "handlers.reminding"):
        assert list(told(centre, "2026-11-04")) == ["王芳"]
    assert failures(centre) == [(f"person {gu.person_id}", "AttributeError")]
    assert kept(centre, gu) == []


def test_a_database_that_is_away_is_asked_again(centre):
    centre.person("李敏", "liaison", department="SCJG")
    with centre.database.begin() as connection:
        connection.execute(text("ALTER TABLE nothing_to_report RENAME TO away"))
    with pytest.raises(DBAPIError):
        on_time(centre, "2026-12-22")
    assert mark(centre) == ""
    with centre.database.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO nothing_to_report"))
    assert on_time(centre, "2026-12-22", 9, 1) == 1


def test_an_item_that_nobody_let_expire(centre):
    """Its days are over, and the job that says so has not come yet: it is not owed."""
    li = centre.person("李敏", "liaison", department="SCJG")
    lies(
        centre, "SCJG", "enquiries", "一件", state="returned",
        decided_at=morning("2026-11-02"), complete_until=morning("2026-11-04", 0),
    )  # fmt: skip
    assert on_time(centre, "2026-11-04") == 0
    assert kept(centre, li) == []


# ---------------------------------------------------------------- who stands in for whom


def test_a_deputy_hears_it_once(centre):
    """李敏 is away; 吴丹 is a liaison of the same department and stands in for her; 孙警 reports
    for another. What 李敏 would have heard counts as told to her."""
    li, wu = (centre.person(name, "liaison", department="SCJG") for name in ("李敏", "吴丹"))
    sun = centre.person("孙警", "liaison", department="GA")
    centre.now = morning("2026-12-22")
    deputies = {li.person_id: wu.person_id, sun.person_id: wu.person_id}
    with centre.database.begin() as connection:
        occasion = Occasion(connection, centre.now, centre.desk.premises)
        assert reminding.remind(occasion, deputies=deputies) == 1
    centre.deliver_notices()
    (told_wu,) = wu.hears
    assert [line for line in told_wu.splitlines() if " · " in line] == [
        "2026年第四季度 · 市场监管局", "2026年第四季度 · 公安",
    ]  # fmt: skip
    assert [user.hears for user in (li, sun)] == [[], []]
    assert [len(kept(centre, user)) for user in (li, wu, sun)] == [1, 1, 1]


def test_leave_moves_reminders_for_its_days(centre):
    """李敏 is away from 20 to 24 December; what 吴丹 was told in her place is not told again."""
    li = centre.person("李敏", "liaison", department="SCJG")
    wu = centre.person("吴丹", "member", department="GA")
    told(centre, "2026-11-03")
    on_leave(centre, li, wu, date(2026, 12, 20), date(2026, 12, 24))
    assert list(told(centre, "2026-12-22")) == ["吴丹"]
    assert wu.buttons == ["上报材料", "本季度无可报"]
    wu.clicks("本季度无可报")
    assert "市场监管局\n本季度无可报，吴丹登记于12月22日" in wu.card
    wu.clicks("撤回无可报")
    assert [list(told(centre, day)) for day in ("2026-12-25", "2026-12-31")] == [[], ["李敏"]]


def test_who_judges_or_releases_in_somebodys_place(centre):
    """赵强 and 陈主任 are away. 吴丹 hears of the reviews in 赵强's place; an outcome that 吴丹
    has proposed waits for 陈主任 all the same, and the admin's affairs go to nobody else."""
    zhao = centre.person("赵强", "evaluator")
    chen = centre.person("陈主任", "director")
    zhang = centre.person("张伟", "admin")
    wu = centre.person("吴丹", "admin")
    open_quarter(centre)
    for away in (zhao, chen, zhang):
        on_leave(centre, away, wu, date(2026, 12, 1), date(2027, 3, 31))
    came = morning("2026-12-21")
    lies(centre, "SCJG", "enquiries", "一件", state="submitted", submitted_at=came)
    heard = told(centre, "2026-12-23")
    assert list(heard) == ["张伟", "吴丹"]
    assert "审核\n待审核材料1件" not in heard["张伟"][0]
    assert "审核\n待审核材料1件" in heard["吴丹"][0]
    with centre.database.begin() as connection:
        publications.propose(connection, quarter="2026Q4", person_id=wu.person_id, now=came)
        quarters.set_state(connection, "2026Q4", QuarterState.PROPOSED)
    heard = told(centre, "2026-12-25")
    assert list(heard) == ["陈主任"]
    assert "等待审定" in heard["陈主任"][0]


def on_leave(centre: Centre, away: User, stands_in: User, first: date, last: date) -> None:
    with centre.database.begin() as connection:
        leaves.enter(
            connection,
            person_id=away.person_id,
            deputy_id=stands_in.person_id,
            first=first,
            last=last,
            by=away.person_id,
            now=centre.now,
        )


# ---------------------------------------------------------------- what was not opened


def test_todays_quarter_before_anybody_has_opened_it(tmp_path: Path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    li = centre.person("李敏", "liaison", department="SCJG")
    assert tick(centre, morning("2026-12-22")) == 1
    assert kept(centre, li) == [("report10", f"2026Q4.{centre.departments['SCJG']}.20261222")]


# ---------------------------------------------------------------- all judges at once


def test_all_judges_at_once_are_those_that_each_item_has(centre):
    with centre.database.begin() as connection:
        watch = sections.add_section(connection, name="督查科")
        law = sections.add_section(connection, name="法规科")
        sections.assign_row(connection, indicator="discipline", section_id=watch)
        sections.assign_row(connection, indicator="presence", section_id=law)
    wang = centre.person("王芳", "evaluator")
    centre.person("吴用", "evaluator", department="SCJG")
    centre.person("顾平", "evaluator", department="SCJG", section=watch)
    shi = centre.person("石磊", "evaluator", department="GA")
    gone = centre.person("郑旧", "evaluator", section=law)
    with centre.database.begin() as connection:
        sections.set_substitute(connection, watch, person_id=shi.person_id)
        people.remove_person(connection, gone.person_id, now=centre.now)
        connection.execute(section_row.delete().where(section_row.c.indicator == "online_help"))
    for code in ("SCJG", "GA", "YB"):
        for row in ("enquiries", "discipline", "presence", "online_help"):
            lies(centre, code, row, "一件", state="submitted", submitted_at=centre.now)
            lies(
                centre, code, row, "代录", state="submitted", submitted_at=centre.now,
                proxy=True, created_by=wang.person_id, submitted_by=wang.person_id,
            )  # fmt: skip
    with centre.database.read() as connection:
        bench = read_bench(connection, day=centre.now.date())
        for item in items(connection, statement().order_by(evidence.c.id)):
            assert bench.judges_of(item) == judges_of(connection, item, day=centre.now.date())


# ---------------------------------------------------------------- many people


def test_three_thousand_people_of_whom_nobody_owes_anything(centre):
    """Members, and a liaison of each of sixty departments that have all reported: no row is
    written but the mark."""
    when = morning("2026-11-02")
    with centre.database.begin() as connection:
        ids = connection.execute(
            person.insert().returning(person.c.id),
            [{"name": f"人{n}", "created_at": when} for n in range(3000)],
        ).scalars()
        places = connection.execute(
            department.insert().returning(department.c.id),
            [
                {"code": f"D{n:02d}", "name": f"{n}局全称", "short_name": f"{n}局"}
                for n in range(57)
            ],
        ).scalars()
        every = [*centre.departments.values(), *places]
        connection.execute(
            roles.insert(),
            [
                {
                    "person_id": id_,
                    "role": "liaison" if n < len(every) else "member",
                    "department_id": every[n % len(every)],
                    "created_at": when,
                }
                for n, id_ in enumerate(ids)
            ],
        )
        connection.execute(
            evidence.insert(),
            [
                {
                    "department_id": id_, "quarter": "2026Q4", "number": 1, "kind": "other",
                    "indicator": "enquiries", "title": "一件", "state": "accepted",
                    "event_date": date(2026, 11, 2), "created_by": 1,
                    "created_at": when, "updated_at": when,
                }
                for id_ in every
            ],
        )  # fmt: skip
    assert on_time(centre, "2026-12-22") == 0
    with centre.database.read() as connection:
        assert connection.execute(select(job_mark.c.mark)).scalars().all() == ["2026-12-22:0"]
        counts = (outbox, reminder_table, audit)
        assert [
            connection.execute(select(func.count()).select_from(table)).scalar()
            for table in counts
        ] == [0, 0, 0]
