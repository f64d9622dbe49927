"""/publish → 公布范围: what is asked once, what everybody then gets; proof copies; corrections."""

from __future__ import annotations

import pytest

from rubric import report as reports
from storage import publications
from storage.models import publication, setting
from tests.chat import Centre, User
from tests.handlers.test_publish import CLEAR, TIED
from tests.support.scoring import AFTER, score_all

ALL_PLACES = (
    "先进集体：市场监管局、公安、医保局\n\n"
    "1. 市场监管局 104分\n2. 公安 101.5分\n3. 医保局 100分\n4. 人社局 98分"
)
AWARDS = "先进集体：公安、市场监管局、医保局"  # by code: no order that says anything


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


def scored(centre: Centre, table=CLEAR) -> None:
    score_all(centre, centre.people["王芳"], table, extent="")


def released(centre: Centre, zhang: User, *labels: str) -> None:
    zhang.says("/publish")
    for label in labels:
        zhang.clicks("公布范围")
        zhang.clicks(label)
    if labels[-1] in ("各部门和科室", "全体人员"):
        zhang.clicks("返回")
    zhang.clicks("同意发布")
    zhang.says("2026Q4")


def places(user: User) -> list[str]:
    """What the user was told of places and awards, without heads and contacts."""
    told = [text for text in user.hears if text.startswith("2026年第四季度常驻部门考核结果\n")]
    return [text.split("\n", 1)[1].strip().split("\n咨询")[0].strip() for text in told]


# ---------------------------------------------------------------- asked once


def test_nothing_is_proposed_before_it_is_said_how_much_is_public(centre, zhang):
    centre.person("陈主任", "director")
    scored(centre)
    zhang.says("/publish")
    assert zhang.card.splitlines()[-4:] == [
        "公布范围：未定",
        "参评部门 4 个；将通知 3 人，另发部门评分表 0 份、汇总表 3 份。",
        "",
        "请先选定公布范围。",
    ]
    assert zhang.buttons == ["公布范围", "退回修改"]
    zhang.presses("pb.ask:2026Q4:1:x")
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    zhang.presses("pb.test:2026Q4")
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    zhang.clicks("公布范围")
    assert zhang.card == (
        "2026年第四季度 · 公布范围\n现在：未定\n"
        "请选择公布多少、给谁看（以后的季度沿用，可随时再改）："
    )
    assert zhang.buttons == [
        "全部名次", "仅先进集体", "前3名", "前5名", "前10名", "前20名", "返回",
    ]  # fmt: skip
    zhang.clicks("前5名")
    assert "公布范围：前5名，面向全体人员" in zhang.card
    assert zhang.buttons == ["提请审定", "公布范围", "发样稿", "退回修改"]
    zhang.clicks("公布范围")
    assert zhang.buttons == [
        "全部名次", "仅先进集体", "前3名", "✓ 前5名", "前10名", "前20名", "✓ 全体人员",
        "各部门和科室", "返回",
    ]  # fmt: skip
    zhang.clicks("各部门和科室")
    assert zhang.card.splitlines()[1] == "现在：前5名，面向各部门和科室，其他人员只看先进集体"
    zhang.clicks("仅先进集体")
    zhang.clicks("公布范围")
    assert zhang.card.splitlines()[1] == "现在：仅先进集体，面向全体人员"
    assert "各部门和科室" not in zhang.buttons
    with centre.database.read() as connection:
        kept = {row.key: row.value for row in connection.execute(setting.select())}
    assert kept == {
        "publication.extent": "awards",
        "publication.first": 5,
        "publication.audience": "departments",
    }


@pytest.mark.parametrize("argument", ["", "first", "first7", "xfirst3", "ask", "everything"])
def test_forged_extents_change_nothing(centre, zhang, argument):
    scored(centre)
    zhang.says("/publish")
    zhang.presses(f"pb.extset:2026Q4:1:{argument}")
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    with centre.database.read() as connection:
        assert connection.execute(setting.select()).all() == []


def test_after_the_proposal_it_stands(centre, zhang):
    centre.person("陈主任", "director")
    scored(centre)
    zhang.says("/publish")
    zhang.clicks("公布范围")
    zhang.clicks("全部名次")
    ask = zhang.button("公布范围")
    zhang.clicks("提请审定")
    for press in (ask, "pb.ext:2026Q4:2", "pb.extset:2026Q4:2:awards", "pb.test:2026Q4"):
        zhang.presses(press)
        assert zhang.card.endswith("等主任审定。")


# ---------------------------------------------------------------- what everybody gets


def test_all_places_to_everyone(centre, zhang):
    he, ren = centre.person("何局", "head", department="RS"), centre.person("任远")
    scored(centre)
    released(centre, zhang, "全部名次")
    for user in (he, ren, centre.people["王芳"]):
        heard = list(user.heard)
        assert places(user) == [ALL_PLACES.split("\n\n")[0], ALL_PLACES]
        user.heard = heard
    assert "总分98分（基础分98分，加分0分），第4名。" in he.hears[-1]
    assert centre.people["王芳"].hears[-1].startswith("2026年第四季度常驻部门考核结果汇总表：")


def test_the_first_three(centre, zhang):
    he, ren = centre.person("何局", "head", department="RS"), centre.person("任远")
    scored(centre)
    released(centre, zhang, "前3名")
    public = (
        "先进集体：市场监管局、公安、医保局\n\n"
        "1. 市场监管局 104分\n2. 公安 101.5分\n3. 医保局 100分\n公布前3名。"
    )
    assert places(ren) == [public.split("\n\n")[0], public]
    assert "总分98分（基础分98分，加分0分）。" in he.hears[-1]
    assert not any("汇总表" in text for text in centre.people["王芳"].hears)
    he.says("/result")
    assert "人社局" not in he.hears[0]
    assert "总分98分（基础分98分，加分0分）。" in he.card
    he.presses("rs.sum:2026Q4")
    assert he.hears[-1].startswith("没有找到这项内容")


def test_a_tie_beyond_what_is_public_is_not_told(centre, zhang):
    """Ranks 2, 2, 2 behind the first: of the first one's part nothing of them is told."""
    ren = centre.person("任远")
    scored(centre, TIED)
    zhang.says("/publish")
    zhang.clicks("公安")
    zhang.clicks("医保局")
    zhang.says("办件量最多")
    with centre.database.begin() as connection:
        for key, value in (("publication.extent", "first"), ("publication.first", 1)):
            connection.execute(setting.insert(), {"key": key, "value": value, "at": centre.now})
    zhang.says("/publish")
    zhang.clicks("同意发布")
    zhang.says("2026Q4")
    assert places(ren)[1] == (
        "先进集体：公安、市场监管局、医保局\n\n1. 市场监管局 104分\n公布前1名。"
    )


def test_the_awards_alone(centre, zhang):
    he, ren = centre.person("何局", "head", department="GA"), centre.person("任远")
    scored(centre)
    released(centre, zhang, "仅先进集体")
    assert places(ren) == [AWARDS, AWARDS]
    assert "总分101.5分（基础分99.5分，加分2分）。" in he.hears[-1]
    assert [message.file["arguments"]["extent"] for message in ren.chat if message.file] == [
        "awards"
    ]


def test_in_full_to_departments_and_sections_only(centre, zhang):
    li, ren = centre.person("李敏", "liaison", department="GA"), centre.person("任远")
    shen = centre.person("沈清", "auditor")
    scored(centre)
    released(centre, zhang, "全部名次", "各部门和科室")
    for user in (li, centre.people["王芳"]):
        assert places(user)[1] == ALL_PLACES
    for user in (ren, shen):
        assert places(user) == [AWARDS, AWARDS]
        user.says("/result")
        assert places(user) == [AWARDS]
        user.clicks("名次图片")
        assert user.chat[-1].file is not None
        assert user.chat[-1].file["arguments"]["extent"] == "awards"


def test_groups_get_what_is_public_to_everyone_without_buttons(centre, zhang):
    group = centre.group("中心工作群")
    group.joins(title="中心工作群", by=zhang.name)
    zhang.clicks("查看")
    zhang.clicks("登记")
    scored(centre)
    released(centre, zhang, "全部名次", "各部门和科室")
    assert places(group) == [AWARDS, AWARDS]
    assert [message.buttons for message in group.chat] == [[], []]


# ---------------------------------------------------------------- proof copies


def test_a_proof_copy_goes_to_the_admin_alone(centre, zhang):
    li = centre.person("李敏", "liaison", department="SCJG")
    scored(centre, TIED)
    centre.person("陈主任", "director")
    zhang.says("/publish")
    zhang.clicks("公布范围")
    zhang.clicks("全部名次")
    zhang.hears  # noqa: B018
    zhang.clicks("发样稿")
    heard = zhang.hears
    assert heard[0] == (
        "2026年第四季度 · 样稿，只发给您。正式发布时，各人收到的就是下面这些；"
        "评分表以第一个部门为例。\n先进集体还没有按并列情况选定，样稿中的名单是暂列。"
    )
    assert [text.splitlines()[0] for text in heard[1:]] == [
        "2026年第四季度常驻部门考核结果",
        "2026年第四季度常驻部门考核结果",
        "市场监督管理局2026年第四季度考核量化评分表",
        "2026年第四季度常驻部门考核结果汇总表：各部门各项得分、理由和佐证编号。",
    ]
    files = [message.file for message in zhang.chat if message.file]
    assert [file["document"] for file in files] == [
        "ranking_picture", "annex_sheet", "summary_workbook",
    ]  # fmt: skip
    digest = files[0]["arguments"]["draft"]
    with centre.database.read() as connection:
        text = publications.draft_text(connection, digest)
        assert connection.execute(publication.select()).all() == []
    assert text is not None
    assert reports.digest(reports.from_json(text)) == digest
    assert li.hears == []


# ---------------------------------------------------------------- corrections


def test_a_correction_is_a_new_revision_and_the_old_one_stands_until_then(centre, zhang):
    li = centre.person("李敏", "liaison", department="GA")
    wang = centre.people["王芳"]
    scored(centre)
    released(centre, zhang, "全部名次")
    li.hears  # noqa: B018
    zhang.says("/result")
    zhang.clicks("更正")
    assert "线上帮办" in zhang.buttons
    assert "下一步" not in zhang.buttons
    zhang.presses("pb.fixwhy:2026Q4:2:0")
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    zhang.says("/result")
    zhang.clicks("更正")
    zhang.clicks("线上帮办")
    zhang.clicks("下一步")
    zhang.says("登记有误")
    assert zhang.hears[-1] == (
        "2026年第四季度开始更正：线上帮办已退回，考核员已收到通知。\n"
        "已发布的结果在更正发布之前仍然有效。"
    )
    li.says("/result")
    assert places(li) == [ALL_PLACES]
    wang.clicks("评分")
    wang.says("公安 10 核对后更正")
    wang.clicks("提交本行评分")
    wang.clicks("提交本行评分")
    zhang.says("/publish")
    assert zhang.card.startswith("2026年第四季度 · 结果预览（更正）")
    zhang.clicks("同意发布")
    zhang.says("2026Q4")
    assert li.hears[1].splitlines()[:5] == [
        "2026年第四季度常驻部门考核结果（更正）",
        "",
        "先进集体：市场监管局、公安、医保局",
        "",
        "1. 市场监管局 104分",
    ]
    with centre.database.read() as connection:
        rows = connection.execute(publication.select().order_by(publication.c.id)).all()
    assert [row.revision for row in rows] == [1, 2]
    first, second = (reports.from_json(row.report) for row in rows)
    assert [each.department("GA").rows[0].hundredths for each in (first, second)] == [950, 1000]
    assert [reports.digest(first), reports.digest(second)] == [row.digest for row in rows]
    li.says("/result")
    assert li.hears[0].startswith("2026年第四季度常驻部门考核结果（更正）")


def test_a_correction_that_was_begun_twice_is_begun_once(centre, zhang):
    qian = centre.person("钱进", "admin")
    scored(centre)
    released(centre, zhang, "全部名次")
    for user in (zhang, qian):
        user.says("/result")
        user.clicks("更正")
        user.clicks("线上帮办")
        user.clicks("下一步")
    zhang.says("登记有误")
    qian.says("登记有误")
    assert qian.card.startswith("2026年第四季度 · 还不能提请审定")
    qian.presses("pb.fix:2026Q4:2")
    assert qian.toast == "这张卡片已有变化，下面是最新情况。"
