"""The workbook that departments or people are entered in, with those who are there already.

A header, the rows, and a sheet 说明 that says what goes into each column. What is written here is
read again by the importer of the same names.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

import orjson

from templates.documents import Arguments
from templates.workbook import HEAD, HEADER_FILL, Book, Look, Sheet

_HEADER: Final = Look(HEAD, 10, "center", fill=HEADER_FILL)
_NEEDED: Final = Look(HEAD, 10, "center", fill="#FDF0E7", bold=True)
_TEXT: Final = Look(typed=True)
_DAY: Final = Look(align="center", number="yyyy-mm-dd")
_TITLE: Final = Look(HEAD, 14, ruled=False)
_PLAIN: Final = Look(ruled=False)
_MADE: Final = datetime(2000, 1, 1, tzinfo=UTC)  # the same rows give the same bytes
_EMPTY_ROWS: Final = 30
_HELP: Final = "说明"


def from_arguments(arguments: Arguments) -> bytes:
    """`title`; `sheets` (JSON): each with `name`, `columns` of `title`, `width`, `help`, `needed`
    and `day`, and `rows` of texts; `remarks` (JSON), sentences for 说明."""
    sheets = orjson.loads(str(arguments["sheets"]))
    book = Book(title=str(arguments["title"]), made_at=_MADE)
    for each in sheets:
        _fill(book, each)
    _explain(book, str(arguments["title"]), sheets, orjson.loads(str(arguments["remarks"])))
    return book.save()


def _fill(book: Book, spec: dict[str, Any]) -> None:
    columns = spec["columns"]
    widths = [each["width"] for each in columns]
    sheet = book.sheet(spec["name"], widths=widths, header=(0, 0), to_fill=True)
    for column, each in enumerate(columns):
        sheet.text(0, column, each["title"], _NEEDED if each.get("needed") else _HEADER)
    rows = [*spec["rows"], *([""] * len(columns) for _ in range(_EMPTY_ROWS))]
    for row, values in enumerate(rows, start=1):
        for column, value in enumerate(values):
            _put(sheet, row, column, value, day=bool(columns[column].get("day")))
    sheet.freeze(1, 0)


def _put(sheet: Sheet, row: int, column: int, value: str, *, day: bool) -> None:
    if day and value:
        sheet.day(row, column, date.fromisoformat(value), _DAY)
    else:
        sheet.text(row, column, value, _DAY if day else _TEXT)


def _explain(book: Book, title: str, sheets: list[dict[str, Any]], remarks: list[str]) -> None:
    sheet = book.sheet(_HELP, widths=[16, 18, 96], header=(0, 0))
    sheet.across((0, 0), (0, 2), f"{title}：填写说明", _TITLE)
    row = 1
    for remark in remarks:
        sheet.across((row, 0), (row, 2), remark, _PLAIN)
        row += 1
    row += 1
    for column, name in enumerate(("工作表", "列", "怎么填")):
        sheet.text(row, column, name, _HEADER)
    for spec in sheets:
        for each in spec["columns"]:
            row += 1
            sheet.text(row, 0, spec["name"], _TEXT)
            sheet.text(row, 1, each["title"], _TEXT)
            needed = "必填。" if each.get("needed") else ""
            sheet.text(row, 2, needed + each["help"], _TEXT)
