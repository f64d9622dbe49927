"""/review as conversations: one card at a time, decisions, and the truth for whoever is late."""

from __future__ import annotations

import pytest

from rubric.quarter import QuarterState
from storage import quarters
from storage.models import account, audit, evidence, section, section_row
from storage.models import role as roles
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


@pytest.fixture
def zhang(centre):
    return centre.person("张三", "evaluator")


def other_section(centre, *indicators, substitute=None):
    """A second section that owns these rows."""
    with centre.database.begin() as connection:
        made = connection.execute(
            section.insert().returning(section.c.id),
            {"name": "综窗科", "contact": "吴老师", "phone": "56005678"},
        ).scalar_one()
        for indicator in indicators:
            connection.execute(
                section_row.update()
                .where(section_row.c.indicator == indicator)
                .values(section_id=made)
            )
    return made


def name_substitute(centre, user, section_id=None):
    with centre.database.begin() as connection:
        connection.execute(
            section.update()
            .where(section.c.id == (section_id or centre.section_id))
            .values(substitute_id=user.person_id)
        )


def test_nothing_waits(centre, zhang):
    zhang.says("审核")
    assert lines(zhang) == ["现在没有需要您审核的材料。"]
    assert zhang.buttons == ["刷新", "菜单"]
    zhang.clicks("刷新")
    assert lines(zhang) == ["现在没有需要您审核的材料。"]


def test_the_card_tells_what_there_is_to_judge(centre, li, zhang):
    report(li, CASE, File("现场.jpg", b"1"), File("回执.pdf", b"2"), File("二.png", b"3"))
    zhang.says("/review")
    assert lines(zhang) == [
        "审核 1/1 · 2026年第四季度",
        "市场监管局1号",
        "考核项：线下帮办（5 分）",
        "中心帮办配合度、上报帮办案例数、帮办质量及“办不成事”反映窗口工作配合。视情况得分。",
        "",
        "类别：帮办案例",
        "标题：上门帮老人办医保",
        "日期：2026年11月3日（星期二）",
        "说明：老人行动不便，科长带设备上门，当场办结。",
        "附件：照片 2 张，回执.pdf",
        "提交：11月3日 10:00",
    ]
    assert zhang.buttons == ["查看附件", "采纳", "退回补充", "不采纳", "改列", "跳过"]
    silence(zhang)
    zhang.clicks("查看附件")
    assert [heard.splitlines()[0] for heard in zhang.hears] == [
        "市场监管局1号 附件 1/3",
        "市场监管局1号 附件 2/3",
        "市场监管局1号 附件 3/3",
        "审核 1/1 · 2026年第四季度",
    ]
    zhang.clicks("采纳")
    assert lines(zhang)[:2] == [
        "市场监管局1号 · 上门帮老人办医保",
        "张三于 11月3日 10:00 采纳",
    ]


def test_long_standards_and_descriptions_open_on_demand(centre, li, zhang):
    report(li, "培训\n" + "长" * 900 + " https://a.example/x", kind="工作佐证")
    zhang.says("/review")
    assert line(zhang, "提供统一").endswith("…")
    assert line(zhang, "说明：").endswith("长…（共 920 字，点“参照标准”看全文）")
    assert line(zhang, "链接：") == "链接：https://a.example/x"
    zhang.clicks("参照标准")
    assert line(zhang, "提供统一").endswith("做好窗口业务纠纷处置等工作。视情况得分。")
    assert zhang.chat[-2].text.endswith("长 https://a.example/x")
    assert zhang.chat[-2].text.startswith("市场监管局1号 说明全文：\n长")
    assert zhang.buttons == ["采纳", "退回补充", "不采纳", "改列", "跳过"]


def test_a_long_standard_alone_opens_on_the_card(centre, li, zhang):
    report(li, "培训\n三十人", kind="工作佐证")
    zhang.says("/review")
    said = len(zhang.chat)
    zhang.clicks("参照标准")
    assert line(zhang, "提供统一").endswith("视情况得分。")
    assert len(zhang.chat) == said


def test_the_queue_goes_on_by_itself_and_round_by_skipping(centre, li, zhang):
    for n in (1, 2, 3):
        report(li, f"第{n}件\n说明{n}")
    zhang.says("/review")
    assert lines(zhang)[:2] == ["审核 1/3 · 2026年第四季度", "市场监管局1号"]
    zhang.clicks("跳过")
    assert lines(zhang)[:2] == ["审核 2/3 · 2026年第四季度", "市场监管局2号"]
    zhang.clicks("采纳")
    assert lines(zhang)[3:5] == ["审核 2/2 · 2026年第四季度", "市场监管局3号"]
    zhang.clicks("跳过")
    assert lines(zhang)[:2] == ["审核 1/2 · 2026年第四季度", "市场监管局1号"]
    zhang.clicks("不采纳")
    zhang.clicks("无法核实")
    assert lines(zhang)[1:5] == [
        "张三于 11月3日 10:00 不采纳：无法核实",
        "",
        "审核 1/1 · 2026年第四季度",
        "市场监管局3号",
    ]
    zhang.clicks("跳过")
    assert zhang.toast == "没有别的待审核材料了"
    zhang.clicks("采纳")
    assert lines(zhang)[-1] == "现在没有需要您审核的材料。"
    assert states(centre) == [("rejected",), ("accepted",), ("accepted",)]
    assert len([m for m in zhang.chat if m.panel == "review"]) == 1


def test_the_department_is_told_at_once(centre, li, zhang):
    report(li)
    zhang.says("/review")
    zhang.clicks("不采纳")
    zhang.clicks("返回")
    zhang.clicks("不采纳")
    silence(li)
    zhang.says("与本部门无关\n请核对")
    assert li.hears == [
        "市场监管局1号 不采纳\n"
        "上门帮老人办医保\n"
        "理由：与本部门无关\n"
        "请核对\n"
        "咨询考核办公室：周老师 021-56001234"
    ]
    li.clicks("查看")
    assert li.buttons == ["返回列表"]
    assert rows(centre, evidence.c.state, evidence.c.reason, evidence.c.decided_by) == [
        ("rejected", "与本部门无关\n请核对", zhang.person_id)
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "请用文字写明理由，或点选上面的理由。"),
        ("🎉", "理由里没有文字，没有收下。请用文字说明。"),
        ("长" * 501, "理由共501字，超过500字"),
    ],
)
def test_a_reason_is_words(centre, li, zhang, text, words):
    report(li)
    zhang.says("/review")
    zhang.clicks("退回补充")
    silence(zhang)
    zhang.says(text)
    assert zhang.hears[0].startswith(words)
    assert states(centre) == [("submitted",)]
    zhang.says("照片看不清")
    assert rows(centre, evidence.c.state, evidence.c.reason) == [("returned", "照片看不清")]


def test_news_is_accepted_with_its_level(centre, li, zhang):
    begin(li, "信息录用、新闻宣传")
    li.says("宝山汇报道\nhttps://a.example/1")
    li.says("今天")
    li.says("宝山汇")
    li.clicks("确认提交")
    zhang.says("/review")
    assert line(zhang, "媒体：") == "媒体：宝山汇（级别未定）"
    zhang.clicks("采纳")
    assert lines(zhang) == [
        "市场监管局1号 · 宝山汇报道",
        "媒体：宝山汇",
        "采纳前请确认媒体级别：",
    ]
    zhang.clicks("返回")
    zhang.clicks("采纳")
    zhang.clicks("区级")
    assert rows(centre, evidence.c.state, evidence.c.level) == [("accepted", "district")]


def test_what_is_alike_anywhere_is_shown(centre, li, zhang):
    sun = centre.person("孙警", "liaison", department="GA")
    report(li, CASE, File("a.jpg", b"1", stored=True))
    report(sun, "另一件\n说明", File("b.jpg", b"1", stored=True), kind="工作佐证")
    report(sun, CASE)
    zhang.says("/review")
    assert [each for each in lines(zhang) if each.startswith("注意")] == [
        "注意：文件“a.jpg”与 公安1号（2026年第四季度，待审核）相同",
        "注意：文字与 公安2号（2026年第四季度，待审核）相同",
    ]


# ---------------------------------------------------------------- 改列


def test_moved_within_the_section_it_stays_in_hand(centre, li, zhang):
    report(li)
    zhang.says("/review")
    accept = zhang.button("采纳")
    zhang.clicks("改列")
    assert len(zhang.buttons) == 14
    zhang.clicks("返回")
    zhang.clicks("改列")
    zhang.clicks("政务服务有突出表现的")
    silence(li)
    zhang.clicks("更符合该行")
    assert lines(zhang)[:2] == [
        "市场监管局1号 · 上门帮老人办医保",
        "已改列到“政务服务有突出表现的”，由考核办公室审核。",
    ]
    assert line(zhang, "考核项：") == "考核项：政务服务有突出表现的（6 分）"
    assert lines(zhang)[-1] == "由“线下帮办”改列：更符合该行"
    assert li.hears == [
        "市场监管局1号 已改列到“政务服务有突出表现的”\n"
        "上门帮老人办医保\n"
        "理由：更符合该行\n"
        "现由考核办公室审核，您不用再做什么。\n"
        "咨询考核办公室：周老师 021-56001234"
    ]
    zhang.presses(accept)
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    assert states(centre) == [("submitted",)]
    zhang.clicks("采纳")
    assert states(centre) == [("accepted",)]


def test_moved_to_another_section_its_owner_decides(centre, li, zhang):
    there = other_section(centre, "window_support")
    wu = centre.person("吴四", "evaluator", section=there)
    li2 = centre.person("周五", "evaluator")
    report(li)
    zhang.says("/review")
    li2.says("/review")
    old = li2.button("采纳")
    zhang.clicks("改列")
    zhang.clicks("窗口业务支撑")
    zhang.says("这是业务培训")
    assert lines(zhang)[1] == "已改列到“窗口业务支撑”，由综窗科审核。"
    assert lines(zhang)[-1] == "现在没有需要您审核的材料。"
    li2.presses(old)
    assert li2.toast == "这张卡片已有变化，下面是最新情况。"
    assert lines(li2)[1] == "已改列到“窗口业务支撑”，由综窗科审核。"
    wu.says("/review")
    assert lines(wu)[-1] == "由“线下帮办”改列：这是业务培训"
    wu.clicks("采纳")
    assert states(centre) == [("accepted",)]
    li.says("/mine")
    li.clicks_containing("1.")
    assert "由“线下帮办”改列：这是业务培训" in lines(li)


# ---------------------------------------------------------------- who may


def test_nobody_reviews_the_own_department(centre, li):
    own = centre.person("王五", "evaluator", department="SCJG")
    zhang = centre.person("张三", "evaluator")
    report(li)
    own.says("/review")
    assert lines(own) == [
        "现在没有需要您审核的材料。",
        "市场监管局1号由张三审核（您须回避）。",
    ]
    silence(own)
    own.presses("rev.acc:1:1")
    assert own.hears == ["市场监管局1号您须回避（本部门的材料，或由您代录），由张三审核。"]
    sun = centre.person("孙警", "liaison", department="GA")
    report(sun)
    own.says("/review")
    assert lines(own)[1] == "公安1号"
    assert lines(own)[-1] == "市场监管局1号由张三审核（您须回避）。"
    zhang.says("/review")
    assert lines(zhang)[0] == "审核 1/2 · 2026年第四季度"


def test_a_row_without_an_owner_is_nobodys(centre, li, zhang):
    report(li)
    with centre.database.begin() as connection:
        connection.execute(section_row.delete())
    silence(zhang)
    zhang.presses("rev.acc:1:1")
    assert zhang.hears == ["没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"]


def test_where_nobody_may_the_substitute_does(centre, li):
    own = centre.person("王五", "evaluator", department="SCJG")
    there = other_section(centre, "window_support")
    wu = centre.person("吴四", "evaluator", section=there)
    report(li)
    assert "这个科室暂时没有可以审核贵部门材料的人员，请联系管理员指定。" in lines(li)
    own.says("/review")
    assert lines(own)[-1] == "市场监管局1号由替补人员（请管理员指定）审核（您须回避）。"
    own.presses("rev.skip:1:1")
    assert own.toast == (
        "市场监管局1号您须回避（本部门的材料，或由您代录），由替补人员审核。"
        "请管理员为科室指定替补。"
    )
    name_substitute(centre, wu)
    own.says("/review")
    assert lines(own)[-1] == "市场监管局1号由吴四审核（您须回避）。"
    wu.says("/review")
    assert lines(wu)[1] == "市场监管局1号"
    wu.clicks("采纳")
    assert rows(centre, evidence.c.state, evidence.c.decided_by) == [("accepted", wu.person_id)]


def test_the_substitute_leaves_to_the_section_what_it_may_judge(centre, li, zhang):
    there = other_section(centre, "window_support")
    wu = centre.person("吴四", "evaluator", section=there)
    name_substitute(centre, wu)
    report(li)
    wu.says("/review")
    assert lines(wu) == ["现在没有需要您审核的材料。"]
    silence(wu)
    wu.presses("rev.acc:1:1")
    assert wu.hears == ["没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"]
    assert states(centre) == [("submitted",)]
    zhang.says("/review")
    zhang.clicks("采纳")
    wu.presses("rev.acc:1:1")
    assert wu.toast == "张三已于11月3日 10:00采纳。"


def test_what_one_recorded_another_accepts(centre, zhang, li):
    zhou = centre.person("周五", "evaluator")
    zhang.says("/submit")
    zhang.clicks("市场监管局")
    zhang.clicks("工作佐证")
    zhang.says("现场检查\n服务规范")
    zhang.clicks("今天")
    zhang.clicks("确认提交")
    zhang.says("/review")
    assert lines(zhang) == [
        "现在没有需要您审核的材料。",
        "市场监管局1号由周五审核（您须回避）。",
    ]
    zhou.says("/review")
    assert lines(zhou)[1] == "市场监管局1号 · 张三代录"
    silence(li, zhang)
    zhou.clicks("退回补充")
    zhou.clicks("缺时间")
    for told in (li, zhang):
        assert [heard.splitlines()[0] for heard in told.hears] == ["市场监管局1号 退回补充"]
    zhang.clicks("补充材料")
    zhang.says("昨天下午")
    zhang.clicks("确认提交")
    assert lines(zhang)[0] == "已更新：市场监管局1号"


def test_who_is_alone_accepts_also_what_was_recorded(centre, zhang, li):
    zhang.says("/submit")
    zhang.clicks("市场监管局")
    zhang.clicks("工作佐证")
    zhang.says("现场检查\n服务规范")
    zhang.clicks("今天")
    zhang.clicks("确认提交")
    zhang.says("/review")
    zhang.clicks("采纳")
    assert states(centre) == [("accepted",)]


def test_whoever_may_not_learns_nothing(centre, li):
    report(li)
    there = other_section(centre, "window_support")
    wu = centre.person("吴四", "evaluator", section=there)
    admin = centre.person("管理员", "admin")
    for user in (wu, admin, li):
        for action in (
            "rev.acc:1:1",
            "rev.ret:1:1",
            "rev.why:1:1:r0",
            "rev.to:1:1:presence",
            "rev.files:1:1",
            "rev.show:1:1",
            "rev.std:1:1",
            "rev.acc:99:1",
        ):
            silence(user)
            user.presses(action)
            assert user.hears == [
                "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"
            ], action
    li.says("/review")
    assert states(centre) == [("submitted",)]
    assert rows(centre, audit.c.result)[-1] == ("denied",)


def test_forged_arguments_do_nothing(centre, li, zhang):
    report(li)
    for action in (
        "rev.to:1:1:no_such_row",
        "rev.to:1:1:onsite_help",
        "rev.why:1:1:x0",
        "rev.why:1:1:r9",
        "rev.why:1:1:r",
        "rev.why:1:1:m0nowhere",
        "rev.why:1:1:m0onsite_help",
        "rev.why:1:1",
    ):
        silence(zhang)
        zhang.presses(action)
        assert zhang.hears == [
            "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"
        ], action
    zhang.presses("rev.acc:1:7")
    assert lines(zhang)[0] == "审核 1/1 · 2026年第四季度"
    assert states(centre) == [("submitted",)]
    begin(li)
    li.says("草稿")
    zhang.presses("rev.acc:2:1")
    assert states(centre) == [("submitted",), ("draft",)]


# ---------------------------------------------------------------- the truth for whoever is late


def test_two_evaluators_one_effect(centre, li, zhang):
    zhou = centre.person("周五", "evaluator")
    report(li)
    report(li, "第二件\n说明二")
    zhang.says("/review")
    zhou.says("/review")
    zhang.clicks("采纳")
    silence(li)
    zhou.clicks("采纳")
    assert zhou.toast == "张三已于11月3日 10:00采纳。"
    assert lines(zhou)[:2] == [
        "市场监管局1号 · 上门帮老人办医保",
        "张三于 11月3日 10:00 采纳",
    ]
    assert lines(zhou)[4] == "市场监管局2号"
    assert li.hears == []
    assert states(centre) == [("accepted",), ("submitted",)]


def test_a_double_tap_has_one_effect(centre, li, zhang):
    report(li)
    zhang.says("/review")
    zhang.clicks("退回补充")
    preset = zhang.button("佐证不足")
    zhang.presses(preset)
    silence(li)
    zhang.presses(preset)
    assert zhang.toast == "张三已于11月3日 10:00退回补充。"
    assert li.hears == []
    assert rows(centre, evidence.c.state, evidence.c.returns) == [("returned", 1)]


def test_a_reason_for_what_was_decided_meanwhile(centre, li, zhang):
    zhou = centre.person("周五", "evaluator")
    report(li)
    zhang.says("/review")
    zhang.clicks("退回补充")
    zhou.says("/review")
    zhou.clicks("采纳")
    silence(zhang)
    zhang.says("佐证太少")
    assert [heard.splitlines()[1] for heard in zhang.hears] == ["周五于 11月3日 10:00 采纳"]
    zhang.says("随便说说")
    assert states(centre) == [("accepted",)]


def test_a_reason_for_a_version_that_has_been_replaced(centre, li, zhang):
    report(li)
    zhang.says("/review")
    zhang.clicks("不采纳")
    li.clicks("查看")
    li.clicks("修改")
    li.says("补一句")
    li.clicks("确认提交")
    zhang.says("无关")
    assert lines(zhang)[1] == "市场监管局1号 · 第 2 版"
    assert states(centre) == [("submitted",), ("merged",)]


def test_nothing_is_decided_in_a_proposed_quarter(centre, li, zhang):
    report(li)
    zhang.says("/review")
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", QuarterState.PROPOSED)
    zhang.clicks("采纳")
    assert zhang.toast.startswith("2026年第四季度的结果已提请审定")
    assert states(centre) == [("submitted",)]


def test_a_decision_leaves_another_dialog_alone(centre, li, zhang):
    report(li)
    zhang.says("/review")
    accept = zhang.button("采纳")
    zhang.says("/submit")
    zhang.clicks("公安")
    zhang.clicks("其他")
    zhang.presses(accept)
    zhang.says("公安的好事\n说明")
    assert line(zhang, "标题：") == "标题：公安的好事"
    assert states(centre) == [("accepted",), ("draft",)]


def test_two_quarters_at_once(centre, li, zhang):
    centre.now = centre.now.replace(year=2027, month=1, day=5)
    report(li, "旧季度的事\n说明", day="2026.12.28")
    report(li, "新季度的事\n说明", day="今天")
    report(li, "新季度的事二\n说明二", day="今天")
    zhang.says("/review")
    assert lines(zhang)[0] == "审核 1/1 · 2026年第四季度"
    assert zhang.buttons[-1] == "看2027年第一季度（2）"
    zhang.clicks("看2027年第一季度（2）")
    assert lines(zhang)[0] == "审核 1/2 · 2027年第一季度"
    zhang.clicks("看2026年第四季度（1）")
    zhang.clicks("采纳")
    assert lines(zhang)[3] == "审核 1/2 · 2027年第一季度"
    zhang.presses("rev.q:2026Q4")
    assert lines(zhang)[0] == "审核 1/2 · 2027年第一季度"


# ---------------------------------------------------------------- who hears of it


def test_a_submitter_who_left_is_replaced_by_the_department(centre, li, zhang):
    head = centre.person("钱局", "head", department="SCJG")
    report(li)
    with centre.database.begin() as connection:
        connection.execute(roles.delete().where(roles.c.person_id == li.person_id))
    zhang.says("/review")
    silence(li, head)
    zhang.clicks("采纳")
    assert li.hears == []
    assert [heard.splitlines()[0] for heard in head.hears] == ["市场监管局1号 已采纳"]


def test_when_nobody_can_be_told_the_evaluator_is(centre, li, zhang):
    report(li)
    with centre.database.begin() as connection:
        connection.execute(
            account.update().where(account.c.id == li.account_id).values(unreachable="blocked")
        )
    zhang.says("/review")
    zhang.clicks("采纳")
    assert lines(zhang)[2] == "没能通知到联络员（未绑定账号），请另行告知。"


def test_notices_outside_office_hours_are_silent(centre, li, zhang):
    report(li)
    centre.now = centre.now.replace(hour=20)
    zhang.says("/review")
    zhang.clicks("采纳")
    assert li.chat[-1].silent
