"""The child process of `bot.reading`, which does nothing but turn a workbook into plain rows.

A question is the file's bytes; an answer's first byte is + before the rows as JSON (see
`handlers.imports.book`), - before the reason why there are none. openpyxl reads XML through
defusedxml here, so no entity is expanded and nothing outside the file is looked at.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

import orjson
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet._reader import FORMULA_TAG, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from bot.child import serve
from handlers.imports.book import EMPTY, Book, Cell, Line, Merged, Sheet, Value, to_json
from handlers.plain_text import clean

SHEETS: Final = 40
ROWS: Final = 20_000
COLUMNS: Final = 100
CELLS: Final = 400_000
CHARACTERS: Final = 20_000_000
RANGES: Final = 2_000
_MERGE: Final = f"{{{SHEET_MAIN_NS}}}mergeCell"
_RETURN: Final = re.compile("_x000[dD]_")  # how a file writes a carriage return
_DIGITS: Final = 40  # no number that people write is longer


class TooBig(Exception):
    """More than any list of a district's offices, people or scores needs."""


def main(memory: int, processor: int) -> int:
    return serve(_answer, memory=memory, processor=processor)


def _answer(question: bytes) -> bytes:
    try:
        return b"+" + orjson.dumps(to_json(read(question)))
    except (TooBig, MemoryError):
        return b"-big"
    except Exception:
        # whatever the libraries stumble over, to the person it is a file that can't be read
        return b"-damaged"


def read(content: bytes) -> Book:
    """Raises TooBig, and whatever the libraries raise for what is no workbook."""
    book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    if len(book.worksheets) > SHEETS:
        raise TooBig
    budget = _Budget()
    return Book(tuple(_sheet(book, each, budget) for each in book.worksheets))


@dataclass(slots=True)
class _Budget:
    """What the sheets may hold together."""

    cells: int = CELLS
    characters: int = CHARACTERS

    def take(self, text: object) -> None:
        self.cells -= 1
        self.characters -= len(text) if isinstance(text, str) else 0
        if self.cells < 0 or self.characters < 0:
            raise TooBig


class _Parser(WorkSheetParser):  # type: ignore[misc]
    """Tells besides whether a formula gave the value, and whether it gave an empty text."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().parse_cell(element)
        if element.find(FORMULA_TAG) is not None:
            worked_out = element.get("t") == "str" and element.find(VALUE_TAG) is not None
            found["formula"] = found["value"] is not None or not worked_out
        return found


def _sheet(book: Any, sheet: Any, budget: _Budget) -> Sheet:
    lines: dict[int, dict[int, Cell]] = {}
    merged: list[Merged] = []
    with book._archive.open(sheet._worksheet_path) as source:
        parser = _Parser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for _, element in iterparse(source):
            if element.tag == ROW_TAG:
                number, cells = parser.parse_row(element)
                element.clear()
                if found := dict(_cells(cells, budget)):
                    lines.setdefault(number, {}).update(found)
                if len(lines) > ROWS:
                    raise TooBig
            elif element.tag == _MERGE:
                merged.append(_merged(element.get("ref")))
                if len(merged) > RANGES:
                    raise TooBig
    return Sheet(
        clean(sheet.title),
        tuple(_line(number, lines[number], merged) for number in sorted(lines)),
        tuple(sorted(merged)),
    )


def _cells(cells: list[dict[str, Any]], budget: _Budget) -> Iterator[tuple[int, Cell]]:
    """Those that hold anything, by column from 0."""
    for found in cells:
        cell = _cell(found)
        if cell == EMPTY:
            continue
        if found["column"] > COLUMNS:
            raise TooBig
        budget.take(cell.value)
        yield found["column"] - 1, cell


def _cell(found: dict[str, Any]) -> Cell:
    formula = bool(found.get("formula"))
    if found["data_type"] == "e":
        return Cell(None, formula, error=str(found["value"])[:20])
    return Cell(_value(found["value"]), formula)


def _value(value: Any) -> Value:
    match value:
        case None | bool():
            return value
        case datetime():
            return value.date()
        case date():
            return value
        case int() | float():
            # as many digits as Excel shows: files say 8.3000000000000007 for 8.3
            number = Decimal(value if isinstance(value, int) else f"{value:.15g}")
            return number if number.is_finite() and len(f"{number:f}") <= _DIGITS else str(value)
        case _:
            lines = clean(_RETURN.sub("\n", str(value))).split("\n")
            return "\n".join(" ".join(line.split()) for line in lines).strip() or None


def _merged(reference: str) -> Merged:
    first_column, first_row, last_column, last_row = range_boundaries(reference)
    return Merged(first_row, last_row, first_column - 1, last_column - 1)


def _line(number: int, cells: dict[int, Cell], merged: list[Merged]) -> Line:
    covered = {
        column
        for each in merged
        if each.first_row <= number <= each.last_row
        for column in range(each.first_column, min(each.last_column + 1, COLUMNS))
        if (number, column) != (each.first_row, each.first_column)
    }
    length = max(*cells, *covered, 0) + 1 if covered else max(cells) + 1
    return Line(
        number,
        tuple(
            Cell(covered=True) if column in covered else cells.get(column, EMPTY)
            for column in range(length)
        ),
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
