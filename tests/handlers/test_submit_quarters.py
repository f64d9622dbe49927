"""Which quarter takes an item: windows, 补报, the next quarter by choice, and no more."""

from __future__ import annotations

from datetime import datetime

import pytest

from rubric.quarter import Quarter, QuarterState
from storage import quarters
from storage.calendar import read_calendar
from storage.models import evidence, quarter
from storage.models import setting as settings
from tests.chat import ZONE, Centre, File
from tests.handlers.evidence_desk import (
    CASE,
    begin,
    line,
    lines,
    report,
    rows,
    silence,
    states,
)


def at(month: int, day: int, hour: int = 10, *, year: int = 2027) -> datetime:
    return datetime(year, month, day, hour, 0, tzinfo=ZONE)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'k.sqlite'}"


def liaison(url, now):
    centre = Centre(url, now=now)
    return centre, centre.person("李敏", "liaison", department="SCJG")


# 2026Q4: 报送截止 is the third working day after it, 补报截止 the fifth: 6 and 8 January 2027
# (the 1st is a holiday, the 2nd and 3rd a weekend by the rule for a year without a plan)
@pytest.mark.parametrize(
    ("now", "quarter_line", "late"),
    [
        (at(12, 31, year=2026), "计入2026年第四季度", False),
        (at(1, 6, 23), "计入2026年第四季度", False),
        (at(1, 7, 0), "计入2026年第四季度（补报）", True),
        (at(1, 8, 23), "计入2026年第四季度（补报）", True),
    ],
)
def test_in_time_and_late(url, now, quarter_line, late):
    centre, li = liaison(url, now)
    begin(li)
    li.says(CASE)
    li.says("2026.12.28")
    assert line(li, "日期：") == f"日期：2026年12月28日（星期一），{quarter_line}"
    li.clicks("确认提交")
    assert rows(centre, evidence.c.state, evidence.c.quarter, evidence.c.late) == [
        ("submitted", "2026Q4", late)
    ]


def test_after_the_window_the_next_quarter_takes_it_if_chosen(url):
    centre, li = liaison(url, at(1, 9, 0))
    report(li, day="12月28日")
    assert li.toast == "请先点“报入2027年第一季度”，或修改日期。"
    assert states(centre) == [("draft",)]
    carry = li.button("报入2027年第一季度")
    li.clicks("报入2027年第一季度")
    assert "12月28日" in line(li, "日期：")
    assert line(li, "属于") == "属于2026年第四季度，跨季报入2027年第一季度。"
    li.presses(carry)
    li.clicks("修改")
    li.clicks("日期")
    li.says("2026.12.29")
    assert li.buttons[0] == "报入2027年第一季度"
    li.clicks("报入2027年第一季度")
    li.clicks("确认提交")
    assert lines(li)[2] == "2027年第一季度 · 线下帮办 · 跨季"
    assert rows(centre, evidence.c.quarter, evidence.c.carried, evidence.c.late) == [
        ("2027Q1", True, False)
    ]


def test_too_old_for_both(url):
    centre, li = liaison(url, at(11, 3, year=2026))
    report(li, day="2026.6.30")
    assert li.toast == (
        "2026年6月30日（星期二）属于2026年第二季度，最晚只能在10月13日（星期二）前报入下一季度，"
        "现在已不能上报。请核对日期。"
    )
    assert states(centre) == [("draft",)]


def test_before_the_first_edition(url):
    centre, li = liaison(url, at(5, 3, year=2023))
    report(li, day="今天")
    assert states(centre) == [("submitted",)]
    centre, li = liaison(url + "2", at(3, 3, year=2023))
    report(li, day="今天")
    assert li.toast == "2023年3月31日（星期五）还没有施行中的考核办法，请核对日期。"
    assert states(centre) == [("draft",)]


@pytest.mark.parametrize("state", [QuarterState.PROPOSED, QuarterState.PUBLISHED])
def test_a_quarter_that_is_proposed_takes_nothing_more(url, state):
    centre, li = liaison(url, at(1, 5))
    report(li, day="2026.12.28")
    begin(li)
    li.says("第二件\n说明二")
    li.says("2026.12.28")
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", state)
    li.clicks("确认提交")
    assert li.toast == "请先点“报入2027年第一季度”，或修改日期。"
    li.clicks("报入2027年第一季度")
    li.clicks("确认提交")
    assert rows(centre, evidence.c.quarter, evidence.c.carried) == [
        ("2026Q4", False),
        ("2027Q1", True),
    ]
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2027Q1", state)
    begin(li)
    li.says("第三件\n说明三")
    li.clicks("今天")
    li.clicks("确认提交")
    assert li.toast == (
        "2027年第一季度的结果已提请审定，不能再收材料。如确需补充，请联系考核办公室。"
    )


def test_a_quarter_proposed_before_its_end_waits_for_the_next(url):
    centre, li = liaison(url, at(11, 3, year=2026))
    report(li)
    begin(li)
    li.says("第二件\n说明二")
    li.clicks("今天")
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", QuarterState.PROPOSED)
    li.clicks("确认提交")
    assert li.toast.startswith("2026年第四季度的结果已提请审定")


def test_confirmed_in_time_counts_though_the_file_came_after(url):
    centre, li = liaison(url, at(1, 6, 23))
    begin(li)
    li.says(CASE)
    li.says("2026.12.28")
    li.sends(File("a.jpg"))
    li.clicks("确认提交")
    centre.now = at(1, 7, 1)
    centre.finish_downloads()
    assert rows(centre, evidence.c.state, evidence.c.late) == [("submitted", False)]


def test_confirmed_but_the_quarter_is_proposed_before_the_file_comes(url):
    centre, li = liaison(url, at(1, 5))
    report(li, "甲\n乙", day="2026.12.28")
    begin(li)
    li.says(CASE)
    li.says("2026.12.28")
    li.sends(File("a.jpg"))
    li.clicks("确认提交")
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", QuarterState.PROPOSED)
        quarters.ensure(
            connection,
            Quarter(2027, 1),
            calendar=read_calendar(connection),
            timezone=ZONE,
            now=centre.now,
        )
        quarters.set_state(connection, "2027Q1", QuarterState.PROPOSED)
    silence(li)
    centre.finish_downloads()
    assert "已提请审定" in li.hears[0]
    assert rows(centre, evidence.c.state, evidence.c.confirming) == [
        ("submitted", False),
        ("draft", False),
    ]


def test_a_quarter_is_opened_with_the_centres_own_rules_of_the_day(url):
    centre, li = liaison(url, at(11, 3, year=2026))
    with centre.database.begin() as connection:
        connection.execute(
            settings.insert(),
            {"key": "deadline.report_days", "value": 4, "at": centre.now},
        )
    report(li)
    [(code, edition, until, values)] = rows(
        centre,
        quarter.c.code,
        quarter.c.edition,
        quarter.c.report_until,
        quarter.c.settings,
    )
    assert (code, edition, until.isoformat()) == ("2026Q4", "2023-17", "2027-01-07")
    assert values["deadline.report_days"] == 4
    assert values["evidence.files_max"] == 20
