"""/progress of the admin and the director: who owes what in the whole centre."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from rubric.quarter import QuarterState
from storage import (
    publications,
    seats,
    sections,
)
from tests.chat import ZONE, Centre
from tests.handlers.progress_desk import (
    CENTRE,
    NAMES,
    SCORING,
    add_department,
    grant,
    open_quarter,
    score,
    set_state,
    told,
    unlinked,
)
from tests.support.evidence import lies
from tests.support.scoring import AFTER, FULL, ROWS, score_all


@pytest.fixture(params=[False, True], ids=["", "restarted"])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Centre:
    made = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", restart=request.param)
    open_quarter(made)
    return made


# ---------------------------------------------------------------- the admin


def test_who_owes_what_by_section(centre):
    with centre.database.begin() as connection:
        watch = sections.add_section(connection, name="督查科")
        law = sections.add_section(connection, name="法规科")
        sections.add_section(connection, name="没有考核项的科")
        sections.assign_row(connection, indicator="discipline", section_id=watch)
        sections.assign_row(connection, indicator="presence", section_id=watch)
        sections.assign_row(connection, indicator="service_ratings", section_id=law)
    zhang = centre.person("张伟", "admin")
    wang = centre.person("王芳", "evaluator")
    unlinked(centre, "赵强", "evaluator", section_id=centre.section_id)
    stand_in = unlinked(centre, "石磊")
    centre.person("李敏", "liaison", department="SCJG")
    with centre.database.begin() as connection:
        sections.set_substitute(connection, watch, person_id=stand_in)
        sections.set_substitute(connection, law, person_id=wang.person_id)
        seats.add(connection, indicator="enquiries", person_id=wang.person_id, now=centre.now)
    every = tuple(centre.departments)
    score(centre, wang, "online_help", "SCJG")
    score(centre, wang, "onsite_help", *every)
    score(centre, wang, "enquiries", *every)
    score(centre, wang, "enquiries", "GA", seat=2)
    score(centre, wang, "presence", *every, hand=True)
    lies(centre, "SCJG", "online_help", "一件", state="submitted", submitted_at=centre.now)
    earlier = centre.now - timedelta(days=1)
    lies(centre, "SCJG", "onsite_help", "一件", state="submitted", submitted_at=earlier)
    lies(centre, "GA", "discipline", "一件", state="submitted", submitted_at=centre.now)
    lies(centre, "YB", "discipline", "一件", state="withdrawn")
    others = "、".join(
        f"{row.name}3"
        for row in ROWS[4:]
        if row.id not in ("discipline", "presence", "service_ratings")
    )
    assert told(zhang) == [
        f"""{CENTRE}评分：已提交1/14项，还有34个分数未评
材料：待审核3件，退回补充0件
还没有上报过材料的部门：1个（参评3个）
没有绑定账号的人员：2名

考核办公室 已提交0/11项
考核员：王芳、赵强（未绑定）
未评部门数：线上帮办2、{others}
等其他席评分：咨询服务
已评完、没有提交：线下帮办
待审核材料2件，最早一件上报于11月2日 10:00

督查科 已提交1/2项
考核员：还没有；代审人：石磊（未绑定）
未评部门数：工作纪律3
待审核材料1件，最早一件上报于11月3日 10:00

法规科 已提交0/1项
考核员：还没有；代审人：王芳
未评部门数：服务评价3

其他席
咨询服务第2席（王芳）：未评2"""
    ]
    assert zhang.buttons == ["未上报部门 1", "未绑定人员 2", "发布"]
    zhang.clicks("发布")
    assert zhang.hears[0].startswith("2026年第四季度 · 还不能提请审定")


def test_rows_that_nobody_owns_and_sections_page_by_page(centre):
    zhang = centre.person("张伟", "admin")
    with centre.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM section_row")
        for number, row in enumerate(ROWS[:5]):
            section = sections.add_section(connection, name=f"第{number}科")
            sections.assign_row(connection, indicator=row.id, section_id=section)
    (text,) = told(zhang)
    assert text.startswith("2026年第四季度进度 · 全中心（第1/2页）\n报送截止")
    assert text.endswith("\n\n第3科 已提交0/1项\n考核员：还没有\n未评部门数：服务评价3")
    assert zhang.buttons == ["未上报部门 3", "下一页", "发布"]
    zhang.clicks("下一页")
    rest = "、".join(f"{name}3" for name in NAMES[5:])
    assert zhang.hears[0].endswith(
        "\n\n第4科 已提交0/1项\n考核员：还没有\n未评部门数：窗口业务支撑3"
        "\n\n没有责任科室 已提交0/9项\n请在“管理”的“科室”中接收这些考核项。\n"
        f"未评部门数：{rest}"
    )
    assert zhang.buttons == ["未上报部门 3", "上一页", "发布"]
    zhang.clicks("上一页")
    assert zhang.hears == [text]
    assert len(zhang.chat) == 1


def test_what_came_back_page_by_page(centre):
    zhang = centre.person("张伟", "admin")
    until = datetime(2026, 11, 7, tzinfo=ZONE)
    for number in range(12):
        lies(
            centre,
            "GA",
            "enquiries",
            f"<b>第{number}件</b>",
            state="returned",
            reason="缺时间",
            complete_until=until + timedelta(days=number // 11),
        )
    told(zhang)
    zhang.clicks("退回补充 12")
    lines = [
        f"公安{n + 1}号 <b>第{n}件</b>，11月6日（星期五）前补充；理由：缺时间" for n in range(10)
    ]
    assert zhang.hears == ["\n".join(["2026年第四季度 · 退回补充，共12件（第1/2页）", *lines])]
    assert zhang.buttons == ["下一页", "返回"]
    zhang.clicks("下一页")
    assert zhang.hears == [
        "2026年第四季度 · 退回补充，共12件（第2/2页）\n"
        "公安11号 <b>第10件</b>，11月6日（星期五）前补充；理由：缺时间\n"
        "公安12号 <b>第11件</b>，11月7日（星期六）前补充；理由：缺时间"
    ]
    assert zhang.buttons == ["上一页", "返回"]
    centre.now = until + timedelta(days=2)
    zhang.clicks("上一页")
    assert zhang.hears == ["2026年第四季度 · 退回补充，共0件\n没有等待补充的材料。"]
    zhang.clicks("返回")
    assert zhang.buttons == ["未上报部门 2", "发布"]


def test_forty_departments_and_who_would_report(centre):
    zhang = centre.person("张伟", "admin")
    for first in "ABCDEF":
        for second in "KLMNPQR":
            add_department(centre, first + second)
    li = centre.person("李敏", "liaison", department="GA")
    grant(centre, li, "head", "YB")
    unlinked(centre, "长" * 40, "head", department_id=centre.departments["GA"])
    lies(centre, "SCJG", "enquiries", "一件")
    told(zhang)
    assert zhang.buttons == ["未上报部门 44", "未绑定人员 1", "发布"]
    zhang.clicks("未上报部门 44")
    names = [f"A{letter}局：还没有联络员" for letter in "KLMNPQR"] + ["BK局：还没有联络员"]
    assert zhang.hears == [
        "\n".join(
            [
                "2026年第四季度 · 还没有上报过材料的部门，共44个（第1/5页）",
                f"公安：李敏、{'长' * 40}（未绑定）",
                "医保局：李敏",
                *names,
            ]
        )
    ]
    for _ in range(4):
        zhang.clicks("下一页")
    assert zhang.hears[-1] == (
        "2026年第四季度 · 还没有上报过材料的部门，共44个（第5/5页）\n"
        + "\n".join(f"F{letter}局：还没有联络员" for letter in "NPQR")
    )
    assert zhang.buttons == ["上一页", "返回"]


def test_whom_nothing_can_reach(centre):
    zhang = centre.person("张伟", "admin")
    for number in range(11):
        unlinked(centre, f"新人{chr(65 + number)}")
    unlinked(centre, "安平", "liaison", department_id=centre.departments["GA"])
    told(zhang)
    zhang.clicks("未绑定人员 12")
    assert zhang.hears == [
        "没有绑定账号的人员，共12名（第1/2页）\n安平（公安联络员）\n"
        + "".join(f"新人{letter}（未定角色）\n" for letter in "ABCDEFGHI")
        + "请在“人员”中发邀请码。"
    ]
    assert zhang.buttons == ["下一页", "人员", "返回"]
    zhang.clicks("下一页")
    assert zhang.hears == [
        "没有绑定账号的人员，共12名（第2/2页）\n新人J（未定角色）\n新人K（未定角色）\n"
        "请在“人员”中发邀请码。"
    ]
    zhang.clicks("人员")
    assert zhang.hears[0].startswith("人员，共13名（第1/2页）")


def test_lists_with_nothing_in_them_any_more(centre):
    zhang = centre.person("张伟", "admin")
    for code in centre.departments:
        lies(centre, code, "enquiries", "一件")
    for view in ("n0", "u0", "r0", "n9", "u99999999999999", "x", "²"):
        zhang.presses(f"pr.all:2026Q4:0:{view}")
    heard = zhang.hears
    assert heard[:3] == [
        "2026年第四季度 · 还没有上报过材料的部门，共0个\n参评部门都已上报过材料。",
        "没有绑定账号的人员，共0名\n所有人员都已绑定账号。",
        "2026年第四季度 · 退回补充，共0件\n没有等待补充的材料。",
    ]
    assert heard[3:5] == heard[:2]
    assert heard[5] == heard[6]
    assert heard[5].startswith(f"{CENTRE}评分：已提交0/14项")


def test_a_centre_without_departments(tmp_path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", departments=())
    zhang = centre.person("张伟", "admin", "evaluator", "director")
    admins, director = told(zhang)[1:]
    assert told(zhang)[0] == f"{SCORING}没有由您评分的部门。\n没有待审核的材料。"
    assert admins.startswith(f"{CENTRE}没有参评部门。\n材料：待审核0件，退回补充0件\n\n考核办公室")
    assert director.splitlines()[3:] == [
        "没有参评部门。",
        "材料：待审核0件，退回补充0件",
        "评分全部提交、材料处理完后，由管理员提请审定。",
    ]


# ---------------------------------------------------------------- the director


def test_how_far_the_quarter_is_and_what_waits_for_the_director(centre):
    chen = centre.person("陈主任", "director")
    zhang = centre.person("张伟", "admin")
    wang = centre.person("王芳", "evaluator")
    head = "2026年第四季度进度 · 审定\n"
    assert told(chen) == [
        head + CENTRE.partition("\n")[2] + "评分：已提交0/14项，还有42个分数未评\n"
        "材料：待审核0件，退回补充0件\n评分全部提交、材料处理完后，由管理员提请审定。"
    ]
    assert chen.buttons == ["发布"]
    score_all(centre, wang, dict.fromkeys(centre.departments, FULL))
    centre.now = AFTER
    complete = (
        "报送和补报已截止，迟报的材料可报入下一季度。\n评分截止1月19日（星期二）（暂定）\n"
        "评分：已提交14/14项\n材料：待审核0件，退回补充0件\n"
    )
    assert told(chen) == [f"{head}{complete}评分和材料都已齐全，等管理员提请审定。"]
    assert "\n评分和材料都已齐全，可以提请审定。\n" in told(zhang)[0]
    with centre.database.begin() as connection:
        publications.propose(
            connection, quarter="2026Q4", person_id=zhang.person_id, now=centre.now
        )
    set_state(centre, QuarterState.PROPOSED)
    assert told(chen) == [f"{head}张伟于1月12日 10:00提请审定，请您审定。"]
    assert chen.buttons == ["发布", "切换到2027年第一季度"]
    assert told(zhang)[0].splitlines()[1:4] == [
        "待审定，材料和分数不再变动。",
        "评分：已提交14/14项",
        "材料：待审核0件，退回补充0件",
    ]
    with centre.database.begin() as connection:
        publications.propose(
            connection, quarter="2026Q4", person_id=chen.person_id, now=centre.now
        )
    (text,) = told(chen)
    assert text.endswith("提请审定，等其他主任审定。")
    set_state(centre, QuarterState.PUBLISHED)
    chen.presses("pr.dir:2026Q4")
    zhang.presses("pr.all:2026Q4")
    assert chen.card.splitlines()[:2] == [head.strip(), "结果已发布。"]
    assert chen.buttons == ["考核结果", "切换到2027年第一季度"]
    assert zhang.buttons == ["未上报部门 3", "考核结果", "切换到2027年第一季度"]
