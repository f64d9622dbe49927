"""/score: rows handed in and opened again, what stands beside a score, further seats."""

from __future__ import annotations

import pytest

from rubric import edition as editions
from rubric.quarter import QuarterState
from storage import quarters, scores, seats, sections
from storage.models import setting
from tests.chat import Centre, User
from tests.handlers.test_score import audits, cells, opened
from tests.handlers.test_score_rows import at_row
from tests.support.evidence import lies
from tests.support.scoring import AFTER, FULL, score_all

EDITION = editions.find("2023-17")
HANDED = "本项已提交。要修改，请联系管理员退回。"


@pytest.fixture
def wang(centre: Centre) -> User:
    return centre.person("王芳", "evaluator")


def handed_cells(
    centre: Centre, row: str = "online_help", seat: int = 1
) -> dict[int, scores.Given]:
    with centre.database.read() as connection:
        return scores.of_row(connection, quarter="2026Q4", indicator=row, seat=seat)


# ---------------------------------------------------------------- handing in


def test_a_row_is_compared_and_handed_in(centre, wang):
    at_row(wang, "线上帮办").says("公安 8.5 三次未签到")
    wang.says("/score")
    wang.clicks_containing("线上帮办")
    wang.clicks("全部记满分")
    wang.clicks("提交本行评分")
    assert wang.hears[-1] == (
        "线上帮办（10分） · 2026年第四季度 · 共3个部门\n"
        "10分 市场监管局、医保局（2个）\n"
        "8.5分 公安：三次未签到\n"
        "请核对。提交后计入结果，要修改须由管理员退回。"
    )
    wang.clicks("提交本行评分")
    assert wang.toast == "已提交：线上帮办"
    assert wang.hears[-1] == (
        f"✓ “线上帮办”已提交。\n\n线上帮办（10分） · 2026年第四季度\n{HANDED}"
    )
    assert wang.buttons == [
        "市场监管局 10分", "公安 8.5分", "医保局 10分", "下一项：线下帮办", "返回",
    ]  # fmt: skip
    wang.clicks("公安 8.5分")
    assert wang.card.endswith("本项已提交，分数不能再改；要修改，请联系管理员退回本项。")
    assert wang.buttons == ["跳过", "返回"]
    wang.presses(f"sc.set:2026Q4.online_help.{centre.departments['GA']}:1:900")
    assert wang.hears[-1] == (
        "“线上帮办”已提交，公安的分数没有改动。要修改，请联系管理员退回本项。"
    )
    wang.says("评分")
    assert wang.card.startswith("2026年第四季度评分")
    wang.presses(f"sc.edit:2026Q4.online_help.{centre.departments['GA']}:1")
    assert wang.toast == "这张卡片已有变化，下面是最新情况。"
    wang.says("/score")
    assert wang.buttons[0] == "线上帮办 已提交"
    assert audits(centre, "score.hand_in") == [("2026Q4.online_help", "ok")]


def test_a_row_that_changed_since_the_list_is_shown_anew(centre, wang):
    at_row(wang, "线上帮办").clicks("全部记满分")
    wang.clicks("提交本行评分")
    seen = wang.button("提交本行评分")
    opened(centre.person("赵强", "evaluator"), "线上帮办", "公安").says("9 两次未签到")
    centre.people["赵强"].says("公安 9 两次未签到")
    wang.presses(seen)
    assert wang.toast == "这张卡片已有变化，下面是最新情况。"
    assert not any(given.handed for given in handed_cells(centre).values())


def test_what_is_missing_is_named_to_a_forged_press(centre, wang):
    opened(wang, "线上帮办").clicks("10")
    wang.presses("sc.hand:2026Q4.online_help")
    assert wang.hears[-1] == "“线上帮办”还不能提交：公安、医保局还没有评分。"
    wang.presses("sc.ok:2026Q4.online_help:0:abc")
    assert wang.toast == "这张卡片已有变化，下面是最新情况。"


def test_handing_in_twice_is_handing_in_once(centre, wang):
    at_row(wang, "线上帮办").clicks("全部记满分")
    compare = wang.button("提交本行评分")
    wang.presses(compare)
    ok = wang.button("提交本行评分")
    wang.presses(ok)
    for again in (ok, compare):
        wang.presses(again)
        assert wang.toast == "这张卡片已有变化，下面是最新情况。"
    assert wang.card.endswith(HANDED)
    assert audits(centre, "score.hand_in") == [("2026Q4.online_help", "ok")]


def test_evidence_that_waits_is_looked_at_first(centre, wang):
    at_row(wang, "线上帮办").clicks("全部记满分")
    lies(
        centre, "GA", "online_help", "没审的", state="submitted", submitted_by=wang.person_id,
        submitted_at=centre.now,
    )  # fmt: skip
    lies(centre, "GA", "onsite_help", "别的项的", state="submitted", submitted_by=wang.person_id)
    wang.clicks("提交本行评分")
    assert wang.hears[-1] == "“线上帮办”还不能提交：公安1号待审核，请先发送“审核”处理。"


def test_the_own_departments_score_is_not_shown_to_who_hands_in(centre):
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
    sun = centre.person("孙丽", "evaluator", section=other)
    wang = centre.person("王芳", "evaluator", department="GA")
    with centre.database.begin() as connection:
        sections.set_substitute(connection, centre.section_id, person_id=sun.person_id)
    at_row(wang, "线上帮办").clicks("全部记满分")
    assert "提交本行评分" not in wang.buttons
    wang.presses("sc.hand:2026Q4.online_help")
    assert wang.hears[-1] == ("“线上帮办”还不能提交：公安还没有评分，由其他考核员评。")
    opened(sun, "线上帮办", "公安").says("7 多次未响应")
    sun.says("公安 7 多次未响应")
    assert sun.card.endswith("您的部分已评完，由责任科室提交。")
    assert wang.hears[-1] == (
        "孙丽已评完2026年第四季度“线上帮办”中由代审人评分的部门，本项可以提交了。"
    )
    assert "提交本行评分" not in sun.buttons
    sun.presses("sc.hand:2026Q4.online_help")
    assert sun.hears[-1].startswith("没有找到这项内容，或您没有相应权限。")
    at_row(wang, "线上帮办")
    assert "7" not in wang.card
    wang.clicks("提交本行评分")
    assert wang.card.splitlines()[1:3] == [
        "10分 市场监管局、医保局（2个）",
        "公安：您所在的部门，由其他考核员评分",
    ]
    wang.clicks("提交本行评分")
    assert all(given.handed for given in handed_cells(centre).values())


def test_where_a_section_has_nobody_its_substitute_hands_in(centre):
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
    sun = centre.person("孙丽", "evaluator", section=other)
    with centre.database.begin() as connection:
        sections.set_substitute(connection, centre.section_id, person_id=sun.person_id)
    at_row(sun, "线上帮办").clicks("全部记满分")
    sun.clicks("提交本行评分")
    sun.clicks("提交本行评分")
    assert all(given.handed for given in handed_cells(centre).values())


def test_the_last_row_is_told_to_the_admin(centre, wang):
    zhang = centre.person("张伟", "admin")
    for row in EDITION.indicators:
        at_row(wang, row.name).clicks("其余记0分" if row.bonus else "全部记满分")
        assert zhang.hears == []
        wang.clicks("提交本行评分")
        wang.clicks("提交本行评分")
    assert zhang.hears == [  # the quarter is still 收集中
        "2026年第四季度所有评分项都已提交，可以查看排名预览。"
        "还不能提请审定，缺什么请点“发布”查看；齐了会再通知您。"
    ]
    assert zhang.buttons == ["排名", "发布"]
    wang.says("/score")
    assert wang.card == "2026年第四季度评分\n您负责的14项都已提交。要修改，请联系管理员退回。"


# ---------------------------------------------------------------- opened again


def handed_in(centre: Centre, wang: User, row: str = "线下帮办") -> None:
    at_row(wang, row).clicks("全部记满分")
    wang.clicks("提交本行评分")
    wang.clicks("提交本行评分")
    wang.hears  # noqa: B018


def report(user: User, title: str, row: str = "线下帮办") -> None:
    user.says("/submit")
    user.clicks("帮办案例")
    user.says(f"{title}\n上门办理")
    if row != "线下帮办":
        user.clicks("换一行")
        user.clicks("全部评分行")
        user.clicks(row)
    user.says("今天")
    user.clicks("确认提交")


def test_new_evidence_takes_its_cell_back_and_tells_the_evaluator(centre, wang):
    handed_in(centre, wang)
    li = centre.person("李敏", "liaison", department="GA")
    report(li, "老人上门帮办")
    assert wang.hears == [
        "公安“线下帮办”有新的材料：公安1号 老人上门帮办。\n"
        "这一格的提交已退回，请审核材料、核对分数后重新提交本行评分。"
    ]
    assert wang.buttons == ["审核材料", "评分"]
    wang.clicks("评分")
    assert wang.card == (
        "线下帮办（5分） · 2026年第四季度\n公安有新的材料，请核对分数后重新提交。"
    )
    wang.clicks("提交本行评分")
    assert wang.hears[-1] == "“线下帮办”还不能提交：公安1号待审核，请先发送“审核”处理。"
    wang.clicks("审核材料")
    wang.clicks("采纳")
    at_row(wang, "线下帮办").clicks("提交本行评分")
    wang.clicks("提交本行评分")
    assert wang.card.endswith(HANDED)
    assert audits(centre, "score.recall") == [
        (f"2026Q4.onsite_help.{centre.departments['GA']}", "ok")
    ]


def test_evidence_for_a_row_that_is_not_handed_in_tells_nobody(centre, wang):
    at_row(wang, "线下帮办").clicks("全部记满分")
    wang.hears  # noqa: B018
    report(centre.person("李敏", "liaison", department="GA"), "老人上门帮办")
    assert wang.hears == []


def test_evidence_moved_to_a_handed_in_row_takes_its_cell_back(centre, wang):
    li = centre.person("李敏", "liaison", department="GA")
    report(li, "老人上门帮办")
    handed_in(centre, wang, "线上帮办")
    wang.says("/review")
    wang.clicks("改列")
    wang.clicks("线上帮办")
    wang.clicks("更符合该行")
    assert [each.handed for _, each in sorted(handed_cells(centre).items())] == [True, False, True]


def test_completed_evidence_takes_its_cell_back(centre, wang):
    li = centre.person("李敏", "liaison", department="GA")
    report(li, "老人上门帮办")
    wang.says("/review")
    wang.clicks("退回补充")
    wang.clicks("缺时间")
    handed_in(centre, wang)
    li.clicks("补充材料")
    li.says("补充：上午九点上门")
    li.clicks("确认提交")
    assert wang.hears[-1].startswith("公安“线下帮办”有新的材料：公安1号")
    assert [each.handed for _, each in sorted(handed_cells(centre, "onsite_help").items())] == [
        True, False, True,
    ]  # fmt: skip


def test_evidence_of_a_row_without_an_owner_is_told_to_nobody(centre, wang):
    handed_in(centre, wang)
    with centre.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM section_row WHERE indicator = 'onsite_help'")
    report(centre.person("李敏", "liaison", department="GA"), "老人上门帮办")
    assert wang.hears == []
    assert [each.handed for _, each in sorted(handed_cells(centre, "onsite_help").items())] == [
        True, False, True,
    ]  # fmt: skip


# ---------------------------------------------------------------- suggestions, the quarter before


def test_news_items_suggest_a_score_and_say_where_it_comes_from(centre, wang):
    for title, level in (("简报", "centre"), ("简报二", "centre"), ("区报", "district"),
                         ("别的", "other"), ("没写级别", "")):  # fmt: skip
        lies(centre, "GA", "bonus_news", title, kind="news", level=level)
    opened(wang, "信息录用", "公安")
    assert "建议2分：区级1件×1分、中心2件×0.5分、其他2件（未设建议分）。仅供参考。" in wang.card
    wang.clicks("按建议2分")
    assert cells(centre, "bonus_news") == {"GA": (1, 200, "", "王芳")}


def test_a_suggestion_is_capped_at_the_rows_points(centre, wang):
    for number in range(3):
        lies(centre, "GA", "bonus_news", f"市报{number}", kind="news", level="city")
    opened(wang, "信息录用", "公安")
    assert "建议4分：市级3件×2分，以4分为限。仅供参考。" in wang.card


def test_what_the_centre_set_for_other_levels_counts(centre, wang):
    with centre.database.begin() as connection:
        connection.execute(setting.insert(), {"key": "news.other", "value": 30, "at": centre.now})
    lies(centre, "GA", "bonus_news", "别的", kind="news", level="other")
    opened(wang, "信息录用", "公安")
    assert "建议0.3分：其他1件×0.3分。仅供参考。" in wang.card
    assert not any(label.startswith("按建议") for label in wang.buttons)  # off the step


def test_the_quarter_befores_score_is_on_the_card(centre, wang):
    score_all(centre, wang, {"GA": [8.5, *FULL[1:]]}, quarter="2026Q3",
              reasons={("GA", "online_help"): "两次未签到"})  # fmt: skip
    centre.now = AFTER.replace(year=2026, month=10, day=20)
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q3", QuarterState.PUBLISHED)
    opened(wang, "线上帮办", "公安")
    assert "上季度：8.5分，两次未签到" in wang.card


def test_not_applicable_is_carried_over_when_the_next_quarter_opens(centre, wang):
    lies(centre, "GA", "bonus_news", "x", quarter="2026Q3")
    score_all(centre, wang, {"GA": [None, *FULL[1:]], "YB": FULL, "SCJG": FULL}, quarter="2026Q3",
              reasons={("GA", "online_help"): "未开通线上帮办"})  # fmt: skip
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q3", QuarterState.PUBLISHED)
    at_row(wang, "线上帮办 1/3")
    assert "公安 不涉及" in wang.buttons
    wang.clicks("公安 不涉及")
    assert "当前：不涉及（沿用上季度，王芳，11月3日 10:00），理由：未开通线上帮办" in wang.card
    assert "同上" not in opened(wang, "线上帮办").buttons
    assert audits(centre, "score.carry_over") == [("2026Q4", "ok")]


def test_not_applicable_is_carried_over_at_the_publication(centre, wang):
    zhang = centre.person("张伟", "admin")
    centre.now = AFTER
    score_all(centre, wang, {"GA": [None, *FULL[1:]], "YB": FULL, "SCJG": [9, *FULL[1:]]})
    lies(centre, "GA", "bonus_news", "x", quarter="2027Q1")
    zhang.says("/publish")
    zhang.clicks("同意发布")
    zhang.says("2026Q4")
    with centre.database.read() as connection:
        found = scores.of_row(connection, quarter="2027Q1", indicator="online_help")
    assert [(each.hundredths, each.carried, each.handed) for each in found.values()] == [
        (None, True, False)
    ]


# ---------------------------------------------------------------- further seats


def test_a_further_seat_scores_for_itself_and_the_cell_is_the_mean(centre, wang):
    zhang = centre.person("张伟", "admin")
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
    sun = centre.person("孙丽", "evaluator", section=other, department="YB")
    with centre.database.begin() as connection:
        number = seats.add(
            connection, indicator="online_help", person_id=sun.person_id, now=centre.now
        )
    assert number == 2
    sun.says("/score")
    assert sun.buttons == ["线上帮办（第2席） 0/2"]
    sun.clicks_containing("线上帮办")
    assert sun.card.endswith("医保局是您所在的部门，本席不评。")
    sun.says("公安 8 三次未签到")
    sun.clicks("返回")
    sun.clicks("全部记满分")
    sun.presses(f"sc.set:2026Q4.online_help~2.{centre.departments['YB']}:0:1000")
    assert sun.hears[-1] == "医保局是您所在的部门，由其他考核员评分。"
    sun.presses(f"sc.set:2026Q4.online_help.{centre.departments['GA']}:0:1000")
    assert sun.hears[-1].startswith("没有找到这项内容，或您没有相应权限。")
    wang.presses(f"sc.set:2026Q4.online_help~2.{centre.departments['GA']}:0:1000")
    assert wang.hears[-1].startswith("没有找到这项内容，或您没有相应权限。")
    centre.now = AFTER
    score_all(centre, wang, {
        "SCJG": FULL, "GA": [9.5, *FULL[1:]], "YB": [9, *FULL[1:]],
    })  # fmt: skip
    zhang.says("/publish")
    assert "已评完、还没有提交的评分项：\n线上帮办（考核办公室）" in zhang.card
    at_row(sun, "线上帮办").clicks("提交本行评分")
    assert "公安：三次未签到" in sun.card
    sun.clicks("提交本行评分")
    zhang.says("/ranking")
    # 公安: (9.5 + 8) / 2 = 8.75; 医保局's seat 2 belongs to 医保局, so 9 alone counts
    assert zhang.card.splitlines()[1:4] == [
        "1. 市场监管局 100分（基础分100，加分0）",
        "2. 医保局 99分（基础分99，加分0）",
        "3. 公安 98.75分（基础分98.75，加分0）",
    ]
    with centre.database.begin() as connection:
        assert seats.remove(connection, indicator="online_help", number=2)
        assert not seats.remove(connection, indicator="online_help", number=2)
        again = seats.add(
            connection, indicator="online_help", person_id=sun.person_id, now=centre.now
        )
        assert again == 3
        assert again == seats.add(
            connection, indicator="online_help", person_id=sun.person_id, now=centre.now
        )
