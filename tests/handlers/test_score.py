"""/score as conversations: pressed and typed values, reasons, 不涉及, rights, who was first."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from rubric import edition as editions
from rubric.quarter import QuarterState
from storage import scores, sections
from storage.models import audit, department, score
from tests.chat import ZONE, Centre
from tests.handlers.progress_desk import set_state
from tests.support.evidence import lies

EDITION = editions.find("2023-17")
TEN = [
    "10", "9.5", "9", "8.5", "8", "7.5", "7", "6.5", "6", "5.5", "5", "4.5", "4", "3.5", "3",
    "2.5", "2", "1.5", "1", "0.5", "0",
]  # fmt: skip
WAYS = ["不涉及", "跳过", "返回"]
CARD = """市场监督管理局 · 线上帮办（10分） · 2026年第四季度
线上在线人工帮办开通事项数、账号登录签到、一分钟响应，解决率及满意度评价等。视情况得分。
没有已采纳的佐证。
尚未评分。
请直接输入分数，如“9.5”，或点选。"""


def opened(user, row: str, department: str = "市场监管局"):
    """Go to a cell the way people do."""
    user.says("/score")
    user.clicks_containing(row)
    user.clicks_containing(department)
    user.hears  # noqa: B018 - forget what was said on the way
    return user


def cells(centre: Centre, row: str = "online_help") -> dict[str, tuple[int, int | None, str, str]]:
    """Code -> version, hundredths, reason and scorer of the current scores, as committed."""
    codes = {id_: code for code, id_ in centre.departments.items()}
    with centre.database.read() as connection:
        found = scores.of_row(connection, quarter="2026Q4", indicator=row)
    return {
        codes[id_]: (each.version, each.hundredths, each.reason, each.person)
        for id_, each in found.items()
    }


def audits(centre: Centre, action: str) -> list[tuple[str, str]]:
    with centre.database.read() as connection:
        return [
            (row.object, row.result)
            for row in connection.execute(
                select(audit).where(audit.c.action.startswith(action)).order_by(audit.c.id)
            )
        ]


# ---------------------------------------------------------------- the way through a row


def test_rows_then_departments_then_the_card(centre):
    wang = centre.person("王芳", "evaluator")
    wang.says("评分")
    assert wang.hears == [
        "2026年第四季度评分\n还有42个分数未评，评分截止1月19日（星期二）。请选择评分项："
    ]
    assert wang.buttons == [*(f"{row.name} 0/3" for row in EDITION.indicators), "用表格评分"]
    wang.clicks("线上帮办 0/3")
    assert wang.hears == [
        "线上帮办（10分） · 2026年第四季度\n"
        "还有3个部门未评。请选择部门，或直接输入，如“市场监管局 9.5”。"
    ]
    assert wang.buttons == [
        "全部记满分", "市场监管局 未评", "公安 未评", "医保局 未评", "返回",
    ]  # fmt: skip
    wang.clicks("市场监管局 未评")
    assert wang.hears == [CARD]
    assert wang.buttons == TEN + WAYS
    assert [len(row) for row in wang.chat[-1].buttons] == [6, 6, 6, 3, 1, 2]


def test_a_row_is_scored_by_presses_and_typing_one_after_the_other(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.clicks("10")
    assert wang.toast == "市场监管局：10分"
    assert wang.hears[0].startswith("✓ 市场监管局：10分，已记下。\n\n公安分局 · 线上帮办")
    wang.says("８．５分")
    assert wang.hears == [
        "公安分局 · 线上帮办：8.5分 · 2026年第四季度\n未打满分，请选择或输入理由。"
    ]
    assert wang.buttons == [
        "账号登录签到不足", "一分钟响应不及时", "解决率或满意度偏低", "开通事项数偏少", "返回",
    ]  # fmt: skip
    wang.clicks("一分钟响应不及时")
    assert wang.hears[0].startswith("✓ 公安：8.5分，已记下。\n\n医疗保障局 · 线上帮办")
    wang.clicks("9")
    assert wang.buttons[-2:] == ["同上", "返回"]
    wang.clicks("同上")
    assert wang.hears[-1] == (
        "✓ 医保局：9分，已记下。\n\n线上帮办（10分） · 2026年第四季度\n"
        "本项已评完，提交后才计入结果。"
    )
    assert wang.buttons == [
        "提交本行评分", "撤销", "市场监管局 10分", "公安 8.5分", "医保局 9分",
        "下一项：线下帮办", "返回",
    ]  # fmt: skip
    assert cells(centre) == {
        "SCJG": (1, 1000, "", "王芳"),
        "GA": (1, 850, "一分钟响应不及时", "王芳"),
        "YB": (1, 900, "一分钟响应不及时", "王芳"),
    }
    assert [result for _, result in audits(centre, "score.give")] == ["ok", "ok", "ok"]


def test_a_reason_can_be_written(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.says("8.5")
    wang.says("3月12日有两次未签到")
    assert cells(centre) == {"SCJG": (1, 850, "3月12日有两次未签到", "王芳")}


def test_a_number_typed_for_a_reason_is_the_score_again(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.says("8.5")
    wang.says("10")
    assert cells(centre) == {"SCJG": (1, 1000, "", "王芳")}


@pytest.mark.parametrize("typed", ["12", "-1"])
def test_a_number_out_of_range_is_no_reason_either(centre, typed):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.says("8.5")
    wang.hears  # noqa: B018
    wang.says(typed)
    assert wang.hears == [f"线上帮办只能打0至10分，“{typed}”没有记下，请重新输入。"]
    assert cells(centre) == {}


def test_the_largest_grid_has_41_values(centre):
    wang = opened(centre.person("王芳", "evaluator"), "在线办理成熟度")
    values = [label for label in wang.buttons if label not in WAYS]
    assert len(values) == 41
    assert (values[0], values[1], values[-1]) == ("20", "19.5", "0")


def test_what_is_typed_wrong_is_said_and_nothing_is_written(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    for typed, answer in {
        "好": "没有读到分数。线上帮办可打0至10分，请直接输入数字，如“8.5”；不评了请发“取消”。",
        "10.5": "线上帮办只能打0至10分，“10.5”没有记下，请重新输入。",
        "8.3": "线上帮办的最小间隔是0.5分，“8.3”没有记下，可打8分或8.5分。",
        "": "没有读到分数。线上帮办可打0至10分，请直接输入数字，如“8.5”；不评了请发“取消”。",
        "9" * 100_000: (
            "没有读到分数。线上帮办可打0至10分，请直接输入数字，如“8.5”；不评了请发“取消”。"
        ),
    }.items():
        wang.says(typed)
        assert wang.hears == [answer]
    assert cells(centre) == {}
    wang.says("8,5")
    wang.clicks("开通事项数偏少")
    assert cells(centre) == {"SCJG": (1, 850, "开通事项数偏少", "王芳")}


def test_a_reason_has_words_and_a_limit(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.says("8.5")
    wang.hears  # noqa: B018
    wang.says("\u200b")
    wang.says("长" * 501)
    assert wang.hears == [
        "请用文字写明理由，或点选一条；不改了请点“返回”。",
        "理由共501字，最多500字，没有记下，请删减后再发。",
    ]
    wang.says("长" * 500)
    assert cells(centre) == {"SCJG": (1, 850, "长" * 500, "王芳")}


def test_markup_in_a_reason_stays_text(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.says("8.5")
    wang.says("<b>粗</b> & {{ x }}")
    wang.clicks("返回")
    opened(wang, "线上帮办")
    assert "理由：<b>粗</b> & {{ x }}" in wang.card
    assert cells(centre) == {"SCJG": (1, 850, "<b>粗</b> & {{ x }}", "王芳")}


def test_skip_leaves_a_cell_and_goes_round(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办", "公安")
    wang.clicks("跳过")
    assert wang.card.startswith("医疗保障局 · 线上帮办")
    wang.clicks("跳过")
    assert wang.card.startswith("市场监督管理局 · 线上帮办")
    wang.clicks("10")
    wang.clicks("10")
    assert wang.card.startswith("✓ 公安：10分")
    assert "医疗保障局" in wang.card
    wang.clicks("跳过")
    assert wang.card == (
        "线上帮办（10分） · 2026年第四季度\n"
        "还有1个部门未评。请选择部门，或直接输入，如“医保局 9.5”。"
    )
    assert sorted(cells(centre)) == ["GA", "SCJG"]


def test_the_next_row_follows_and_the_last_row_says_so(centre):
    wang = centre.person("王芳", "evaluator")
    for row in EDITION.indicators:
        opened(wang, row.name)
        for _ in range(3):
            wang.clicks("0" if row.bonus else str(row.points))
    assert wang.buttons == [
        "提交本行评分", "撤销", "市场监管局 0分", "公安 0分", "医保局 0分", "下一项：线上帮办",
        "返回",
    ]  # fmt: skip
    wang.clicks("返回")
    assert wang.card == (
        "2026年第四季度评分\n都已评完，还有14项没有提交；提交后才计入结果。请选择评分项："
    )
    assert wang.buttons == [*(f"{row.name} 3/3" for row in EDITION.indicators), "用表格评分"]


def test_the_way_to_the_next_row(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    for _ in range(3):
        wang.clicks("10")
    wang.clicks("下一项：线下帮办")
    assert wang.card == (
        "线下帮办（5分） · 2026年第四季度\n"
        "还有3个部门未评。请选择部门，或直接输入，如“市场监管局 4.5”。"
    )


# ---------------------------------------------------------------- bonus rows and evidence


def test_a_bonus_without_evidence_needs_a_written_reason_and_zero_needs_none(centre):
    wang = opened(centre.person("王芳", "evaluator"), "信息录用")
    assert wang.buttons == ["4", "3.5", "3", "2.5", "2", "1.5", "1", "0.5", "0", "跳过", "返回"]
    wang.clicks("2")
    assert wang.hears == [
        "市场监督管理局 · 信息录用、新闻宣传：2分 · 2026年第四季度\n"
        "没有已采纳的佐证，请输入加分理由。"
    ]
    assert wang.buttons == ["返回"]
    wang.says("中心简报第12期采用")
    wang.clicks("0")
    assert cells(centre, "bonus_news") == {
        "SCJG": (1, 200, "中心简报第12期采用", "王芳"),
        "GA": (1, 0, "", "王芳"),
    }


def test_a_bonus_rests_on_accepted_evidence(centre):
    wang = centre.person("王芳", "evaluator")
    lies(centre, "SCJG", "bonus_news", "区融媒体报道", files=("报道.pdf", "截图.png"))
    lies(centre, "SCJG", "bonus_news", "未审的", state="submitted")
    lies(centre, "GA", "bonus_news", "别的部门")
    opened(wang, "信息录用")
    assert wang.card.splitlines()[2:4] == ["已采纳佐证：", "市场监管局1号 区融媒体报道"]
    assert "未审的" not in wang.card
    assert wang.buttons[-3:] == ["查看附件", "跳过", "返回"]
    wang.clicks("4")
    assert cells(centre, "bonus_news") == {"SCJG": (1, 400, "", "王芳")}


def test_attachments_are_shown_as_files(centre):
    wang = centre.person("王芳", "evaluator")
    lies(centre, "SCJG", "bonus_news", "区融媒体报道", files=("报道.pdf", "截图.png"))
    opened(wang, "信息录用")
    wang.clicks("查看附件")
    assert wang.hears == [
        "市场监管局1号 区融媒体报道：报道.pdf",
        "市场监管局1号 区融媒体报道：截图.png",
        wang.card,
    ]
    assert wang.chat[-1].text == wang.card
    assert [m.file["name"] for m in wang.chat if m.file] == ["报道.pdf", "截图.png"]
    wang.says("4分")
    assert cells(centre, "bonus_news") == {"SCJG": (1, 400, "", "王芳")}


def test_many_attachments_come_in_part_and_much_evidence_is_counted(centre):
    wang = centre.person("王芳", "evaluator")
    for number in range(10):
        lies(centre, "SCJG", "bonus_news", f"第{number}条", files=("a.pdf", "b.pdf", "c.pdf"))
    opened(wang, "信息录用")
    assert "另有 2 件。" in wang.card
    wang.clicks("查看附件")
    assert wang.hears[-2] == "共30个附件，先发了20个。"


def test_attachments_that_are_gone_meanwhile(centre):
    wang = opened(centre.person("王芳", "evaluator"), "信息录用")
    wang.presses(f"sc.view:2026Q4.bonus_news.{centre.departments['SCJG']}")
    assert wang.hears == ["这里没有可查看的附件。", wang.card]


# ---------------------------------------------------------------- 不涉及


def test_not_applicable_has_a_reason(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.clicks("不涉及")
    assert wang.hears == [
        "市场监督管理局 · 线上帮办：不涉及 · 2026年第四季度\n请选择或输入不涉及的理由。"
    ]
    wang.clicks("本季度无此类业务")
    assert wang.hears[0].startswith("✓ 市场监管局：不涉及，已记下。")
    wang.clicks("不涉及")
    wang.says("未开通线上帮办")
    assert cells(centre) == {
        "SCJG": (1, None, "本季度无此类业务", "王芳"),
        "GA": (1, None, "未开通线上帮办", "王芳"),
    }
    opened(wang, "线上帮办")
    assert "当前：不涉及（王芳，" in wang.card


def test_a_bonus_row_is_never_not_applicable(centre):
    wang = opened(centre.person("王芳", "evaluator"), "信息录用")
    wang.presses(f"sc.na:2026Q4.bonus_news.{centre.departments['SCJG']}:0")
    assert wang.hears == ["信息录用、新闻宣传是加分项，没有“不涉及”；没有加分的请记0分。"]
    assert cells(centre, "bonus_news") == {}


# ---------------------------------------------------------------- versions


def test_versions_and_both_names_are_kept(centre):
    wang, zhao = centre.person("王芳", "evaluator"), centre.person("赵强", "evaluator")
    opened(wang, "线上帮办").clicks("9")
    wang.says("两次未签到")
    opened(zhao, "线上帮办")
    assert "当前：9分（王芳，11月3日 10:00），理由：两次未签到" in zhao.card
    zhao.clicks("10")
    opened(zhao, "线上帮办")
    assert "当前：10分（赵强，11月3日 10:00）" in zhao.card
    assert "此前：9分（王芳，11月3日 10:00）" in zhao.card
    with centre.database.read() as connection:
        kept = scores.versions(
            connection,
            quarter="2026Q4",
            indicator="online_help",
            department_id=centre.departments["SCJG"],
        )
        latest = connection.execute(select(score.c.version).where(score.c.latest)).scalars().all()
    assert [(each.version, each.hundredths, each.person) for each in kept] == [
        (1, 900, "王芳"),
        (2, 1000, "赵强"),
    ]
    assert latest == [2]


def test_not_applicable_is_named_as_the_version_before(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.clicks("不涉及")
    wang.says("未开通")
    opened(wang, "线上帮办").clicks("10")
    opened(wang, "线上帮办")
    assert "此前：不涉及（王芳，" in wang.card


def test_the_same_value_again_is_no_new_version(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.clicks("9")
    wang.says("两次未签到")
    opened(wang, "线上帮办").clicks("9")
    assert wang.hears[0].startswith("＝ 市场监管局：9分，与原来相同，未改动。")
    assert cells(centre) == {"SCJG": (1, 900, "两次未签到", "王芳")}


def test_only_the_reason_can_be_changed(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.clicks("9")
    wang.says("两次未签到")
    opened(wang, "线上帮办").clicks("改理由")
    wang.says("两次未签到")
    assert wang.hears[-1].startswith("＝ 市场监管局：9分")
    opened(wang, "线上帮办").clicks("改理由")
    wang.says("三次未签到")
    assert cells(centre) == {"SCJG": (2, 900, "三次未签到", "王芳")}


def test_a_reason_button_of_an_old_card_changes_nothing(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    key = f"2026Q4.online_help.{centre.departments['SCJG']}"
    wang.presses(f"sc.edit:{key}:0")
    assert wang.card.startswith("这一格已有变化，下面是最新情况。")
    wang.clicks("9")
    wang.says("两次未签到")
    wang.presses(f"sc.edit:{key}:0")
    assert wang.card.startswith("这一格已有变化，下面是最新情况。")
    assert cells(centre) == {"SCJG": (1, 900, "两次未签到", "王芳")}


# ---------------------------------------------------------------- taps, old cards, two evaluators


def test_a_double_tap_is_one_score_and_the_same_answer(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    ten = wang.button("10")
    wang.presses(ten)
    once = wang.hears
    wang.presses(ten)
    assert wang.hears == once
    assert wang.toast == "市场监管局：10分"
    assert cells(centre) == {"SCJG": (1, 1000, "", "王芳")}


def test_a_double_tap_on_a_reason(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.clicks("9")
    why = wang.button("开通事项数偏少")
    wang.presses(why)
    wang.presses(why)
    assert cells(centre) == {"SCJG": (1, 900, "开通事项数偏少", "王芳")}
    assert wang.card.startswith("✓ 市场监管局：9分，已记下。\n\n公安分局")


def test_an_old_card_shows_the_true_state_and_typing_goes_on_from_there(centre):
    wang, zhao = centre.person("王芳", "evaluator"), centre.person("赵强", "evaluator")
    opened(wang, "线上帮办")
    opened(zhao, "线上帮办")
    opened(wang, "线上帮办").clicks("10")
    zhao.clicks("9.5")
    assert zhao.toast == "这张卡片已有变化，下面是最新情况。"
    assert "这一格已有变化，下面是最新情况。" in zhao.card
    assert "当前：10分（王芳" in zhao.card
    assert cells(centre) == {"SCJG": (1, 1000, "", "王芳")}
    zhao.says("9.5")
    zhao.says("核对后更正")
    assert cells(centre) == {"SCJG": (2, 950, "核对后更正", "赵强")}


def test_a_typed_score_for_a_cell_that_moved_on(centre):
    wang, zhao = centre.person("王芳", "evaluator"), centre.person("赵强", "evaluator")
    opened(zhao, "线上帮办")
    opened(wang, "线上帮办").clicks("10")
    zhao.says("8")
    assert "这一格已有变化，下面是最新情况。" in zhao.card
    assert cells(centre) == {"SCJG": (1, 1000, "", "王芳")}
    zhao.says("8")
    zhao.says("核对后更正")
    assert cells(centre) == {"SCJG": (2, 800, "核对后更正", "赵强")}


def test_a_reason_for_a_cell_that_moved_on(centre):
    wang, zhao = centre.person("王芳", "evaluator"), centre.person("赵强", "evaluator")
    opened(zhao, "线上帮办").clicks("8")
    opened(wang, "线上帮办").clicks("10")
    zhao.says("核对后更正")
    assert "当前：10分（王芳" in zhao.card
    assert cells(centre) == {"SCJG": (1, 1000, "", "王芳")}


def test_a_press_on_a_published_quarter_says_so(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    set_state(centre, QuarterState.PUBLISHED)
    wang.clicks("10")
    wang.says("9")
    assert wang.hears == ["2026年第四季度已发布，分数不能再改。如有疑问，请联系管理员。"] * 2
    assert wang.buttons == ["菜单"]
    wang.says("考核结果")
    assert wang.hears == ["还没有发布过考核结果。"]
    assert cells(centre) == {}


def test_a_proposed_quarter_takes_no_scores_and_says_so_on_the_list(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    set_state(centre, QuarterState.PROPOSED)
    wang.clicks("10")
    assert wang.hears == ["2026年第四季度待审定，分数不能再改。确需修改的，请主任退回修改。"]
    wang.says("/score")
    assert wang.hears == ["2026年第四季度评分\n本季度待审定，分数不能再改。"]
    assert cells(centre) == {}


def test_a_quarter_that_has_not_begun(centre):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    key = f"2026Q4.online_help.{centre.departments['SCJG']}"
    centre.now = datetime(2026, 9, 29, 10, 0, tzinfo=ZONE)
    wang.presses(f"sc.set:{key}:0:1000")
    assert wang.hears == ["2026年第四季度未开始，分数不能再改。请等本季度开始后再评。"]


# ---------------------------------------------------------------- which quarter


def test_the_oldest_unpublished_quarter_comes_first_with_a_way_to_the_other(centre):
    wang = centre.person("王芳", "evaluator")
    wang.says("/score")
    lies(centre, "SCJG", "bonus_news", "下季度", quarter="2027Q1")
    centre.now = datetime(2027, 1, 5, 10, 0, tzinfo=ZONE)
    wang.says("/score")
    assert wang.card.startswith("2026年第四季度评分")
    wang.clicks("切换到2027年第一季度")
    assert wang.card.startswith("2027年第一季度评分")
    wang.clicks("切换到2026年第四季度")
    assert wang.card.startswith("2026年第四季度评分")


def test_after_the_publication_the_next_quarter_follows(centre):
    wang = centre.person("王芳", "evaluator")
    wang.says("/score")
    set_state(centre, QuarterState.PUBLISHED)
    centre.now = datetime(2027, 1, 25, 10, 0, tzinfo=ZONE)
    wang.says("/score")
    assert wang.card.startswith("2027年第一季度评分")


# ---------------------------------------------------------------- who may


def test_nobody_scores_their_own_department(centre):
    wang = centre.person("王芳", "evaluator", department="GA")
    opened(wang, "线上帮办")
    wang.clicks("10")
    assert wang.card.startswith("✓ 市场监管局：10分，已记下。\n\n医疗保障局")
    wang.clicks("10")
    assert wang.hears[-1].endswith(
        "您的部分已评完。公安由其他考核员评分，评完后才能提交。\n"
        "公安是您所在的部门，由其他考核员评分。"
    )
    assert wang.buttons == [
        "撤销", "市场监管局 10分", "医保局 10分", "下一项：线下帮办", "返回",
    ]  # fmt: skip
    wang.presses(f"sc.set:2026Q4.online_help.{centre.departments['GA']}:0:1000")
    assert wang.hears == ["公安是您所在的部门，由其他考核员评分。"]
    assert sorted(cells(centre)) == ["SCJG", "YB"]


def test_another_evaluator_of_the_section_scores_it(centre):
    centre.person("王芳", "evaluator", department="GA")
    zhao = opened(centre.person("赵强", "evaluator"), "线上帮办", "公安")
    zhao.clicks("10")
    assert cells(centre) == {"GA": (1, 1000, "", "赵强")}


def test_else_the_sections_substitute(centre):
    wang = centre.person("王芳", "evaluator", department="GA")
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
    sun = centre.person("孙丽", "evaluator", section=other)
    sun.says("/score")
    assert sun.hears == ["2026年第四季度没有由您评分的部门。如有疑问，请联系管理员。"]
    with centre.database.begin() as connection:
        sections.set_substitute(connection, centre.section_id, person_id=sun.person_id)
    opened(sun, "线上帮办", "公安")
    sun.clicks("10")
    assert sun.buttons == ["撤销", "公安 10分", "下一项：线下帮办", "返回"]
    sun.presses(f"sc.set:2026Q4.online_help.{centre.departments['YB']}:0:1000")
    assert sun.hears[-1].startswith("没有找到这项内容，或您没有相应权限。")
    assert cells(centre) == {"GA": (1, 1000, "", "孙丽")}
    assert wang.hears == []


def test_rows_of_another_section_are_not_ones_own(centre):
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
        sections.assign_row(connection, indicator="discipline", section_id=other)
    sun = centre.person("孙丽", "evaluator", section=other)
    wang = centre.person("王芳", "evaluator")
    sun.says("/score")
    assert sun.buttons == ["工作纪律 0/3", "用表格评分"]
    wang.says("/score")
    assert "工作纪律 0/3" not in wang.buttons
    id_ = centre.departments["SCJG"]
    for action in (
        "sc.row:2026Q4.online_help",
        f"sc.dep:2026Q4.online_help.{id_}",
        f"sc.next:2026Q4.online_help.{id_}",
        f"sc.view:2026Q4.online_help.{id_}",
        f"sc.set:2026Q4.online_help.{id_}:0:1000",
        f"sc.na:2026Q4.online_help.{id_}:0",
        f"sc.edit:2026Q4.online_help.{id_}:0",
        f"sc.why:2026Q4.online_help.{id_}:0:900-0",
    ):
        sun.hears  # noqa: B018
        sun.presses(action)
        assert sun.hears == ["没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"], (
            action
        )
    assert cells(centre) == {}


@pytest.mark.parametrize(
    "action",
    [
        "sc.rows:1999Q1",
        "sc.rows:",
        "sc.row:2026Q4.no_row",
        "sc.dep:2026Q4.online_help.9999",
        "sc.dep:2026Q4.online_help.x",
        "sc.dep:2026Q4.no_row.1",
        "sc.dep:2099Q9.online_help.1",
        "sc.dep:",
    ],
)
def test_forged_buttons_find_nothing(centre, action):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    wang.presses(action)
    assert wang.hears == ["没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"]


@pytest.mark.parametrize("argument", ["", "x", "1050", "25", "-50", "850p", "９００"])
def test_a_forged_value_is_as_an_old_card(centre, argument):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    key = f"2026Q4.online_help.{centre.departments['SCJG']}"
    wang.presses(f"sc.set:{key}:0:{argument}")
    assert wang.card.startswith("这一格已有变化，下面是最新情况。")
    assert cells(centre) == {}


@pytest.mark.parametrize(
    "argument", ["", "900", "900-", "900-9", "900-x", "x-0", "1050-0", "900-s"]
)
def test_a_forged_reason_is_as_an_old_card(centre, argument):
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    key = f"2026Q4.online_help.{centre.departments['SCJG']}"
    wang.presses(f"sc.why:{key}:0:{argument}")
    assert wang.card.startswith("这一格已有变化，下面是最新情况。")
    assert cells(centre) == {}


def test_other_roles_have_no_such_command(centre):
    for name, *roles in (
        ("李敏", "liaison"),
        ("张伟", "admin"),
        ("陈主任", "director"),
        ("小赵",),
    ):
        user = centre.person(name, *roles, department="SCJG")
        user.says("/score")
        assert user.hears == ["没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"]


def test_departments_that_do_not_take_part_are_not_scored(centre):
    wang = centre.person("王芳", "evaluator")
    with centre.database.begin() as connection:
        connection.execute(
            department.update()
            .where(department.c.code == "GA")
            .values(resident_from=datetime(2026, 12, 20, tzinfo=ZONE).date())
        )
    wang.says("/score")
    wang.clicks("线上帮办 0/2")
    assert wang.buttons == ["全部记满分", "市场监管局 未评", "医保局 未评", "返回"]
    wang.presses(f"sc.set:2026Q4.online_help.{centre.departments['GA']}:0:1000")
    assert wang.hears[-1].startswith("没有找到这项内容，或您没有相应权限。")


# ---------------------------------------------------------------- channels without buttons


def test_on_a_channel_of_numbers_a_number_is_a_score_and_letters_choose(tmp_path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    wang = centre.person("王芳", "evaluator", numbered=True)
    wang.says("/score")
    wang.says("1")
    wang.says("2")
    assert wang.hears[-1] == CARD
    wang.says("1")
    wang.says("2")
    assert cells(centre) == {"SCJG": (1, 100, "一分钟响应不及时", "王芳")}
    wang.says("9.5")
    wang.says("1")
    assert cells(centre)["GA"] == (1, 950, "账号登录签到不足", "王芳")
    ways = [label for label in wang.buttons if not label[0].isdigit()]
    wang.says("abcdefgh"[ways.index("返回")])
    assert cells(centre).keys() == {"SCJG", "GA"}
    assert "全部记满分" in wang.buttons


def test_a_panel_is_edited_while_nothing_is_typed(tmp_path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    wang = opened(centre.person("王芳", "evaluator"), "线上帮办")
    for _ in range(3):
        wang.clicks("10")
    assert len(wang.chat) == 1


def test_looking_at_lists_leaves_another_dialogs_question_alone(tmp_path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    wang = centre.person("王芳", "evaluator", "admin")
    opened(wang, "线上帮办")
    wang.says("/publish")
    wang.clicks("刷新")
    wang.says("10")
    assert cells(centre) == {"SCJG": (1, 1000, "", "王芳")}
