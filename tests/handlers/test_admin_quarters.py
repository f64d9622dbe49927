"""/admin → 季度, as conversations; each also with a restart between all lines."""

from __future__ import annotations

from datetime import date, datetime

import pytest

import templates
from handlers.access import NotAllowed
from rubric.quarter import Quarter, QuarterState
from storage import departments, extensions, quarters
from storage.calendar import read_calendar
from storage.disqualification import disqualified
from storage.models import calendar_override, department, role, section, setting
from tests.chat import ZONE, Centre, User
from tests.support.audited import audited

CARD = """2026年第四季度：收集中
开始：2026年10月1日（星期四）
报送截止：2027年1月6日（星期三）
补报截止：2027年1月8日（星期五）
评分截止：2027年1月19日（星期二）
以上日期暂定：所跨年份的放假安排还没有录入，录入后可按日历重算。
"""
OUTDATED = "这张卡片已有变化，下面是最新情况。"


def opened(centre: Centre, code: str = "2026Q4") -> None:
    with centre.database.begin() as connection:
        quarters.ensure(
            connection,
            Quarter.parse(code),
            calendar=read_calendar(connection),
            timezone=ZONE,
            now=centre.now,
        )


def term(centre: Centre, code: str = "2026Q4") -> quarters.Term:
    with centre.database.read() as connection:
        found = quarters.find(connection, code)
    assert found is not None
    return found


def state(centre: Centre, wanted: QuarterState, code: str = "2026Q4") -> None:
    with centre.database.begin() as connection:
        quarters.set_state(connection, code, wanted)


def later(centre: Centre, code: str = "2026Q4") -> list[tuple[str, date, date]]:
    with centre.database.read() as connection:
        return [
            (each.department, each.report_until, each.supplement_until)
            for each in extensions.extensions(connection, code)
        ]


# ---------------------------------------------------------------- looking


def test_two_quarters_side_by_side(centre: Centre, zhao: User):
    zhao.says("/admin")
    zhao.clicks("季度")
    assert zhao.hears[-1] == (
        "季度\n"
        "2026年第四季度：收集中，报送截止1月6日（星期三），补报截止1月8日（星期五），"
        "评分截止1月19日（星期二）（暂定）\n"
        "2027年第一季度：未开始，报送截止4月6日（星期二），补报截止4月8日（星期四），"
        "评分截止4月19日（星期一）（暂定）"
    )
    assert zhao.buttons == ["2026年第四季度", "2027年第一季度", "返回"]
    zhao.clicks("2027年第一季度")
    assert "本季度还没有启用，日期按今天的日历和规定推算。" in zhao.hears[-1]
    zhao.clicks("返回")
    zhao.clicks("2026年第四季度")
    assert zhao.hears[-1] == (
        CARD + "本季度还没有启用，日期按今天的日历和规定推算。\n考核办法：宝行政中心〔2023〕17号"
    )
    assert zhao.buttons == ["改日期", "部门延期", "返回"]
    with centre.database.read() as connection:
        assert quarters.unpublished(connection) == []  # looking opens nothing


def test_the_card_names_who_is_not_assessed(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        departments.set_residence(
            connection,
            centre.departments["GA"],
            resident_from=None,
            resident_to=date(2026, 11, 30),
        )
    opened(centre)
    zhao.presses("ad.qtr:2026Q4")
    assert zhao.hears[-1] == (
        CARD + "考核办法：宝行政中心〔2023〕17号\n不参评：公安（季度最后一天不在中心）"
    )


def test_the_oldest_unpublished_stays_until_it_is_published(centre: Centre, zhao: User):
    opened(centre, "2026Q3")
    zhao.presses("ad.qtrs")
    assert zhao.buttons == ["2026年第三季度", "2026年第四季度", "2027年第一季度", "返回"]
    zhao.clicks("2026年第三季度")
    state(centre, QuarterState.PUBLISHED, "2026Q3")
    zhao.clicks("改日期")
    assert zhao.toast == OUTDATED
    assert zhao.buttons == ["2026年第四季度", "2027年第一季度", "返回"]
    centre.now = datetime(2027, 4, 1, 10, tzinfo=ZONE)
    zhao.presses("ad.qtrs")
    assert zhao.buttons[:-1] == ["2026年第四季度", "2027年第二季度", "2027年第三季度"]
    state(centre, QuarterState.PUBLISHED, "2026Q3")
    for code in ("2027Q2", "2026Q4"):
        opened(centre, code)
        state(centre, QuarterState.PUBLISHED, code)
    zhao.presses("ad.qtrs")
    assert zhao.buttons[:-1] == ["2027年第三季度"]


# ---------------------------------------------------------------- moving a date


def test_a_date_moves_with_a_reason_and_all_are_told(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    head = centre.person("何局", "head", "liaison", department="GA")
    wang = centre.person("王芳", "evaluator", "liaison", department="YB")
    chen = centre.person("陈主任", "director", "member", department="YB")
    with centre.database.begin() as connection:
        departments.set_residence(
            connection,
            centre.departments["SCJG"],
            resident_from=None,
            resident_to=date(2026, 11, 30),
        )
    gone = centre.person("孙伟", "liaison", department="SCJG")
    opened(centre)
    zhao.presses("ad.qtr:2026Q4")
    zhao.clicks("改日期")
    assert zhao.buttons == ["报送截止", "补报截止", "评分截止", "返回"]
    zhao.clicks("报送截止")
    assert zhao.hears[-1] == (
        "2026年第四季度的报送截止现在是2027年1月6日（星期三）。\n"
        "请发送新的日期，如“1月8日”或“2027.1.8”。"
    )
    zhao.says("1月7日")
    assert zhao.hears == [
        "2026年第四季度的报送截止将改为2027年1月7日（星期四）。\n"
        "请发送理由，将告知参评部门和考核员；不改了请点“返回”。"
    ]
    assert term(centre).report_until == date(2027, 1, 6)
    zhao.says("系统升级")
    assert zhao.hears[-1].startswith("已改好，并已通知3人。\n\n2026年第四季度：收集中\n")
    assert "上次改日期的理由：系统升级" in zhao.card
    found = term(centre)
    assert (found.report_until, found.revision, found.dates_reason) == (
        date(2027, 1, 7),
        2,
        "系统升级",
    )
    notice = (
        "2026年第四季度的日期有变动\n"
        "报送截止：1月6日（星期三）改为1月7日（星期四）\n"
        "理由：系统升级\n"
        "现在是：报送截止1月7日（星期四），补报截止1月8日（星期五），评分截止1月19日（星期二）"
        "（暂定）。\n咨询考核办公室：周老师 021-56001234"
    )
    assert [each.hears for each in (li, head, wang, chen, gone)] == [[notice]] * 3 + [[], []]
    assert audited(centre) == [
        (
            "quarter.dates",
            "2026Q4",
            {
                "before": {"report": "2027-01-06"},
                "after": {"report": "2027-01-07"},
                "reason": "系统升级",
            },
        )
    ]


def test_a_quarter_that_was_not_opened_is_opened_by_its_first_change(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        connection.execute(department.update().values(resident_to=date(2026, 1, 1)))
        connection.execute(section.update().values(contact="", phone=""))
    wang = centre.person("王芳", "evaluator")
    zhao.presses("ad.qdate:2027Q1:0:score")
    zhao.says("2027年4月24日")
    assert "改为2027年4月24日（星期六）。这一天是休息日。\n" in zhao.hears[-1]
    zhao.says("推迟一天")
    assert zhao.hears[-1].startswith("已改好，并已通知1人。")
    assert wang.hears[0].endswith("评分截止4月24日（星期六）（暂定）。")
    assert term(centre, "2027Q1").score_until == date(2027, 4, 24)
    zhao.presses("ad.qdate:2027Q1:0:supplement")
    zhao.says("2027年4月9日")
    with centre.database.begin() as connection:
        connection.execute(role.delete().where(role.c.role == "evaluator"))
    zhao.says("推迟一天")
    assert zhao.hears[-1].startswith("已改好，没有要通知的人。")


@pytest.mark.parametrize(
    ("which", "typed", "words"),
    [
        ("report", "昨天", "报送截止不能改到今天（11月3日（星期二））以前"),
        ("report", "2027.1.6", "报送截止现在就是2027年1月6日（星期三），没有变化"),
        ("report", "2027.1.9", "报送截止不能晚于补报截止（2027年1月8日（星期五））"),
        ("supplement", "2027.1.5", "补报截止不能早于报送截止（2027年1月6日（星期三））"),
        ("supplement", "2027.1.20", "补报截止不能晚于评分截止（2027年1月19日（星期二））"),
        ("score", "2027.1.7", "评分截止不能早于补报截止（2027年1月8日（星期五））"),
        ("score", "下次", "没有看懂“下次”这个日期"),
        ("score", "", "没有收到日期"),
    ],
)
def test_a_date_that_cannot_be(centre: Centre, zhao: User, which: str, typed: str, words: str):
    opened(centre)
    before = term(centre)
    zhao.presses(f"ad.qdate:2026Q4:0:{which}")
    zhao.says(typed)
    assert zhao.hears[-1].startswith(words)
    assert term(centre) == before
    zhao.says("2027年1月18日" if which == "score" else "2027-01-08 周五")
    if which == "supplement":
        assert zhao.hears[-1].startswith("补报截止现在就是")
    else:
        assert "请发送理由" in zhao.hears[-1]
        zhao.says("😀")
        assert zhao.hears[-1] == "理由里没有文字，请重新输入。"


def test_a_quarter_may_not_start_after_its_deadline(centre: Centre, zhao: User):
    opened(centre, "2027Q1")
    zhao.presses("ad.qdate:2027Q1:0:report")
    zhao.says("2026.12.31")
    assert zhao.hears[-1].startswith("报送截止不能早于季度开始（2027年1月1日（星期五））")


def test_nothing_moves_once_the_outcome_was_proposed(centre: Centre, zhao: User):
    opened(centre)
    zhao.presses("ad.qdate:2026Q4:0:score")
    zhao.says("2027年1月20日")
    state(centre, QuarterState.PROPOSED)
    zhao.says("理由")
    fixed = "2026年第四季度的结果已提请审定，日期和资格不能再改。确需修改的，请主任退回修改。"
    assert zhao.hears[-1] == fixed
    for verb in ("ad.qdates", "ad.qdate", "ad.qexts", "ad.qext", "ad.qcalc", "ad.qbars"):
        zhao.presses(f"{verb}:2026Q4:0:score")
        assert zhao.toast == fixed, verb
    zhao.presses("ad.qtr:2026Q4")
    assert zhao.card.endswith("结果已提请审定，日期不能再改。")
    assert zhao.buttons == ["返回"]
    assert term(centre).score_until == date(2027, 1, 19)


def test_forged_names_show_the_list_or_nothing(centre: Centre, zhao: User):
    for forged in ("ad.qtr:2025Q1", "ad.qdates:x", "ad.qdate:2099Q1:0:report"):
        zhao.presses(forged)
        assert zhao.toast == OUTDATED
        assert zhao.card.startswith("季度\n")
    for forged in ("ad.qdate:2026Q4:0:opens", "ad.qextd:2026Q4:0:x.1", "ad.qbars:2026Q4"):
        zhao.presses(forged)
        assert zhao.hears[-1] == templates.say_error(NotAllowed())
    for verb in ("ad.qext", "ad.qextrm", "ad.qextd"):
        zhao.presses(f"{verb}:2026Q4:0:{'report.' if verb == 'ad.qextd' else ''}999")
        assert zhao.toast == OUTDATED
        assert zhao.card.startswith("2026年第四季度")


# ---------------------------------------------------------------- by the calendar


def override(centre: Centre, *days: str, workday: bool) -> None:
    with centre.database.begin() as connection:
        for day in days:
            connection.execute(
                calendar_override.insert(),
                {"day": date.fromisoformat(day), "workday": workday, "source": ""},
            )


def test_an_opened_quarter_moves_only_when_asked(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    zhao.presses("ad.qtr:2026Q4")
    assert "按日历重算" not in zhao.buttons
    opened(centre)
    override(centre, "2027-01-04", workday=False)
    assert term(centre).report_until == date(2027, 1, 6)
    zhao.presses("ad.qtr:2026Q4")
    assert zhao.buttons == ["改日期", "部门延期", "按日历重算", "返回"]
    zhao.clicks("按日历重算")
    assert zhao.hears[-1] == (
        "按日历和本季度的规定重算2026年第四季度：\n"
        "报送截止：1月6日（星期三）改为1月7日（星期四）\n"
        "补报截止：1月8日（星期五）改为1月11日（星期一）\n"
        "评分截止：1月19日（星期二）改为1月20日（星期三）\n"
        "请发送理由，将告知参评部门和考核员；不改了请点“返回”。"
    )
    zhao.says("国办通知元旦调休")
    assert zhao.hears[-1].startswith("已改好，并已通知1人。")
    assert zhao.buttons == ["改日期", "部门延期", "返回"]
    assert li.hears[-1].startswith(
        "2026年第四季度的日期有变动\n报送截止：1月6日（星期三）改为1月7日（星期四）\n"
    )
    zhao.presses("ad.qcalc:2026Q4")
    assert zhao.toast == OUTDATED


def test_a_date_that_is_certain_now_loses_its_mark(centre: Centre, zhao: User):
    wang = centre.person("王芳", "evaluator")
    opened(centre)
    days = [date(2027, 1, n) for n in range(1, 20)]
    override(centre, *(d.isoformat() for d in days if d.weekday() < 5 and d.day > 1), workday=True)
    override(
        centre, *(d.isoformat() for d in days if d.weekday() >= 5 or d.day == 1), workday=False
    )
    zhao.presses("ad.qcalc:2026Q4")
    assert "日期都不变，不再是暂定\n" in zhao.hears[-1]
    zhao.says("放假安排已公布")
    assert "暂定" not in zhao.hears[-1]
    assert "各项日期不变，已经确定\n" in wang.hears[-1]
    with centre.database.begin() as connection:
        connection.execute(calendar_override.delete())
    zhao.presses("ad.qcalc:2026Q4")
    assert "日期都不变，改标为暂定\n" in zhao.hears[-1]
    override(centre, *(d.isoformat() for d in days if d.weekday() < 5), workday=True)
    zhao.says("有误")
    assert zhao.hears[-1].startswith("已改好")


def test_what_changed_while_the_reason_was_written(centre: Centre, zhao: User):
    opened(centre)
    override(centre, "2027-01-04", workday=False)
    zhao.presses("ad.qcalc:2026Q4")
    with centre.database.begin() as connection:
        connection.execute(calendar_override.delete())
    zhao.says("理由")
    assert zhao.hears[-1].startswith(CARD)
    assert term(centre).revision == 1


def test_no_date_is_moved_into_the_past_by_the_calendar(centre: Centre, zhao: User):
    opened(centre)
    centre.now = datetime(2027, 1, 6, 10, tzinfo=ZONE)
    override(centre, "2027-01-02", "2027-01-03", workday=True)
    zhao.presses("ad.qtr:2026Q4")
    assert "按日历重算" not in zhao.buttons


# ---------------------------------------------------------------- extensions


def test_a_department_gets_more_time(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    wang = centre.person("王芳", "evaluator", "liaison", department="YB")
    opened(centre)
    zhao.presses("ad.qtr:2026Q4")
    zhao.clicks("部门延期")
    assert zhao.buttons == ["市场监管局", "公安", "医保局", "返回"]
    zhao.clicks("公安")
    assert zhao.hears[-1] == (
        "公安2026年第四季度的日期\n报送截止：2027年1月6日（星期三）\n"
        "补报截止：2027年1月8日（星期五）\n要推迟哪个？"
    )
    zhao.clicks("报送截止")
    zhao.says("1月6日")
    assert zhao.hears[-1].startswith("报送截止现在就是2027年1月6日（星期三）")
    zhao.says("1月5日")
    assert zhao.hears[-1].startswith("全中心的报送截止就是2027年1月6日（星期三），延期须晚于")
    zhao.says("1月20日")
    assert zhao.hears[-1].startswith("报送截止不能晚于评分截止（2027年1月19日（星期二））")
    zhao.says("昨天")
    assert zhao.hears[-1].startswith("报送截止不能改到今天")
    zhao.says("1月10日")
    assert zhao.hears[-1] == (
        "2026年第四季度公安的报送截止将改为2027年1月10日（星期日）。这一天是休息日。\n"
        "请发送理由，将告知公安的联络员和部门负责人；不改了请点“返回”。"
    )
    zhao.says("窗口搬迁")
    assert zhao.hears[-1].startswith("已改好，并已通知1人。")
    assert "\n延期：公安，报送截止1月10日（星期日），补报截止1月10日（星期日）（窗口搬迁）" in (
        zhao.card
    )
    assert li.hears == [
        "公安2026年第四季度延期\n报送截止：1月10日（星期日）\n补报截止：1月10日（星期日）\n"
        "理由：窗口搬迁\n咨询考核办公室：周老师 021-56001234"
    ]
    assert wang.hears == []
    assert later(centre) == [("公安", date(2027, 1, 10), date(2027, 1, 10))]
    assert term(centre).revision == 2
    assert audited(centre) == [
        (
            "quarter.extend",
            "2026Q4",
            {
                "department": centre.departments["GA"],
                "before": {"report": "2027-01-06", "supplement": "2027-01-08"},
                "after": {"report": "2027-01-10", "supplement": "2027-01-10"},
                "reason": "窗口搬迁",
            },
        )
    ]


def test_an_extension_goes_further_and_ends(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    ga = centre.departments["GA"]
    with centre.database.begin() as connection:
        connection.execute(section.update().values(contact="", phone=""))
    zhao.presses(f"ad.qextd:2026Q4:0:supplement.{ga}")
    zhao.says("2027年1月12日")
    zhao.says("第一次")
    zhao.presses(f"ad.qextd:2026Q4:0:report.{ga}")
    zhao.says("2027年1月11日")
    zhao.says("第二次")
    assert later(centre) == [("公安", date(2027, 1, 11), date(2027, 1, 12))]
    zhao.presses(f"ad.qextd:2026Q4:0:supplement.{ga}")
    zhao.says("2027年1月10日")
    assert zhao.hears[-1].startswith("补报截止不能早于报送截止（2027年1月11日（星期一））")
    zhao.presses(f"ad.qext:2026Q4:0:{ga}")
    assert zhao.hears[-1] == (
        "公安2026年第四季度的日期（已延期）\n报送截止：2027年1月11日（星期一）\n"
        "补报截止：2027年1月12日（星期二）\n延期理由：第二次\n要推迟哪个？"
    )
    again = zhao.button("取消延期")
    li.hears  # noqa: B018
    zhao.clicks("取消延期")
    assert li.hears == [
        "公安2026年第四季度的延期已取消\n报送截止：1月6日（星期三）\n补报截止：1月8日（星期五）"
    ]
    assert later(centre) == []
    zhao.presses(again)
    assert zhao.toast == OUTDATED
    assert li.hears == []
    assert [action for action, *_ in audited(centre)] == [
        "quarter.extend", "quarter.extend", "quarter.extension_end",
    ]  # fmt: skip


def test_many_departments_are_paged(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        for number in range(12):
            departments.add_department(
                connection,
                name=f"第{number}局",
                short_name=f"{number}局",
                code=f"A{'ABCDEFGHIJKL'[number]}",
            )
    zhao.presses("ad.qexts:2026Q4")
    assert zhao.hears[-1] == "2026年第四季度给哪个部门延期？（第1/2页）"
    zhao.clicks("下一页")
    assert zhao.buttons == ["9局", "10局", "11局", "上一页", "返回"]
    zhao.clicks("上一页")
    assert zhao.buttons[0] == "市场监管局"


def test_a_department_that_left_meanwhile(centre: Centre, zhao: User):
    ga = centre.departments["GA"]
    zhao.presses(f"ad.qextd:2026Q4:0:supplement.{ga}")
    zhao.says("2027年1月12日")
    with centre.database.begin() as connection:
        departments.remove_department(connection, ga, now=centre.now)
    zhao.says("理由")
    assert zhao.card.startswith("2026年第四季度：收集中\n")
    assert later(centre) == []


def test_an_extension_counts_where_the_department_reports(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    qian = centre.person("钱伟", "liaison", department="YB")
    ga = centre.departments["GA"]
    zhao.presses(f"ad.qextd:2026Q4:0:report.{ga}")
    zhao.says("2027年1月12日")
    zhao.says("窗口搬迁")
    centre.now = datetime(2027, 1, 12, 10, tzinfo=ZONE)
    li.says("/start")
    assert (
        "2026年第四季度：已截止；公安延至：报送1月12日（星期二），补报1月12日（星期二）\n"
        in (li.hears[-1])
    )
    qian.says("/start")
    assert "2026年第四季度：已截止\n" in qian.hears[-1]
    for user in (li, qian):
        user.says("/submit")
        user.clicks("工作佐证")
        user.says("十二月的培训\n窗口人员业务培训")
        user.says("2026.12.20")
    assert "计入2026年第四季度" in li.card
    assert "补报已于1月8日（星期五）截止" in qian.card
    assert "（补报）" not in li.card
    centre.now = datetime(2027, 1, 13, 10, tzinfo=ZONE)
    li.says("/submit")
    li.clicks("工作佐证")
    li.says("又一次培训\n窗口人员业务培训")
    li.says("2026.12.21")
    assert "补报已于1月12日（星期二）截止" in li.card
    li.says("/start")
    assert "2026年第四季度：已截止\n" in li.hears[-1]


# ---------------------------------------------------------------- 取消评先资格


def test_a_department_is_not_to_be_nominated(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        connection.execute(
            setting.insert(),
            {"key": "awards.disqualification", "value": True, "at": centre.now},
        )
    opened(centre)
    zhao.presses("ad.qtr:2026Q4")
    zhao.clicks("取消评先资格")
    assert zhao.hears[-1] == (
        "2026年第四季度取消评先资格\n还没有。\n照常评分、排名，但不作为先进集体推荐。请选择部门："
    )
    zhao.clicks("公安")
    assert zhao.hears[-1].startswith("请发送取消公安2026年第四季度评先资格的理由和依据")
    zhao.says("")
    assert zhao.hears[-1] == "理由不能为空，请重新输入。"
    zhao.says("违纪被通报")
    assert "\n公安：违纪被通报\n" in zhao.hears[-1]
    again = zhao.button("恢复：公安")
    ga = centre.departments["GA"]
    zhao.presses(f"ad.qbar:2026Q4:0:{ga}")
    zhao.says("第二次")
    with centre.database.read() as connection:
        assert disqualified(connection, "2026Q4") == {ga: "违纪被通报"}
    zhao.presses("ad.qtr:2026Q4")
    assert zhao.card.endswith("取消评先资格：公安（违纪被通报）")
    for _ in range(2):
        zhao.presses(again)
        assert "\n还没有。\n" in zhao.hears[-1]
    zhao.presses("ad.qbar:2026Q4:0:999")
    assert zhao.toast == OUTDATED
    assert audited(centre) == [
        ("quarter.disqualify", "2026Q4", {"department": ga, "reason": "违纪被通报"}),
        ("quarter.requalify", "2026Q4", {"department": ga, "before": "违纪被通报"}),
    ]
