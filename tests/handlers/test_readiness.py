"""A quarter that can be proposed is told to the admins once, whatever it was that had been
missing; each also with a restart between all lines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.jobs import expiry, quarters, readiness
from handlers.occasion import Occasion
from rubric.quarter import Quarter
from storage import handing, marks
from storage import quarters as terms
from storage.calendar import read_calendar
from tests.chat import ZONE, Centre, User
from tests.support.evidence import lies
from tests.support.scoring import AFTER, FULL, ROWS, score_all

READY = "2026年第四季度的评分都已提交，材料都已处理完，可以提请审定了。"
EVENING = AFTER.replace(hour=20)


def tick(centre: Centre) -> None:
    for job in (expiry.run, quarters.run, readiness.run):
        with centre.database.begin() as connection:
            job(Occasion(connection, centre.now, centre.desk.premises))
    centre.deliver_notices()


@pytest.fixture
def zhang(centre: Centre) -> User:
    """All that is to be scored is handed in; the quarter's close was told."""
    centre.now = AFTER
    wang, zhang = centre.person("王芳", "evaluator"), centre.person("张伟", "admin")
    with centre.database.begin() as connection:
        term = terms.ensure(
            connection,
            Quarter.parse("2026Q4"),
            calendar=read_calendar(connection),
            timezone=ZONE,
            now=centre.now,
        )
    tick(centre)
    score_all(centre, wang, {"SCJG": FULL, "GA": FULL, "YB": FULL})
    assert term.open
    zhang.heard.clear()
    return zhang


def returned(centre: Centre, *, days: int) -> int:
    until = centre.now + timedelta(days=days)
    return lies(centre, "GA", "offline_help", "一件", state="returned", complete_until=until)


def reopened(centre: Centre) -> None:
    with centre.database.begin() as connection:
        handing.reopen(
            connection,
            quarter="2026Q4",
            indicator=ROWS[0].id,
            reason="再核",
            person_id=centre.people["张伟"].person_id,
            now=centre.now,
        )


def test_the_last_returned_item_expires(centre: Centre, zhang: User):
    centre.person("李敏", "liaison", department="GA")
    returned(centre, days=2)
    tick(centre)
    assert zhang.hears == []
    centre.now += timedelta(days=2)
    tick(centre)
    assert zhang.hears == [READY]
    assert zhang.buttons == ["排名", "发布"]
    for _ in range(3):
        centre.now += timedelta(minutes=1)
        tick(centre)
    assert zhang.hears == []


def test_what_is_missing_again_and_there_again_is_told_again(centre: Centre, zhang: User):
    tick(centre)
    assert zhang.hears == [READY]
    reopened(centre)
    centre.now += timedelta(minutes=1)
    tick(centre)
    assert zhang.hears == []
    score_all(centre, centre.people["王芳"], {"SCJG": FULL, "GA": FULL, "YB": FULL})
    tick(centre)
    assert zhang.hears == [READY]


def test_in_the_evening_it_waits_for_the_morning(centre: Centre, zhang: User):
    centre.now = EVENING
    tick(centre)
    assert zhang.hears == []
    centre.now = EVENING.replace(day=13, hour=9)
    tick(centre)
    assert zhang.hears == [READY]


def test_the_last_hand_in_has_told_it_already(centre: Centre, zhang: User):
    reopened(centre)
    tick(centre)
    wang = centre.people["王芳"]
    wang.says("/score")
    wang.clicks_containing(ROWS[0].name)
    wang.clicks("提交本行评分")
    wang.clicks("提交本行评分")
    assert zhang.hears == ["2026年第四季度所有评分项都已提交，可以查看排名预览、提请审定。"]
    tick(centre)
    assert zhang.hears == []


def test_a_quarter_that_closes_with_all_handed_in_has_told_it(centre: Centre):
    wang, zhang = centre.person("王芳", "evaluator"), centre.person("张伟", "admin")
    tick(centre)
    score_all(centre, wang, {"SCJG": FULL, "GA": FULL, "YB": FULL})
    zhang.heard.clear()
    centre.now = AFTER
    tick(centre)
    assert [each for each in zhang.hears if "2026年第四季度" in each] != []
    assert READY not in zhang.heard
    with centre.database.read() as connection:
        assert marks.read(connection, "ready:2026Q4") == "ready"


def test_who_comes_second_says_nothing(
    centre: Centre, zhang: User, monkeypatch: pytest.MonkeyPatch
):
    """Another process has told it between the look and the lock."""
    tick(centre)
    assert zhang.hears == [READY]
    monkeypatch.setattr(marks, "read", lambda *_: "")
    with centre.database.begin() as connection:
        readiness.run(Occasion(connection, centre.now, centre.desk.premises))
    centre.deliver_notices()
    assert zhang.hears == []
