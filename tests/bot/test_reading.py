"""Whatever is sent as a workbook, the child process with its limits gives rows or one reason."""

from __future__ import annotations

import asyncio
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from bot.reading import Reader
from bot.reading_child import read
from handlers.imports.book import EMPTY, Book, Cell, Merged, WorkbookRefused, from_json, to_json
from tests.support import workbooks
from tests.support.samples import compound, office, zipped
from tests.support.workbooks import saved, sheet_of, with_sheet, workbook

PLAIN = workbook({"部门": [["部门全称", "简称"], ["市场监督管理局", "市场监管局"]]})


async def outcome(folder: Path, content: bytes, name: str = "部门.xlsx", **limits: float) -> str:
    """The reason why there are no rows, or 'read'."""
    path = folder / "blob"
    path.write_bytes(content)
    try:
        await Reader(**limits).read(path, name)  # type: ignore[arg-type]
    except WorkbookRefused as error:
        return error.why if error.name == name else f"{error.why} of {error.name}"
    return "read"


async def rows(folder: Path, content: bytes) -> Book:
    path = folder / "blob"
    path.write_bytes(content)
    return from_json(await Reader().read(path, "部门.xlsx"))


async def test_a_workbook_comes_as_rows(tmp_path):
    book = await rows(tmp_path, PLAIN)
    assert [sheet.name for sheet in book.sheets] == ["部门"]
    assert [
        (line.number, [cell.value for cell in line.cells]) for line in book.sheets[0].lines
    ] == [
        (1, ["部门全称", "简称"]),
        (2, ["市场监督管理局", "市场监管局"]),
    ]


def test_values_are_words_numbers_days_or_nothing():
    made = Workbook()
    sheet = made.active
    sheet.title = " 表 "
    sheet.append(
        [" 两 \u3000端\r\n的 空白 ", 8.3, 12, date(2026, 3, 1), True, None, "\u202e\x7f", 1e300]
    )
    sheet.append([])
    sheet.append([None, "#REF!", 0.1 + 0.2])
    sheet["B3"].data_type = "e"
    [found] = read(saved(made)).sheets
    assert found.name == "表"
    assert [(line.number, line.cells) for line in found.lines] == [
        (
            1,
            (
                Cell("两 端\n的 空白"),
                Cell(Decimal("8.3")),
                Cell(Decimal(12)),
                Cell(date(2026, 3, 1)),
                Cell(True),
                EMPTY,
                EMPTY,
                Cell("1e+300"),
            ),
        ),
        (3, (EMPTY, Cell(error="#REF!"), Cell(Decimal("0.3")))),
    ]


def test_a_formula_gives_what_the_workbook_remembers_of_it():
    cells = (
        b'<c r="A1"><f>1+1</f><v>2</v></c>'
        b'<c r="B1"><f>1+2</f></c>'
        b'<c r="C1" t="str"><f>IF(A1=2,"","x")</f><v></v></c>'
        b'<c r="D1" t="str"><f>"a"</f><v>a</v></c>'
    )
    [found] = read(with_sheet(sheet_of(b'<row r="1">' + cells + b"</row>"))).sheets
    assert found.lines[0].cells == (
        Cell(Decimal(2), formula=True),
        Cell(formula=True),
        EMPTY,
        Cell("a", formula=True),
    )


def test_merged_cells_are_covered_but_for_the_first():
    content = workbook(
        {"部门": [["a", "b"], ["c", "d"], ["e", "f"]]}, merged={"部门": ["A2:A3", "B9:ZZ9"]}
    )
    [found] = read(content).sheets
    assert found.merged == (Merged(2, 3, 0, 0), Merged(9, 9, 1, 701))
    assert [str(each) for each in found.merged] == ["A2:A3", "B9:ZZ9"]
    assert [[cell.covered for cell in line.cells] for line in found.lines] == [
        [False, False],
        [False, False],
        [True, False],
    ]


def test_rows_go_through_the_database_and_back():
    made = Workbook()
    made.active.append(["字", 8.5, date(2026, 3, 1), True, None, "=1+1"])
    made.active.append(["x"])
    made.active.merge_cells("A2:B2")
    made.active["C2"] = "#DIV/0!"
    made.active["C2"].data_type = "e"
    book = read(saved(made))
    assert from_json(to_json(book)) == book


# ---------------------------------------------------------------- what it costs


@pytest.mark.parametrize("rows_", [10_000])
async def test_ten_thousand_rows_within_seconds(rows_, tmp_path):
    content = workbook({"人员": [[f"人员{n}", "联络员", "公安", n] for n in range(rows_)]})
    start = time.monotonic()
    book = await rows(tmp_path, content)
    assert len(book.sheets[0].lines) == rows_
    assert time.monotonic() - start < 20


async def test_a_cell_at_the_far_end_does_not_hang(tmp_path):
    made = Workbook()
    made.active["A1"] = "部门全称"
    made.active["A1048576"] = "很远的一行"
    book = await rows(tmp_path, saved(made))
    assert [line.number for line in book.sheets[0].lines] == [1, 1048576]
    made.active["XFD1048576"] = 1
    assert await outcome(tmp_path, saved(made)) == "big"


# ---------------------------------------------------------------- what is refused

SEVERAL_SHEETS: dict[str, list[list[object]]] = {f"表{n}": [["x"]] for n in range(41)}
REFUSED = {
    "an old format": ("部门.xls", compound("Workbook"), "format"),
    "WPS": ("部门.et", compound("Workbook"), "format"),
    "commas": ("部门.csv", "部门全称\n公安".encode(), "format"),
    "no extension": ("部门", PLAIN, "format"),
    "an old format renamed": ("部门.xlsx", compound("Workbook"), "format"),
    "a Word file renamed": ("部门.xlsx", office("word"), "format"),
    "a password": ("部门.xlsx", compound("EncryptedPackage"), "encrypted"),
    "nothing": ("部门.xlsx", b"", "empty"),
    "a page": ("部门.xlsx", b"<html>", "damaged"),
    "a zip of other things": ("部门.xlsx", zipped({"a.txt": b"x"}), "damaged"),
    "a frame without sheets": ("部门.xlsx", office("xl"), "damaged"),
    "broken XML": ("部门.xlsx", with_sheet(b"<worksheet"), "damaged"),
    "a macro": ("部门.xlsx", office("xl", {"xl/vbaProject.bin": b"x"}), "macro"),
    "too many sheets": ("部门.xlsx", workbook(SEVERAL_SHEETS), "big"),
    "too many rows": ("部门.xlsx", workbook({"部门": [["x"]] * 20_001}), "big"),
    "too many columns": ("部门.xlsx", workbook({"部门": [["x"] * 101]}), "big"),
    "three million cells": ("部门.xlsx", workbooks.many_cells(3_000_000), "bomb"),
    "300 MB of XML": ("部门.xlsx", with_sheet(sheet_of(b" " * 300 * 1024**2)), "bomb"),
    "laughter": ("部门.xlsx", workbooks.laughing(), "damaged"),
    "a file of the machine": ("部门.xlsx", workbooks.peeping("/etc/hostname"), "damaged"),
    "lying sizes": ("部门.xlsx", workbooks.lying(50_000_000), "damaged"),
    "overlapping members": ("部门.xlsx", workbooks.overlapping(), "bomb"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_one_reason_for_what_cannot_be_read(what, tmp_path):
    name, content, why = REFUSED[what]
    assert await outcome(tmp_path, content, name) == why


async def test_cut_off_anywhere(tmp_path):
    """As a transfer leaves it that broke off."""
    cuts = [len(PLAIN) * n // 20 for n in range(1, 20)]
    found = [await outcome(tmp_path, PLAIN[:cut]) for cut in cuts]
    assert found == ["damaged"] * 19


async def test_a_file_that_is_too_large_is_not_even_opened(tmp_path):
    assert await outcome(tmp_path, PLAIN + bytes(20 * 1024**2)) == "too_big"


HEAVY = workbook({"部门": [[row * column for column in range(1, 21)] for row in range(8_000)]})


@pytest.mark.parametrize("limits", [{"memory": 96 * 1024**2}, {"processor": 1}, {"seconds": 0.5}])
async def test_a_heavy_one_meets_a_limit(limits, tmp_path):
    """And the next one is read all the same."""
    assert await outcome(tmp_path, HEAVY, **limits) in ("heavy", "big")
    assert await outcome(tmp_path, PLAIN) == "read"


async def test_one_at_a_time_and_none_is_left(tmp_path):
    reader = Reader()
    (tmp_path / "blob").write_bytes(PLAIN)
    found = await asyncio.gather(*(reader.read(tmp_path / "blob", "部门.xlsx") for _ in range(3)))
    assert found[0] == found[1] == found[2] == to_json(read(PLAIN))
