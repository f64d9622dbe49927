"""A workbook's rows as they lie in the database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import orjson

from handlers.imports.book import Book, Cell, Line, Merged, Sheet, from_json, to_json


def test_rows_come_back_as_they_were():
    cells = (
        Cell("字"),
        Cell(Decimal("8.50")),
        Cell(date(2026, 3, 1)),
        Cell(True),
        Cell(False, formula=True),
        Cell(),
        Cell(formula=True),
        Cell(covered=True),
        Cell(error="#REF!", formula=True),
    )
    book = Book((Sheet("部门", (Line(3, cells),), (Merged(1, 2, 0, 4),)), Sheet("空", ())))
    assert from_json(orjson.loads(orjson.dumps(to_json(book)))) == book
