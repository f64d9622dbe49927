"""/progress of departments and evaluators: what is owed, until when; and never a score."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from rubric.quarter import QuarterState
from storage import (
    extensions,
    handing,
    quarters,
    seats,
    sections,
)
from storage.models import evidence, quarter
from tests.chat import ZONE, Centre
from tests.handlers.progress_desk import (
    HEAD,
    LATE,
    NAMES,
    NOT_ALLOWED,
    NOTHING,
    SCORING,
    SILENT,
    WAYS,
    add_department,
    buttons,
    grant,
    open_quarter,
    score,
    set_state,
    told,
)
from tests.support.evidence import lies
from tests.support.scoring import AFTER, FULL, score_all


@pytest.fixture(params=[False, True], ids=["", "restarted"])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Centre:
    made = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", restart=request.param)
    open_quarter(made)
    return made


# ---------------------------------------------------------------- the department


def test_a_department_that_has_reported_nothing(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("进度")
    assert li.hears == [f"{HEAD}\n市场监管局\n{NOTHING}"]
    assert li.buttons == SILENT


def test_what_is_done_what_came_back_and_what_is_begun(centre):
    li = centre.person("李敏", "head", department="SCJG")
    until = datetime(2026, 11, 7, tzinfo=ZONE)
    for row in ("online_help", "onsite_help", "onsite_help"):
        lies(centre, "SCJG", row, "一件", submitted_at=centre.now, state="submitted")
    lies(centre, "SCJG", "enquiries", "采纳的一件")
    lies(centre, "SCJG", "discipline", "不采纳的一件", state="rejected")
    lies(centre, "SCJG", "presence", "撤回的一件", state="withdrawn")
    lies(centre, "GA", "presence", "别人的一件")
    lies(centre, "SCJG", "presence", "上季度的一件", quarter="2026Q3")
    for number in range(4):
        lies(
            centre,
            "SCJG",
            "bonus_news",
            f"第{number}件" + "很长的标题" * 10,
            state="returned",
            reason="佐证不足，" + "请补充现场照片和签到表，" * 20,
            complete_until=until + timedelta(days=number),
        )
    li.says("/submit")
    li.clicks("帮办案例")
    li.says("写到一半的一件")
    li.says("取消")
    set_state(centre, QuarterState.PUBLISHED, "2026Q3")
    reason = "佐证不足，请补充现场照片和签到表，请补充现场照片和签到表，请补充现场照片和签到…"
    title = "很长的标题" * 3 + "很"
    assert told(li) == [
        f"""{HEAD}
市场监管局
材料：待审核3件，退回补充4件，已采纳1件，不采纳1件
待补充：市场监管局8号 第0件{title}…，11月6日（星期五）前；理由：{reason}
待补充：市场监管局9号 第1件{title}…，11月7日（星期六）前；理由：{reason}
待补充：市场监管局10号 第2件{title}…，11月8日（星期日）前；理由：{reason}
另有1件待补充，见“我的上报”。
没有提交的草稿：1份
还没有材料的考核项，有则上报：服务评价、窗口业务支撑、办理协同顺畅度、窗口服务规范化、"""
        "在线办理成熟度、两集中两到位、工作纪律、“一网通办”有创新亮点的、政务服务有突出表现的、"
        "其他表现突出的加分项"
    ]
    assert li.buttons == [
        "补充材料：市场监管局8号", "补充材料：市场监管局9号", "补充材料：市场监管局10号",
        "继续草稿：写到一半的一件", *WAYS,
    ]  # fmt: skip


def test_a_completion_that_is_begun_is_the_items_own_business(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    lies(
        centre,
        "SCJG",
        "enquiries",
        "退回的一件",
        state="returned",
        reason="缺时间",
        complete_until=datetime(2026, 11, 7, tzinfo=ZONE),
    )
    told(li)
    li.clicks("补充材料：市场监管局1号")
    li.says("补充的说明")
    (text,) = told(li)
    assert text.splitlines()[4:6] == [
        "材料：退回补充1件",
        "待补充：市场监管局1号 退回的一件，11月6日（星期五）前；理由：缺时间",
    ]
    assert li.buttons == ["补充材料：市场监管局1号", *WAYS]


def test_what_is_overdue_is_so_before_it_is_counted(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    item = lies(
        centre,
        "SCJG",
        "enquiries",
        "过期的一件",
        state="returned",
        reason="缺时间",
        complete_until=centre.now,
    )
    own, notice = told(li)
    assert own.splitlines()[4] == "材料：不采纳1件"
    assert notice.startswith("市场监管局1号")
    with centre.database.read() as connection:
        state = connection.execute(
            select(evidence.c.state, evidence.c.reason).where(evidence.c.id == item)
        ).one()
    assert tuple(state) == ("rejected", "逾期未补充")
    assert [each.splitlines()[4] for each in told(li)] == ["材料：不采纳1件"]


def silent(*names: str) -> list[str]:
    return [f"本季度无可报：{name}" for name in names]


def test_several_departments_a_few_at_a_time(centre):
    chen = centre.person("周全", "liaison", department="YB")
    for code in ("AA", "BB", "CC", "DD"):
        add_department(centre, code)
        grant(centre, chen, "head" if code == "DD" else "liaison", code)
    first = HEAD.replace("\n", "（第1/2页）\n", 1)
    assert told(chen) == [f"{first}\n医保局\n{NOTHING}\n\nAA局\n{NOTHING}\n\nBB局\n{NOTHING}"]
    assert chen.buttons == [*WAYS, *silent("医保局", "AA局", "BB局"), "下一页"]
    chen.clicks("下一页")
    second = HEAD.replace("\n", "（第2/2页）\n", 1)
    assert chen.hears == [f"{second}\nCC局\n{NOTHING}\n\nDD局\n{NOTHING}"]
    assert chen.buttons == [*WAYS, *silent("CC局", "DD局"), "上一页"]
    chen.clicks("上一页")
    assert chen.buttons == [*WAYS, *silent("医保局", "AA局", "BB局"), "下一页"]
    assert len(chen.chat) == 1


def test_a_quarter_between_its_deadlines(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    centre.now = LATE
    assert told(li) == [
        "2026年第四季度进度 · 本部门\n报送已截止，补报截止1月8日（星期五）（暂定）\n\n"
        f"市场监管局\n{NOTHING}"
    ]
    assert li.buttons == [*SILENT, "切换到2027年第一季度"]


def test_a_quarter_behind_its_deadlines(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    centre.now = AFTER
    assert told(li) == [
        "2026年第四季度进度 · 本部门\n报送和补报已截止，迟报的材料可报入下一季度。\n\n"
        "市场监管局\n还没有上报过材料。"
    ]


def test_a_department_with_more_time(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    grant(centre, li, "liaison", "GA")
    centre.now = AFTER
    with centre.database.begin() as connection:
        term = quarters.find(connection, "2026Q4")
        assert term is not None
        extensions.grant(
            connection,
            code="2026Q4",
            department_id=centre.departments["SCJG"],
            dates=replace(
                term.dates(ZONE),
                report_until=date(2027, 1, 13),
                supplement_until=date(2027, 1, 14),
            ),
            reason="搬迁",
            person_id=li.person_id,
            now=centre.now,
        )
    head = "2026年第四季度进度 · 本部门\n报送和补报已截止，迟报的材料可报入下一季度。\n\n"
    assert told(li) == [
        f"{head}市场监管局\n"
        "已延期：报送截止1月13日（星期三），补报截止1月14日（星期四）\n"
        f"{NOTHING}\n\n公安\n还没有上报过材料。"
    ]
    centre.now = datetime(2027, 1, 15, tzinfo=ZONE)
    assert told(li) == [f"{head}市场监管局\n还没有上报过材料。\n\n公安\n还没有上报过材料。"]


def test_a_department_that_is_not_assessed(centre):
    add_department(centre, "XC", resident_from=date(2026, 12, 1))
    add_department(centre, "ZC", resident_to=date(2026, 6, 30))
    li = centre.person("李敏", "liaison", department="XC")
    grant(centre, li, "liaison", "ZC")
    assert told(li) == [
        f"{HEAD}\nXC局：本季度不参评，在中心的工作日不足本季度一半\n\n"
        "ZC局：本季度不参评，季度最后一天不在中心"
    ]


def test_a_quarter_with_the_director_and_one_that_is_published(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    centre.now = AFTER
    told(li)
    li.clicks("切换到2027年第一季度")
    following = li.chat[-1]
    set_state(centre, QuarterState.PROPOSED)
    assert told(li)[0].splitlines()[1] == "待审定，材料和分数不再变动。"
    set_state(centre, QuarterState.PUBLISHED)
    assert told(li)[0].splitlines()[0] == "2027年第一季度进度 · 本部门"
    assert li.buttons == SILENT
    li.clicks("切换到2026年第四季度", on=following)
    assert li.hears == [
        "2026年第四季度进度 · 本部门\n结果已发布。\n\n市场监管局\n还没有上报过材料。"
    ]
    assert li.buttons == ["我的上报", "考核结果", "切换到2027年第一季度"]


def test_whoever_reports_for_no_department_has_nothing_here(centre):
    li = centre.person("李敏", "liaison")
    assert told(li) == [NOT_ALLOWED]
    li.presses("pr.own:2026Q4")
    assert li.hears == [NOT_ALLOWED]


# ---------------------------------------------------------------- the evaluator


def test_an_evaluator_who_has_not_begun(centre):
    wang = centre.person("王芳", "evaluator")
    assert told(wang) == [
        f"{SCORING}评分：已提交0/14项，还有42个分数未评\n还没有评：{'、'.join(NAMES)}\n"
        "没有待审核的材料。"
    ]
    assert wang.buttons == [f"{name} 0/3" for name in NAMES]
    wang.clicks("线上帮办 0/3")
    assert wang.hears[0].startswith("线上帮办（10分） · 2026年第四季度\n还有3个部门未评。")


def test_each_row_says_what_it_waits_for(centre):
    """Nobody of 督查科 may judge 医保局 but 石磊, who stands in; 王芳 has a further seat."""
    for code in ("AA", "BB"):
        add_department(centre, code)
    with centre.database.begin() as connection:
        watch = sections.add_section(connection, name="督查科")
        sections.assign_row(connection, indicator="discipline", section_id=watch)
    every = tuple(centre.departments)
    wang = centre.person("王芳", "evaluator")
    gu = centre.person("顾平", "evaluator", department="YB", section=watch)
    stand_in = centre.person("石磊", "evaluator")
    with centre.database.begin() as connection:
        sections.set_substitute(connection, watch, person_id=stand_in.person_id)
        number = seats.add(
            connection, indicator="discipline", person_id=wang.person_id, now=centre.now
        )
    score(centre, wang, "online_help", "SCJG")
    score(centre, wang, "onsite_help", "SCJG", "GA", "YB")
    score(centre, wang, "enquiries", *every)
    score(centre, wang, "service_ratings", *every, hand=True)
    score(centre, wang, "window_support", *every, hand=True)
    score(centre, wang, "discipline", *every, seat=number, hand=True)
    score(centre, gu, "discipline", "SCJG", "GA", "AA", "BB")
    with centre.database.begin() as connection:
        handing.take_back(
            connection,
            quarter="2026Q4",
            indicator="window_support",
            department_id=centre.departments["GA"],
        )
    assert told(wang) == [
        f"""{SCORING}评分：已提交2/14项，还有46个分数未评
线上帮办 1/5，未评：公安、医保局、AA局等4个部门
线下帮办 3/5，未评：AA局、BB局
还没有评：办理协同顺畅度、窗口服务规范化、在线办理成熟度、两集中两到位、"""
        f"""{"、".join(NAMES[10:])}
窗口业务支撑：公安有新的材料，请核对后重新提交
已评完，等您提交：咨询服务
已提交：服务评价、工作纪律（第2席）
没有待审核的材料。"""
    ]
    assert wang.buttons == [
        "线上帮办 1/5", "线下帮办 3/5", "咨询服务 5/5", "窗口业务支撑 5/5",
        "办理协同顺畅度 0/5", "窗口服务规范化 0/5", "在线办理成熟度 0/5", "两集中两到位 0/5",
        *(f"{name} 0/5" for name in NAMES[10:]),
    ]  # fmt: skip
    assert told(gu) == [
        f"{SCORING}评分：已提交0/1项\n您的部分已评完，其他考核员还在评：工作纪律\n"
        "没有待审核的材料。"
    ]
    assert buttons(gu) == []
    score(centre, stand_in, "discipline", "YB")
    assert told(stand_in)[0].splitlines()[-3:] == [
        "您的部分已评完，由责任科室提交：工作纪律",
        "已提交：服务评价",
        "没有待审核的材料。",
    ]
    score(centre, gu, "discipline", *every, hand=True)
    assert told(gu) == [f"{SCORING}您负责的1项都已提交。\n没有待审核的材料。"]


def test_what_waits_for_review_in_each_quarter(centre):
    wang = centre.person("王芳", "evaluator")
    score_all(centre, wang, dict.fromkeys(centre.departments, FULL))
    first = centre.now - timedelta(hours=1)
    for minutes in (5, 0, 9):
        since = first + timedelta(minutes=minutes)
        lies(centre, "SCJG", "enquiries", "一件", state="submitted", submitted_at=since)
    centre.now = LATE.replace(day=20)
    lies(
        centre,
        "GA",
        "enquiries",
        "一件",
        state="submitted",
        submitted_at=centre.now,
        quarter="2027Q1",
        event_date=centre.now.date(),
    )
    assert told(wang) == [
        "2026年第四季度进度 · 评分和审核\n评分截止1月19日（星期二）（暂定），已过\n"
        "您负责的14项都已提交。\n待审核材料3件，最早一件上报于11月3日 09:00\n"
        "2027年第一季度另有1件待审核"
    ]
    assert wang.buttons == [
        "审核材料 3", "审核2027年第一季度的 1", "切换到2027年第一季度",
    ]  # fmt: skip
    wang.clicks("切换到2027年第一季度")
    assert wang.card.splitlines()[1] == "评分截止4月19日（星期一）（暂定）"
    assert wang.buttons == [
        "审核材料 1", "审核2026年第四季度的 3", *(f"{name} 0/3" for name in NAMES),
        "切换到2026年第四季度",
    ]  # fmt: skip
    wang.clicks("审核材料 1")
    assert "2027年第一季度" in wang.card


def test_a_quarter_that_is_only_looked_at_offers_no_cells(centre):
    wang = centre.person("王芳", "evaluator")
    centre.now = LATE
    told(wang)
    wang.clicks("切换到2027年第一季度")
    assert wang.buttons == ["切换到2026年第四季度"]
    with centre.database.read() as connection:
        assert connection.execute(select(quarter.c.code)).scalars().all() == ["2026Q4"]


def test_an_evaluator_of_nothing_and_of_a_closed_quarter(centre):
    with centre.database.begin() as connection:
        law = sections.add_section(connection, name="法规科")
    idle = centre.person("周全", "evaluator", section=law)
    assert told(idle) == [f"{SCORING}没有由您评分的部门。\n没有待审核的材料。"]
    wang = centre.person("王芳", "evaluator")
    score_all(centre, wang, dict.fromkeys(centre.departments, FULL))
    centre.now = AFTER
    set_state(centre, QuarterState.PROPOSED)
    assert told(wang) == [
        "2026年第四季度进度 · 评分和审核\n待审定，材料和分数不再变动。\n"
        "您负责的14项都已提交。\n没有待审核的材料。"
    ]
    assert wang.buttons == ["切换到2027年第一季度"]


# ---------------------------------------------------------------- across


def test_a_message_for_each_part_that_one_person_has(centre):
    chen = centre.person("周全", "admin", "director", "evaluator", "head", department="YB")
    assert [text.splitlines()[0] for text in told(chen)] == [
        "2026年第四季度进度 · 本部门",
        "2026年第四季度进度 · 评分和审核",
        "2026年第四季度进度 · 全中心",
        "2026年第四季度进度 · 审定",
    ]
    centre.now = LATE
    told(chen)
    chen.clicks("切换到2027年第一季度", on=chen.chat[-2])
    assert chen.chat[-2].text.startswith("2027年第一季度进度 · 全中心")
    assert chen.chat[-1].text.startswith("2026年第四季度进度 · 审定")


def test_a_quarter_that_has_not_begun_is_not_in_hand(centre):
    open_quarter(centre, "2027Q1")
    li = centre.person("李敏", "liaison", department="SCJG")
    told(li)
    assert li.buttons == SILENT
    for code in ("2027Q1", "2027Q2", "2099Q1", "<b>", "", "2026Q4x"):
        li.presses(f"pr.own:{code}")
    assert li.hears[:5] == [NOT_ALLOWED] * 5
    centre.now = LATE
    told(li)
    assert li.buttons == [*SILENT, "切换到2027年第一季度"]


def test_the_oldest_stays_in_hand_until_it_is_published(centre):
    open_quarter(centre, "2026Q3")
    open_quarter(centre, "2027Q1")
    li = centre.person("李敏", "liaison", department="SCJG")
    centre.now = datetime(2027, 4, 2, 10, tzinfo=ZONE)
    set_state(centre, QuarterState.PUBLISHED)
    told(li)
    assert li.buttons == [*WAYS, "切换到2027年第一季度", "切换到2027年第二季度"]


def test_no_score_is_told_to_anybody(centre):
    """Full marks but for one row: whoever looks, before and after all is handed in."""
    wang = centre.person("王芳", "evaluator")
    looking = [
        wang,
        centre.person("李敏", "liaison", department="SCJG"),
        centre.person("张伟", "admin"),
        centre.person("陈主任", "director"),
    ]
    odd = [7.5, *FULL[1:]]
    for handed in (False, True):
        if handed:
            score_all(centre, wang, {"SCJG": odd, "GA": FULL, "YB": FULL})
        else:
            score_all(centre, wang, {"SCJG": odd, "GA": FULL}, handed=False)
        for user in looking:
            text = "\n".join(told(user))
            assert "7.5" not in text
            assert "97.5" not in text
            assert "100" not in text
            assert "名次" not in text


def test_a_look_leaves_alone_whatever_waits(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/submit")
    li.clicks("帮办案例")
    told(li)
    li.says("上门办理")
    assert "标题：上门办理" in li.card
