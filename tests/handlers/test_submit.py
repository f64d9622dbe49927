"""/submit as conversations: what a liaison types and presses, and what comes back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.models import attachment, evidence, evidence_version
from tests.chat import Centre, File


@pytest.fixture(params=[False, True], ids=["", "restarted"])
def centre(request, database_url):
    return Centre(database_url, restart=request.param)


def rows(centre, *columns, table=evidence):
    with centre.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(table.c.id))]


def test_from_the_first_word_to_the_receipt(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/submit")
    assert li.buttons == [
        "帮办案例",
        "信息录用、新闻宣传",
        "创新亮点",
        "工作佐证",
        "其他",
    ]
    li.clicks("帮办案例")
    li.says("上门帮老人办医保\n老人行动不便，科长带设备上门，当场办结。")
    li.sends(File("现场.jpg"), File("回执.pdf", b"%PDF-1.4 two"))
    li.clicks("今天")
    li.hears  # noqa: B018 - what came before is other tests' business
    li.clicks("确认提交")
    assert li.card.splitlines()[-1] == "还有 2 个文件正在保存，全部存好后会自动提交，并给您回执号。"
    assert rows(centre, evidence.c.state, evidence.c.number) == [("draft", None)]
    centre.finish_downloads()
    assert li.card.splitlines() == [
        "已收到，回执号 市场监管局1号",
        "上门帮老人办医保",
        "2026年第四季度 · 线下帮办",
        "状态：待审核",
        "档案号 2026Q4-SCJG-001",
        "",
        "由考核办公室审核，结果会在这里告诉您；审核前可在“我的上报”里修改或撤回。",
        "这个科室暂时没有可以审核贵部门材料的人员，请联系管理员指定。",
        "咨询考核办公室：周老师 021-56001234",
    ]
    assert rows(
        centre, evidence.c.state, evidence.c.number, evidence.c.quarter, evidence.c.indicator
    ) == [("submitted", 1, "2026Q4", "onsite_help")]
    assert rows(centre, attachment.c.state, table=attachment) == [("stored",), ("stored",)]
    [(snapshot,)] = rows(centre, evidence_version.c.snapshot, table=evidence_version)
    assert [file["name"] for file in snapshot["files"]] == ["现场.jpg", "回执.pdf"]
