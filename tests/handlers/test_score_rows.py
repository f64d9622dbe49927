"""/score over whole rows: many at once, taken back, typed by name."""

from __future__ import annotations

import pytest

from rubric.quarter import QuarterState
from storage import quarters, scores
from storage.models import department
from tests.chat import Centre, User
from tests.handlers.test_score import audits, cells, opened
from tests.support.evidence import lies
from tests.support.scoring import ROWS


@pytest.fixture
def wang(centre: Centre) -> User:
    return centre.person("王芳", "evaluator")


def at_row(user: User, row: str) -> User:
    user.says("/score")
    user.clicks_containing(row)
    user.hears  # noqa: B018 - forget what was said on the way
    return user


def versions(centre: Centre) -> list[tuple[int, int | None, str, bool]]:
    """市场监管局's in 线上帮办."""
    with centre.database.read() as connection:
        return [
            (each.version, each.hundredths, each.reason, each.open)
            for each in scores.versions(
                connection,
                quarter="2026Q4",
                indicator="online_help",
                department_id=centre.departments["SCJG"],
            )
        ]


# ---------------------------------------------------------------- many at once


def test_full_marks_for_all_then_the_exceptions(centre, wang):
    at_row(wang, "线上帮办").clicks("全部记满分")
    assert wang.hears == [
        "✓ 已为3个未评部门记10分。\n\n"
        "线上帮办（10分） · 2026年第四季度\n本项已评完，提交后才计入结果。"
    ]
    assert wang.toast == "3个部门：10分"
    assert wang.buttons == [
        "提交本行评分", "撤销", "市场监管局 10分", "公安 10分", "医保局 10分",
        "下一项：线下帮办", "返回",
    ]  # fmt: skip
    wang.clicks("公安 10分")
    wang.clicks("8.5")
    wang.clicks("一分钟响应不及时")
    assert cells(centre) == {
        "SCJG": (1, 1000, "", "王芳"),
        "GA": (2, 850, "一分钟响应不及时", "王芳"),
        "YB": (1, 1000, "", "王芳"),
    }
    assert audits(centre, "score.rest") == [("2026Q4.online_help", "ok")]


def test_what_was_judged_before_stays(centre, wang):
    opened(wang, "线上帮办", "公安").says("7")
    wang.says("三次未签到")
    at_row(wang, "线上帮办").clicks("全部记满分")
    assert wang.hears[0].startswith("✓ 已为2个未评部门记10分。")
    assert cells(centre)["GA"] == (1, 700, "三次未签到", "王芳")


def test_zero_for_the_rest_of_a_bonus_row_leaves_what_has_evidence(centre, wang):
    lies(centre, "YB", "bonus_news", "区融媒体报道")
    lies(centre, "GA", "bonus_news", "没审过的", state="rejected")
    at_row(wang, "信息录用").clicks("其余记0分")
    assert wang.hears == [
        "✓ 已为2个未评部门记0分。\n医保局有已采纳的佐证，请逐一评分。\n\n"
        "信息录用、新闻宣传（4分） · 2026年第四季度\n"
        "还有1个部门未评。请选择部门，或直接输入，如“医保局 1”。"
    ]
    assert sorted(cells(centre, "bonus_news")) == ["GA", "SCJG"]
    wang.clicks("其余记0分")
    assert wang.hears[0].startswith("医保局有已采纳的佐证，请逐一评分。\n\n信息录用")
    assert "撤销" not in wang.buttons
    wang.says("医保局 2")
    assert cells(centre, "bonus_news")["YB"] == (1, 200, "", "王芳")


def test_a_second_press_of_an_old_card_finds_nothing_to_fill(centre, wang):
    full = at_row(wang, "线上帮办").button("全部记满分")
    wang.presses(full)
    wang.presses(full)
    assert wang.toast == "这张卡片已有变化，下面是最新情况。"
    assert wang.hears[-1].startswith("线上帮办（10分）")
    assert len(versions(centre)) == 1


def test_forty_departments_stand_on_one_screen_and_more_are_paged(centre, wang):
    with centre.database.begin() as connection:
        for number in range(38):
            letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
            connection.execute(
                department.insert(),
                {
                    "code": f"X{letters[number // 26]}{letters[number % 26]}",
                    "name": f"第{number}号管理局",
                    "short_name": f"管理{number}局",
                },
            )
    at_row(wang, "线上帮办 0/41")
    assert len([label for label in wang.buttons if label.endswith("未评")]) == 40
    assert {len(row) for row in wang.chat[-1].buttons[1:14]} == {3}
    assert wang.card.startswith("线上帮办（10分） · 2026年第四季度（第1/2页）")
    wang.clicks("下一页")
    assert wang.buttons == ["全部记满分", "管理37局 未评", "上一页", "返回"]
    wang.clicks("上一页")
    wang.clicks("全部记满分")
    assert wang.card.startswith("✓ 已为41个未评部门记10分。")
    wang.presses("sc.row:2026Q4.online_help:0:99999999999")
    assert wang.card.startswith("线上帮办（10分） · 2026年第四季度（第1/2页）")


# ---------------------------------------------------------------- taking back


def test_all_at_once_is_taken_back_at_once(centre, wang):
    at_row(wang, "线上帮办").clicks("全部记满分")
    wang.clicks("撤销")
    assert wang.toast == "已撤销3个分数"
    assert wang.hears[-1] == (
        "已撤销3个分数，恢复到之前的样子。\n\n线上帮办（10分） · 2026年第四季度\n"
        "还有3个部门未评。请选择部门，或直接输入，如“市场监管局 9.5”。"
    )
    assert cells(centre) == {}
    assert versions(centre) == [(1, 1000, "", False), (2, None, "", True)]
    wang.clicks("全部记满分")
    assert versions(centre)[2:] == [(3, 1000, "", False)]
    assert audits(centre, "score.undo") == [("2026Q4.online_help", "ok")]


def test_one_score_is_taken_back_to_the_one_before(centre, wang):
    opened(wang, "线上帮办").clicks("10")
    opened(wang, "线上帮办").clicks("9")
    wang.clicks("账号登录签到不足")
    assert "撤销" in wang.buttons
    wang.clicks("撤销")
    assert cells(centre) == {"SCJG": (3, 1000, "", "王芳")}
    opened(wang, "线上帮办")
    assert "当前：10分（王芳" in wang.card
    assert "此前：9分（王芳" in wang.card


def test_taken_back_twice_is_taken_back_once(centre, wang):
    opened(wang, "线上帮办").clicks("10")
    undo = wang.button("撤销")
    wang.presses(undo)
    wang.presses(undo)
    assert wang.toast == "这张卡片已有变化，下面是最新情况。"
    assert versions(centre) == [(1, 1000, "", False), (2, None, "", True)]


def test_what_somebody_changed_since_is_not_taken_back(centre, wang):
    zhao = centre.person("赵强", "evaluator")
    at_row(wang, "线上帮办").clicks("全部记满分")
    undo = wang.button("撤销")
    opened(zhao, "线上帮办", "公安").clicks("9.5")
    zhao.says("两次未签到")
    wang.presses(undo)
    assert wang.toast == "已撤销2个分数"
    assert cells(centre) == {"GA": (2, 950, "两次未签到", "赵强")}


def test_an_empty_cell_after_taking_back_asks_as_if_never_scored(centre, wang):
    opened(wang, "线上帮办").clicks("10")
    wang.clicks("撤销")
    wang.clicks("市场监管局 未评")
    assert "尚未评分。" in wang.card
    assert "此前" not in wang.card
    wang.clicks("9.5")
    wang.clicks("开通事项数偏少")
    assert cells(centre) == {"SCJG": (3, 950, "开通事项数偏少", "王芳")}


@pytest.mark.parametrize("argument", ["", "x", "0123456789abcdef0123"])
def test_a_forged_undo_takes_nothing_back(centre, wang, argument):
    opened(wang, "线上帮办").clicks("10")
    wang.presses(f"sc.undo:2026Q4.online_help:0:{argument}")
    assert wang.toast == "这张卡片已有变化，下面是最新情况。"
    assert cells(centre) == {"SCJG": (1, 1000, "", "王芳")}


# ---------------------------------------------------------------- typed by name


@pytest.mark.parametrize(
    ("typed", "code", "hundredths", "reason"),
    [
        ("公安 10", "GA", 1000, ""),
        ("公安10分", "GA", 1000, ""),
        ("公安：１０", "GA", 1000, ""),
        ("公安分局 10", "GA", 1000, ""),
        ("ga 10", "GA", 1000, ""),
        ("医保 9.5 两次未签到", "YB", 950, "两次未签到"),
        ("医保局 9,5，两次未签到", "YB", 950, "两次未签到"),
        ("市场监管局 10 全部按时", "SCJG", 1000, "全部按时"),
        ("公安 不涉及 未开通线上帮办", "GA", None, "未开通线上帮办"),
    ],
)
def test_a_department_and_its_score_in_one_line(centre, wang, typed, code, hundredths, reason):
    at_row(wang, "线上帮办").says(typed)
    assert cells(centre) == {code: (1, hundredths, reason, "王芳")}


def test_a_line_that_lacks_its_reason_is_asked_for_it(centre, wang):
    at_row(wang, "线上帮办").says("公安 9")
    assert wang.card.startswith("公安分局 · 线上帮办：9分 · 2026年第四季度\n未打满分")
    wang.says("三次未签到")
    assert cells(centre) == {"GA": (1, 900, "三次未签到", "王芳")}


def test_only_a_name_opens_its_card(centre, wang):
    at_row(wang, "线上帮办").says("公安")
    assert wang.card.startswith("公安分局 · 线上帮办（10分）")
    wang.says("10")
    assert sorted(cells(centre)) == ["GA"]


def test_a_line_on_another_departments_card_goes_where_it_says(centre, wang):
    opened(wang, "线上帮办", "市场监管局").says("公安 10")
    assert sorted(cells(centre)) == ["GA"]


def test_what_names_no_department_is_said_and_the_row_waits_on(centre, wang):
    with centre.database.begin() as connection:
        for code, name in (("GAJ", "公安交警支队"), ("GAX", "公安消防支队")):
            connection.execute(
                department.insert(), {"code": code, "name": name, "short_name": name}
            )
    at_row(wang, "线上帮办")
    for typed, answer in {
        "10": "没有看懂“10”。请发送“部门 分数”，如“税务 8.5”，或点选部门。",
        "税务 8": "没有看懂“税务 8”。请发送“部门 分数”，如“税务 8.5”，或点选部门。",
        "公安 很好": "没有看懂“公安 很好”。请发送“部门 分数”，如“税务 8.5”，或点选部门。",
        "公安 11": "线上帮办只能打0至10分，“11”没有记下，请重新输入。",
        "": "没有看懂“”。请发送“部门 分数”，如“税务 8.5”，或点选部门。",
    }.items():
        wang.says(typed)
        assert wang.hears == [answer], typed
    assert cells(centre) == {}
    wang.says("公安交警支队 10")
    assert sorted(cells_by_name(centre)) == ["公安交警支队"]


def cells_by_name(centre: Centre) -> dict[str, int | None]:
    with centre.database.read() as connection:
        found = scores.of_row(connection, quarter="2026Q4", indicator="online_help")
        names = dict(
            connection.execute(
                department.select().with_only_columns(department.c.id, department.c.short_name)
            ).all()
        )
    return {names[id_]: each.hundredths for id_, each in found.items()}


def test_two_of_one_name_are_asked_about(centre, wang):
    with centre.database.begin() as connection:
        connection.execute(
            department.insert(), {"code": "YA", "name": "医保", "short_name": "医保所"}
        )
    at_row(wang, "线上帮办").says("医保 10")
    assert wang.hears == ["“医保 10”可能是医保局、医保所，请写全名称再发一次。"]


def test_a_typed_line_after_the_quarter_is_over(centre, wang):
    at_row(wang, "线上帮办")
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", QuarterState.PUBLISHED)
    wang.says("公安 10")
    assert wang.hears == ["2026年第四季度已发布，分数不能再改。如有疑问，请联系管理员。"]
    assert wang.buttons == ["菜单"]


def test_every_row_is_reachable_by_its_own_name(wang):
    wang.says("/score")
    labels = [label.rpartition(" ")[0] for label in wang.buttons[:-1]]
    assert labels == [row.name for row in ROWS]
