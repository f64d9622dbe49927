"""The workbook in which scores are filled in and sent back: what stands is filled in already.

A sheet for each row, where the reason stands beside the score; for a quarter from before the
installation one table of departments by rows, as such records are kept, with the reasons on a
second sheet. 评分说明 says how, and for which quarter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rubric import edition as editions
from rubric.edition import Indicator
from templates import words
from templates.documents import Arguments
from templates.workbook import HEAD, HEADER_FILL, POINTS, Book, Look, Sheet

GUIDE: Final = "评分说明"
QUARTER: Final = "季度"
TABLE: Final = "评分总表"
REASONS: Final = "理由"

_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME: Final = 31
_HEADER: Final = Look(HEAD, 10, "center", fill=HEADER_FILL)
_NAME: Final = Look(fill="#F7F9FB", typed=True)
_FIXED: Final = Look(fill="#F7F9FB", align="center", colour="#5D6B78")
_SCORE: Final = Look(align="center", number=POINTS)
_REASON: Final = Look(typed=True)
_RULE: Final = Look(ruled=False)
_ROW_COLUMNS: Final = (
    ("部门", 22.0),
    ("代码", 9.0),
    ("满分", 8.0),
    ("得分", 10.0),
    (REASONS, 70.0),
)
_REASON_COLUMNS: Final = (("部门", 22.0), ("考核项", 30.0), (REASONS, 70.0))
_GUIDE: Final = (
    "只填“得分”和“理由”两栏，其他内容请不要改动。",
    "空着的格不作改动；已有的分数已经填好，改过的才会更新。",
    "没有对应事项的基本项，可在得分栏填“不涉及”，并写明理由；加分项没有加分的填0。",
    "基本项未得满分、加分项得分而没有已采纳佐证的，须写明理由。",
    "已提交的考核项不能再改；需要修改的，请先由管理员退回该项。",
    "填好后把本文件发回即可：会先列出全部变化，确认后才记入。",
)
_GUIDE_TABLE: Final = (
    f"“{TABLE}”每行一个部门，每列一个考核项；理由写在“{REASONS}”表，每条一行。",
    "空着的格不作改动；没有对应事项的基本项填“不涉及”，加分项没有加分的填0。",
    f"没有写理由的分数，记为“{words.FROM_RECORDS}”。",
    "填好后把本文件发回即可：会先列出全部变化，确认后才记入。",
)


def sheet_name(row: Indicator) -> str:
    """The row's name as a workbook can bear it."""
    return _FORBIDDEN.sub(" ", row.name)[:_LONGEST_NAME]


def from_arguments(arguments: Arguments) -> bytes:
    """`content`: quarter, edition, whether as one table, departments as short name and code, and
    by row id and code what stands (nothing, or hundredths and reason), in JSON; `at`."""
    content = json.loads(str(arguments["content"]))
    quarter, table = str(content["quarter"]), bool(content["table"])
    rows = [
        row
        for row in editions.find(str(content["edition"])).indicators
        if row.id in content["rows"]
    ]
    title = f"{words.quarter(quarter)}评分"
    book = Book(title=title, made_at=datetime.fromisoformat(str(arguments["at"])))
    if table:
        _table(book, title, content["departments"], rows, content["rows"])
        _reasons(book, title, content["departments"], rows, content["rows"])
    else:
        for row in rows:
            _row(book, title, row, content["departments"], content["rows"][row.id])
    _guide(book, quarter, _GUIDE_TABLE if table else _GUIDE)
    return book.save()


def _guide(book: Book, quarter: str, lines: Sequence[str]) -> None:
    sheet = book.sheet(GUIDE, widths=(12, 90), header=(0, 0))
    sheet.text(0, 0, QUARTER, _HEADER)
    sheet.text(0, 1, quarter, _NAME)
    for number, line in enumerate(lines, start=1):
        sheet.count(number + 1, 0, number, Look(align="center", ruled=False))
        sheet.text(number + 1, 1, line, _RULE)


def _headed(book: Book, name: str, title: str, columns: Sequence[tuple[str, float]]) -> Sheet:
    sheet = book.sheet(name, widths=[width for _, width in columns], header=(0, 0), to_fill=True)
    sheet.page_title(title)
    for column, (label, _) in enumerate(columns):
        sheet.text(0, column, label, _HEADER)
    sheet.height(0, 24)
    return sheet


# ------------------------------------------------------------------ a sheet for each row


def _row(
    book: Book,
    title: str,
    row: Indicator,
    departments: Sequence[Sequence[str]],
    standing: Mapping[str, Sequence[Any]],
) -> None:
    sheet = _headed(book, sheet_name(row), f"{title}　{row.name}", _ROW_COLUMNS)
    shown = [each for each in departments if each[1] in standing]
    for number, (name, code) in enumerate(shown, start=1):
        sheet.text(number, 0, name, _NAME)
        sheet.text(number, 1, code, _FIXED)
        sheet.count(number, 2, row.points, _FIXED)
        _score(sheet, number, 3, standing[code])
        sheet.text(number, 4, str(standing[code][1]) if standing[code] else "", _REASON)
    sheet.freeze(1, 1)


def _score(sheet: Sheet, row: int, column: int, standing: Sequence[Any]) -> None:
    if not standing:
        sheet.text(row, column, "", _SCORE)
    elif standing[0] is None:
        sheet.text(row, column, words.NOT_APPLICABLE, _SCORE)
    else:
        sheet.points(row, column, int(standing[0]), _SCORE)


# ------------------------------------------------------------------ one table


def _table(
    book: Book,
    title: str,
    departments: Sequence[Sequence[str]],
    rows: Sequence[Indicator],
    standing: Mapping[str, Mapping[str, Sequence[Any]]],
) -> None:
    labels = [(f"{row.name}\n（{row.points}分）", 13.0) for row in rows]
    sheet = _headed(book, TABLE, title, (("部门", 22.0), ("代码", 9.0), *labels))
    sheet.height(0, 60)
    for number, (name, code) in enumerate(departments, start=1):
        sheet.text(number, 0, name, _NAME)
        sheet.text(number, 1, code, _FIXED)
        for column, row in enumerate(rows, start=2):
            _score(sheet, number, column, standing[row.id].get(code, ()))
    sheet.freeze(1, 2)


def _reasons(
    book: Book,
    title: str,
    departments: Sequence[Sequence[str]],
    rows: Sequence[Indicator],
    standing: Mapping[str, Mapping[str, Sequence[Any]]],
) -> None:
    sheet = _headed(book, REASONS, title, _REASON_COLUMNS)
    number = 0
    for name, code in departments:
        for row in rows:
            found = standing[row.id].get(code, ())
            if found and found[1]:
                number += 1
                for column, text in enumerate((name, row.name, str(found[1]))):
                    sheet.text(number, column, text, _REASON)
    sheet.freeze(1, 0)
