"""/admin → 日历, as conversations; each also with a restart between all lines."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from rubric.quarter import Quarter
from storage import calendar, quarters
from storage.calendar import read_calendar
from tests.chat import ZONE, Centre, User
from tests.support.audited import audited

PLAN = """2027.1.1-2027.1.3 放假
2027年2月5日（星期五）至11日（星期四）放假调休，2月20日（星期六）上班。
4月3日-4月5日 放假
2027.5.1-5.5 放假
2027-06-09 放假
2027-9-15~2027-9-17 放假
20271001-20271007 放假。"""
FIRST = (
    "日历\n2026年：已有放假安排\n"
    "2027年：还没有放假安排，工作日暂定，还缺元旦、春节、清明节、劳动节、端午节、中秋节、国庆节"
)
HINT = "2027年的放假安排还没有录入，工作日暂定。国务院办公厅公布后，请到“日历”中录入。"
OUTDATED = "这张卡片已有变化，下面是最新情况。"


def entered(centre: Centre) -> list[tuple[str, bool, str]]:
    with centre.database.read() as connection:
        return [
            (each.day.isoformat(), each.workday, each.source)
            for each in calendar.overrides(connection)
        ]


def test_days_are_entered_with_their_source(centre: Centre, zhao: User):
    zhao.says("/admin")
    zhao.clicks("日历")
    assert zhao.hears[-1] == FIRST
    zhao.clicks("录入放假和上班")
    assert zhao.hears[-1].startswith(
        "请发送放假和调休上班的日子，一行一段，可发多行，如：\n"
        "2027.10.1-2027.10.7 放假\n2027.10.10 上班\n"
    )
    zhao.says("2027.2.5-2027.2.7 放假\n2027.2.20 上班")
    assert zhao.hears == [
        "已录入：\n2027年2月5日（星期五）至2月7日（星期日）放假\n2027年2月20日（星期六）上班\n"
        "请发送文件名，如“国办发明电〔2026〕7号”；没有文件的，请点“没有文件”。"
    ]
    assert [source for *_, source in entered(centre)] == [""] * 4
    zhao.says("国办发明电〔2026〕7号")
    assert zhao.hears == [
        "日历\n2026年：已有放假安排\n"
        "2027年：还没有放假安排，工作日暂定；已录入4天，"
        "还缺元旦、清明节、劳动节、端午节、中秋节、国庆节\n\n已录入：\n"
        "2027年2月20日（星期六）上班（国办发明电〔2026〕7号）\n"
        "2027年2月5日（星期五）至2月7日（星期日）放假（国办发明电〔2026〕7号）"
    ]
    assert zhao.buttons == ["2027.2.20 上班", "2027.2.5-2.7 放假", "录入放假和上班", "返回"]
    assert entered(centre) == [
        ("2027-02-05", False, "国办发明电〔2026〕7号"),
        ("2027-02-06", False, "国办发明电〔2026〕7号"),
        ("2027-02-07", False, "国办发明电〔2026〕7号"),
        ("2027-02-20", True, "国办发明电〔2026〕7号"),
    ]
    with centre.database.read() as connection:
        found = read_calendar(connection)
    assert found.is_workday(date(2027, 2, 20))
    assert not found.provisional(date(2027, 2, 20))
    assert found.provisional(date(2027, 2, 22))
    assert audited(centre) == [
        (
            "calendar.set",
            "20270205",
            {"before": [], "after": ["2027.2.5-2.7 放假", "2027.2.20 上班"]},
        ),
        ("calendar.source", "20270205", {"days": 4, "after": "国办发明电〔2026〕7号"}),
    ]


def test_a_year_has_its_plan_when_every_holiday_is_entered(centre: Centre, zhao: User):
    centre.now = datetime(2026, 12, 1, 10, tzinfo=ZONE)
    zhao.says("/admin")
    assert HINT in zhao.hears[-1]
    zhao.clicks("日历")
    assert zhao.hears[-1] == f"{FIRST}\n{HINT}"
    zhao.clicks("录入放假和上班")
    zhao.says(PLAN)
    assert zhao.hears[-1].count("\n") == 9
    zhao.clicks("没有文件")
    heard = zhao.hears[-1].splitlines()
    assert heard[2:5] == ["2027年：已有放假安排，另录入30天", "", "已录入："]
    zhao.clicks("返回")
    assert HINT not in zhao.hears[-1]
    with centre.database.read() as connection:
        found = read_calendar(connection)
    assert not found.days_provisional(date(2027, 1, 1), date(2027, 12, 31))
    centre.now = datetime(2028, 1, 4, 10, tzinfo=ZONE)
    zhao.says("/admin")
    assert "2028年的放假安排还没有录入" in zhao.hears[-1]


def test_opened_quarters_do_not_move(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        before = quarters.ensure(
            connection,
            Quarter(2026, 4),
            calendar=read_calendar(connection),
            timezone=ZONE,
            now=centre.now,
        )
    zhao.presses("ad.caladd")
    zhao.says("2027.1.4 放假")
    assert "2026年第四季度已公布的日期没有变；要变的，请到“季度”中按日历重算。\n" in zhao.hears[-1]
    with centre.database.read() as connection:
        assert quarters.find(connection, "2026Q4") == before
    zhao.presses("ad.qtr:2026Q4")
    assert "按日历重算" in zhao.buttons


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2027.2.20", "“2027.2.20”没写明放假还是上班"),
        ("放假", "没有收到日期"),
        ("春节 放假", "没有看懂“春节”这个日期"),
        ("2027.2.6-初六 放假", "没有看懂“2027.2.6-初六”这个日期"),
        ("2027.2.6至30日 放假", "“30日”不是存在的日期"),
        ("2027.2.30 放假", "“2027.2.30”不是存在的日期"),
        (
            "2027.2.12-2027.2.6 放假",
            "2027年2月12日（星期五）至2027年2月6日（星期六），结束早于开始",
        ),
        ("2027.2.1-2027.3.4 放假", "2027年2月1日（星期一）至2027年3月4日（星期四）超过31天"),
        ("2027.2.6-2.12 放假\n2027.2.8 上班", "2027年2月8日（星期一）既写了放假又写了上班"),
        ("2027.2.6 放假\n2027.2.20", "有1行需要改，全部都还没有添加。"),
    ],
)
def test_lines_that_cannot_be(centre: Centre, zhao: User, typed: str, words: str):
    zhao.presses("ad.caladd")
    zhao.says(typed)
    assert zhao.hears[-1].startswith(words)
    assert entered(centre) == []
    zhao.says("，")
    assert zhao.hears[-1].startswith("请发送放假和调休上班的日子")
    zhao.says("2027-2-6 补班")
    assert entered(centre) == [("2027-02-06", True, "")]


def test_an_entry_is_corrected_and_removed(centre: Centre, zhao: User):
    zhao.presses("ad.caladd")
    zhao.says("2027.2.6-2.9放假")
    zhao.says("旧文件")
    zhao.presses("ad.caladd")
    zhao.says("2027.2.8上班")
    zhao.clicks("没有文件")
    assert zhao.buttons[:3] == ["2027.2.9 放假", "2027.2.8 上班", "2027.2.6-2.7 放假"]
    zhao.clicks("2027.2.8 上班")
    assert zhao.hears[-1] == (
        "2027年2月8日（星期一）上班\n文件：没有填\n"
        "移除后，这几天按程序自带的日历计算；已启用季度的日期不变。"
    )
    zhao.clicks("填文件")
    assert zhao.hears[-1].startswith("请发送2027年2月8日（星期一）上班所依据的文件")
    zhao.says("字" * 101)
    assert zhao.hears[-1].startswith("文件最多100个字，您输入了101个")
    zhao.says("新文件")
    assert [source for *_, source in entered(centre)] == ["旧文件", "旧文件", "新文件", "旧文件"]
    zhao.clicks("2027.2.8 上班")
    again = zhao.button("移除")
    zhao.clicks("移除")
    assert [day for day, *_ in entered(centre)] == ["2027-02-06", "2027-02-07", "2027-02-09"]
    zhao.presses(again)
    assert zhao.toast == OUTDATED
    assert zhao.card.startswith("日历\n")
    assert audited(centre)[2] == (
        "calendar.set",
        "20270208",
        {"before": ["2027.2.8 放假"], "after": ["2027.2.8 上班"]},
    )
    assert audited(centre)[-1] == (
        "calendar.remove",
        "20270208",
        {"before": ["2027.2.8 上班"], "source": "新文件"},
    )


def test_many_entries_are_paged(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        calendar.set_days(connection, {date(2027, 3, n): True for n in range(1, 30, 2)})
    zhao.presses("ad.cal")
    assert "\n已录入（第1/2页）：\n" in zhao.hears[-1]
    zhao.clicks("下一页")
    assert zhao.buttons[-3:] == ["上一页", "录入放假和上班", "返回"]
    zhao.clicks("上一页")
    assert zhao.buttons[0] == "2027.3.29 上班"


def test_a_year_beyond_the_table_of_the_moon(centre: Centre, zhao: User):
    centre.now = datetime(2050, 12, 5, 10, tzinfo=ZONE)
    zhao.presses("ad.cal")
    assert "2050年：还没有放假安排，工作日暂定，还缺元旦、清明节、劳动节、国庆节\n" in zhao.card
