"""/submit as conversations: what a liaison types and presses, and what comes back."""

from __future__ import annotations

from datetime import date

import pytest

from storage.models import attachment, evidence, evidence_version
from tests.chat import Centre, File
from tests.chat import _announced as announced
from tests.handlers.evidence_desk import (
    CASE,
    begin,
    line,
    lines,
    rows,
    silence,
    states,
)


def test_from_the_first_word_to_the_receipt(database_url):
    centre = Centre(database_url)
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/submit")
    assert li.buttons == ["帮办案例", "信息录用、新闻宣传", "创新亮点", "工作佐证", "其他"]
    li.clicks("帮办案例")
    li.says(CASE)
    li.sends(File("现场.jpg"), File("回执.pdf", b"%PDF-1.4 two"))
    li.clicks("今天")
    li.clicks("确认提交")
    assert lines(li)[-1] == "还有 2 个文件正在保存，全部存好后会自动提交，并给您回执号。"
    assert rows(centre, evidence.c.state, evidence.c.number) == [("draft", None)]
    silence(li)
    centre.finish_downloads()
    assert li.hears == [
        "文件已全部存好，上门帮老人办医保已提交。",
        "已收到，回执号 市场监管局1号\n"
        "上门帮老人办医保\n"
        "2026年第四季度 · 线下帮办\n"
        "状态：待审核\n"
        "档案号 2026Q4-SCJG-001\n"
        "\n"
        "由考核办公室审核，结果会在这里告诉您；审核前可在“我的上报”里修改或撤回。\n"
        "这个科室暂时没有可以审核贵部门材料的人员，请联系管理员指定。\n"
        "咨询考核办公室：周老师 021-56001234",
    ]
    assert li.buttons == ["再报一份", "查看"]
    assert rows(
        centre,
        evidence.c.state,
        evidence.c.number,
        evidence.c.quarter,
        evidence.c.indicator,
        evidence.c.late,
        evidence.c.proxy,
        evidence.c.submitted_by,
    ) == [("submitted", 1, "2026Q4", "onsite_help", False, False, li.person_id)]
    assert rows(centre, attachment.c.state) == [("stored",), ("stored",)]
    [(snapshot,)] = rows(centre, evidence_version.c.snapshot)
    assert [file["name"] for file in snapshot["files"]] == ["现场.jpg", "回执.pdf"]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("帮办案例", "线下帮办"),
        ("信息录用、新闻宣传", "信息录用、新闻宣传"),
        ("创新亮点", "“一网通办”有创新亮点的"),
        ("工作佐证", "窗口业务支撑"),
        ("其他", "其他表现突出的加分项"),
    ],
)
def test_each_kind_has_its_first_row_chosen(centre, li, kind, row):
    begin(li, kind)
    assert line(li, "考核项：") == f"考核项：{row}"


def test_other_rows_are_one_or_two_presses_away(centre, li):
    begin(li, "工作佐证")
    li.clicks("换一行")
    assert li.buttons == [
        "窗口业务支撑",
        "办理协同顺畅度",
        "两集中两到位",
        "服务评价",
        "全部评分行",
        "返回",
    ]
    li.clicks("两集中两到位")
    assert line(li, "考核项：") == "考核项：两集中两到位"
    li.clicks("换一行")
    li.clicks("全部评分行")
    assert len(li.buttons) == 15
    li.clicks("工作纪律")
    assert line(li, "考核项：") == "考核项：工作纪律"
    li.clicks("换一行")
    li.clicks("返回")
    assert line(li, "考核项：") == "考核项：工作纪律"


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("text", "title", "description"),
    [
        ("组织窗口业务培训", "组织窗口业务培训", ""),
        ("组织窗口业务培训\n共 30 人参加\n\n效果好", "组织窗口业务培训", "共 30 人参加\n\n效果好"),
        (
            "科长上门帮行动不便的老人办理医保登记。老人腿脚不便，子女不在身边，我们带着设备上门。",
            "科长上门帮行动不便的老人办理医保登记",
            "whole",
        ),
        (
            "科长带着移动设备上门帮行动不便的老人办理医保登记，同时帮隔壁邻居办了养老认证"
            "并且解答了他们关于异地就医的许多问题",
            "科长带着移动设备上门帮行动不便的老人办理医保登记",
            "whole",
        ),
        ("办" * 60, "办" * 39 + "…", "whole"),
        ("🎉🎉\n办成一件事", "办成一件事", "whole"),
        ("<b>粗体</b> & 1 < 2", "<b>粗体</b> & 1 < 2", ""),
        ("مرحبا بالعالم", "مرحبا بالعالم", ""),
        ("看\u202e反\u0000过来\u200b", "看反过来", ""),
    ],
)
def test_the_first_text_names_the_draft(centre, li, text, title, description):
    begin(li, "工作佐证")
    li.says(text)
    whole = text if description == "whole" else description
    assert rows(centre, evidence.c.title, evidence.c.description) == [(title, whole)]
    assert line(li, "标题：") == f"标题：{title}"


def test_later_texts_add_to_the_description_and_dates_set_the_date(centre, li):
    begin(li, "工作佐证")
    for text in ("上周五", "业务培训", "共30人", "地点在二楼", "11月1日"):
        li.says(text)
    assert rows(centre, evidence.c.title, evidence.c.description, evidence.c.event_date) == [
        ("业务培训", "共30人\n地点在二楼", date(2026, 11, 1))
    ]
    assert line(li, "日期：") == "日期：2026年11月1日（星期日），计入2026年第四季度"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "没有收到文字或文件。请发文字、照片或文件。"),
        ("\u200b\u202e ", "没有收到文字或文件。请发文字、照片或文件。"),
        ("🎉👍", "内容里没有文字，没有收下。请用文字说明。"),
        ("2月30日", "“2月30日”不是存在的日期，请核对后再发。"),
        (
            "明天",
            "2026年11月4日（星期三）还没有到，日期不能晚于今天（11月3日（星期二））。请核对后再发。",
        ),
        (
            "长" * 100_000,
            "说明共100000字，超过10000字，这段文字没有收下；之前的内容都在。"
            "请分次发送、删减，或存成 Word 文件发来。",
        ),
    ],
)
def test_what_can_not_be_kept_is_named_and_nothing_else_is_lost(centre, li, text, words):
    begin(li, "工作佐证")
    if not text.startswith("长"):
        li.says("业务培训")
    silence(li)
    li.says(text)
    assert li.hears == [words]
    li.says("业务培训" if text.startswith("长") else "共30人")
    assert rows(centre, evidence.c.title) == [("业务培训",)]


def test_a_description_has_an_end(centre, li):
    begin(li, "工作佐证")
    li.says("业务培训")
    li.says("培" * 9_999)
    silence(li)
    li.says("训训训")
    assert li.hears[0].startswith("说明共10003字，超过10000字")
    assert rows(centre, evidence.c.description) == [("培" * 9_999,)]


def test_a_forward_keeps_where_it_came_from(centre, li):
    begin(li, "工作佐证")
    li.says("群众来信\n感谢窗口", forwarded_from="办事群众")
    li.says("昨天", forwarded_from="办事群众")
    assert rows(centre, evidence.c.title, evidence.c.description, evidence.c.event_date) == [
        (
            "群众来信",
            "（转发自 办事群众）\n群众来信\n感谢窗口\n（转发自 办事群众）\n昨天",
            None,
        )
    ]


def test_forwarded_files_keep_where_they_came_from(centre, li):
    begin(li, "工作佐证")
    li.says("群众来信")
    for n in (1, 2):
        files = tuple(announced((File(f"{n}.jpg", str(n).encode()),)))
        li._send(attachments=files, forwarded_from="办事\u202e群众")
    assert rows(centre, evidence.c.description) == [("（附件转发自 办事群众）",)]


# ---------------------------------------------------------------- news


def test_news_wants_a_medium_and_a_link_or_a_picture(centre, li):
    begin(li, "信息录用、新闻宣传")
    li.says("https://news.example.com/s/abc")
    assert rows(centre, evidence.c.title) == [("",)]
    li.says("宝山汇报道我局便民举措")
    li.clicks("昨天")
    assert lines(li)[-2:] == ["还缺：媒体名称。", "媒体名称点按钮后填写，或直接发来。"]
    assert li.buttons == [
        "媒体名称",
        "中心",
        "区级",
        "市级",
        "其他",
        "换一行",
        "修改",
        "确认提交",
        "取消",
    ]
    li.says("宝山汇")
    li.clicks("区级")
    assert line(li, "媒体：") == "媒体：宝山汇（区级）"
    li.clicks("确认提交")
    assert rows(centre, evidence.c.state, evidence.c.outlet, evidence.c.level) == [
        ("submitted", "宝山汇", "district")
    ]


def test_the_medium_can_be_asked_for(centre, li):
    begin(li, "信息录用、新闻宣传")
    li.says("宝山汇报道")
    li.clicks("媒体名称")
    assert li.card == "请发来媒体名称，如“宝山汇”“上海宝山”。"
    silence(li)
    li.says("名" * 61)
    assert li.hears == [
        "媒体名称共61字，超过60字，这段文字没有收下；之前的内容都在。请删减后再发。"
    ]
    li.says("宝山\n汇")
    assert line(li, "媒体：") == "媒体：宝山 汇"
    li.clicks("今天")
    silence(li)
    li.clicks("确认提交")
    assert li.toast == "还缺链接或截图，补上后再点“确认提交”。"
    li.sends(File("截图.png"))
    centre.finish_downloads()
    li.clicks("确认提交")
    assert states(centre) == [("submitted",)]


# ---------------------------------------------------------------- missing, buttons, fields


def test_what_is_missing_is_named_in_one_sentence(centre, li):
    begin(li)
    li.clicks("确认提交")
    assert li.toast == "还缺标题、发生日期、说明或附件，补上后再点“确认提交”。"
    li.says("上门办医保")
    li.clicks("昨天")
    li.clicks("确认提交")
    assert lines(li)[-1] == "还缺说明或附件，补上后再点“确认提交”。"
    assert states(centre) == [("draft",)]


def test_every_field_can_be_set_anew(centre, li):
    begin(li, "信息录用、新闻宣传")
    li.says("旧标题")
    li.says("旧说明")
    li.sends(File("a.jpg"), File("b.jpg", b"2"))
    for field, text in (
        ("标题", "新标题"),
        ("日期", "昨天"),
        ("说明", "新说明\n第二行"),
        ("媒体名称", "宝山汇"),
    ):
        li.clicks("修改")
        li.clicks(field)
        li.says(text)
    li.clicks("修改")
    li.clicks("级别")
    li.clicks("市级")
    li.clicks("修改")
    li.clicks("删除附件")
    assert li.buttons == ["删除 1. a.jpg", "删除 2. b.jpg", "返回"]
    gone = li.button("删除 1. a.jpg")
    li.clicks("删除 1. a.jpg")
    assert li.buttons == ["删除 1. b.jpg", "返回"]
    li.presses(gone)
    assert li.buttons == ["删除 1. b.jpg", "返回"]
    li.clicks("删除 1. b.jpg")
    assert rows(
        centre,
        evidence.c.title,
        evidence.c.description,
        evidence.c.event_date,
        evidence.c.outlet,
        evidence.c.level,
    ) == [("新标题", "新说明\n第二行", date(2026, 11, 2), "宝山汇", "city")]
    assert line(li, "附件") == ""
    li.clicks("修改")
    li.clicks("类别")
    li.clicks("其他")
    assert line(li, "考核项：") == "考核项：其他表现突出的加分项"
    li.clicks("修改")
    assert li.buttons == ["标题", "日期", "说明", "类别", "返回"]
    li.clicks("类别")
    li.clicks("其他")
    assert line(li, "类别：") == "类别：其他"


def test_a_field_that_is_asked_for_takes_only_what_fits(centre, li):
    begin(li)
    li.says("旧标题")
    for field, text, words in (
        ("标题", "🎉", "标题里没有文字，没有收下。请用文字说明。"),
        ("标题", "", "没有收到文字或文件。请发文字、照片或文件。"),
        ("标题", "长" * 101, "标题共101字，超过100字"),
        ("日期", "某天", "没有看懂“某天”这个日期。"),
        ("日期", "2027.1.1", "2027年1月1日（星期五）还没有到"),
    ):
        li.clicks("修改")
        li.clicks(field)
        silence(li)
        li.says(text)
        assert li.hears[0].startswith(words)
        li.clicks("返回")
    li.clicks("修改")
    li.clicks("标题")
    li.sends(File("a.jpg"))
    li.says("说明")
    assert rows(centre, evidence.c.title, evidence.c.description) == [("旧标题", "说明")]
