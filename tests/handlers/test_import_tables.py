"""How a sheet is read, whatever it is about: its header, its cells, and their faults."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from handlers.imports.book import (
    EMPTY,
    Book,
    Cell,
    Faults,
    Line,
    Merged,
    Sheet,
    Value,
    WorkbookFaulty,
    letter,
)
from handlers.imports.tables import Column, Kind, Table, plain_number, read_table

TODAY = date(2026, 11, 3)
COLUMNS = (
    Column("name", "部门全称", ("名称",), needed=True, filled=True),
    Column("day", "入驻日期", kind=Kind.DATE),
    Column("score", "得分", kind=Kind.NUMBER),
    Column("any", "其他", kind=Kind.ANY),
    Column("names", "人员"),
)
TITLES = ("部门全称", "入驻日期", "得分", "其他", "人员")


def book(*rows: Any, name: str = "部门", merged: tuple[Merged, ...] = (), first: int = 1) -> Book:
    lines = tuple(
        Line(number, tuple(each if isinstance(each, Cell) else Cell(each) for each in row))
        for number, row in enumerate(rows, first)
        if row
    )
    return Book((Sheet(name, lines, merged),))


def read(found: Book, **more: Any) -> tuple[Table | None, list[tuple[int, str, str]]]:
    faults = Faults()
    table = read_table(found, "部门", COLUMNS, faults, today=TODAY, **more)
    return table, [(each.row, each.column, each.words) for each in faults.found]


def rows(found: Book) -> list[dict[str, Value]]:
    table, faults = read(found)
    assert (table is not None, faults) == (True, [])
    return [row.values for row in table or ()]


# ---------------------------------------------------------------- the header


def test_columns_in_any_order_and_by_other_names():
    assert rows(book(("得分", "名 称 *", "入驻日期（必填）"), (Decimal("8.5"), "公安", None))) == [
        {"score": Decimal("8.5"), "name": "公安"}
    ]


def test_a_title_and_remarks_may_stand_above():
    found = book(("2026年部门名册",), ("填表人", "李敏"), TITLES, ("公安",))
    assert rows(found) == [{"name": "公安"}]


def test_the_line_with_most_titles_is_the_header():
    assert rows(book(("部门全称",), ("部门全称", "得分"), ("公安", Decimal(1)))) == [
        {"name": "公安", "score": Decimal(1)}
    ]


def test_the_only_sheet_may_have_another_name():
    assert rows(book(TITLES, ("公安",), name="Sheet1")) == [{"name": "公安"}]


def test_empty_lines_are_skipped_and_unused_columns_named():
    header = (*TITLES, "备注", Decimal(1), "序号")
    table, faults = read(book(header, ("公安",), (None,), (None,) * 5 + ("x",)))
    assert table is not None
    assert ([row.number for row in table], table.unused, faults) == ([2], ("备注", "序号"), [])
    assert table.columns == {"name", "day", "score", "any", "names"}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            book(("x",), name="别的"),
            "缺少名为“部门”的工作表，请用取到的表格填写，不要改工作表名称。",
        ),
        (book(("x",), (Decimal(1),)), "没有找到表头，第一行应有“部门全称”这样的列名，请补上。"),
        (Book((Sheet("部门", ()),)), "没有找到表头，第一行应有“部门全称”这样的列名，请补上。"),
    ],
)
def test_no_sheet_or_no_header(found, said):
    assert read(found) == (None, [(0, "", said)])


def test_a_sheet_that_need_not_be_there():
    assert read(book(TITLES, name="别的"), optional=True) == (None, [])
    assert read(Book((Sheet("部门", ()),)), optional=True) == (None, [])
    said = "没有找到表头，第一行应有“部门全称”这样的列名，请补上。"
    assert read(book(("x",)), optional=True) == (None, [(0, "", said)])


def test_columns_that_are_missing_or_twice():
    _, faults = read(book(("得分", "入驻日期", "得分"), (Decimal(1),)))
    assert faults == [
        (1, "C", "“得分”这一列重复了（另一列在A列），请只留一列。"),
        (1, "", "缺少“部门全称”这一列，请补上。"),
    ]


def test_too_many_rows():
    assert read(book(TITLES, *[("公安",)] * 4), most=3) == (
        None,
        [(0, "", "共4行，一次最多3行，请分成几份导入。")],
    )


# ---------------------------------------------------------------- cells


def test_values_of_each_kind():
    found = book(
        TITLES,
        ("公安", date(2026, 3, 1), "８.5", True, Decimal("12.0")),
        (Decimal(12), "2026年3月1日", Decimal("0.50"), "不涉及", date(2026, 3, 1)),
        ("医保", Decimal(20270301), " 9 ", Decimal(7), "甲、乙，丙；甲"),
        ("税务", Cell("2026.3.1", formula=True), Cell(Decimal(3), formula=True)),
    )
    assert rows(found) == [
        {
            "name": "公安",
            "day": date(2026, 3, 1),
            "score": Decimal("8.5"),
            "any": True,
            "names": "12",
        },
        {
            "name": "12",
            "day": date(2026, 3, 1),
            "score": Decimal("0.50"),
            "any": "不涉及",
            "names": "2026-03-01",
        },
        {
            "name": "医保",
            "day": date(2027, 3, 1),
            "score": Decimal(9),
            "any": Decimal(7),
            "names": "甲、乙，丙；甲",
        },
        {"name": "税务", "day": date(2026, 3, 1), "score": Decimal(3)},
    ]
    table, _ = read(found)
    assert table is not None
    third = table.rows[2]
    assert (third.words("names"), third.text("score"), third.words("day")) == (
        ["甲", "乙", "丙"],
        "",
        [],
    )
    assert (third.values["score"], third.day("name")) == (Decimal(9), None)


def test_every_fault_with_its_place():
    error, formula = Cell(error="#REF!"), Cell(formula=True)
    found = book(
        TITLES,
        (None, "x"),
        (error, formula, "很多", formula),
        (True, Decimal(46082), date(2026, 3, 1)),
        ("公安", "3月1日", "NaN"),
        ("公安", "2026.2.30", True),
        ("公安", True),
    )
    assert read(found)[1] == [
        (2, "A", "“部门全称”没有填，请补上。"),
        (2, "B", "“入驻日期”应填日期，现在是“x”，请写成“2026-3-1”的样子。"),
        (3, "A", "“部门全称”是错误值 #REF!，请改成正确的内容。"),
        (
            3,
            "B",
            "“入驻日期”的公式没有计算结果，请用 Excel 或 WPS 打开保存一次，或直接填写结果。",
        ),
        (3, "C", "“得分”应填数字，现在是“很多”，请修改。"),
        (
            3,
            "D",
            "“其他”的公式没有计算结果，请用 Excel 或 WPS 打开保存一次，或直接填写结果。",
        ),
        (4, "A", "“部门全称”应填文字，请修改。"),
        (4, "B", "“入驻日期”应填日期，现在是“46082”，请写成“2026-3-1”的样子。"),
        (4, "C", "“得分”应填数字，现在是“2026-03-01”，请修改。"),
        (5, "B", "“入驻日期”应填日期，现在是“3月1日”，请写成“2026-3-1”的样子。"),
        (5, "C", "“得分”应填数字，现在是“NaN”，请修改。"),
        (6, "B", "“入驻日期”应填日期，现在是“2026.2.30”，请写成“2026-3-1”的样子。"),
        (6, "C", "“得分”应填数字，现在是“TRUE”，请修改。"),
        (7, "B", "“入驻日期”应填日期，现在是“TRUE”，请写成“2026-3-1”的样子。"),
    ]


def test_merged_cells_are_named_once():
    covered = Cell(covered=True)
    found = book(
        TITLES,
        ("公安",),
        (covered, None, Decimal(1)),
        (covered,),
        merged=(Merged(2, 4, 0, 0), Merged(1, 1, 5, 9), Merged(3, 3, 7, 8)),
    )
    table, faults = read(found)
    assert faults == [(2, "A", "A2:A4是合并单元格，请取消合并，每一行都填上内容。")]
    assert table is not None
    assert [(row.number, row.bad) for row in table] == [(2, set()), (3, {"name"})]


def test_a_range_that_begins_in_the_header():
    _, faults = read(book(TITLES, ("公安",), merged=(Merged(1, 2, 1, 2),)))
    assert faults == [(2, "B", "B1:C2是合并单元格，请取消合并，每一行都填上内容。")]


# ---------------------------------------------------------------- small things


def test_faults_are_said_in_order_and_all_at_once():
    faults = Faults()
    faults.stop()
    faults.add("乙", 2, "A", "x")
    faults.add("甲", 9, "B", "y")
    faults.add("乙", 1, "", "z")
    with pytest.raises(WorkbookFaulty) as raised:
        faults.stop()
    assert [(each.sheet, each.row) for each in raised.value.faults] == [
        ("乙", 1),
        ("乙", 2),
        ("甲", 9),
    ]


@pytest.mark.parametrize(
    ("index", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_columns_have_letters(index, name):
    assert letter(index) == name


@pytest.mark.parametrize(
    ("number", "text"), [("12.0", "12"), ("0.50", "0.5"), ("100", "100"), ("1E+3", "1000")]
)
def test_numbers_as_they_stand_in_the_cell(number, text):
    assert plain_number(Decimal(number)) == text


def test_a_line_is_empty_beyond_its_end():
    line = Line(1, (Cell("x"),))
    assert [line.cell(index) for index in (0, 1, -1)] == [Cell("x"), EMPTY, EMPTY]
    assert book(TITLES).sheet("别的") is None
