"""What evaluators, admins and directors are reminded of; and what is passed on to heads."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update

from storage import accounts, handing, people, reminders, seats, sections
from storage.models import audit as audit_table
from storage.models import evidence, role, section_row
from tests.chat import Centre, User
from tests.handlers.progress_desk import add_department, grant, open_quarter, score
from tests.handlers.reminder_desk import extend, kept, morning, mornings, told
from tests.support.evidence import lies
from tests.support.scoring import FULL, ROWS, score_all

CONTACT = "\n\n咨询考核办公室：周老师 021-56001234"
CLOSED = "2027-01-13"  # the third working day after 补报截止


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    """2026Q4 is open; all that matters in December and January is 2027's plan."""
    made = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", now=morning("2026-11-02"))
    open_quarter(made)
    return made


@pytest.fixture
def wang(centre: Centre) -> User:
    return centre.person("王芳", "evaluator")


def said(day: str, *parts: str) -> list[str]:
    return ["\n\n".join([f"提醒 {day}", *parts]) + CONTACT]


def matters(found: dict[str, dict[str, list[str]]], who: str, title: str) -> dict[str, list[str]]:
    """Day -> what the person's message says in parts with this in their title."""
    made = {}
    for day, heard in found.items():
        parts = [part for text in heard.get(who, ()) for part in text.split("\n\n")[1:-1]]
        wanted = [part for part in parts if title in part.splitlines()[0]]
        if wanted:
            made[day] = wanted
    return made


def submitted(centre: Centre, day: str, code: str = "SCJG", row: str = "enquiries", **values):
    return lies(
        centre, code, row, "一件",
        state="submitted", submitted_at=morning(day, 10), event_date=date(2026, 11, 2), **values,
    )  # fmt: skip


# ---------------------------------------------------------------- reviews


def test_what_waits_two_working_days_is_told_every_two(centre, wang):
    """Submitted on Monday: told on Wednesday and Friday, on Tuesday, …; then one is left."""
    first = submitted(centre, "2026-11-02")
    submitted(centre, "2026-11-03", "GA")
    found = mornings(centre, "2026-11-02", "2026-11-10")
    assert list(found) == ["2026-11-04", "2026-11-06", "2026-11-10"]
    assert found["2026-11-04"] == {
        "王芳": said(
            "11月4日（星期三）",
            "2026年第四季度 · 审核\n待审核材料2件，最早一件上报于11月2日 10:00",
        )
    }
    assert wang.buttons == ["审核材料 2"]
    wang.clicks("审核材料 2")
    assert "采纳" in wang.buttons
    with centre.database.begin() as connection:
        connection.execute(update(evidence).where(evidence.c.id == first).values(state="accepted"))
    (text,) = told(centre, "2026-11-12")["王芳"]
    assert "待审核材料1件，最早一件上报于11月3日 10:00" in text
    assert kept(centre, wang) == [
        ("reviews", f"2026Q4.2026{day}") for day in ("1104", "1106", "1110", "1112")
    ]


def test_fresh_items_are_nobodys_delay(centre, wang):
    """One comes each day and is decided on the next: nobody is reminded."""
    for day in (2, 3, 4, 5, 6):
        item = submitted(centre, f"2026-11-0{day}")
        assert told(centre, f"2026-11-0{day}") == {}
        with centre.database.begin() as connection:
            connection.execute(
                update(evidence).where(evidence.c.id == item).values(state="accepted")
            )


def test_only_those_who_may_decide_are_told(centre, wang):
    """吴用 belongs to 市场监管局; 王芳 recorded 公安's item; 督查科's only evaluator belongs to
    市场监管局, so its substitute hears; 法规科 has nobody and no substitute."""
    centre.person("吴用", "evaluator", department="SCJG")
    with centre.database.begin() as connection:
        watch = sections.add_section(connection, name="督查科")
        law = sections.add_section(connection, name="法规科")
        sections.assign_row(connection, indicator="discipline", section_id=watch)
        sections.assign_row(connection, indicator="service_ratings", section_id=law)
    centre.person("顾平", "evaluator", department="SCJG", section=watch)
    shi = centre.person("石磊", "evaluator", section=law)
    with centre.database.begin() as connection:
        sections.set_substitute(connection, watch, person_id=shi.person_id)
        connection.execute(
            role.delete().where(role.c.person_id == shi.person_id)
        )  # evaluator of no section any more, yet its substitute
    submitted(centre, "2026-11-02")
    submitted(centre, "2026-11-02", "GA", proxy=True, submitted_by=wang.person_id)
    submitted(centre, "2026-11-02", row="discipline")
    submitted(centre, "2026-11-02", row="service_ratings")
    found = told(centre, "2026-11-04")
    counts = {who: text.split("待审核材料")[1][0] for who, (text,) in found.items()}
    assert counts == {"王芳": "1", "吴用": "1", "石磊": "1"}


def test_a_row_that_nobody_owns_reminds_nobody(centre, wang):
    with centre.database.begin() as connection:
        connection.execute(section_row.delete())
    submitted(centre, "2026-11-02")
    assert told(centre, "2026-11-04") == {}


def test_a_substitute_is_barred_by_their_own_department(centre):
    shi = centre.person("石磊", "evaluator")
    with centre.database.begin() as connection:
        watch = sections.add_section(connection, name="督查科")
        sections.assign_row(connection, indicator="discipline", section_id=watch)
        sections.set_substitute(connection, watch, person_id=shi.person_id)
    grant(centre, shi, "member", "SCJG")
    submitted(centre, "2026-11-02", row="discipline")
    assert told(centre, "2026-11-04") == {}


# ---------------------------------------------------------------- scores and rows


def test_rows_that_are_left_after_the_supplement(centre, wang):
    """From the third working day after 补报截止, every two, past 评分截止."""
    every = tuple(centre.departments)
    for row in ROWS[:8]:
        score(centre, wang, row.id, *every, hand=True)
    score(centre, wang, ROWS[8].id, *every)
    score(centre, wang, ROWS[9].id, "SCJG")
    found = mornings(centre, "2027-01-07", "2027-01-22")
    assert list(found) == ["2027-01-13", "2027-01-15", "2027-01-19", "2027-01-21"]
    rows = [row.name for row in ROWS]
    body = (
        f"2026年第四季度 · 审核和评分\n还有14个分数未评：{'、'.join(rows[9:12])}等5项\n"
        f"已评完，等您提交：{rows[8]}\n评分截止1月19日（星期二）（暂定）"
    )
    assert found["2027-01-13"] == {"王芳": said("1月13日（星期三）", f"{body}。")}
    assert found["2027-01-21"] == {"王芳": said("1月21日（星期四）", f"{body}，已过。")}
    assert wang.buttons == ["评分"]
    wang.clicks("评分")
    assert wang.card.startswith("2026年第四季度")


def test_new_evidence_in_a_row_that_was_handed_in(centre, wang):
    score_all(centre, wang, {code: list(FULL) for code in centre.departments})
    submitted(centre, "2027-01-08", "GA")
    with centre.database.begin() as connection:
        handing.take_back(
            connection,
            quarter="2026Q4",
            indicator="enquiries",
            department_id=centre.departments["GA"],
        )
    assert told(centre, CLOSED) == {
        "王芳": said(
            "1月13日（星期三）",
            "2026年第四季度 · 审核和评分\n待审核材料1件，最早一件上报于1月8日 10:00\n"
            "有新的材料，请核对后重新提交：咨询服务（公安）\n评分截止1月19日（星期二）（暂定）。",
        )
    }
    assert wang.buttons == ["审核材料 1", "评分"]


def test_nothing_is_left(centre, wang):
    score_all(centre, wang, {code: list(FULL) for code in centre.departments})
    assert told(centre, CLOSED) == {}


def test_only_reviews_are_left(centre, wang):
    score_all(centre, wang, {code: list(FULL) for code in centre.departments})
    submitted(centre, "2027-01-08", "GA")
    (text,) = told(centre, CLOSED)["王芳"]
    assert "待审核材料1件" in text
    assert wang.buttons == ["审核材料 1"]


def test_a_substitute_and_further_seats_owe_scores_too(centre, wang):
    """督查科 has no evaluator: 石磊 stands in. 林木 and 郑旧, who is gone, have further seats."""
    shi = centre.person("石磊", "director")
    with centre.database.begin() as connection:
        watch = sections.add_section(connection, name="督查科")
        law = sections.add_section(connection, name="法规科")
    lin = centre.person("林木", "evaluator", section=law)
    gone = centre.person("郑旧", "evaluator", section=law)
    with centre.database.begin() as connection:
        sections.assign_row(connection, indicator="discipline", section_id=watch)
        sections.set_substitute(connection, watch, person_id=shi.person_id)
        for each in (lin, gone, wang):
            seats.add(connection, indicator="enquiries", person_id=each.person_id, now=centre.now)
        people.remove_person(connection, gone.person_id, now=centre.now)
    found = told(centre, CLOSED)
    left = {who: text.split("还有")[1].split("\n")[0] for who, (text,) in found.items()}
    assert left == {
        "石磊": "3个分数未评：工作纪律",
        "林木": "3个分数未评：咨询服务（第2席）",
        "王芳": "42个分数未评：线上帮办、线下帮办、咨询服务等14项",
    }


def test_two_quarters_of_one_evaluator(centre, wang):
    score_all(centre, wang, {code: list(FULL) for code in centre.departments})
    submitted(centre, "2027-01-08", "GA")
    open_quarter(centre, "2027Q1")
    submitted(centre, "2027-01-08", "GA", quarter="2027Q1")
    told(centre, CLOSED)
    assert wang.buttons == ["审核材料 1（四季度）", "审核材料 1（一季度）"]


# ---------------------------------------------------------------- the admin


@pytest.fixture
def zhao(centre: Centre) -> User:
    made = centre.person("赵强", "admin")
    with centre.database.begin() as connection:  # whoever has heard of 2027's plan
        for span in ("20261221", "20261228", "20270104", "20270111", "20270118"):
            reminders.remember(
                connection,
                person_id=made.person_id,
                kind="plan",
                subject=f"plan2027.{span}",
                due=date(2027, 1, 1),
                now=morning("2027-02-01"),
            )
    return made


def test_departments_without_a_report(centre, zhao):
    """市场监管局 has reported, 公安 says that it has nothing; 医保局 is late."""
    li = centre.person("李敏", "liaison", department="SCJG")
    sun = centre.person("孙警", "liaison", department="GA")
    zhou = centre.person("周全", "liaison", department="YB")
    lies(centre, "SCJG", "enquiries", "一件")
    told(centre, "2027-01-06")
    sun.clicks("本季度无可报")
    found = told(centre, "2027-01-07")
    assert found.pop("赵强") == said(
        "1月7日（星期四）",
        "2026年第四季度 · 还没有上报材料的部门\n"
        "报送已截止，1个部门还没有上报过材料，也没有说明无可报：医保局。\n"
        "补报截止1月8日（星期五）。要转告部门负责人的，请点“转告负责人”。",
    )
    assert list(found) == ["周全"]
    assert zhao.buttons == ["转告负责人", "未上报部门"]
    zhao.clicks("未上报部门")
    assert zhao.card.splitlines()[1:] == ["医保局：周全", "本季度无可报：公安"]
    assert mornings(centre, "2027-01-08", "2027-01-12") == {}
    assert [user.heard for user in (li, zhou)] == [[], []]


def test_many_late_departments_and_one_with_more_time(centre, zhao):
    for number in range(9):
        code = f"A{chr(ord('A') + number)}"
        add_department(centre, code)
        centre.person(f"员{code}", "liaison", department=code)
    for code in ("SCJG", "GA", "YB"):
        centre.person(f"员{code}", "liaison", department=code)
    extend(centre, "GA", date(2027, 1, 6), date(2027, 1, 12))
    (text,) = told(centre, "2027-01-07")["赵强"]
    assert (
        "12个部门还没有上报过材料，也没有说明无可报：市场监管局、公安（延期至1月12日（星期二））、"
        "医保局、AA局、AB局、AC局、AD局、AE局、AF局、AG局等。"
    ) in text
    (text,) = told(centre, "2027-01-11")["赵强"]
    assert "1个部门还没有上报过材料，也没有说明无可报：公安（延期至1月12日（星期二））。" in text


def test_a_department_without_anybody_to_tell(centre, zhao):
    """医保局 has no liaison, 公安's is out of reach; the admin hears it with each stage, once."""
    centre.person("李敏", "liaison", department="SCJG")
    sun = centre.person("孙警", "liaison", department="GA")
    with centre.database.begin() as connection:
        accounts.mark_unreachable(connection, sun.account_id, "blocked")
    heard = told(centre, "2026-11-03")
    assert heard["赵强"] == said(
        "11月3日（星期二）",
        "2026年第四季度 · 提醒不到的部门\n"
        "下列部门还有事要办，但没有能收到消息的联络员：公安、医保局。"
        "请在“人员”中添加联络员或发邀请码。",
    )
    assert zhao.buttons == ["人员"]
    found = mornings(centre, "2026-11-04", "2026-12-23")
    (text,) = matters(found, "赵强", "提醒不到")["2026-12-22"]
    assert "联络员：公安、医保局。" in text
    assert list(matters(found, "赵强", "提醒不到")) == ["2026-12-22"]


def test_who_has_a_code_in_hand_is_not_beyond_reach(centre, zhao):
    """In the first days of an office the admin knows that nobody is in yet."""
    assert "赵强" not in told(centre, "2026-11-02")
    centre.person("李敏", "liaison", department="SCJG")
    with centre.database.begin() as connection:
        sun = people.add_person(connection, name="孙警", now=centre.now)
        people.grant_role(
            connection,
            person_id=sun,
            role_name="liaison",
            department_id=centre.departments["GA"],
            now=centre.now,
        )
    zhao.presses(f"ad.inv:{sun}")
    (text,) = told(centre, "2026-11-03")["赵强"]
    assert "联络员：医保局。" in text
    found = mornings(centre, "2026-11-04", "2026-11-20")
    said_of = matters(found, "赵强", "提醒不到")
    assert list(said_of) == ["2026-11-17"]
    assert "联络员：公安。" in said_of["2026-11-17"][0]


def test_an_item_that_came_back_to_nobody(centre, zhao):
    centre.person("李敏", "liaison", department="SCJG")
    heard = told(centre, "2026-11-02")
    assert "公安、医保局" in heard["赵强"][0]
    lies(
        centre, "GA", "enquiries", "一件", state="returned",
        decided_at=morning("2026-11-03"), complete_until=morning("2026-11-07", 0),
    )  # fmt: skip
    found = mornings(centre, "2026-11-03", "2026-11-06")
    (part,) = matters(found, "赵强", "提醒不到")["2026-11-05"]
    assert "联络员：公安。" in part
    assert list(found) == ["2026-11-05"]


def test_what_is_overdue_after_the_scores_deadline(centre, zhao):
    """Every two working days, until the outcome is proposed."""
    wang = centre.person("王芳", "evaluator")
    with centre.database.begin() as connection:
        watch = sections.add_section(connection, name="督查科")
        sections.assign_row(connection, indicator="discipline", section_id=watch)
        connection.execute(section_row.delete().where(section_row.c.indicator == "presence"))
    every = tuple(centre.departments)
    for row in ROWS:
        if row.id not in ("discipline", "presence", "enquiries"):
            score(centre, wang, row.id, *every, hand=True)
    submitted(centre, "2027-01-08", "GA")
    body = (
        "2026年第四季度 · 评分已过截止（1月19日（星期二））\n"
        "考核办公室没有提交：咨询服务\n督查科没有提交：工作纪律\n"
        "没有责任科室没有提交：两集中两到位\n材料：待审核1件，退回补充0件"
    )
    assert matters(mornings(centre, "2027-01-19", "2027-01-23"), "赵强", "评分已过截止") == {
        "2027-01-20": [body],
        "2027-01-22": [body],
    }
    assert zhao.buttons == ["进度", "发布"]


def test_all_is_there_but_nobody_proposes(centre, zhao):
    wang = centre.person("王芳", "evaluator")
    score_all(centre, wang, {code: list(FULL) for code in centre.departments})
    assert matters({"": told(centre, "2027-01-20")}, "赵强", "评分已过截止") == {
        "": [
            "2026年第四季度 · 评分已过截止（1月19日（星期二））\n"
            "评分和材料都已齐全，可以提请审定。"
        ]
    }


def test_the_next_years_plan(centre):
    zhao = centre.person("赵强", "admin")
    told(centre, "2026-11-27")
    plan = (
        "2027年放假安排\n2027年的放假安排还没有录入，工作日暂定。国务院办公厅公布后，"
        "请到“日历”中录入。"
    )
    assert mornings(centre, "2026-11-28", "2026-12-08") == {
        "2026-12-01": {"赵强": said("12月1日（星期二）", plan)},
        "2026-12-07": {"赵强": said("12月7日（星期一）", plan)},
    }
    assert zhao.buttons == ["日历"]


# ---------------------------------------------------------------- the director


def test_an_outcome_that_waits(centre, zhao):
    """Proposed on Monday: told on Wednesday and Friday, never to who proposed it."""
    chen = centre.person("陈主任", "director")
    wang = centre.person("王芳", "evaluator")
    score_all(centre, wang, {code: list(FULL) for code in centre.departments})
    grant_director(centre, zhao)
    centre.now = morning("2027-01-18", 10)
    zhao.says("/publish")
    zhao.clicks("提请审定")
    body = "2026年第四季度 · 等待审定\n赵强于1月18日 10:00提请审定，请审定后发布或退回修改。"
    found = mornings(centre, "2027-01-19", "2027-01-24")
    assert matters(found, "陈主任", "") == {
        "2027-01-20": [body],
        "2027-01-22": [body],
    }
    assert matters(found, "赵强", "审定") == {}
    assert chen.buttons == ["发布"]
    assert kept(centre, chen) == [
        ("release", "2026Q4.p1.20270120"), ("release", "2026Q4.p1.20270122"),
    ]  # fmt: skip


def test_an_outcome_that_waits_where_there_is_no_director(centre, zhao):
    wang = centre.person("王芳", "evaluator")
    score_all(centre, wang, {code: list(FULL) for code in centre.departments})
    chen = centre.person("陈主任", "director")
    centre.now = morning("2027-01-18", 10)
    zhao.says("/publish")
    zhao.clicks("提请审定")
    with centre.database.begin() as connection:
        people.remove_person(connection, chen.person_id, now=centre.now)
    found = mornings(centre, "2027-01-19", "2027-01-20")
    assert list(matters(found, "赵强", "等待审定")) == ["2027-01-20"]


def grant_director(centre: Centre, user: User) -> None:
    with centre.database.begin() as connection:
        people.grant_role(
            connection, person_id=user.person_id, role_name="director", now=centre.now
        )


# ---------------------------------------------------------------- 转告负责人


def passed_on(centre: Centre) -> list[tuple[str, object]]:
    with centre.database.read() as connection:
        found = connection.execute(
            select(audit_table.c.object, audit_table.c.detail).where(
                audit_table.c.action == "reminder.heads"
            )
        )
        return [tuple(row) for row in found]


def test_heads_are_told_when_the_admin_passes_it_on(centre, zhao):
    """市场监管局 has two heads and a liaison, 公安 one head and no liaison, 医保局 none."""
    centre.person("李敏", "liaison", department="SCJG")
    qian, he = (centre.person(name, "head", department="SCJG") for name in ("钱局", "何局"))
    sun = centre.person("孙局", "head", department="GA")
    told(centre, "2027-01-07")
    assert [each.heard for each in (qian, he, sun)] == [[], [], []]
    zhao.clicks("转告负责人")
    assert zhao.hears == [
        "2026年第四季度 · 转告部门负责人\n已转告2个部门的3人：市场监管局、公安\n"
        "没有能收到消息的部门负责人：医保局"
    ]
    tail = "确实没有的，点“本季度无可报”，不影响得分。\n咨询考核办公室：周老师 021-56001234"
    head = (
        "还没有上报2026年第四季度的材料\n"
        "管理员赵强转告您：报送已截止，1月8日（星期五）补报截止，之后不再收。"
    )
    assert qian.hears == he.hears == [f"市场监管局{head}\n联络员：李敏\n{tail}"]
    assert sun.hears == [f"公安{head}\n贵部门还没有联络员，您可以直接上报。\n{tail}"]
    assert sun.buttons == ["上报材料", "本季度无可报"]
    assert passed_on(centre) == [("2026Q4", {"departments": ["市场监管局", "公安"], "heads": 3})]
    sun.clicks("本季度无可报")
    assert "公安\n本季度无可报，孙局登记于1月7日" in sun.card


def test_once_a_day_and_department(centre, zhao):
    centre.person("李敏", "liaison", department="SCJG")
    qian = centre.person("钱局", "head", department="SCJG")
    zhang = centre.person("张伟", "admin")
    told(centre, "2027-01-07")
    zhao.clicks("转告负责人")
    qian.heard.clear()
    zhang.clicks("转告负责人")
    assert zhang.hears[-1] == (
        "2026年第四季度 · 转告部门负责人\n今天已经转告过：市场监管局\n"
        "没有能收到消息的部门负责人：公安、医保局"
    )
    assert (qian.hears, len(passed_on(centre))) == ([], 1)
    centre.now = morning("2027-01-08", 10)
    zhang.clicks("转告负责人")
    (text,) = qian.hears
    assert "管理员张伟转告您：报送已截止，今天24:00补报截止" in text


def test_whoever_has_reported_since_is_left_in_peace(centre, zhao):
    centre.person("钱局", "head", department="SCJG")
    told(centre, "2027-01-07")
    for code in centre.departments:
        lies(centre, code, "enquiries", "一件")
    zhao.clicks("转告负责人")
    assert zhao.hears == ["2026年第四季度现在没有要转告的部门。"]
    assert centre.people["钱局"].hears == []
