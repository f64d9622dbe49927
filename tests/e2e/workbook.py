"""The summary workbook as director, admin and evaluators get it, opened and read cell by cell."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal

from openpyxl import load_workbook

from tests.e2e.expected import POINTS, Department, Sheet, Standing
from tests.e2e.plan import DECISION, QUARTER_WORDS

FILE = f"{QUARTER_WORDS}常驻部门考核汇总表.xlsx"
FIRST, NAME, SCORES, BASE = 5, 2, 3, 13  # the first row of places; columns from 1
BONUS, BONUS_SUM, TOTAL, AWARD = 15, 19, 20, 21


def check(
    data: bytes, placed: Sequence[Standing], cells: Mapping[Department, Sheet], *, picked: str
) -> None:
    """Every score, sum, place and award, and every reason with its evidence."""
    book = load_workbook(io.BytesIO(data), data_only=True)
    summary, details = book["汇总"], book["明细"]
    sure = [each.department.short for each in placed if each.rank < 3]
    for number, each in enumerate(placed):
        row = [cell.value for cell in summary[FIRST + number]]
        assert row[:2] == [each.rank, each.department.name]
        scores = [cell.value for cell in cells[each.department].values()]
        shown = row[SCORES - 1 : BASE - 1] + row[BONUS - 1 : BONUS_SUM - 1]
        assert [_decimal(value) for value in shown] == scores
        sums = (row[BASE - 1], row[BONUS_SUM - 1], row[TOTAL - 1])
        assert [_decimal(value) for value in sums] == [each.base, each.bonus, each.total]
        assert (row[BASE] == "*") == each.rescaled
        awarded = each.department.short in (*sure, picked)
        assert row[AWARD - 1] == ("先进集体" if awarded else None)
    texts = [str(cell.value) for line in summary.iter_rows(min_row=FIRST) for cell in line]
    assert any(DECISION in text for text in texts)
    lines = list(details.iter_rows(min_row=2, values_only=True))
    assert len(lines) == len(placed) * len(POINTS)
    wanted = {
        (each.department.name, row): cell
        for each in placed
        for row, cell in cells[each.department].items()
    }
    for _, name, _, row, points, score, reason, evidence, *_ in lines:
        cell = wanted.pop((name, row))
        assert (points, _decimal(score)) == (POINTS[row], cell.value)
        assert (reason or "") == (cell.reason or "")
        assert (evidence or "") == "、".join(cell.evidence)
    assert wanted == {}


def _decimal(value: object) -> Decimal | None:
    """None for 不涉及."""
    return None if value == "不涉及" else Decimal(str(value))
