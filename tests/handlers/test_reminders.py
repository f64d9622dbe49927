"""What departments are reminded of, told by ticks of a real clock, in exact words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from rubric.quarter import QuarterState, Windows
from storage import accounts, departments, people, quarters
from storage.models import audit, evidence, nothing_to_report
from tests.chat import ZONE, Centre, User
from tests.handlers.evidence_desk import also, begin, report
from tests.handlers.progress_desk import add_department, open_quarter
from tests.handlers.progress_desk import told as progress
from tests.handlers.reminder_desk import extend, kept, keys, morning, mornings, tick, told
from tests.support.evidence import lies

CONTACT = "\n\n咨询考核办公室：周老师 021-56001234"
HINT = "确实没有的，点“本季度无可报”，不影响得分，也不再提醒。"
BOTH = "补报截止1月8日（星期五）（暂定）。"


@pytest.fixture
def li(centre: Centre, li: User) -> User:
    centre.now = morning("2026-10-01")
    open_quarter(centre)
    return li


def said(day: str, *parts: str) -> list[str]:
    return ["\n\n".join([f"提醒 {day}", *parts]) + CONTACT]


def silent(deadline: str, *, name: str = "市场监管局") -> str:
    return f"2026年第四季度 · {name}\n还没有上报过材料。\n{deadline}\n{HINT}"


OPENING = said(
    "10月8日（星期四）",
    "2026年第四季度 · 市场监管局\n新的季度开始了，材料可以随时上报。\n"
    f"1月6日（星期三）报送截止；{BOTH}",
)
TEN = said("12月22日（星期二）", silent(f"1月6日（星期三）报送截止，还有10个工作日；{BOTH}"))
THREE = said("12月31日（星期四）", silent(f"1月6日（星期三）报送截止，还有3个工作日；{BOTH}"))
NEXT = said(
    "1月4日（星期一）",
    "2027年第一季度 · 市场监管局\n新的季度开始了，材料可以随时上报。\n"
    "4月6日（星期二）报送截止；补报截止4月8日（星期四）（暂定）。",
)
TODAY = said("1月6日（星期三）", silent(f"今天24:00报送截止；{BOTH}"))
SUPPLEMENT = said("1月7日（星期四）", silent("报送已截止，1月8日（星期五）补报截止，之后不再收。"))


# ---------------------------------------------------------------- the report


def test_a_department_that_reports_nothing(centre, li):
    """From 国庆 to the new year, a tick each morning: five stages, and the next quarter's first.
    Its head hears of none of them."""
    centre.person("钱局", "head", department="SCJG")
    assert mornings(centre, "2026-10-01", "2027-01-31") == {
        "2026-10-08": {"李敏": OPENING},
        "2026-12-22": {"李敏": TEN},
        "2026-12-31": {"李敏": THREE},
        "2027-01-04": {"李敏": NEXT},
        "2027-01-06": {"李敏": TODAY},
        "2027-01-07": {"李敏": SUPPLEMENT},
    }
    id_ = li.person_id
    assert keys(centre) == [
        f"reminder:{day}:{id_}"
        for day in (
            "2026-10-08", "2026-12-22", "2026-12-31", "2027-01-04", "2027-01-06", "2027-01-07",
        )
    ]  # fmt: skip
    place = centre.departments["SCJG"]
    assert kept(centre, li) == [
        ("opens", f"2026Q4.{place}.20261008"),
        ("report10", f"2026Q4.{place}.20261222"),
        ("report3", f"2026Q4.{place}.20261231"),
        ("opens", f"2027Q1.{place}.20270104"),
        ("report0", f"2026Q4.{place}.20270106"),
        ("supplement", f"2026Q4.{place}.20270107"),
    ]


def test_whoever_comes_in_the_middle_of_a_quarter(centre):
    told(centre, "2026-11-04")
    centre.person("李敏", "liaison", department="SCJG")
    [[text]] = told(centre, "2026-11-05").values()
    assert text.splitlines()[2:4] == ["2026年第四季度 · 市场监管局", "材料可以随时上报。"]


def test_the_buttons_lead_into_the_task(centre, li):
    told(centre, "2026-10-08")
    assert li.buttons == ["上报材料"]
    told(centre, "2026-12-22")
    assert li.buttons == ["上报材料", "本季度无可报"]
    li.clicks("上报材料")
    assert "帮办案例" in li.buttons


def test_one_report_is_enough(centre, li):
    told(centre, "2026-10-08")
    centre.now = morning("2026-11-03", 10)
    report(li)
    assert mornings(centre, "2026-11-04", "2026-12-31") == {}


def test_what_is_withdrawn_was_not_reported(centre, li):
    centre.now = morning("2026-11-03", 10)
    report(li)
    li.clicks("查看")
    li.clicks("撤回")
    li.clicks("确定撤回")
    assert list(mornings(centre, "2026-12-22", "2026-12-23")) == ["2026-12-22"]


def test_a_draft_is_owed_too(centre, li):
    centre.now = morning("2026-11-03", 10)
    report(li)
    begin(li)
    li.says("写到一半的一件\n说明")
    li.says("11月2日")
    li.says("取消")
    assert told(centre, "2026-12-22") == {
        "李敏": said(
            "12月22日（星期二）",
            "2026年第四季度 · 市场监管局\n"
            f"1月6日（星期三）报送截止，还有10个工作日；{BOTH}\n没有提交的草稿：写到一半的一件",
        )
    }
    assert li.buttons == ["继续草稿：写到一半的一件"]
    li.clicks("继续草稿：写到一半的一件")
    li.clicks("确认提交")
    assert mornings(centre, "2026-12-23", "2026-12-31") == {}


def test_a_draft_belongs_to_the_quarter_that_takes_it(centre, li):
    """Four drafts: without a date, of the old quarter, of the new one, of one long past."""
    for number, day in enumerate((None, date(2026, 12, 30), date(2027, 1, 4), date(2026, 3, 1))):
        lies(
            centre, "SCJG", "enquiries", f"草稿{number}",
            state="draft", event_date=day, quarter="2026Q4",
        )  # fmt: skip
    with centre.database.begin() as connection:
        connection.execute(evidence.update().values(number=None, quarter=None))
    lies(centre, "SCJG", "enquiries", "一件")
    lies(centre, "SCJG", "enquiries", "一件", quarter="2027Q1")
    (old,) = told(centre, "2027-01-06")["李敏"]
    assert "没有提交的草稿：草稿0、草稿1" in old
    assert "2027年第一季度" in old
    assert "没有提交的草稿：草稿2" in old
    (new,) = told(centre, "2027-03-22")["李敏"]
    assert "2026年第四季度" not in new
    assert "没有提交的草稿：草稿0、草稿1、草稿2" in new
    assert "草稿3" not in new


# ---------------------------------------------------------------- what came back


def returned(centre: Centre, at: datetime, *, until: date, title: str = "退回的一件") -> int:
    return lies(
        centre,
        "SCJG",
        "enquiries",
        title,
        state="returned",
        reason="缺时间",
        decided_at=at,
        complete_until=datetime.combine(until + timedelta(days=1), datetime.min.time(), ZONE),
    )


BACK = (
    "2026年第四季度 · 市场监管局\n"
    "待补充：市场监管局1号 退回的一件，11月6日（星期五）前；理由：缺时间"
)


def test_an_item_that_lies_untouched(centre, li):
    """Returned on a Tuesday: told on Thursday, once; on Friday it ends."""
    told(centre, "2026-10-08")
    centre.now = morning("2026-11-03", 10)
    returned(centre, centre.now, until=date(2026, 11, 6))
    assert mornings(centre, "2026-11-04", "2026-11-06") == {
        "2026-11-05": {"李敏": said("11月5日（星期四）", BACK)}
    }
    assert li.buttons == ["补充材料：市场监管局1号"]
    li.clicks("补充材料：市场监管局1号")
    assert "退回的一件" in li.card


def test_an_item_that_somebody_works_on_is_not_untouched(centre, li):
    told(centre, "2026-10-08")
    centre.now = morning("2026-11-03", 10)
    returned(centre, centre.now, until=date(2026, 11, 20))
    progress(li)
    centre.now = morning("2026-11-04", 16)
    li.clicks("补充材料：市场监管局1号")
    li.says("补充的说明")
    li.says("取消")
    found = mornings(centre, "2026-11-05", "2026-11-20")
    assert list(found) == ["2026-11-06"]
    assert "没有提交的草稿" not in found["2026-11-06"]["李敏"][0]


def test_an_item_whose_days_are_over_is_owed_no_more(centre, li):
    centre.now = morning("2026-11-03", 10)
    returned(centre, centre.now, until=date(2026, 11, 5))
    assert list(told(centre, "2026-11-09")) == ["李敏"]  # that it is 不采纳 now
    assert kept(centre, li) == []


def test_returned_items_stand_in_a_stage_too(centre, li):
    centre.now = morning("2026-12-21", 10)
    returned(centre, centre.now, until=date(2026, 12, 24))
    (text,) = told(centre, "2026-12-22")["李敏"]
    assert "待补充：市场监管局1号 退回的一件，12月24日（星期四）前；理由：缺时间" in text
    assert mornings(centre, "2026-12-23", "2026-12-23") == {
        "2026-12-23": {"李敏": [text.replace("12月22日（星期二）", "12月23日（星期三）", 1)]}
    }


# ---------------------------------------------------------------- several at once


def test_two_departments_and_two_quarters_in_one_message(centre, li):
    also(centre, li, "GA")
    told(centre, "2026-10-08")
    (text,) = told(centre, "2027-01-06")["李敏"]
    assert [line for line in text.splitlines() if " · " in line] == [
        "2026年第四季度 · 市场监管局", "2026年第四季度 · 公安",
        "2027年第一季度 · 市场监管局", "2027年第一季度 · 公安",
    ]  # fmt: skip
    assert li.buttons == ["上报材料", "本季度无可报（市场监管局）", "本季度无可报（公安）"]
    (text,) = told(centre, "2027-01-07")["李敏"]
    assert "2027年第一季度" not in text


def test_at_most_six_buttons(centre, li):
    for code in ("GA", "YB"):
        also(centre, li, code)
    for number in range(3):
        centre.now = morning("2026-12-17", 10)
        returned(centre, centre.now, until=date(2026, 12, 23), title=f"第{number}件")
    told(centre, "2026-12-22")
    assert li.buttons == [
        "补充材料：市场监管局1号", "补充材料：市场监管局2号", "上报材料",
        "本季度无可报（公安）", "本季度无可报（医保局）",
    ]  # fmt: skip


def test_a_message_is_not_endless(centre, li):
    """Twelve departments, five items that came back."""
    for number in range(11):
        code = f"A{chr(ord('A') + number)}"
        add_department(centre, code)
        also(centre, li, code)
    centre.now = morning("2026-12-21", 10)
    for number in range(5):
        returned(centre, centre.now, until=date(2026, 12, 24), title=f"第{number}件")
    (text,) = told(centre, "2026-12-22")["李敏"]
    assert [line for line in text.splitlines() if "待补充" in line][2:] == [
        "待补充：市场监管局3号 第2件，12月24日（星期四）前；理由：缺时间",
        "另有2件待补充，见“我的上报”。",
    ]
    assert text.count("2026年第四季度 · ") == 10
    assert "\n\n另有2项，请发“进度”查看。\n\n咨询" in text
    assert len(kept(centre, li)) == 12


def test_names_are_no_markup(centre, zhao):
    add_department(centre, "AA")
    with centre.database.begin() as connection:
        departments.rename_department(
            connection, centre.departments["AA"], short_name="<b>局&</b>", now=centre.now
        )
    xu = centre.person("徐晨", "liaison", department="AA")
    told(centre, "2026-12-22")
    assert xu.chat[-1].text.splitlines()[2] == "2026年第四季度 · <b>局&</b>"


def test_two_liaisons_hear_it_both(centre, li):
    centre.person("吴丹", "liaison", department="SCJG")
    assert told(centre, "2026-12-22") == {"李敏": TEN, "吴丹": TEN}


# ---------------------------------------------------------------- dates of its own


def test_a_department_with_more_time(centre, li):
    """Until Monday the 11th, then Wednesday the 13th."""
    told(centre, "2026-10-08")
    extend(centre, "SCJG", date(2027, 1, 11), date(2027, 1, 13))
    found = mornings(centre, "2026-12-20", "2027-01-20")
    assert list(found) == [
        "2026-12-25", "2027-01-04", "2027-01-06", "2027-01-11", "2027-01-12",
    ]  # fmt: skip
    assert found["2027-01-12"]["李敏"] == said(
        "1月12日（星期二）", silent("报送已截止，1月13日（星期三）补报截止，之后不再收。")
    )


def test_a_deadline_that_is_put_off_begins_anew(centre, li):
    told(centre, "2026-10-08")
    mornings(centre, "2026-12-20", "2027-01-06")
    with centre.database.begin() as connection:
        term = quarters.find(connection, "2026Q4")
        assert term is not None
        dates = term.dates(ZONE)
        later = Windows(
            dates.quarter, dates.opens, date(2027, 1, 13), date(2027, 1, 15),
            dates.score_until, True, ZONE,
        )  # fmt: skip
        quarters.set_dates(connection, "2026Q4", later, reason="系统停机")
    assert list(mornings(centre, "2027-01-07", "2027-01-31")) == [
        "2027-01-08", "2027-01-13", "2027-01-14",
    ]  # fmt: skip


def test_whoever_is_not_assessed_owes_nothing(centre, li):
    with centre.database.begin() as connection:
        departments.set_residence(
            connection,
            centre.departments["SCJG"],
            resident_from=None,
            resident_to=date(2026, 12, 1),
        )
    assert mornings(centre, "2026-10-01", "2027-01-20") == {}


def test_a_quarter_that_waits_for_the_director_wants_nothing_more(centre, li):
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", QuarterState.PROPOSED)
    assert told(centre, "2026-12-22") == {}


def test_a_quarter_that_is_published_is_over(centre, li):
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", QuarterState.PUBLISHED)
    assert told(centre, "2026-12-22") == {}


# ---------------------------------------------------------------- hours, outages, clocks


def test_only_in_the_hours_of_working_days(centre, li):
    told(centre, "2026-10-08")
    for at in (
        morning("2026-12-21", 23, 59), morning("2026-12-22", 8, 59), morning("2026-12-22", 17),
        morning("2026-12-22", 23), morning("2026-12-23", 0, 1), morning("2026-12-26", 10),
    ):  # fmt: skip
        assert tick(centre, at) == 0
    assert tick(centre, morning("2026-12-28")) == 1
    assert tick(centre, morning("2026-12-28", 9, 1)) == 0


def test_hours_are_the_centres_own(centre, li, zhao):
    assert tick(centre, morning("2026-12-22", 8)) == 0
    zhao.says("/admin")
    zhao.clicks("本中心规定")
    zhao.clicks_containing("提醒时间")
    zhao.clicks_containing("开始时刻")
    zhao.clicks_containing("改数值")
    zhao.says("8:00")
    zhao.clicks("没有依据")
    zhao.says("八点上班")
    assert tick(centre, centre.now + timedelta(minutes=1)) == 2  # 李敏, and 赵强 of the plan


def test_ten_days_of_downtime(centre, li):
    """Down from 24 December to 5 January: of what fell into it only the last is told."""
    mornings(centre, "2026-10-08", "2026-12-23")
    found = mornings(centre, "2027-01-05", "2027-01-06")
    assert found == {
        "2027-01-05": {
            "李敏": said(
                "1月5日（星期二）",
                silent(f"1月6日（星期三）报送截止，还有1个工作日；{BOTH}"),
                NEXT[0].split("\n\n")[1],
            )
        },
        "2027-01-06": {"李敏": TODAY},
    }
    assert [kind for kind, _ in kept(centre, li)] == [
        "opens", "report10", "opens", "report3", "report0",
    ]  # fmt: skip


def test_a_clock_that_goes_ahead_and_comes_back(centre, li):
    told(centre, "2026-10-08")
    found = [list(told(centre, f"2026-12-{day}")) for day in (21, 22, 21, 22, 23, 22)]
    assert found == [[], ["李敏"], [], [], [], []]
    found = [list(told(centre, day)) for day in ("2027-01-07", "2027-01-06", "2027-01-07")]
    assert found == [["李敏"], [], []]


def test_whoever_is_out_of_reach_is_owed_it_still(centre, li):
    centre.person("赵强", "admin")
    with centre.database.begin() as connection:
        accounts.mark_unreachable(connection, li.account_id, "blocked")
    assert list(told(centre, "2026-12-22")) == ["赵强"]
    with centre.database.begin() as connection:
        accounts.mark_unreachable(connection, li.account_id, None)
    assert list(told(centre, "2026-12-23")) == ["李敏"]
    assert told(centre, "2026-12-24") == {}


def test_whoever_is_linked_hears_it_the_same_day(centre, zhao):
    centre.now = morning("2026-12-22", 8)
    zhao.says("/admin")
    zhao.clicks("人员")
    zhao.clicks("添加人员")
    zhao.says("李敏 联络员 市场监管局")
    code = next(line for text in zhao.hears for line in text.split() if line.count("-") == 2)
    told(centre, "2026-12-22")
    new = centre.stranger("新来的")
    centre.now = morning("2026-12-22", 11)
    new.says(code)
    new.heard.clear()
    tick(centre, morning("2026-12-22", 11, 5))
    assert new.hears == TEN
    assert tick(centre, morning("2026-12-22", 11, 6)) == 0


def test_a_removed_liaison_is_reminded_of_nothing(centre, li):
    with centre.database.begin() as connection:
        people.remove_person(connection, li.person_id, now=centre.now)
    assert told(centre, "2026-12-22") == {}


# ---------------------------------------------------------------- 本季度无可报


def said_so(centre: Centre) -> list[tuple[str, int, int]]:
    with centre.database.read() as connection:
        found = connection.execute(
            select(
                nothing_to_report.c.quarter,
                nothing_to_report.c.department_id,
                nothing_to_report.c.person_id,
            )
        )
        return [tuple(row) for row in found]


def audited(centre: Centre) -> list[str]:
    with centre.database.read() as connection:
        wanted = audit.c.action.startswith("report.")
        return list(connection.execute(select(audit.c.action).where(wanted)).scalars())


def test_nothing_to_report(centre, li):
    told(centre, "2026-12-22")
    li.clicks("本季度无可报")
    (card,) = li.hears
    assert card.splitlines()[2:] == [
        "",
        "市场监管局",
        "本季度无可报，李敏登记于12月22日 09:00；不影响得分，有材料仍可上报。",
    ]
    assert li.toast == "本季度无可报"
    assert li.buttons == ["上报材料", "我的上报", "撤回无可报"]
    assert said_so(centre) == [("2026Q4", centre.departments["SCJG"], li.person_id)]
    li.clicks("本季度无可报")  # the reminder's own button again
    assert audited(centre) == ["report.nothing"]
    assert mornings(centre, "2026-12-23", "2026-12-31") == {}


def test_nothing_is_taken_back(centre, li):
    told(centre, "2026-12-22")
    li.clicks("本季度无可报")
    li.clicks("撤回无可报")
    assert li.toast == "撤回无可报"
    assert li.chat[-1].edited == 1
    assert "还没有上报过材料" in li.card
    again = li.button("本季度无可报")
    li.presses(again.replace("rm.none", "rm.some"))
    assert (said_so(centre), audited(centre)) == ([], ["report.nothing", "report.something"])
    assert list(mornings(centre, "2026-12-23", "2026-12-31")) == ["2026-12-31"]


def test_nothing_from_the_card_of_progress(centre, li):
    centre.now = morning("2026-12-01", 10)
    also(centre, li, "GA")
    progress(li)
    li.clicks("本季度无可报：公安")
    assert li.buttons == [
        "上报材料", "我的上报", "本季度无可报：市场监管局", "撤回无可报：公安",
    ]  # fmt: skip
    assert said_so(centre) == [("2026Q4", centre.departments["GA"], li.person_id)]


def test_nothing_on_the_page_of_the_department(centre, li):
    for code in ("GA", "YB"):
        also(centre, li, code)
    add_department(centre, "AA")
    also(centre, li, "AA")
    centre.now = morning("2026-12-01", 10)
    progress(li)
    li.clicks("下一页")
    li.clicks("本季度无可报")
    assert li.card.startswith("2026年第四季度进度 · 本部门（第2/2页）")
    assert "AA局\n本季度无可报" in li.card


def test_a_head_may_say_it(centre, li):
    centre.now = morning("2026-12-01", 10)
    qian = centre.person("钱局", "head", department="SCJG")
    progress(qian)
    qian.clicks("本季度无可报")
    assert said_so(centre) == [("2026Q4", centre.departments["SCJG"], qian.person_id)]


def test_a_report_makes_it_moot(centre, li):
    told(centre, "2026-12-22")
    li.clicks("本季度无可报")
    report(li)
    (card,) = progress(li)
    assert "材料：待审核1件" in card
    assert "无可报" not in card
    assert li.buttons == ["上报材料", "我的上报"]
    li.clicks("本季度无可报", on=li.chat[0])
    assert li.hears == ["市场监管局在2026年第四季度已上报过材料，不用再说明无可报。"]


def test_it_can_be_said_until_the_supplement_ends(centre, li):
    told(centre, "2027-01-07")
    centre.now = morning("2027-01-09", 10)
    li.clicks("本季度无可报")
    assert li.hears == ["2026年第四季度的补报已截止，不用再说明；如有疑问，请联系考核办公室。"]


def test_who_is_not_assessed_has_nothing_to_say(centre, li):
    told(centre, "2026-12-22")
    with centre.database.begin() as connection:
        departments.set_residence(
            connection,
            centre.departments["SCJG"],
            resident_from=None,
            resident_to=date(2026, 12, 1),
        )
    li.clicks("本季度无可报")
    assert li.hears[0].startswith("没有找到这项内容")
    assert said_so(centre) == []


def test_the_admin_sees_who_has_nothing(centre, li, zhao):
    told(centre, "2026-12-22")
    li.clicks("本季度无可报")
    (card,) = progress(zhao)
    assert "还没有上报过材料的部门：2个（参评3个）\n本季度无可报：1个部门" in card
    zhao.clicks("未上报部门 2")
    assert zhao.card.splitlines()[1:] == [
        "公安：还没有联络员", "医保局：还没有联络员", "本季度无可报：市场监管局",
    ]  # fmt: skip


def test_a_quarter_that_was_only_looked_at_is_opened_by_it(centre, li):
    centre.now = morning("2027-01-05", 10)
    progress(li)
    li.clicks("切换到2027年第一季度")
    li.clicks("本季度无可报")
    assert said_so(centre) == [("2027Q1", centre.departments["SCJG"], li.person_id)]
