"""/review where the same was accepted before: one fact is scored in one row, unless somebody says
why not."""

from __future__ import annotations

import pytest

from storage.models import audit, evidence
from tests.chat import Centre, File, User
from tests.handlers.evidence_desk import CASE, report, rows


@pytest.fixture
def zhang(centre: Centre) -> User:
    return centre.person("张三", "evaluator")


def twice(centre: Centre, zhang: User, *, kind: str = "工作佐证", department: str = "") -> User:
    """A photo accepted once and reported again, for another row or by another department."""
    li = centre.person("李敏", "liaison", department="SCJG")
    report(li, CASE, File("a.jpg", b"1", stored=True))
    zhang.says("/review")
    zhang.clicks("采纳")
    again = centre.person("孙警", "liaison", department=department) if department else li
    report(again, "送服务上门\n另写的说明", File("b.jpg", b"1", stored=True), kind=kind)
    zhang.says("/review")
    zhang.hears  # noqa: B018
    return li


def test_a_second_use_needs_a_reason(centre, zhang):
    twice(centre, zhang)
    zhang.clicks("采纳")
    assert zhang.hears == [
        "市场监管局2号 · 送服务上门\n"
        "与已采纳的市场监管局1号相同；同一事项只在一项中计分。仍要采纳，须说明理由。\n"
        "请点选理由，或直接发来您的理由："
    ]
    assert zhang.buttons == ["事项不同，仅附件相同", "同一工作的另一方面", "返回"]
    zhang.says("😀")
    assert rows(centre, evidence.c.state)[1] == ("submitted",)
    zhang.clicks("事项不同，仅附件相同")
    assert rows(centre, evidence.c.state, evidence.c.reason)[1] == (
        "accepted",
        "事项不同，仅附件相同",
    )
    assert "采纳：事项不同，仅附件相同" in zhang.card
    accepted = [
        row for row in rows(centre, audit.c.action, audit.c.detail) if row[0] == "evidence.accept"
    ]
    assert [detail.get("second_use", False) for _, detail in accepted] == [False, True]


def test_the_reason_can_be_written_and_the_way_back_is_open(centre, zhang):
    twice(centre, zhang)
    zhang.clicks("采纳")
    zhang.clicks("返回")
    assert "注意：文件“b.jpg”与 市场监管局1号（2026年第四季度，已采纳）相同" in zhang.card
    zhang.clicks("采纳")
    zhang.says("同一照片里的两件事")
    assert rows(centre, evidence.c.state, evidence.c.reason)[1] == (
        "accepted",
        "同一照片里的两件事",
    )


def test_the_level_of_a_news_item_goes_with_the_reason(centre, zhang):
    li = centre.person("李敏", "liaison", department="SCJG")
    report(li, CASE, File("a.jpg", b"1", stored=True))
    zhang.says("/review")
    zhang.clicks("采纳")
    li.says("/submit")
    li.clicks("信息录用、新闻宣传")
    li.says("区报报道\n第三版")
    li.sends(File("b.jpg", b"1", stored=True))
    centre.finish_downloads()
    li.clicks("媒体名称")
    li.says("宝山报")
    li.says("今天")
    li.clicks("确认提交")
    zhang.says("/review")
    zhang.clicks("采纳")
    zhang.clicks("区级")
    assert "同一事项只在一项中计分" in zhang.card
    zhang.clicks("同一工作的另一方面")
    assert rows(centre, evidence.c.state, evidence.c.level)[1] == ("accepted", "district")


def test_another_departments_item_is_only_remarked_on(centre, zhang):
    twice(centre, zhang, department="GA")
    assert "注意：文件“b.jpg”与 市场监管局1号（2026年第四季度，已采纳）相同" in zhang.card
    zhang.clicks("采纳")
    assert rows(centre, evidence.c.state)[1] == ("accepted",)
