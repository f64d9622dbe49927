"""A quarter from before the installation: taken in whole, nobody's quarter in hand, published only
by two persons.
"""

from __future__ import annotations

import pytest

from handlers.imports import By
from handlers.imports.acting import ChangedMeanwhile
from handlers.imports.scores import importer
from handlers.occasion import Occasion
from rubric.quarter import Quarter
from storage import quarters, scores, seats
from storage.settings import set_rule
from tests.chat import Centre, User
from tests.handlers.reminder_desk import tick
from tests.support.audited import acted, audited
from tests.support.rows import Plain, Taken, book, take_in
from tests.support.scoring import FULL, ROWS

NAMES = {"SCJG": "市场监管局", "GA": "公安", "YB": "医保局"}


@pytest.fixture
def wang(centre: Centre) -> User:
    return centre.person("王琳", "evaluator")


def take(
    centre: Centre,
    by: User,
    table: dict[str, list[Plain]],
    *,
    quarter: str = "2026Q2",
    reasons: tuple[tuple[str, str, str], ...] = (),
) -> Taken:
    content = book(
        {
            "评分总表": [
                ("部门", *(row.name for row in ROWS)),
                *((NAMES[code], *values) for code, values in table.items()),
            ],
            "理由": [("部门", "考核项", "理由"), *reasons],
        }
    )
    return take_in(centre, importer, content, by, quarter=quarter)


WHOLE: dict[str, list[Plain]] = {
    "SCJG": [*FULL],
    "GA": [8, *FULL[1:-1], 2],
    "YB": ["不涉及", *FULL[1:]],
}


def test_a_quarter_of_before_is_taken_in_with_its_records_as_reason(centre: Centre, zhao: User):
    taken = take(centre, zhao, WHOLE, reasons=(("公安", "线上帮办", "解决率不高"),))
    assert len(taken.lines) == 3 * 14
    assert taken.lines[:3] == (
        "市场监管局 线上帮办：未评 → 10",
        "公安 线上帮办：未评 → 8，理由：解决率不高",
        "医保局 线上帮办：未评 → 不涉及，理由：据历史台账导入",
    )
    assert taken.lines[-2] == "公安 其他表现突出的加分项：未评 → 2，理由：据历史台账导入"
    assert taken.notes == (
        "2026年第二季度在启用本系统之前，作为历史补录。填齐的考核项一并提交；全部提交后，"
        "请发送“发布”，切换到2026年第二季度，核对后提请审定。",
        "有2个得分没有写理由，将记为“据历史台账导入”",
    )
    with centre.database.read() as connection:
        term = quarters.find(connection, "2026Q2")
        marks = scores.marks(connection, "2026Q2")
    assert term is not None
    assert (term.history, term.edition) == (True, "2023-17")
    assert [mark.handed for mark in marks] == [True] * 42
    assert acted(centre)[-1] == "score.import"
    assert audited(centre)[-1][2]["handed"] == 14
    assert take(centre, zhao, WHOLE).notes == ("没有变化的：42个得分",)


def test_rows_that_are_not_complete_stay_open_for_the_next_workbook(centre: Centre, zhao: User):
    part = {code: [*values[:5], *[None] * 9] for code, values in WHOLE.items() if code != "YB"}
    take(centre, zhao, part)
    with centre.database.read() as connection:
        assert not any(mark.handed for mark in scores.marks(connection, "2026Q2"))
    taken = take(centre, zhao, {"YB": [10, *[None] * 13]})
    assert taken.lines == ("医保局 线上帮办：未评 → 10",)
    with centre.database.read() as connection:
        handed = {(mark.indicator, mark.handed) for mark in scores.marks(connection, "2026Q2")}
    assert ("online_help", True) in handed
    assert {row for row, is_in in handed if is_in} == {"online_help"}
    taken = take(centre, zhao, {"YB": [9, *[None] * 13]})
    assert [words for _, _, words in taken.faults] == [
        "“线上帮办”已提交，医保局的分数没有改动。要修改，请联系管理员退回本项。"
    ]


def test_it_is_nobodys_quarter_in_hand(centre: Centre, zhao: User, wang: User, li: User):
    take(centre, zhao, WHOLE)
    assert wang.hears == []
    zhao.says("/ranking")
    assert zhao.card.startswith("2026年第四季度")
    assert "切换到2026年第二季度" in zhao.buttons
    zhao.says("/publish")
    assert zhao.card.startswith("2026年第四季度")
    wang.says("/score")
    assert wang.card.startswith("2026年第四季度评分")
    for person in (li, zhao):
        person.says("/start")
        assert "第二季度" not in person.card
        person.says("/progress")
        assert "第二季度" not in person.card
    wang.clicks_containing("线上帮办") if "线上帮办 0/3" in wang.buttons else None
    wang.presses(f"sc.dep:2026Q4.online_help.{centre.departments['GA']}")
    assert "第二季度" not in wang.card  # two quarters before
    take(centre, zhao, {"GA": [7.5, *[None] * 13]}, quarter="2026Q3")
    wang.presses(f"sc.dep:2026Q4.online_help.{centre.departments['GA']}")
    assert "7.5" in wang.card


def test_two_persons_publish_it_and_it_goes_on_to_the_next(centre: Centre, zhao: User, li: User):
    sun = centre.person("孙宏", "director")
    take(centre, zhao, {**WHOLE, "GA": [9, *FULL[1:]]}, quarter="2026Q3")
    zhao.says("/publish")
    zhao.clicks("切换到2026年第三季度")
    zhao.clicks("公布范围")
    zhao.clicks_containing("全部名次")
    zhao.clicks("提请审定")
    assert li.hears == []
    sun.clicks("同意发布")
    with centre.database.read() as connection:
        term = quarters.find(connection, "2026Q3")
        latest = quarters.latest_published(connection)
        following = scores.of_row(connection, quarter="2026Q4", indicator="online_help")
    assert term is not None
    assert term.state == "published"
    assert latest is None  # of the quarters worked on here none is
    assert [(each.hundredths, each.carried) for each in following.values()] == [(None, True)]
    zhao.says("/publish")
    assert zhao.card.startswith("2026年第四季度")
    assert zhao.buttons == ["刷新"]


def test_a_proposed_one_offers_the_way_back_to_the_quarter_in_hand(centre: Centre, zhao: User):
    sun = centre.person("孙宏", "director")
    take(centre, zhao, {**WHOLE, "GA": [9, *FULL[1:]]}, quarter="2026Q3")
    sun.says("/publish")
    sun.clicks("切换到2026年第三季度")
    assert sun.buttons == ["刷新", "切换到2026年第四季度"]
    zhao.says("/publish")
    zhao.clicks("切换到2026年第三季度")
    assert zhao.buttons == ["公布范围", "退回修改", "切换到2026年第四季度"]


def test_the_first_quarter_worked_on_still_follows_the_settings(centre: Centre, zhao: User):
    zhao.says("/publish")
    take(centre, zhao, WHOLE)
    with centre.database.begin() as connection:
        set_rule(
            connection,
            key="score.step",
            value=100,
            basis="",
            reason="整分",
            person_id=zhao.person_id,
            now=centre.now,
        )
        assert quarters.follow_settings(connection) == "2026Q4"


def test_every_seat_of_a_row_gets_what_the_records_say(centre: Centre, zhao: User, wang: User):
    chen = centre.person("陈晨", "evaluator")
    with centre.database.begin() as connection:
        seats.add(connection, indicator="online_help", person_id=chen.person_id, now=centre.now)
    take(centre, zhao, WHOLE)
    with centre.database.read() as connection:
        second = scores.of_row(connection, quarter="2026Q2", indicator="online_help", seat=2)
    assert sorted(each.hundredths or 0 for each in second.values()) == [0, 800, 1000]
    assert all(each.handed for each in second.values())


def test_a_bonus_row_has_no_exception_in_history(centre: Centre, zhao: User):
    taken = take(centre, zhao, {"GA": [*[None] * 13, "不涉及"]})
    assert [words for _, _, words in taken.faults] == [
        "其他表现突出的加分项是加分项，没有“不涉及”；没有加分的请记0分。"
    ]


def test_a_quarter_in_hand_is_no_history(centre: Centre, zhao: User, wang: User):
    """2026Q3 was begun here late: what is missing in it is missing."""
    with centre.database.begin() as connection:
        quarters.ensure(
            connection,
            Quarter.parse("2026Q1"),
            calendar=Occasion(connection, centre.now, centre.desk.premises).calendar,
            timezone=centre.desk.premises.zone,
            now=centre.now,
        )
    taken = take(centre, zhao, {"GA": [8, *[None] * 13]}, quarter="2026Q3")
    assert [words for _, _, words in taken.faults] == ["线上帮办打8分，未满分，请写明理由。"]
    take(centre, zhao, {"GA": [10, *[None] * 13]}, quarter="2026Q3")
    with centre.database.read() as connection:
        term = quarters.find(connection, "2026Q3")
    assert term is not None
    assert not term.history


def test_a_quarter_that_was_opened_otherwise_since_is_looked_at_anew(centre: Centre, zhao: User):
    who = By(zhao.person_id, zhao.account_id)
    content = book({"评分总表": [("部门", "线上帮办"), ("公安", 10)]})
    with centre.database.begin() as connection:
        occasion = Occasion(connection, centre.now, centre.desk.premises)
        plan = importer.read(occasion, content, quarter="2026Q2", by=who)
        quarters.ensure(
            connection,
            Quarter.parse("2026Q2"),
            calendar=occasion.calendar,
            timezone=centre.desk.premises.zone,
            now=centre.now,
        )
        with pytest.raises(ChangedMeanwhile):
            plan.apply(occasion, who)


def test_on_both_kinds_of_databases(database_url: str):
    centre = Centre(database_url)
    zhao = centre.person("赵强", "admin")
    chen = centre.person("陈晨", "evaluator")
    with centre.database.begin() as connection:
        seats.add(connection, indicator="coordination", person_id=chen.person_id, now=centre.now)
    take(centre, zhao, WHOLE)
    with centre.database.read() as connection:
        marks = scores.marks(connection, "2026Q2")
    assert [mark.handed for mark in marks] == [True] * 45
    assert take(centre, zhao, WHOLE).lines == ()


def test_nobody_is_reminded_of_a_quarter_of_before(centre: Centre, zhao: User, wang: User):
    take(centre, zhao, {"GA": [8, *[None] * 13]})
    tick(centre)
    assert wang.hears == []
    (heard,) = zhao.hears  # of the quarter in hand, in which no department has a liaison
    assert "第二季度" not in heard
