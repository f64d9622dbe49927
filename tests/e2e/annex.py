"""The annex form as a department gets it, opened and read cell by cell."""

from __future__ import annotations

import io
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from docx import Document
from docx.table import Table

from tests.e2e import expected
from tests.e2e.expected import BONUS, CATEGORIES, ROWS, Cell, Department, Sheet, Standing, number
from tests.e2e.plan import QUARTER_WORDS

TITLE = "宝山区行政服务中心常驻部门考核量化评分表"
HEAD = ["评分内容", "分值", "参照标准", "评分", "备注"]
NOTICE = Path(__file__).parents[2] / "rubric" / "editions" / "2023-17.toml"


def file_name(department: Department) -> str:
    return f"{department.short}{QUARTER_WORDS}考核量化评分表.docx"


def check(data: bytes, each: Standing, sheet: Sheet, *, day: str) -> None:
    """All that stands in the file, paragraph by paragraph and cell by cell."""
    document = Document(io.BytesIO(data))
    paragraphs = [found.text for found in document.paragraphs if found.text.strip()]
    assert paragraphs == [
        "附件",
        TITLE,
        f"（{QUARTER_WORDS}）",
        f"部门名称：{each.department.name}",
        f"填写时间：{day}",
        "附加分评分项 (20分)",
        *_notes(each, sheet),
    ]
    first, second, bonus = document.tables
    assert _cells(first) == [HEAD, *_base(sheet, *CATEGORIES[:3])]
    mark = "*" if each.rescaled else ""
    assert _cells(second) == [
        HEAD,
        *_base(sheet, CATEGORIES[3]),
        ["合计分值", "100", "得分", f"{number(each.base)}{mark}"],
    ]
    assert _cells(bonus) == [
        HEAD,
        *(_row(row, sheet[row])[0:] for row in ROWS[BONUS]),
        ["总分值", "120", "总得分", number(each.total)],
    ]


def _base(sheet: Sheet, *categories: str) -> list[list[str]]:
    return [
        [f"{category} ({sum(ROWS[category].values())}分)", *_row(row, sheet[row])]
        for category in categories
        for row in ROWS[category]
    ]


def _row(row: str, cell: Cell) -> list[str]:
    printed = _printed()[row]
    remarks = [cell.reason] if cell.reason else []
    remarks += ["佐证：", *cell.evidence] if cell.evidence else []
    score = "不涉及*" if cell.value is None else number(cell.value)
    points = str(expected.POINTS[row])
    return [printed["form_label"], points, printed["standard"], score, "\n".join(remarks)]


def _notes(each: Standing, sheet: Sheet) -> list[str]:
    if not each.rescaled:
        return []
    rows = [row for category in CATEGORIES for row in ROWS[category]]
    applicable = sum(expected.POINTS[row] for row in rows if sheet[row].value is not None)
    earned = number(sum(each.earned, Decimal()))
    return [
        "* 标“不涉及”的评分项不计分，基础分按适用分值折算："
        f"{earned}÷{applicable}×100＝{number(each.base)}分（保留两位小数）。"
    ]


def _cells(table: Table) -> list[list[str]]:
    """Merged cells once a row."""
    found = []
    for row in table.rows:
        seen: list[Any] = []
        for cell in row.cells:
            if all(cell._tc is not other._tc for other in seen):
                seen.append(cell)
        found.append([cell.text for cell in seen])
    return found


def _printed() -> dict[str, dict[str, str]]:
    """The annex's own words by row: labels and standards, which are copied and not computed."""
    notice = tomllib.loads(NOTICE.read_text("utf-8"))
    rows = [row for each in notice["categories"] for row in each["indicators"]]
    return {row["name"]: row for row in rows + notice["bonus"]["indicators"]}
