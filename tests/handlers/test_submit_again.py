"""Messages that are edited, and content that was reported before."""

from __future__ import annotations

from datetime import date

from handlers.messages import Kind
from storage.models import evidence
from tests.chat import File, _announced
from tests.handlers.evidence_desk import (
    CASE,
    arrive,
    begin,
    line,
    lines,
    report,
    rows,
    silence,
    states,
)

# ---------------------------------------------------------------- edited messages


def test_an_edited_message_changes_the_draft(centre, li):
    begin(li, "信息录用、新闻宣传")
    li.says("旧标题\n旧说明", source="m1")
    li.says("补一句", source="m2")
    li.says("昨天", source="m3")
    li.says("宝山汇", source="m4")
    li.edits("m1", "新标题\n新说明")
    assert lines(li)[-1] == "已更新：您修改的消息已同步到草稿。"
    li.edits("m2", "补两句")
    li.edits("m3", "前天")
    li.edits("m4", "上海宝山")
    li.edits("m1", "只剩标题")
    li.edits("unknown", "别的")
    assert rows(
        centre,
        evidence.c.title,
        evidence.c.description,
        evidence.c.event_date,
        evidence.c.outlet,
    ) == [("只剩标题", "补两句", date(2026, 11, 1), "上海宝山")]
    li.edits("m1", "又有标题\n和说明")
    assert rows(centre, evidence.c.title, evidence.c.description) == [
        ("又有标题", "和说明\n补两句")
    ]


def test_an_edit_of_what_was_changed_otherwise_changes_nothing(centre, li):
    begin(li, "信息录用、新闻宣传")
    for source, text in (
        ("m1", "旧标题\n旧说明"),
        ("m2", "补一句"),
        ("m3", "昨天"),
        ("m4", "宝山汇"),
    ):
        li.says(text, source=source)
    for field, text in (("标题", "甲"), ("说明", "乙"), ("媒体名称", "丙")):
        li.clicks("修改")
        li.clicks(field)
        li.says(text, source=f"f{text}")
    for source in ("m1", "m2", "m4"):
        silence(li)
        li.edits(source, "改了")
        assert li.hears == [
            "消息改了，但草稿里原来那段文字已经另行改过，没有再动。需要的话请点“修改”。"
        ]
    li.edits("f甲", "甲乙")
    silence(li)
    li.edits("m3", "")
    li.edits("m3", "改成文字")
    assert [each[:6] for each in li.hears] == ["没有收到文字", "没有看懂“改"]
    assert rows(centre, evidence.c.title, evidence.c.description, evidence.c.outlet) == [
        ("甲乙", "乙", "丙")
    ]


def test_an_edit_may_make_a_description_too_long(centre, li):
    begin(li, "工作佐证")
    li.says("业务培训")
    li.says("培" * 9_000, source="m1")
    li.says("训" * 900, source="")
    silence(li)
    li.edits("m1", "培" * 9_500)
    assert li.hears[0].startswith("说明共10401字，超过10000字")


def test_an_edit_elsewhere_and_after_submission(centre, li):
    begin(li)
    li.says(CASE, source="m1")
    li.says("取消")
    silence(li)
    li.edits("m1", CASE + "很满意")
    assert li.hears == ["已更新：您修改的消息已同步到草稿“上门帮老人办医保”。"]
    li.clicks("继续草稿：上门帮老人办医保")
    li.clicks("今天")
    li.clicks("确认提交")
    silence(li)
    li.edits("m1", "别的")
    assert li.hears == [
        "这条消息的内容已随 市场监管局1号 上报，改消息不会改变已上报的内容。"
        "要修改，请打开这份材料点“修改”。"
    ]
    assert rows(centre, evidence.c.description) == [(CASE.partition("\n")[2] + "很满意",)]


def test_an_edited_picture_takes_the_place_of_the_old(centre, li):
    begin(li)
    li.says(CASE)
    li._send(attachments=tuple(_announced((File("a.jpg", b"1"),))), source="p1")
    centre.finish_downloads()
    li._send(
        kind=Kind.EDITED,
        attachments=tuple(_announced((File("a.jpg", b"1"),))),
        text="窗口照片",
        source="p1",
    )
    li._send(
        kind=Kind.EDITED,
        attachments=tuple(_announced((File("b.jpg", b"2"),))),
        text="窗口照片",
        source="p1",
    )
    silence(li)
    li._send(
        kind=Kind.EDITED,
        attachments=tuple(_announced((File("c.exe", b"3"),))),
        text="窗口照片",
        source="p1",
    )
    assert li.hears[0].startswith("“c.exe”不是可以接收的类型")
    assert line(li, "附件") == "附件（1）：b.jpg（保存中）"
    assert line(li, "说明：") == "说明：老人行动不便，科长带设备上门，当场办结。"
    assert rows(centre, evidence.c.description) == [(CASE.partition("\n")[2] + "\n窗口照片",)]


def test_a_discarded_draft_hears_no_more_of_edits_and_files(centre, li):
    begin(li)
    li.sends(File("a.jpg"))
    li.says(CASE, source="m1")
    li.clicks("取消")
    li.clicks("删除草稿")
    silence(li)
    li.edits("m1", "别的")
    centre.finish_downloads()
    assert li.hears == []


# ---------------------------------------------------------------- the same again


def test_the_same_text_for_the_same_row_is_named_with_its_receipt(centre, li):
    head = centre.person("钱局", "head", department="SCJG")
    report(li)
    report(head, CASE.replace("，", ", "), day="昨天")
    assert lines(head) == [
        "文字与 市场监管局1号 的材料相同（上门帮老人办医保，11月3日 10:00上报，待审核）。",
        "同一件事在同一考核项只计一次。仍要提交吗？",
    ]
    assert head.buttons == ["仍要提交", "不提交，保留草稿", "查看市场监管局1号", "返回"]
    head.clicks("返回")
    head.clicks("确认提交")
    head.clicks("仍要提交")
    assert rows(centre, evidence.c.number) == [(1,), (2,)]


def test_the_same_file_for_the_same_row_is_named(centre, li):
    report(li, "甲案例\n说明甲", File("a.jpg", b"one", stored=True))
    begin(li)
    li.says("乙案例")
    li.sends(File("b.jpg", b"one", stored=True))
    li.clicks("昨天")
    li.clicks("确认提交")
    assert lines(li)[0].startswith("“b.jpg”与 市场监管局1号 的材料相同（甲案例，")
    li.clicks("不提交，保留草稿")
    li.clicks("继续草稿：乙案例")
    li.clicks("换一行")
    li.clicks("政务服务有突出表现的")
    li.clicks("确认提交")
    assert rows(centre, evidence.c.state, evidence.c.number) == [
        ("submitted", 1),
        ("submitted", 2),
    ]


def test_other_departments_may_tell_the_same_story(centre, li):
    other = centre.person("孙警", "liaison", department="GA")
    report(li)
    report(other)
    assert lines(other)[0] == "已收到，回执号 公安1号"


def test_sent_again_after_a_lost_answer_gets_the_first_receipt(centre, li):
    report(li, CASE, File("a.jpg", b"one", stored=True))
    report(li, CASE, File("a.jpg", b"one", stored=True))
    assert lines(li)[0] == (
        "这份材料您已在11月3日 10:00上报，回执号 市场监管局1号（待审核），不必再报。"
    )
    li.clicks("查看市场监管局1号")
    assert lines(li)[0] == "市场监管局1号 · 待审核"


def test_a_duplicate_found_when_the_last_file_arrives_asks_again(centre, li):
    begin(li)
    li.says("甲案例")
    li.sends(File("a.jpg", b"1"))
    [first] = centre.pending
    arrive(centre, first, b"the same")
    li.clicks("今天")
    li.clicks("确认提交")
    begin(li)
    li.says("乙案例")
    li.clicks("今天")
    li.sends(File("b.jpg", b"2"))
    [second] = centre.pending
    li.clicks("确认提交")
    arrive(centre, second, b"the same")
    assert lines(li)[0].startswith("“b.jpg”与 市场监管局1号 的材料相同")
    assert rows(centre, evidence.c.state, evidence.c.confirming) == [
        ("submitted", False),
        ("draft", False),
    ]
    li.clicks("仍要提交")
    assert states(centre) == [("submitted",), ("submitted",)]
