"""信息录用台账: lines become 代录, once, in their quarters, and the right people hear of it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import pytest

from handlers.access import NotAllowed
from handlers.imports import By
from handlers.imports.acting import ChangedMeanwhile
from handlers.imports.register import SHEET, importer
from handlers.occasion import Occasion
from handlers.premises import Premises
from rubric.quarter import QuarterState
from storage import quarters, scores
from storage.models import evidence, evidence_version, section_row
from tests.chat import ZONE, Centre, User
from tests.support.audited import acted, audited
from tests.support.rows import Plain, Taken, book, take_in
from tests.support.scoring import AFTER, FULL, score_all

HEADER = ("日期", "部门", "标题", "载体", "级别", "链接", "备注")
DAY = date(2026, 10, 12)
LINK = "https://news.example.com/1"
PREMISES = Premises(b"test key of the server")
REPORT: tuple[Plain, ...] = (DAY, "市场监管局", "一业一证经验做法", "宝山报", "区级", LINK, "")


def take(centre: Centre, by: User, *lines: tuple[Plain, ...]) -> Taken:
    return take_in(centre, importer, book({SHEET: [HEADER, *lines]}), by)


def items(centre: Centre) -> list[tuple[object, ...]]:
    names = ("department_id", "number", "title", "level", "quarter", "state", "late", "carried")
    with centre.database.read() as connection:
        rows = connection.execute(
            evidence.select().where(evidence.c.number.is_not(None)).order_by(evidence.c.id)
        ).mappings()
        codes = {id_: code for code, id_ in centre.departments.items()}
        return [(codes[row["department_id"]], *(row[name] for name in names[1:])) for row in rows]


@pytest.fixture
def wang(centre: Centre) -> User:
    return centre.person("王琳", "evaluator")


def test_a_line_becomes_an_item_recorded_for_its_department(centre: Centre, wang: User, li: User):
    taken = take(centre, wang, REPORT)
    assert taken.lines == (
        "市场监管局 10月12日（星期一） “一业一证经验做法”（宝山报，区级）→ 2026年第四季度",
    )
    assert taken.notes == ()
    assert items(centre) == [
        ("SCJG", 1, "一业一证经验做法", "district", "2026Q4", "submitted", False, False)
    ]
    with centre.database.read() as connection:
        row = connection.execute(evidence.select()).mappings().one()
    assert (row["kind"], row["indicator"], row["proxy"]) == ("news", "bonus_news", True)
    assert row["description"] == f"链接：{LINK}\n据中心信息录用台账录入。"
    assert (row["created_by"], row["submitted_by"]) == (wang.person_id, wang.person_id)
    assert li.hears == [
        "据信息录用台账为贵部门录入了1份材料\n"
        "市场监管局1号 一业一证经验做法（区级，2026年第四季度）\n"
        "由王琳录入，您不用再报。如有不符，请在审核前从“我的上报”打开，修改或撤回。\n"
        "咨询考核办公室：周老师 021-56001234"
    ]
    action, _, detail = audited(centre)[-1]
    assert (action, detail["items"], detail["known"], detail["twins"]) == (
        "register.import",
        1,
        0,
        0,
    )
    assert acted(centre)[-2:] == ["evidence.submit", "register.import"]


# ---------------------------------------------------------------- once


def test_the_same_register_again_takes_in_only_what_is_new(centre: Centre, wang: User, li: User):
    take(centre, wang, REPORT)
    li.hears.clear()
    again = (DAY, " 市场监督管理局", "一业一证 经验做法。", "宝山报", "区", "", "")
    taken = take(centre, wang, again)
    assert (taken.lines, taken.notes) == ((), ("以前录入过，跳过：1行",))
    fresh = (date(2026, 10, 20), "SCJG", "帮办进楼宇", "解放日报", "市级媒体", "", "头版")
    taken = take(centre, wang, REPORT, fresh)
    assert taken.lines == (
        "市场监管局 10月20日（星期二） “帮办进楼宇”（解放日报，市级）→ 2026年第四季度",
    )
    assert taken.notes == ("以前录入过，跳过：1行",)
    assert [item[2] for item in items(centre)] == ["一业一证经验做法", "帮办进楼宇"]
    assert len(li.hears) == 1


def test_a_line_is_not_taken_in_again_after_its_item_was_withdrawn(
    centre: Centre, wang: User, li: User
):
    take(centre, wang, REPORT)
    li.clicks("我的上报")
    li.clicks_containing("一业一证")
    li.clicks("撤回")
    li.clicks("确定撤回")
    assert take(centre, wang, REPORT).lines == ()
    assert [item[5] for item in items(centre)] == ["withdrawn"]


def test_the_liaison_corrects_what_was_recorded_for_the_department(
    centre: Centre, wang: User, li: User
):
    take(centre, wang, REPORT)
    li.clicks("我的上报")
    li.clicks_containing("一业一证")
    li.clicks("修改")
    li.clicks("修改")
    li.clicks("标题")
    li.says("一业一证改革经验")
    li.clicks("确认提交")
    assert items(centre)[0][2] == "一业一证改革经验"
    assert take(centre, wang, REPORT).notes == ("以前录入过，跳过：1行",)


def test_what_was_taken_in_since_it_was_read_is_not_taken_in_twice(centre: Centre, wang: User):
    with centre.database.begin() as connection:
        occasion = Occasion(connection, centre.now, centre.desk.premises)
        who = By(wang.person_id, wang.account_id)
        content = book({SHEET: [HEADER, REPORT]})
        first = importer.read(occasion, content, quarter="", by=who)
        second = importer.read(occasion, content, quarter="", by=who)
        first.apply(occasion, who)
        with pytest.raises(ChangedMeanwhile):
            second.apply(occasion, who)


def test_a_deadline_between_reading_and_confirming_shows_the_differences_anew(
    centre: Centre, wang: User
):
    who = By(wang.person_id, wang.account_id)
    with centre.database.begin() as connection:
        occasion = Occasion(connection, datetime(2027, 1, 6, 23, 59, tzinfo=ZONE), PREMISES)
        plan = importer.read(occasion, book({SHEET: [HEADER, REPORT]}), quarter="", by=who)
        later = Occasion(connection, datetime(2027, 1, 7, 0, 1, tzinfo=ZONE), PREMISES)
        with pytest.raises(ChangedMeanwhile):
            plan.apply(later, who)
    assert items(centre) == []


# ---------------------------------------------------------------- one fact, once


def test_a_joint_item_is_one_for_each_department(centre: Centre, wang: User):
    joint = (DAY, "市场监管局、公安；GA", "企业开办一日办结", "宝山报", "区级", LINK, "")
    assert len(take(centre, wang, joint).lines) == 2
    assert [item[:3] for item in items(centre)] == [
        ("SCJG", 1, "企业开办一日办结"),
        ("GA", 1, "企业开办一日办结"),
    ]


def test_the_same_at_several_levels_counts_at_the_highest(centre: Centre, wang: User):
    title = "政务服务进园区"
    lines = [
        (DAY, "公安", title, "中心简报", "中心录用", "", ""),
        (date(2026, 10, 14), "公安", f"“{title}”", "解放日报", "市", "", ""),
        (date(2026, 10, 13), "公安", title, "宝山报", "区级", "", ""),
        (date(2026, 10, 13), "医保局", title, "宝山报", "其它", "", ""),
    ]
    assert take(centre, wang, *lines).lines == (
        "医保局 10月13日（星期二） “政务服务进园区”（宝山报，其他）→ 2026年第四季度",
        "公安 10月14日（星期三） “‘政务服务进园区’”（解放日报，市级）→ 2026年第四季度"
        "；第2、3、4行是同一条信息，按最高级别只记一条",
    )
    assert [(item[0], item[3]) for item in items(centre)] == [("YB", "other"), ("GA", "city")]
    assert take(centre, wang, *lines).notes == ("以前录入过，跳过：4行",)


def test_what_a_department_has_reported_by_itself_is_left_and_named(
    centre: Centre, wang: User, li: User
):
    li.says("/submit")
    li.clicks("信息录用、新闻宣传")
    li.says("一业一证 经验做法")
    li.says("10月12日")
    li.says("宝山报")
    li.says("HTTPS://news.example.com/1/")
    li.clicks("确认提交")
    by_title = (date(2026, 10, 30), "市场监管局", "一业一证经验做法", "解放日报", "市级", "", "")
    by_link = (DAY, "市场监管局", "另一个标题", "宝山报", "区级", LINK, "")
    taken = take(
        centre, wang, by_title, by_link, (DAY, "公安", "一业一证经验做法", "宝山报", "区级")
    )
    assert len(taken.lines) == 1
    assert taken.notes == (
        "可能重复，不录入：第2行 市场监管局 “一业一证经验做法”，与市场监管局1号（待审核）标题相同"
        "；台账是市级，市场监管局1号没写级别，请审核时核定",
        "可能重复，不录入：第3行 市场监管局 “另一个标题”，与市场监管局1号（待审核）链接相同"
        "；台账是区级，市场监管局1号没写级别，请审核时核定",
    )
    assert [item[0] for item in items(centre)] == ["SCJG", "GA"]


# ---------------------------------------------------------------- quarters


@pytest.mark.parametrize(
    ("now", "quarter", "words"),
    [
        (datetime(2027, 1, 7, 10, tzinfo=ZONE), "2026Q4", "2026年第四季度，补报"),
        (datetime(2027, 1, 12, 10, tzinfo=ZONE), "2027Q1", "2027年第一季度，转入下一季度"),
    ],
)
def test_a_line_goes_where_a_typed_item_would_go(
    centre: Centre, wang: User, now: datetime, quarter: str, words: str
):
    centre.now = now
    assert take(centre, wang, REPORT).lines == (
        f"市场监管局 10月12日（星期一） “一业一证经验做法”（宝山报，区级）→ {words}",
    )
    late, carried = quarter == "2026Q4", quarter == "2027Q1"
    assert [item[4:] for item in items(centre)] == [(quarter, "submitted", late, carried)]


def test_every_fault_is_named_and_nothing_taken_in(centre: Centre, wang: User):
    taken = take(
        centre,
        wang,
        REPORT,
        (date(2026, 11, 4), "市场监管局", "明天的事", "宝山报", "区级", "", ""),
        (date(2026, 3, 2), "市场监管局、公安", "去年的事", "宝山报", "区级", "", ""),
        (DAY, "商务委、市场监管局", "。", "报" * 61, "省部级", "链" * 5001, "备" * 4901),
    )
    assert taken.faults == [
        (3, "A", "2026年11月4日（星期三）还没有到，请核对日期。"),
        (
            4,
            "A",
            "2026年3月2日（星期一）属于2026年第一季度，最晚只能在7月7日（星期二）前报入下一季度，"
            "现在已不能上报。请核对日期。",
        ),
        (
            5,
            "B",
            "没有叫“商务委”的部门，请改成“部门”名单里的全称、简称或代码；多个部门用“、”隔开。",
        ),
        (5, "C", "标题里没有文字，请填写。"),
        (5, "D", "载体有61个字，最多60个字，请缩短。"),
        (5, "E", "级别“省部级”不是中心、区级、市级、其他之一，请改成其中一个。"),
        (5, "F", "链接有5001个字，最多5000个字，请缩短。"),
        (5, "G", "备注有4901个字，最多4900个字，请缩短。"),
    ]
    assert items(centre) == []


def test_an_unused_column_is_named(centre: Centre, wang: User):
    content = book({SHEET: [(*HEADER, "序号"), (*REPORT, "1")]})
    assert take_in(centre, importer, content, wang).notes == ("没有用到的列：序号",)


def test_a_missing_column_is_one_fault(centre: Centre, wang: User):
    taken = take_in(centre, importer, book({SHEET: [HEADER[1:], REPORT[1:]]}), wang)
    assert [(row, column) for row, column, _ in taken.faults] == [(1, "")]


def test_nothing_comes_into_a_quarter_that_was_proposed(centre: Centre, wang: User):
    centre.now = AFTER
    score_all(centre, wang, dict.fromkeys(centre.departments, FULL))
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", QuarterState.PROPOSED)
    taken = take(centre, wang, REPORT)
    assert [item[4] for item in items(centre)] == ["2027Q1"]
    assert taken.faults == []


# ---------------------------------------------------------------- who hears of it


def test_two_hundred_lines_are_one_message_a_person(centre: Centre, wang: User, li: User):
    chen = centre.person("陈晨", "evaluator")
    head = centre.person("何局", "head", department="GA")
    boss = centre.person("高局", "head", department="SCJG")
    score_all(centre, wang, dict.fromkeys(centre.departments, FULL))
    lines = [
        (DAY, "市场监管局、公安", f"第{n}条信息", "宝山报", "区级", "", "") for n in range(100)
    ]
    taken = take(centre, wang, *lines)
    assert len(taken.lines) == 200
    (heard,) = li.hears
    assert heard.splitlines()[0] == "据信息录用台账为贵部门录入了100份材料"
    assert heard.splitlines()[11] == "等100份。"
    assert len(head.hears) == 1  # no liaison there
    assert boss.hears == []
    told = [
        "信息录用、新闻宣传有新录入的材料\n"
        "王琳据信息录用台账录入了材料，2026年第四季度以下部门的得分已退回，请审核后核对分数，"
        "重新提交本项：\n市场监管局、公安"
    ]
    assert (chen.hears, wang.hears) == (told, told)
    with centre.database.read() as connection:
        row = scores.of_row(connection, quarter="2026Q4", indicator="bonus_news")
    codes = {id_: code for code, id_ in centre.departments.items()}
    assert {codes[id_]: given.handed for id_, given in row.items()} == {
        "SCJG": False,
        "GA": False,
        "YB": True,
    }
    chen.clicks("审核材料")
    assert "市场监管局1号" in chen.card


def test_whoever_records_it_for_the_own_department_is_not_told(centre: Centre):
    both = centre.person("钱多", "liaison", "admin", department="SCJG")
    take(centre, both, REPORT)
    assert both.hears == []
    assert len(items(centre)) == 1


def test_a_row_without_a_section_has_nobody_to_tell(centre: Centre, wang: User, li: User):
    score_all(centre, wang, dict.fromkeys(centre.departments, FULL))
    with centre.database.begin() as connection:
        connection.execute(section_row.delete().where(section_row.c.indicator == "bonus_news"))
    take(centre, wang, REPORT)
    assert li.hears[-1].endswith("修改或撤回。")
    assert wang.hears == []


def test_only_those_who_record_for_others_may(centre: Centre, li: User):
    with pytest.raises(NotAllowed):
        take(centre, li, REPORT)
    stranger = centre.stranger("无名")
    with pytest.raises(NotAllowed):
        take(centre, stranger, REPORT)


@pytest.mark.slow
def test_ten_thousand_lines_take_seconds(centre: Centre, wang: User, li: User):
    if centre.restart:
        pytest.skip("the same without a restart")
    lines = [
        (date(2026, 10, 1 + n % 30), "市场监管局、公安", f"第{n}条信息", "宝山报", "区级", "", "")
        for n in range(5000)
    ]
    begun = time.perf_counter()
    assert len(take(centre, wang, *lines).lines) == 10_000
    assert time.perf_counter() - begun < 30
    assert len(li.hears) == 1


def test_an_item_is_as_one_that_was_typed(centre: Centre, wang: User):
    """But for its words and the moment: every column, the version and the receipt."""
    wang.says("/submit")
    wang.clicks("市场监管局")
    wang.clicks("信息录用、新闻宣传")
    wang.says("一业一证经验做法")
    wang.says("10月12日")
    wang.says("宝山报")
    wang.clicks("区级")
    wang.says(LINK)
    wang.clicks("确认提交")
    take(centre, wang, (DAY, "公安", *REPORT[2:]))
    with centre.database.read() as connection:
        typed, taken = connection.execute(evidence.select().order_by(evidence.c.id)).mappings()
        versions = connection.execute(
            evidence_version.select().order_by(evidence_version.c.id)
        ).mappings()
        before, after = [dict(each["snapshot"]) | {"what": each["what"]} for each in versions]
    words = {"description", "content_key"}
    own = {"id", "department_id"} | {name for name in typed if name.endswith("_at")}
    assert {name for name in typed if typed[name] != taken[name]} <= words | own
    assert {name for name in before if before[name] != after[name]} == {"description"}


@pytest.mark.parametrize("by", ["赵强", "王琳"])
def test_on_both_kinds_of_databases(database_url: str, by: str):
    """Two imports of one register at once: one waits for the other, then finds it done."""
    centre = Centre(database_url)
    people = {"赵强": centre.person("赵强", "admin"), "王琳": centre.person("王琳", "evaluator")}
    user = people[by]
    other = people["王琳" if by == "赵强" else "赵强"]
    score_all(centre, people["王琳"], dict.fromkeys(centre.departments, FULL))
    lines = [
        (DAY, "市场监管局、公安", f"第{n}条信息", "宝山报", "区级", "", "") for n in range(300)
    ]
    assert len(take(centre, user, *lines).lines) == 600
    numbers = [item[1] for item in items(centre) if item[0] == "SCJG"]
    assert numbers == list(range(1, 301))
    assert take(centre, other, *lines).notes == ("以前录入过，跳过：300行",)
    assert len(people["王琳"].hears) == 1


@pytest.mark.postgres
def test_of_two_at_once_one_waits_and_finds_it_done(postgres_url: str):
    centre = Centre(postgres_url)
    zhao = centre.person("赵强", "admin")
    who = By(zhao.person_id, zhao.account_id)
    content = book({SHEET: [HEADER, REPORT]})
    read = threading.Barrier(2)

    def work() -> str:
        try:
            with centre.database.begin() as connection:
                occasion = Occasion(connection, centre.now, PREMISES)
                plan = importer.read(occasion, content, quarter="", by=who)
                read.wait(10)
                plan.apply(occasion, who)
        except ChangedMeanwhile:
            return "changed"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        ended = sorted(each.result(30) for each in [pool.submit(work), pool.submit(work)])
    assert ended == ["changed", "done"]
    assert len(items(centre)) == 1
