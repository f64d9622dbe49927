"""Quarters that open and close by themselves: when, what is told, and that it is told once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from handlers.jobs.quarters import run
from handlers.occasion import Occasion
from rubric.quarter import Quarter, QuarterState
from storage import departments, quarters, sections
from storage.models import department, outbox
from storage.models import quarter as quarter_table
from tests.chat import ZONE, Centre, User
from tests.handlers.stage import open_quarter
from tests.handlers.test_standing_in import away
from tests.support.audited import acted, audited
from tests.support.scoring import FULL, score_all

OPENED = (
    "2027年第一季度已开始\n"
    "报送截止4月6日（星期二），补报截止4月8日（星期四），评分截止4月19日（星期一）（暂定）。\n"
    "所跨年份的放假安排还没有录入；录入后可在季度中按日历重算，改动会通知各部门。\n"
    "日期要改的，请点“查看”。"
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def ticks(centre: Centre, moment: str = "") -> None:
    """One tick, in a transaction of its own; what is due is delivered."""
    centre.now = at(moment) if moment else centre.now
    with centre.database.begin() as connection:
        run(Occasion(connection, centre.now, centre.desk.premises))
    centre.deliver_notices()


def terms(centre: Centre) -> dict[str, str]:
    """Code -> what was told of it last."""
    with centre.database.read() as connection:
        rows = connection.execute(
            select(quarter_table.c.code, quarter_table.c.told).order_by(quarter_table.c.code)
        )
        return {row.code: row.told for row in rows}


@pytest.fixture
def centre(tmp_path) -> Centre:
    """In 2026Q4, which is the installation's first quarter."""
    made = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    ticks(made)
    return made


@pytest.fixture
def zhao(centre: Centre) -> User:
    return centre.person("赵强", "admin")


def test_the_first_quarter_is_opened_and_nobody_disturbed(centre: Centre, zhao: User):
    assert terms(centre) == {"2026Q4": "collecting"}
    ticks(centre)
    assert zhao.hears == []
    dates = {
        "edition": "2023-17",
        "report_until": "2027-01-06",
        "supplement_until": "2027-01-08",
        "score_until": "2027-01-19",
        "provisional": True,
    }
    assert audited(centre) == [("quarter.open", "2026Q4", dates)]


def test_the_next_one_opens_at_midnight_and_is_told_in_office_hours(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="SCJG")
    wang = centre.person("王芳", "evaluator")
    ticks(centre, "2026-12-31T23:59:59")
    assert terms(centre) == {"2026Q4": "collecting"}
    ticks(centre, "2027-01-01T00:00:00")
    assert terms(centre) == {"2026Q4": "collecting", "2027Q1": "collecting"}
    ticks(centre, "2027-01-04T08:59:59")  # a holiday and a weekend lie between
    assert zhao.hears == []
    ticks(centre, "2027-01-04T09:00:00")
    assert zhao.hears == [OPENED]
    assert not zhao.chat[-1].silent
    zhao.clicks("查看")
    assert zhao.hears[-1].startswith("2027年第一季度：收集中\n")
    ticks(centre)
    assert (zhao.hears, li.hears, wang.hears) == ([], [], [])


def test_it_closes_after_the_day_of_the_supplement(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
        sections.assign_row(connection, indicator="discipline", section_id=other)
    wang = centre.person("王芳", "evaluator")
    centre.person("周", "evaluator", section=other)
    li = centre.person("李敏", "liaison", department="SCJG")
    ticks(centre, "2027-01-04T09:00:00")
    assert zhao.hears == [OPENED]
    ticks(centre, "2027-01-08T23:59:59")
    assert zhao.hears == []
    ticks(centre, "2027-01-09T00:00:00")
    assert terms(centre) == {"2026Q4": "closed", "2027Q1": "collecting"}
    ticks(centre, "2027-01-11T09:00:00")
    heard = zhao.hears
    assert [each.split("\n")[:3] for each in heard] == [
        [
            "2026年第四季度补报已截止",
            "本季度不再收材料（已延期的部门除外）。评分截止1月19日（星期二）。",
            f"还没有提交的考核项（14个）：{heard[0].split('：')[1]}",
        ]
    ]
    assert wang.hears[0].startswith(
        "2026年第四季度补报已截止\n请在1月19日（星期二）前完成评分并提交：线上帮办、"
    )
    assert wang.chat[-1].text.endswith("\n咨询考核办公室：周老师 021-56001234")
    assert "工作纪律" not in wang.chat[-1].text
    assert centre.people["周"].hears == [
        "2026年第四季度补报已截止\n请在1月19日（星期二）前完成评分并提交：工作纪律"
    ]
    assert li.hears == []
    ticks(centre)
    assert zhao.hears == wang.hears == []
    assert acted(centre) == ["quarter.open", "quarter.open", "quarter.close"]


def test_all_rows_are_in_when_it_closes(centre: Centre, zhao: User):
    wang = centre.person("王芳", "evaluator")
    score_all(centre, wang, {"SCJG": FULL, "GA": FULL, "YB": FULL})
    ticks(centre, "2027-01-11T09:00:00")
    assert zhao.hears[0].splitlines()[2] == "各考核项的评分都已提交，可以提请审定。"
    assert zhao.chat[-2].buttons[0][1][0] == "发布"
    assert wang.hears == []


def test_who_is_away_does_not_close_a_quarter(centre: Centre):
    """The deputy is told that rows are open, in place of the evaluator."""
    wang, wu = centre.person("王芳", "evaluator"), centre.person("吴用", "member")
    centre.now = at("2027-01-11T09:00:00")
    away(centre, wang, wu)
    ticks(centre)
    assert (len(wu.hears), wang.hears) == (1, [])


def test_months_of_downtime_open_what_was_missed_and_tell_the_present_only(
    centre: Centre, zhao: User
):
    ticks(centre, "2027-08-16T10:00:00")
    assert terms(centre) == {
        "2026Q4": "closed",
        "2027Q1": "closed",
        "2027Q2": "closed",
        "2027Q3": "collecting",
    }
    assert sorted(each.splitlines()[0] for each in zhao.hears) == [
        "2026年第四季度补报已截止",
        "2027年第三季度已开始",
    ]
    assert acted(centre) == [
        "quarter.open",  # of 2026Q4, before
        "quarter.close",
        "quarter.open", "quarter.close",
        "quarter.open", "quarter.close",
        "quarter.open",
    ]  # fmt: skip


def test_without_any_department_only_the_present_one_opens(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        connection.execute(update(department).values(removed_at=centre.now))
        assert departments.departments(connection) == []
    ticks(centre, "2027-08-16T10:00:00")
    assert terms(centre) == {"2026Q4": "closed", "2027Q3": "collecting"}


@pytest.mark.parametrize("moments", [["2027-01-01T00:00:10", "2026-12-31T23:59:50"] * 3])
def test_a_clock_that_steps_over_the_boundary(centre: Centre, zhao: User, moments: list[str]):
    for moment in moments:
        ticks(centre, moment)
    assert terms(centre) == {"2026Q4": "collecting", "2027Q1": "collecting"}
    zhao.says("/progress")
    assert "2026年第四季度" in zhao.hears[-1]  # not the one that has not begun
    ticks(centre, "2027-01-04T09:00:00")
    assert zhao.hears == [OPENED]


def test_a_clock_that_steps_over_the_close(centre: Centre, zhao: User):
    for moment in ("2027-01-09T00:00:10", "2027-01-08T23:59:50", "2027-01-09T00:00:00"):
        ticks(centre, moment)
    ticks(centre, "2027-01-11T09:00:00")
    assert sorted(each.splitlines()[0] for each in zhao.hears) == [
        "2026年第四季度补报已截止",
        "2027年第一季度已开始",
    ]


def test_a_clock_before_everything_opens_nothing(centre: Centre):
    ticks(centre, "2026-09-30T10:00:00")
    assert terms(centre) == {"2026Q4": "collecting"}


def test_a_clock_before_the_first_notice(tmp_path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", now=at("2020-01-01T10:00:00"))
    ticks(centre)
    assert terms(centre) == {}


def test_a_close_is_told_again_when_it_was_put_off(centre: Centre, zhao: User):
    ticks(centre, "2027-01-11T09:00:00")
    zhao.hears  # noqa: B018
    zhao.presses("ad.qdate:2026Q4:0:supplement")
    zhao.says("1月12日")
    zhao.says("系统故障")
    assert terms(centre)["2026Q4"] == "collecting"
    ticks(centre, "2027-01-12T23:00:00")
    zhao.hears  # noqa: B018
    ticks(centre, "2027-01-13T09:00:00")
    assert zhao.hears[0].startswith("2026年第四季度补报已截止\n")
    zhao.presses("ad.qdate:2026Q4:0:score")
    zhao.says("1月25日")
    zhao.says("顺延")
    assert terms(centre)["2026Q4"] == "closed"  # another date: nothing to tell again
    ticks(centre)
    assert "补报已截止" not in zhao.hears[-1]


def test_a_proposed_or_published_quarter_is_past_telling(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", QuarterState.PUBLISHED)
    ticks(centre, "2026-11-04T10:00:00")
    assert terms(centre) == {"2026Q4": "closed"}
    ticks(centre, "2027-01-11T09:00:00")
    assert [each.splitlines()[0] for each in zhao.hears] == ["2027年第一季度已开始"]


def test_what_was_not_applicable_is_carried_over(centre: Centre):
    wang = centre.person("王芳", "evaluator")
    nothing: list[float | None] = [None, *FULL[1:]]
    score_all(centre, wang, {"SCJG": nothing, "GA": FULL, "YB": FULL})
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", QuarterState.PUBLISHED)
    ticks(centre, "2027-01-01T00:00:00")
    assert ("score.carry_over", "2027Q1", {"cells": 1}) in audited(centre)


def test_dates_announced_before_a_quarter_began_are_told_on_its_first_day(
    centre: Centre, zhao: User
):
    zhao.says("/admin")
    zhao.clicks("季度")
    zhao.clicks("2027年第一季度")
    assert terms(centre) == {"2026Q4": "collecting"}  # a look opens nothing
    zhao.clicks("改日期")
    zhao.clicks("报送截止")
    zhao.says("2027.4.7")
    zhao.says("清明假期")
    assert terms(centre) == {"2026Q4": "collecting", "2027Q1": ""}
    zhao.hears  # noqa: B018
    ticks(centre)
    assert (terms(centre)["2027Q1"], zhao.hears) == ("", [])
    ticks(centre, "2027-01-04T09:00:00")
    assert zhao.hears[0].splitlines()[1].startswith("报送截止4月7日（星期三）")


def test_a_calendar_that_comes_later_moves_nothing_by_itself(centre: Centre, zhao: User):
    ticks(centre, "2027-01-04T09:00:00")
    with centre.database.read() as connection:
        before = quarters.find(connection, "2027Q1")
    assert before is not None
    zhao.presses("ad.caladd")
    zhao.says("2027.4.5-2027.4.6 放假")
    ticks(centre, "2027-01-05T09:00:00")
    with centre.database.read() as connection:
        assert quarters.find(connection, "2027Q1") == before
    zhao.presses("ad.qtr:2027Q1")
    assert "按日历重算" in zhao.buttons


def test_the_first_quarter_of_a_leap_year(centre: Centre):
    ticks(centre, "2028-02-29T23:59:59")
    assert list(terms(centre))[-1] == "2028Q1"
    with centre.database.read() as connection:
        found = quarters.find(connection, "2028Q1")
    assert found is not None
    assert (found.opens, Quarter.parse("2028Q1").last_day) == (
        date(2028, 1, 1),
        date(2028, 3, 31),
    )


@pytest.mark.parametrize("announced", [False, True])
@pytest.mark.parametrize("moment", ["2027-01-01T00:00:30", "2027-01-09T00:00:30"])
def test_two_processes_tick_at_once(database_url: str, moment: str, announced: bool):
    """The second begins while the first has not committed: told once, audited once."""
    centre = Centre(database_url, now=at("2026-10-01T00:00:30"))
    zhao = centre.person("赵强", "admin")
    ticks(centre)
    if announced:
        with centre.database.begin() as connection:
            open_quarter(connection, centre.now, "2027Q1")
    if moment > "2027-01-05":
        ticks(centre, "2027-01-01T00:00:30")
    centre.now = at(moment)
    begun = threading.Event()

    def follow() -> None:
        begun.set()
        with centre.database.begin() as connection:
            run(Occasion(connection, centre.now + timedelta(seconds=1), centre.desk.premises))

    with ThreadPoolExecutor(1) as pool:
        with centre.database.begin() as connection:
            run(Occasion(connection, centre.now, centre.desk.premises))
            behind = pool.submit(follow)
            begun.wait(10)
        behind.result(30)
    with centre.database.read() as connection:
        keys = connection.execute(select(outbox.c.key).order_by(outbox.c.id)).scalars().all()
    expected = [f"quarter:2027Q1:opened:{zhao.person_id}"]
    if moment > "2027-01-05":
        expected.append(f"quarter:2026Q4:closed:2027-01-08:{zhao.person_id}")
    assert keys == expected
    assert acted(centre) == ["quarter.open", "quarter.open", "quarter.close"][: len(expected) + 1]


def test_nothing_is_due_on_an_ordinary_day(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        open_quarter(connection, centre.now)
    for hour in range(24):
        ticks(centre, f"2026-11-{4 + hour:02}T{hour:02}:30:00")
    assert zhao.hears == []
    assert acted(centre) == ["quarter.open"]
