"""/ranking: who may see the order when, and what it says."""

from __future__ import annotations

import pytest

from storage import disqualification, sections
from storage.models import department, quarter
from tests.chat import Centre, User
from tests.support.evidence import lies
from tests.support.scoring import AFTER, FULL, score_all

NO_RIGHT = "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"
TABLE: dict[str, list[float | None]] = {
    "SCJG": [*FULL],
    "GA": [9.5, *FULL[1:]],
    "YB": [9, *FULL[1:]],
    "RS": [8, *FULL[1:]],
}


@pytest.fixture(params=[False, True], ids=["", "restarted"])
def centre(request, tmp_path):
    made = Centre(
        f"sqlite:///{tmp_path / 'kaohe.sqlite'}",
        now=AFTER,
        restart=request.param,
        departments=("SCJG", "GA", "YB", "RS"),
    )
    made.person("王芳", "evaluator")
    return made


@pytest.fixture
def zhang(centre: Centre) -> User:
    return centre.person("张伟", "admin")


def scored(centre: Centre, table: dict[str, list[float | None]] | None = None) -> None:
    score_all(centre, centre.people["王芳"], TABLE if table is None else table)


def test_the_order_with_its_nominees(centre, zhang):
    scored(centre)
    zhang.says("排名")
    assert zhang.hears == [
        "2026年第四季度 · 排名预览（发布前仅管理员和主任可见）\n"
        "1. 市场监管局 100分（基础分100，加分0）\n"
        "2. 公安 99.5分（基础分99.5，加分0）\n"
        "3. 医保局 99分（基础分99，加分0）\n"
        "4. 人社局 98分（基础分98，加分0）\n"
        "\n"
        "先进集体候选：市场监管局、公安、医保局\n"
        "候选与下一名相差1分。"
    ]
    assert zhang.buttons == ["刷新", "发布"]
    chen = centre.person("陈主任", "director")
    chen.says("/ranking")
    assert chen.hears == [zhang.card]


def test_a_close_cut_and_a_tie_in_words(centre, zhang):
    scored(centre, TABLE | {"RS": [9, *FULL[1:9], 9.5, 0.5, *FULL[11:]], "YB": [9.5, *FULL[1:]]})
    zhang.says("/ranking")
    assert "公安与医保局同为99.5分，基础分及各方面得分率均相同，并列第2名" in zhang.card
    assert zhang.card.endswith("候选与下一名相差0.5分，一个分数的改动就可能改变名单。")


def test_a_tie_of_totals_says_what_decided(centre, zhang):
    # 人社局: base 99, bonus 1; 市场监管局: base 100
    scored(centre, TABLE | {"RS": [9, *FULL[1:10], 1, 0, 0, 0]})
    zhang.says("/ranking")
    assert "市场监管局与人社局同为100分，按基础分100＞99列前" in zhang.card


def test_a_tie_at_the_cut_is_named(centre, zhang):
    scored(centre, TABLE | {"YB": [9, *FULL[1:]], "RS": [9, *FULL[1:]]})
    zhang.says("/ranking")
    assert zhang.card.splitlines()[-2:] == [
        "先进集体已可确定：市场监管局、公安",
        "医保局、人社局并列，名额1个，由主任办公会决定。",
    ]


def test_nobody_is_sure_where_all_are_equal(centre, zhang):
    scored(centre, {code: [*FULL] for code in TABLE})
    zhang.says("/ranking")
    assert zhang.card.splitlines()[-1] == (
        "市场监管局、公安、医保局、人社局并列，名额3个，由主任办公会决定。"
    )
    assert "先进集体已可确定" not in zhang.card


def test_who_is_not_assessed_or_barred_and_rescaled_bases(centre, zhang):
    with centre.database.begin() as connection:
        connection.execute(
            department.insert(),
            {
                "code": "MZ", "name": "民政局", "short_name": "民政局",
                "resident_from": AFTER.replace(year=2026, month=12, day=20).date(),
            },
        )  # fmt: skip
    nothing: list[float | None] = [*[None] * 10, 0, 0, 0, 0]
    scored(centre, TABLE | {"GA": [None, *FULL[1:]], "RS": nothing})
    with centre.database.begin() as connection:
        row = connection.execute(quarter.select()).one()
        connection.execute(
            quarter.update().values(settings=row.settings | {"awards.disqualification": True})
        )
        disqualification.disqualify(
            connection,
            code="2026Q4",
            department_id=centre.departments["YB"],
            reason="发生责任事故",
            person_id=zhang.person_id,
            now=centre.now,
        )
    zhang.says("/ranking")
    assert zhang.card.splitlines() == [
        "2026年第四季度 · 排名预览（发布前仅管理员和主任可见）",
        "1. 市场监管局 100分（基础分100，加分0），并列",
        "1. 公安 100分（基础分100*，加分0），并列",
        "3. 医保局 99分（基础分99，加分0）",
        "不参评：民政局，在中心的工作日不足本季度一半",
        "不参评：人社局，基础评分项均不涉及",
        "* 有评分项不涉及，基础分按适用分值折算。",
        "市场监管局与公安同为100分，基础分及各方面得分率均相同，并列第1名",
        "",
        "先进集体候选：市场监管局、公安",
        "取消评先资格：医保局，发生责任事故",
    ]
    zhang.says("/publish")
    assert "取消评先资格：医保局，发生责任事故" in zhang.card
    assert "先进集体：市场监管局、公安" in zhang.card.splitlines()


def test_before_every_row_is_in_it_says_only_what_is_missing(centre, zhang):
    score_all(centre, centre.people["王芳"], TABLE, handed=False)
    with centre.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM section_row WHERE indicator = 'discipline'")
        connection.exec_driver_sql(
            "DELETE FROM score WHERE indicator = 'discipline' AND department_id = 1"
        )
    wang = centre.people["王芳"]
    for row in ("线上帮办", "线下帮办"):
        wang.says("/score")
        wang.clicks_containing(row)
        wang.clicks("提交本行评分")
        wang.clicks("提交本行评分")
    zhang.says("/ranking")
    lines = zhang.card.splitlines()
    assert lines[:3] == [
        "2026年第四季度 · 排名",
        "评分项全部提交后才能查看，已提交2/14项。还差：",
        "咨询服务（考核办公室）：已评完，没有提交",
    ]
    assert "工作纪律（没有责任科室）：已评3/4个部门" in lines
    assert zhang.buttons == ["刷新", "发布"]


def test_a_centre_without_departments(tmp_path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", departments=())
    zhang = centre.person("张伟", "admin")
    zhang.says("/ranking")
    assert zhang.hears == ["2026年第四季度 · 排名\n本季度没有参评部门。"]


def test_two_quarters_side_by_side_and_a_published_one(centre, zhang):
    lies(centre, "SCJG", "bonus_news", "下季度", quarter="2027Q1")
    scored(centre)
    zhang.says("/ranking")
    zhang.clicks("切换到2027年第一季度")
    assert zhang.card.startswith("2027年第一季度 · 排名\n评分项全部提交后才能查看")
    zhang.clicks("切换到2026年第四季度")
    assert zhang.card.startswith("2026年第四季度 · 排名预览")
    zhang.clicks("发布")
    zhang.clicks("同意发布")
    zhang.says("2026Q4")
    zhang.presses("rk.show:2026Q4")
    assert zhang.card == "2026年第四季度的结果已经发布，不能再改。"
    assert zhang.buttons == ["考核结果"]
    score_all(centre, centre.people["王芳"], TABLE, quarter="2027Q1")
    zhang.says("/ranking")
    assert zhang.card.endswith("上季度先进集体：市场监管局、公安、医保局")


def test_many_departments_are_paged(centre, zhang):
    table = dict(TABLE)
    with centre.database.begin() as connection:
        for number in range(39):
            letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
            code = f"X{letters[number // 26]}{letters[number % 26]}"
            centre.departments[code] = connection.execute(
                department.insert().returning(department.c.id),
                {"code": code, "name": f"第{number}号局", "short_name": f"{number}号局"},
            ).scalar_one()
            table[code] = [0.5 * (number % 20), *FULL[1:]]
    scored(centre, table)
    zhang.says("/ranking")
    assert zhang.card.startswith("2026年第四季度 · 排名预览（第1/2页）（发布前")
    assert zhang.buttons == ["下一页", "刷新", "发布"]
    assert sum(line[0].isdigit() for line in zhang.card.splitlines() if ". " in line) == 40
    zhang.clicks("下一页")
    assert zhang.card.startswith("2026年第四季度 · 排名预览（第2/2页）")
    zhang.clicks("上一页")
    assert zhang.card.startswith("2026年第四季度 · 排名预览（第1/2页）")
    zhang.presses("rk.show:2026Q4:0:x")
    assert zhang.card.startswith("2026年第四季度 · 排名预览（第1/2页）")


@pytest.mark.parametrize("roles", [("liaison",), ("head",), ("evaluator",), ("auditor",), ()])
def test_nobody_else_may_look(centre, zhang, roles):
    scored(centre)
    user = centre.person("李敏", *roles, department="SCJG")
    for text in ("/ranking", "排名"):
        user.says(text)
    user.presses("rk.show:2026Q4")
    assert NO_RIGHT in user.hears
    assert user.hears == []
    zhang.presses("rk.show:1999Q1")
    assert zhang.hears == [NO_RIGHT]


# ---------------------------------------------------------------- secrecy


def test_no_total_and_no_place_reaches_anybody_else_before_the_release(centre, zhang):
    """Everybody looks everywhere; the canary, 公安's 98.7 + 4 = 102.7, stands nowhere else and is
    seen by admin and director alone."""
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
        sections.assign_row(connection, indicator="discipline", section_id=other)
    lies(centre, "GA", "bonus_innovation", "创新")
    chen = centre.person("陈主任", "director")
    others = {
        name: centre.person(name, *roles, department=code)
        for name, roles, code in (
            ("李敏", ("liaison",), "GA"), ("何局", ("head",), "GA"), ("孙警", ("liaison",), "YB"),
            ("沈清", ("auditor",), "GA"), ("任远", ("member",), "GA"),
        )
    }  # fmt: skip
    others["王芳"] = centre.people["王芳"]
    others["顾平"] = centre.person("顾平", "evaluator", section=other)
    for user in others.values():
        user.hears  # noqa: B018
    scored(centre, TABLE | {"GA": [9.7, *FULL[1:9], 9, 4, 0, 0, 0]})
    chen.says("/ranking")
    assert "公安 102.7分（基础分98.7，加分4）" in chen.card
    zhang.says("/publish")
    zhang.clicks("提请审定")
    words = ("菜单", "帮助", "进度", "排名", "发布", "考核结果", "评分", "审核", "我的上报",
             "管理", "审计", "导出", "/result 2026Q4", "2026Q4", "公安")  # fmt: skip
    for user in others.values():
        for text in words:
            user.says(text)
        for verb in ("rk.show:2026Q4", "pb.show:2026Q4", "rs.show:2026Q4", "rs.file:2026Q4:0:GA",
                     "rs.dep:2026Q4:0:GA", "pb.go:2026Q4:2", "pb.back:2026Q4:2:1"):  # fmt: skip
            user.presses(verb)
        for label in list(user.buttons):
            user.clicks(label)
        told = "\n".join(user.hears)
        for secret in ("102.7", "98.7", "第1名", "第2名", "并列", "先进集体"):
            assert secret not in told, (user.name, secret, told)
