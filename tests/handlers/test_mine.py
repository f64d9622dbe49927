"""/mine: the list, the card of each state, and what can be done about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rubric.quarter import QuarterState
from storage import quarters
from storage.models import attachment, evidence, evidence_version, role, section_row
from tests.chat import File
from tests.handlers.evidence_desk import (
    CASE,
    begin,
    line,
    lines,
    report,
    rows,
    silence,
    states,
)
from tests.support.evidence import lies


@pytest.fixture
def zhang(centre):
    return centre.person("张三", "evaluator")


def returned(li, zhang, reason="佐证不足"):
    """One item that came back; the liaison has just been told."""
    report(li)
    zhang.says("/review")
    zhang.clicks("退回补充")
    zhang.clicks(reason)


def test_nothing_reported_yet(centre, li):
    li.says("我的上报")
    assert lines(li) == [
        "我的上报",
        "还没有上报过材料。直接把文字、照片、文件发来就可以开始。",
    ]
    assert li.buttons == ["再报一份"]
    li.clicks("再报一份")
    assert li.buttons[0] == "帮办案例"


def test_the_list_turns_and_filters_in_one_message(centre, li):
    for n in range(7):
        report(li, f"第{n}件\n说明{n}")
    begin(li, "其他")
    li.says("一份草稿")
    li.says("/mine")
    assert lines(li) == [
        "我的上报 · 第 1/2 页",
        "草稿 1，待审核 7",
        "1. 草稿 · 一份草稿",
        *(f"{n}. 市场监管局{9 - n}号 · 待审核 · 第{8 - n}件" for n in range(2, 7)),
    ]
    assert li.buttons == [
        "1. 一份草稿",
        *(f"{n}. 第{8 - n}件" for n in range(2, 7)),
        "下一页",
        "草稿 1",
        "待审核 7",
        "再报一份",
    ]
    said = len(li.chat)
    li.clicks("下一页")
    assert li.buttons[:3] == ["7. 第1件", "8. 第0件", "上一页"]
    li.clicks("待审核 7")
    li.clicks("下一页")
    assert lines(li)[0] == "我的上报 · 待审核 · 第 2/2 页"
    assert li.buttons == ["7. 第0件", "上一页", "草稿 1", "全部", "再报一份"]
    li.clicks("7. 第0件")
    assert lines(li)[0] == "市场监管局1号 · 待审核"
    li.clicks("返回列表")
    li.clicks("草稿 1")
    assert li.buttons == ["1. 一份草稿", "待审核 7", "全部", "再报一份"]
    li.clicks("全部")
    assert len(li.chat) == said
    li.presses("mine.list:99:0:nonsense.nowhere")
    assert lines(li)[0] == "我的上报 · 第 2/2 页"


def test_receipts_of_other_quarters_name_theirs(centre, li):
    lies(centre, "SCJG", "enquiries", "上季度的一件", quarter="2026Q3")
    lies(centre, "SCJG", "enquiries", "这季度的一件")
    li.says("/mine")
    assert li.hears[-1].splitlines()[1:] == [
        "已采纳 2",
        "1. 市场监管局2号 · 已采纳 · 这季度的一件",
        "2. 市场监管局1号（2026年第三季度） · 已采纳 · 上季度的一件",
    ]


def test_the_card_tells_everything_and_sends_the_files(centre, li):
    report(
        li,
        "宝山汇报道\nhttps://news.example.com/s/1",
        File("截图.png", b"1"),
        File("稿件.docx", b"2"),
        kind="信息录用、新闻宣传",
        day="昨天",
    )
    li.clicks("修改")
    li.clicks("媒体名称")
    li.says("宝山汇")
    li.clicks("区级")
    li.clicks("确认提交")
    li.clicks("查看")
    assert lines(li) == [
        "市场监管局1号 · 待审核",
        "",
        "类别：信息录用、新闻宣传",
        "考核项：信息录用、新闻宣传",
        "标题：宝山汇报道",
        "日期：2026年11月2日（星期一），计入2026年第四季度",
        "媒体：宝山汇（区级）",
        "说明：https://news.example.com/s/1",
        "附件：2 个（截图.png、稿件.docx）",
        "上报：11月3日 10:00",
        "",
        "咨询考核办公室：周老师 021-56001234",
    ]
    assert li.buttons == ["修改", "撤回", "查看附件", "返回列表"]
    silence(li)
    li.clicks("查看附件")
    assert [heard.splitlines()[0] for heard in li.hears] == [
        "市场监管局1号 附件 1/2",
        "市场监管局1号 附件 2/2",
        "市场监管局1号 · 待审核",
    ]
    assert [m.file["name"] for m in li.chat if m.file] == ["截图.png", "稿件.docx"]
    li.clicks("返回列表")
    assert lines(li)[0] == "我的上报"


def test_a_draft_is_continued_or_thrown_away(centre, li):
    begin(li)
    li.says(CASE)
    li.says("/mine")
    li.clicks("1. 上门帮老人办医保")
    assert lines(li)[0] == "草稿 · 草稿"
    assert li.buttons == ["继续", "删除草稿", "返回列表"]
    show = li.button("返回列表")
    drop = li.button("删除草稿")
    li.clicks("继续")
    li.says("今天")
    assert line(li, "日期：") == "日期：2026年11月3日（星期二），计入2026年第四季度"
    li.presses(drop)
    assert li.card == "草稿“上门帮老人办医保”已删除。"
    li.presses(show)
    assert lines(li)[-1] == "还没有上报过材料。直接把文字、照片、文件发来就可以开始。"
    item = rows(centre, evidence.c.id)[0][0]
    li.presses(f"mine.show:{item}")
    li.clicks("恢复草稿")
    assert line(li, "标题：") == "标题：上门帮老人办医保"


def test_a_submitted_item_is_changed_by_a_working_copy(centre, li, zhang):
    report(li, CASE, File("a.jpg", b"1"))
    li.clicks("查看")
    li.clicks("修改")
    assert lines(li)[:2] == [
        "修改 · 市场监管局1号",
        "点“确认提交”后才会替换已上报的内容。",
    ]
    li.says("老人很满意")
    li.sends(File("b.jpg", b"2"))
    centre.finish_downloads()
    zhang.says("/review")
    assert line(zhang, "说明：") == "说明：老人行动不便，科长带设备上门，当场办结。"
    accept = zhang.button("采纳")
    li.says("/mine")
    assert li.buttons == ["1. 上门帮老人办医保", "再报一份"]
    li.clicks("1. 上门帮老人办医保")
    assert "有一份没提交的修改，提交后才生效。" in lines(li)
    li.clicks("继续修改")
    li.clicks("确认提交")
    assert lines(li)[0] == "已更新：市场监管局1号"
    assert rows(centre, evidence.c.state, evidence.c.revision, evidence.c.number) == [
        ("submitted", 2, 1),
        ("merged", 1, None),
    ]
    assert rows(
        centre, attachment.c.evidence_id, attachment.c.name, attachment.c.removed_at.is_(None)
    ) == [(1, "a.jpg", False), (1, "a.jpg", True), (1, "b.jpg", True)]
    assert rows(centre, evidence_version.c.what, evidence_version.c.revision) == [
        ("submitted", 1),
        ("changed", 2),
    ]
    silence(zhang)
    zhang.presses(accept)
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    assert line(zhang, "说明：").endswith("当场办结。")
    assert "老人很满意" in zhang.card
    assert lines(zhang)[1] == "市场监管局1号 · 第 2 版"


def test_an_edit_of_a_working_copy_after_it_was_merged_names_the_item(centre, li):
    report(li)
    li.clicks("查看")
    li.clicks("修改")
    li.says("补一句", source="m1")
    confirm = li.button("确认提交")
    li.clicks("确认提交")
    silence(li)
    li.edits("m1", "补两句")
    assert li.hears[0].startswith("这条消息的内容已随 市场监管局1号 上报")
    li.presses(confirm)
    assert li.toast == "已提交：市场监管局1号"


def test_withdrawn_and_reported_again(centre, li, zhang):
    report(li, CASE, File("a.jpg", b"1"))
    li.clicks("查看")
    withdraw = li.button("撤回")
    li.clicks("撤回")
    assert li.card == (
        "确定撤回 市场监管局1号（上门帮老人办医保）？撤回后不再审核；内容还在，可以重新上报。"
    )
    li.clicks("返回")
    li.clicks("撤回")
    zhang.says("/review")
    accept = zhang.button("采纳")
    li.clicks("确定撤回")
    assert lines(li)[0] == "市场监管局1号 · 已撤回"
    li.presses(withdraw)
    assert li.toast == "这张卡片已有变化，下面是最新情况。"
    zhang.presses(accept)
    assert zhang.toast == "市场监管局1号已由部门撤回。"
    again = li.button("重新上报")
    li.clicks("重新上报")
    assert lines(li)[0] == "上报草稿 · 市场监管局"
    assert line(li, "附件") == "附件（1）：a.jpg"
    li.presses(again)
    assert states(centre) == [("withdrawn",), ("draft",)]
    li.clicks("确认提交")
    assert rows(centre, evidence.c.state, evidence.c.number) == [
        ("withdrawn", 1),
        ("submitted", 2),
    ]


def test_withdrawing_frees_the_working_copy(centre, li):
    report(li)
    li.clicks("查看")
    withdraw = li.button("撤回")
    li.clicks("修改")
    li.says("补一句")
    li.presses(withdraw)
    li.clicks("确定撤回")
    li.says("/mine")
    assert [text[3:] for text in lines(li)[2:]] == [
        "草稿 · 上门帮老人办医保",
        "市场监管局1号 · 已撤回 · 上门帮老人办医保",
    ]


def test_nothing_is_withdrawn_from_a_proposed_quarter(centre, li):
    report(li)
    li.clicks("查看")
    li.clicks("撤回")
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", QuarterState.PROPOSED)
    li.clicks("确定撤回")
    assert li.toast.startswith("2026年第四季度的结果已提请审定")
    li.presses("sub.fix:1:1")
    li.clicks("确认提交")
    assert li.toast.startswith("2026年第四季度的结果已提请审定")
    assert states(centre) == [("submitted",), ("draft",)]


def test_returned_completed_and_returned_again(centre, li, zhang):
    returned(li, zhang)
    assert lines(li) == [
        "市场监管局1号 退回补充",
        "上门帮老人办医保",
        "理由：佐证不足",
        "请在11月6日（星期五） 24:00 前补充，点下面的按钮即可；逾期按不采纳处理。",
        "咨询考核办公室：周老师 021-56001234",
    ]
    first = li.button("补充材料")
    li.clicks("补充材料")
    assert lines(li)[:3] == [
        "补充材料 · 市场监管局1号",
        "退回理由：佐证不足",
        "请在11月6日（星期五） 24:00 前提交。",
    ]
    li.sends(File("a.jpg"))
    li.clicks("确认提交")
    centre.finish_downloads()
    assert lines(li)[0] == "已更新：市场监管局1号"
    li.presses(first)
    assert li.toast == "这张卡片已有变化，下面是最新情况。"
    assert lines(li)[0] == "市场监管局1号 · 待审核"
    zhang.says("/review")
    assert "退回过：佐证不足" in zhang.card
    zhang.clicks("退回补充")
    zhang.says("照片看不清\n请重拍")
    assert line(li, "理由：") == "理由：照片看不清"
    li.clicks("查看")
    assert li.buttons == ["补充材料", "撤回", "查看附件", "返回列表"]
    li.clicks("补充材料")
    li.clicks("确认提交")
    zhang.says("/review")
    assert zhang.buttons == ["查看附件", "采纳", "不采纳", "改列", "跳过"]
    assert lines(zhang)[-1] == "已退回 2 次，不能再退回。"
    zhang.presses("rev.ret:1:3")
    assert zhang.toast == "市场监管局1号已退回2次，不能再退回，请采纳或不采纳。"
    zhang.presses("rev.why:1:3:r0")
    assert states(centre) == [("submitted",), ("merged",), ("merged",)]


def test_not_completed_in_time(centre, li, zhang):
    returned(li, zhang)
    li.clicks("补充材料")
    centre.now += timedelta(days=3, hours=13, minutes=59)
    li.says("刚好赶上")
    centre.now += timedelta(minutes=2)
    silence(li)
    li.clicks("确认提交")
    assert li.toast == "市场监管局1号的补充期限（11月6日（星期五） 24:00）已过，不能再提交。"
    li.says("/mine")
    assert "1. 市场监管局1号 · 不采纳 · 上门帮老人办医保" in li.chat[-2].text
    assert li.hears[-1] == (
        "市场监管局1号 不采纳（逾期未补充）\n"
        "上门帮老人办医保\n"
        "补充期限已过。如有疑问，请联系考核办公室。\n"
        "咨询考核办公室：周老师 021-56001234"
    )
    li.clicks("查看")
    assert lines(li)[:2] == ["市场监管局1号 · 不采纳", "不采纳理由：逾期未补充"]
    assert rows(centre, evidence.c.state, evidence.c.reason) == [
        ("rejected", "逾期未补充"),
        ("draft", ""),
    ]


def test_what_is_amended_may_be_decided_meanwhile(centre, li, zhang):
    report(li)
    li.clicks("查看")
    li.clicks("修改")
    li.says("补一句")
    zhang.says("/review")
    zhang.clicks("采纳")
    confirm = f"sub.ok:{rows(centre, evidence.c.id)[1][0]}:1"
    li.presses(confirm)
    assert li.toast == "市场监管局1号已由张三于11月3日 10:00办结（已采纳），不能再改。"
    with centre.database.begin() as connection:
        connection.execute(evidence.update().where(evidence.c.id == 1).values(state="withdrawn"))
    li.presses(confirm)
    assert li.toast == "市场监管局1号已撤回，不能再改。"
    li.presses("sub.drop:2:1")
    li.presses("sub.undo:2:1")
    assert states(centre) == [("withdrawn",), ("draft",)]


def test_a_changed_date_stays_in_the_receipts_quarter(centre, li, zhang):
    returned(li, zhang, "不在本季度")
    li.clicks("补充材料")
    li.says("9月30日")
    li.clicks("确认提交")
    assert li.toast == (
        "市场监管局1号的回执号属于2026年第四季度，新日期在2026年第三季度。请改回日期；"
        "确属2026年第三季度的，请到“我的上报”撤回 市场监管局1号，再重新上报。"
    )
    li.says("10月8日")
    li.clicks("确认提交")
    assert lines(li)[0] == "已更新：市场监管局1号"


def test_the_notice_of_a_return_after_the_item_went_on(centre, li, zhang):
    returned(li, zhang)
    fix = li.button("补充材料")
    li.clicks("补充材料")
    li.clicks("取消")
    li.clicks("删除草稿")
    li.presses("sub.undo:2:1")
    li.presses("sub.drop:2:1")
    li.presses(fix)
    copies = rows(centre, evidence.c.id, evidence.c.state)
    assert copies == [(1, "returned"), (2, "discarded"), (3, "draft")]
    li.presses("sub.undo:2:1")
    assert lines(li)[0] == "补充材料 · 市场监管局1号"
    assert rows(centre, evidence.c.id, evidence.c.state) == copies


def test_a_carried_item_keeps_its_quarter_when_it_is_changed(centre, li):
    centre.now = centre.now.replace(year=2027, month=1, day=11)
    begin(li)
    li.says(CASE)
    li.says("2026.12.28")
    li.clicks("报入2027年第一季度")
    li.clicks("确认提交")
    li.clicks("查看")
    li.clicks("修改")
    li.says("2026.12.29")
    li.clicks("确认提交")
    assert lines(li)[:3] == [
        "已更新：市场监管局1号",
        "上门帮老人办医保",
        "2027年第一季度 · 线下帮办 · 跨季",
    ]


def test_others_see_nothing(centre, li):
    report(li)
    other = centre.person("孙警", "liaison", department="GA")
    evaluator = centre.person("张三", "evaluator")
    for user in (other, evaluator):
        for verb in ("show", "files", "wd", "wdok"):
            silence(user)
            user.presses(f"mine.{verb}:1:1")
            assert user.hears == [
                "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"
            ]
    evaluator.says("/mine")
    assert evaluator.hears == ["没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"]
    assert states(centre) == [("submitted",)]


def test_the_card_of_a_copy_is_that_of_its_item(centre, li):
    report(li)
    li.clicks("查看")
    li.clicks("修改")
    li.presses("mine.show:2")
    assert lines(li)[0] == "市场监管局1号 · 待审核"
    li.clicks("继续修改")
    li.clicks("取消")
    assert li.buttons == ["继续修改：上门帮老人办医保", "删除草稿", "再报一份"]


def test_what_was_decided_answers_an_old_draft_button(centre, li, zhang):
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    confirm = li.button("确认提交")
    li.clicks("确认提交")
    zhang.says("/review")
    zhang.clicks("采纳")
    li.presses(confirm)
    assert li.toast == "市场监管局1号 已采纳"
    assert lines(li)[0] == "市场监管局1号 · 已采纳"


def test_a_row_without_an_owner_is_said(centre, li):
    with centre.database.begin() as connection:
        connection.execute(section_row.delete())
    report(li)
    assert lines(li)[-1] == "这个考核项还没有责任科室，请联系管理员。"


def test_a_right_lost_over_an_old_card(centre, li):
    report(li)
    li.clicks("查看")
    withdraw = li.button("撤回")
    with centre.database.begin() as connection:
        connection.execute(role.delete())
    silence(li)
    li.presses(withdraw)
    assert li.hears == ["没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"]
