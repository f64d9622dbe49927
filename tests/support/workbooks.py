"""Workbooks made on the fly: as clerks fill them in, and as nobody should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

from openpyxl import Workbook, load_workbook

Sheets = Mapping[str, Sequence[Sequence[object]]]


def workbook(sheets: Sheets, *, merged: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """Sheets by name, each a list of rows; `merged` ranges by sheet."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for each in (merged or {}).get(name, ()):
            sheet.merge_cells(each)
    return saved(book)


def saved(book: Workbook) -> bytes:
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def rows_of(content: bytes, sheet: str) -> list[list[object]]:
    """What a sheet holds, without its empty rows."""
    found = load_workbook(BytesIO(content))[sheet].iter_rows(values_only=True)
    return [list(row) for row in found if any(value not in (None, "") for value in row)]
