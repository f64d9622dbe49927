"""Scores from a workbook: the rules of the chat, every fault with its place, and what changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from handlers.access import NotAllowed
from handlers.imports import By
from handlers.imports.acting import ChangedMeanwhile
from handlers.imports.book import Book
from handlers.imports.scores import importer
from handlers.imports.tables import words
from handlers.occasion import Occasion
from handlers.score_cells import ScoresClosed
from rubric.edition import NoEdition
from rubric.quarter import QuarterState, QuarterUnreadable
from storage import departments, people, quarters, scores, sections
from storage.models import section_row
from tests.chat import Centre, User
from tests.support.audited import audited
from tests.support.evidence import lies
from tests.support.rows import Plain, Taken, book, take_in
from tests.support.scoring import FULL, score_all

HEADER = ("部门", "代码", "满分", "得分", "理由")
ONLINE = "线上帮办"
NEWS = "信息录用、新闻宣传"


@pytest.fixture
def wang(centre: Centre) -> User:
    return centre.person("王琳", "evaluator")


def row_sheets(sheets: Mapping[str, Sequence[Sequence[Plain]]]) -> Book:
    return book({name: [HEADER, *lines] for name, lines in sheets.items()})


def take(
    centre: Centre,
    by: User,
    sheets: Mapping[str, Sequence[Sequence[Plain]]],
    quarter: str = "2026Q4",
) -> Taken:
    return take_in(centre, importer, row_sheets(sheets), by, quarter=quarter)


def given(
    centre: Centre, indicator: str, quarter: str = "2026Q4"
) -> dict[str, tuple[object, ...]]:
    codes = {id_: code for code, id_ in centre.departments.items()}
    with centre.database.read() as connection:
        row = scores.of_row(connection, quarter=quarter, indicator=indicator)
        return {
            codes[id_]: (each.hundredths, each.reason, each.person) for id_, each in row.items()
        }


# ---------------------------------------------------------------- a sheet for each row


def test_an_evaluator_fills_a_row(centre: Centre, wang: User):
    taken = take(
        centre,
        wang,
        {
            ONLINE: [
                ("市场监管局", "SCJG", 10, 8.5, "响应超时2次"),
                ("公安分局", "", 10, "10分", ""),
                ("医保局", "YB", 10, "不涉及", "没有线上事项"),
            ]
        },
    )
    assert taken == Taken(
        [],
        (
            "市场监管局 线上帮办：未评 → 8.5，理由：响应超时2次",
            "公安 线上帮办：未评 → 10",
            "医保局 线上帮办：未评 → 不涉及，理由：没有线上事项",
        ),
        (),
    )
    assert given(centre, "online_help") == {
        "SCJG": (850, "响应超时2次", "王琳"),
        "GA": (1000, "", "王琳"),
        "YB": (None, "没有线上事项", "王琳"),
    }
    action, object_, detail = audited(centre)[-1]
    content = detail.pop("content")
    assert isinstance(content, str)
    assert len(content) == 64
    assert (action, object_, detail) == (
        "score.import",
        "2026Q4",
        {"cells": 3, "handed": 0, "history": False},
    )
    wang.says("/score")
    assert "线上帮办 3/3" in wang.buttons


def test_what_stands_is_counted_and_only_differences_are_listed(centre: Centre, wang: User):
    sheets: dict[str, list[tuple[Plain, ...]]] = {
        ONLINE: [
            ("市场监管局", "SCJG", 10, 8.5, "响应超时2次"),
            ("公安", "GA", 10, 10, ""),
            ("医保局", "YB", 10, None, None),
        ],
        "线下帮办": [("市场监管局", "SCJG", 5, 5, "")],
    }
    take(centre, wang, sheets)
    assert take(centre, wang, sheets) == Taken([], (), ("没有变化的：3个得分",))
    sheets[ONLINE][0] = ("市场监管局", "SCJG", 10, 8.5, "响应超时3次")
    sheets[ONLINE][1] = ("公安", "GA", 10, 9, "解决率不高")
    assert take(centre, wang, sheets) == Taken(
        [],
        (
            "市场监管局 线上帮办：8.5，理由改为：响应超时3次",
            "公安 线上帮办：10 → 9，理由：解决率不高",
        ),
        ("没有变化的：1个得分",),
    )
    assert given(centre, "online_help")["SCJG"] == (850, "响应超时3次", "王琳")


def test_a_bonus_rests_on_accepted_evidence_or_a_reason(centre: Centre, wang: User):
    lies(centre, "SCJG", "bonus_news", "一业一证", level="district")
    taken = take(
        centre,
        wang,
        {
            NEWS: [
                ("市场监管局", "SCJG", 4, 1, ""),
                ("公安", "GA", 4, 1, ""),
                ("医保局", "YB", 4, "不涉及", "没有"),
            ]
        },
    )
    assert taken.faults == [
        (3, "D", "信息录用、新闻宣传加1分而没有已采纳的佐证，请写明理由。"),
        (4, "D", "信息录用、新闻宣传是加分项，没有“不涉及”；没有加分的请记0分。"),
    ]
    assert given(centre, "bonus_news") == {}
    assert take(centre, wang, {NEWS: [("市场监管局", "SCJG", 4, 1, "")]}).faults == []


def test_every_fault_is_named_and_nothing_is_written(centre: Centre, wang: User):
    score_all(centre, wang, {"YB": FULL})
    taken = take(
        centre,
        wang,
        {
            ONLINE: [
                ("市场监管局", "SCJG", 10, "良好", ""),
                ("公安", "GA", 10, 8, ""),
                ("医保局", "YB", 10, 9.5, "已提交"),
                ("公安分局", "GA", 10, 9, "重复的行"),
                ("商务委", "SWW", 10, 9, "没有这个部门"),
            ],
            "线下帮办": [
                ("市场监管局", "GA", 5, 5, ""),
                ("公安", "XX", 5, 5, ""),
                ("医保局", "YB", 5, 5.5, ""),
            ],
            "咨询服务": [
                ("市场监管局", "SCJG", 5, 4.3, "接通率低"),
                ("公安", "GA", 5, 4.5, "长" * 501),
            ],
            "服务评价": [
                ("市场监管局", "SCJG", 10, None, "忘了写分"),
                ("公安", "GA", 10, date(2026, 8, 5), ""),
                (None, None, None, 3, None),
            ],
        },
    )
    assert taken.faults == [
        (2, "D", "咨询服务的最小间隔是0.5分，“4.3”请改为4分或4.5分。"),
        (3, "E", "理由有501个字，最多500个字，请缩短。"),
        (2, "E", "市场监管局的服务评价写了理由，没有得分，请补上得分或删去理由。"),
        (3, "D", "“2026-08-05”不是分数，请填0至10的数字或“不涉及”。"),
        (4, "A", words("empty", title="部门")),
        (2, "D", "“良好”不是分数，请填0至10的数字或“不涉及”。"),
        (3, "D", "线上帮办打8分，未满分，请写明理由。"),
        (4, "D", "“线上帮办”已提交，医保局的分数没有改动。要修改，请联系管理员退回本项。"),
        (5, "A", "公安在第3行已有，请合并为一行。"),
        (6, "A", "没有叫“商务委”的部门，请改成“部门”名单里的全称、简称或代码。"),
        (2, "B", "代码 GA 是公安的，与部门名称不一致，请核对。"),
        (3, "B", "没有代码为 XX 的部门，请核对。"),
        (4, "D", "线下帮办只能打0至5分，请改正“5.5”。"),
    ]
    assert given(centre, "online_help") == {"YB": (1000, "", "王琳")}


def test_a_score_that_was_taken_back_is_given_again(centre: Centre, wang: User):
    take(centre, wang, {ONLINE: [("市场监管局", "SCJG", 10, 10, "")]})
    with centre.database.begin() as connection:
        department_id = centre.departments["SCJG"]
        cell = scores.of_cell(
            connection, quarter="2026Q4", indicator="online_help", department_id=department_id
        )
        assert cell is not None
        scores.give(
            connection,
            quarter="2026Q4",
            indicator="online_help",
            department_id=department_id,
            on_version=cell.version,
            score_=cell.score,
            person_id=wang.person_id,
            now=centre.now,
            open_=True,
        )
    taken = take(centre, wang, {ONLINE: [("市场监管局", "SCJG", 10, 10, "")]})
    assert taken.lines == ("市场监管局 线上帮办：未评 → 10",)
    assert given(centre, "online_help")["SCJG"] == (1000, "", "王琳")


# ---------------------------------------------------------------- whose rows


def test_an_evaluator_fills_only_the_rows_of_the_own_section(
    centre: Centre, wang: User, zhao: User
):
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="业务科")
        sections.assign_row(connection, indicator="online_help", section_id=other)
    chen = centre.person("陈晨", "evaluator", section=other)
    line = ("市场监管局", "SCJG", 10, 10, "")
    assert take(centre, wang, {ONLINE: [line]}).faults == [
        (2, "D", "线上帮办由业务科评分，请删去这个得分，由其评分或请管理员导入。")
    ]
    assert take(centre, chen, {ONLINE: [line]}).faults == []
    # what stands is no change, so a whole workbook can be sent back
    assert take(centre, wang, {ONLINE: [line]}).faults == []
    with centre.database.begin() as connection:
        connection.execute(section_row.delete())
    taken = take(centre, wang, {ONLINE: [("公安", "GA", 10, 10, "")]})
    assert taken.faults == [
        (2, "D", "线上帮办由其他科室评分，请删去这个得分，由其评分或请管理员导入。")
    ]
    assert zhao.hears == []


def test_nobody_scores_the_own_department_but_who_stands_in_does(centre: Centre, zhao: User):
    own = centre.person("钱多", "evaluator", department="SCJG")
    with centre.database.begin() as connection:
        people.grant_role(
            connection,
            person_id=own.person_id,
            role_name="member",
            department_id=centre.departments["SCJG"],
            now=centre.now,
        )
        sections.set_substitute(connection, centre.section_id, person_id=zhao.person_id)
    both = {ONLINE: [("市场监管局", "SCJG", 10, 10, ""), ("公安", "GA", 10, 10, "")]}
    assert take(centre, own, both).faults == [
        (2, "D", "市场监管局是您所在的部门，由其他考核员评分。")
    ]
    member = centre.person("周敏", "admin", "liaison", department="SCJG")
    assert take(centre, member, both).faults == [
        (2, "D", "市场监管局是您所在的部门，由其他考核员评分。")
    ]
    assert take(centre, zhao, both).faults == []


def test_the_admin_fills_every_row_and_its_evaluators_hear_of_it_once(
    centre: Centre, zhao: User, wang: User
):
    take(
        centre,
        zhao,
        {
            ONLINE: [("市场监管局", "SCJG", 10, 10, ""), ("公安", "GA", 10, 10, "")],
            "线下帮办": [("市场监管局", "SCJG", 5, 5, "")],
        },
    )
    assert given(centre, "online_help")["GA"] == (1000, "", "赵强")
    assert wang.hears == [
        "2026年第四季度导入了3个得分\n"
        "赵强从工作簿导入了线上帮办、线下帮办的得分。请核对；评完后由贵科室提交。"
    ]
    wang.clicks("评分")
    assert "线上帮办 2/3" in wang.buttons


def test_only_evaluators_and_admins_may(centre: Centre, li: User):
    with pytest.raises(NotAllowed):
        take(centre, li, {ONLINE: [("市场监管局", "SCJG", 10, 10, "")]})


def test_of_two_imports_read_at_once_one_is_written(centre: Centre, wang: User):
    who = By(wang.person_id, wang.account_id)
    with centre.database.begin() as connection:
        occasion = Occasion(connection, centre.now, centre.desk.premises)
        first, second = (
            importer.read(
                occasion,
                row_sheets({ONLINE: [("市场监管局", "SCJG", 10, score, "响应超时")]}),
                quarter="2026Q4",
                by=who,
            )
            for score in (9, 8)
        )
        first.apply(occasion, who)
        with pytest.raises(ChangedMeanwhile):
            second.apply(occasion, who)
    assert given(centre, "online_help")["SCJG"] == (900, "响应超时", "王琳")


# ---------------------------------------------------------------- 评分总表


def test_one_table_with_its_reasons(centre: Centre, wang: User):
    content = book(
        {
            "评分总表": [
                ("2026年第四季度评分",),
                ("部门", "线上帮办\n（10分）", "一网通办有创新亮点的", "在线服务成熟度", "备注"),
                ("市场监管局", 8.5, 2, 20, ""),
                ("公安", None, 0, None, "迟交"),
            ],
            "理由": [
                ("部门", "考核项", "理由"),
                ("市场监管局", "线上帮办", "响应超时2次"),
                ("市场监管局", "“一网通办”有创新亮点的", "跨省通办"),
            ],
            "图": [("一", "二")],
        }
    )
    taken = take_in(centre, importer, content, wang, quarter="2026年第四季度")
    assert taken == Taken(
        [],
        (
            "市场监管局 线上帮办：未评 → 8.5，理由：响应超时2次",
            "市场监管局 在线办理成熟度：未评 → 20",
            "市场监管局 “一网通办”有创新亮点的：未评 → 2，理由：跨省通办",
            "公安 “一网通办”有创新亮点的：未评 → 0",
        ),
        ("没有用到的表和列：评分总表：备注、图",),
    )


def test_a_reason_that_stands_may_stay_where_the_score_was_emptied(centre: Centre, wang: User):
    take(centre, wang, {ONLINE: [("公安", "GA", 10, 9, "解决率不高")]})
    taken = take(centre, wang, {ONLINE: [("公安", "GA", 10, None, "解决率不高")]})
    assert taken == Taken([], (), ())


def test_a_row_that_nobody_owns_is_the_admins_to_fill(centre: Centre, zhao: User, wang: User):
    with centre.database.begin() as connection:
        connection.execute(section_row.delete())
    assert take(centre, zhao, {ONLINE: [("公安", "GA", 10, 10, "")]}).faults == []
    assert wang.hears == []


def test_the_only_sheet_may_have_any_name(centre: Centre, wang: User):
    content = book({"Sheet1": [("部门", "线上帮办"), ("公安", 10)]})
    assert take_in(centre, importer, content, wang, quarter="2026Q4").lines == (
        "公安 线上帮办：未评 → 10",
    )


@pytest.mark.parametrize(
    ("sheets", "faults"),
    [
        (
            {"甲": [("部门",)], "乙": [("部门",)]},
            [
                (
                    0,
                    "",
                    "没有找到评分表。请用“导入”中给您的空表填写：每个考核项一张表，或一张“评分总表”。",
                )
            ],
        ),
        (
            {"评分总表": [("部门", "代码"), ("公安", "GA")]},
            [(0, "", "没有找到考核项的列。表头请写考核项的名称，如“线上帮办”。")],
        ),
        (
            {
                "评分总表": [("部门", "线上帮办"), ("公安", 10)],
                "理由": [
                    ("部门", "考核项", "理由"),
                    ("公安", "态度", "好"),
                    ("公安", "咨询服务", "好"),
                    ("公安", None, "好"),
                ],
            },
            [
                (2, "B", "没有叫“态度”的考核项，请改成表头里的名称。"),
                (3, "C", "公安的咨询服务写了理由，没有得分，请补上得分或删去理由。"),
                (4, "B", words("empty", title="考核项")),
            ],
        ),
        (
            {"评分说明": [("季度", "2026Q3")], ONLINE: [HEADER, ("公安", "GA", 10, 10, "")]},
            [(1, "B", "这份表是2026Q3的，您选的是2026Q4。请换成2026Q4的表，或重新选择季度。")],
        ),
    ],
)
def test_what_a_workbook_lacks(
    centre: Centre,
    wang: User,
    sheets: dict[str, list[tuple[Plain, ...]]],
    faults: list[tuple[int, str, str]],
):
    taken = take_in(centre, importer, book(sheets), wang, quarter="2026Q4")
    assert taken.faults == faults


def test_two_sheets_may_speak_of_one_cell_if_they_agree(centre: Centre, wang: User):
    take(centre, wang, {ONLINE: [("公安", "GA", 10, 10, "")]})
    both: dict[str, list[tuple[Plain, ...]]] = {
        "评分总表": [("部门", "线上帮办"), ("公安", 10), ("医保局", 9)],
        ONLINE: [HEADER, ("公安", "GA", 10, 8, "解决率不高"), ("医保局", "YB", 10, 8, "响应超时")],
        "理由": [("部门", "考核项", "理由"), ("医保局", "线上帮办", "响应慢")],
    }
    taken = take_in(centre, importer, book(both), wang, quarter="2026Q4")
    assert taken.faults == [(3, "D", "与“评分总表”第3行不一致（那里是9，响应慢），请只留一处。")]
    both[ONLINE][2] = ("医保局", "YB", 10, 9, "")
    taken = take_in(centre, importer, book(both), wang, quarter="2026Q4")
    assert taken.lines == (
        "公安 线上帮办：10 → 8，理由：解决率不高",
        "医保局 线上帮办：未评 → 9，理由：响应慢",
    )


# ---------------------------------------------------------------- which quarter


@pytest.mark.parametrize(
    ("quarter", "error"),
    [("2027Q1", ScoresClosed), ("2023Q1", NoEdition), ("明年", QuarterUnreadable)],
)
def test_a_quarter_that_takes_no_scores(
    centre: Centre, wang: User, quarter: str, error: type[Exception]
):
    with pytest.raises(error):
        take(centre, wang, {ONLINE: [("公安", "GA", 10, 10, "")]}, quarter)


def test_a_proposed_quarter_takes_none(centre: Centre, wang: User):
    score_all(centre, wang, {"YB": FULL})
    with centre.database.begin() as connection:
        quarters.set_state(connection, "2026Q4", QuarterState.PROPOSED)
    with pytest.raises(ScoresClosed):
        take(centre, wang, {ONLINE: [("公安", "GA", 10, 10, "")]})


def test_a_department_that_is_not_assessed_has_no_score(centre: Centre, wang: User):
    with centre.database.begin() as connection:
        for code, first, last in (
            ("GA", None, date(2026, 11, 30)),
            ("YB", None, date(2026, 9, 1)),
        ):
            departments.set_residence(
                connection, centre.departments[code], resident_from=first, resident_to=last
            )
    taken = take(
        centre, wang, {ONLINE: [("公安", "GA", 10, 10, ""), ("医保局", "YB", 10, 10, "")]}
    )
    assert taken.faults == [
        (2, "D", "公安本季度不参评（季度最后一天不在中心），请删去这个得分。"),
        (3, "D", "医保局本季度不参评（季度最后一天不在中心），请删去这个得分。"),
    ]
