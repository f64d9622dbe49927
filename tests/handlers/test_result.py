"""/result: the published list for all, every row for one's own department, the sheet again."""

from __future__ import annotations

from datetime import datetime

import pytest

from storage.models import department, role
from tests.chat import ZONE, Centre, User
from tests.support.evidence import lies
from tests.support.scoring import AFTER, FULL, ROWS, score_all

NO_RIGHT = "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"
LIST = """2026年第四季度常驻部门考核结果

先进集体：市场监管局、公安、医保局

1. 市场监管局 101分
2. 公安 99.5分
3. 医保局 98.89分*
* 有评分项不涉及，基础分按适用分值折算。

咨询考核办公室：周老师 021-56001234"""
OWN = """医疗保障局 · 2026年第四季度
总分98.89分（基础分98.89*分，加分0分），第3名。

线上帮办：不涉及（考核办公室）
理由：未开通线上帮办
线下帮办：4.5/5分（考核办公室）
理由：案例偏少 <b>&
佐证：2026Q4-YB-001
咨询服务：4.5/5分（考核办公室）
理由：情况说明
服务评价：10/10分（考核办公室）
窗口业务支撑：10/10分（考核办公室）
办理协同顺畅度：10/10分（考核办公室）
窗口服务规范化：10/10分（考核办公室）
在线办理成熟度：20/20分（考核办公室）
两集中两到位：10/10分（考核办公室）
工作纪律：10/10分（考核办公室）
“一网通办”有创新亮点的：0/6分（考核办公室）
政务服务有突出表现的：0/6分（考核办公室）
信息录用、新闻宣传：0/4分（考核办公室）
其他表现突出的加分项：0/4分（考核办公室）

咨询考核办公室：周老师 021-56001234"""


@pytest.fixture(params=[False, True], ids=["", "restarted"])
def centre(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'kaohe.sqlite'}"
    return Centre(url, now=AFTER, restart=request.param)


def released(centre: Centre, quarter: str = "2026Q4") -> User:
    """Three departments, one with a row 不涉及, published by the admin."""
    wang, zhang = centre.person("王芳", "evaluator"), centre.person("张伟", "admin")
    lies(centre, "YB", "onsite_help", "帮办案例", quarter=quarter)
    table: dict[str, list[float | None]] = {code: [*FULL] for code in ("SCJG", "GA", "YB")}
    table["SCJG"][[row.id for row in ROWS].index("bonus_other")] = 1
    table["GA"][0] = 9.5
    table["YB"][:3] = [None, 4.5, 4.5]
    reasons = {
        ("YB", "online_help"): "未开通线上帮办",
        ("YB", "onsite_help"): "案例偏少 <b>&",
    }
    score_all(centre, wang, table, reasons=reasons, quarter=quarter)
    zhang.says("/publish")
    zhang.clicks("同意发布")
    zhang.says(quarter)
    return zhang


def test_nothing_is_published_yet(centre):
    zhao = centre.person("小赵")
    zhao.says("考核结果")
    zhao.says("/result 2026Q4")
    assert zhao.hears == [
        "还没有发布过考核结果。",
        "2026年第四季度的结果还没有发布。发送“考核结果”可看最近一次的结果。",
    ]
    zhao.says("/result 上个季度")
    assert zhao.hears == [
        "没有看懂“上个季度”。季度请写成 2026Q4 或 2026年第四季度。",
    ]


def test_everyone_sees_the_list(centre):
    released(centre)
    for name in ("member", "evaluator", "director", "auditor"):
        user = centre.person(name, name)
        user.says("/result")
        assert user.hears == [LIST]
        files = ["名次图片", *(["下载汇总表"] if name in ("evaluator", "director") else [])]
        assert user.buttons == files
        for label in files:
            user.clicks(label)
        assert [message.file["document"] for message in user.chat if message.file] == [
            "ranking_picture", "summary_workbook",
        ][: len(files)]  # fmt: skip
        user.presses("rs.sum:2026Q4")
        assert (user.hears[-1] == NO_RIGHT) == (len(files) == 1)


@pytest.mark.parametrize("action", ["rs.sum:2026Q4", "rs.dep:2026Q4:0:YB", "rs.file:2026Q4:0:YB"])
def test_whoever_never_gets_them_is_refused_before_there_is_a_result_too(centre, action):
    ren = centre.person("任远")
    ren.presses(action)
    assert ren.hears == [NO_RIGHT]


@pytest.mark.parametrize("name", ["liaison", "head"])
def test_liaison_and_head_see_every_row_of_their_own(centre, name):
    released(centre)
    user = centre.person("李敏", name, department="YB")
    user.says("/result")
    assert user.hears == [LIST, OWN]
    assert user.buttons == ["下载评分表"]
    user.clicks("下载评分表")
    assert user.hears == [
        "医疗保障局2026年第四季度考核量化评分表\n总分98.89分（基础分98.89*分，加分0分），第3名。"
    ]
    assert [(m.file["name"], m.file["arguments"]) for m in user.chat if m.file] == [
        ("医保局2026年第四季度考核量化评分表.docx", {"publication": 1, "department": "YB"})
    ]


def test_a_liaison_of_two_departments_chooses(centre):
    released(centre)
    user = centre.person("李敏", "liaison", department="YB")
    with centre.database.begin() as connection:
        connection.execute(
            role.insert(),
            {
                "person_id": user.person_id,
                "role": "liaison",
                "department_id": centre.departments["SCJG"],
                "created_at": AFTER,
            },
        )
    user.says("/result")
    assert user.hears == [LIST]
    assert user.buttons == ["市场监管局得分", "医保局得分", "名次图片"]
    user.clicks("医保局得分")
    assert user.hears == [OWN]
    assert user.buttons == ["下载评分表", "返回"]
    user.clicks("返回")
    assert user.hears == [LIST]


@pytest.mark.parametrize(
    "action", ["rs.dep:2026Q4:0:YB", "rs.file:2026Q4:0:YB", "rs.dep:2026Q4:0:", "rs.dep:2026Q4"]
)
def test_the_rows_of_others_are_theirs(centre, action):
    released(centre)
    for name in ("liaison", "evaluator", "admin", "member"):
        user = centre.person(name, name, department="SCJG")
        user.presses(action)
        assert user.hears == [NO_RIGHT]


def test_forged_quarters(centre):
    released(centre)
    user = centre.person("李敏", "liaison", department="YB")
    user.presses("rs.show:2025Q1")
    assert user.hears == ["2025年第一季度的结果还没有发布。发送“考核结果”可看最近一次的结果。"]
    user.presses("rs.show:nonsense")
    assert user.toast != ""


def test_earlier_quarters_stay_readable(centre):
    released(centre)
    centre.now = datetime(2027, 4, 20, 10, 0, tzinfo=ZONE)
    wang, zhang = centre.people["王芳"], centre.people["张伟"]
    table = {code: list(FULL) for code in ("SCJG", "GA", "YB")}
    score_all(centre, wang, table, quarter="2027Q1")
    zhang.says("/publish")
    zhang.clicks("同意发布")
    zhang.says("2027Q1")
    user = centre.person("小赵")
    user.says("/result")
    assert user.card.startswith("2027年第一季度常驻部门考核结果")
    assert user.buttons == ["名次图片", "2026年第四季度"]
    user.clicks("2026年第四季度")
    assert user.card == LIST
    assert user.buttons == ["名次图片", "2027年第一季度"]
    user.says("/result 2026年第4季度")
    assert user.hears[-1] == LIST


def test_a_department_without_scores_has_no_sheet(centre):
    with centre.database.begin() as connection:
        connection.execute(
            department.insert(),
            {
                "code": "MZ",
                "name": "民政局",
                "short_name": "民政局",
                "resident_from": datetime(2026, 12, 20, tzinfo=ZONE).date(),
            },
        )
    released(centre)
    with centre.database.read() as connection:
        (centre.departments["MZ"],) = connection.exec_driver_sql(
            "SELECT id FROM department WHERE code = 'MZ'"
        ).one()
    user = centre.person("何局", "head", department="MZ")
    user.says("/result")
    assert user.hears[1] == (
        "民政局 · 2026年第四季度\n不参评：在中心的工作日不足本季度一半。\n\n"
        "咨询考核办公室：周老师 021-56001234"
    )
    assert user.chat[-1].buttons == []
