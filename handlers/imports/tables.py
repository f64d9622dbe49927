"""A sheet as rows with named, typed cells: what every importer reads.

The header row is found by its names, in any order; columns that nobody asks for are left aside
and named. Whatever is wrong with a cell is a fault with its place and what to do; a row with
faults is still handed on, so that all of them are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Final
from unicodedata import normalize

import templates
from handlers.imports.book import EMPTY, Book, Cell, Faults, Line, Sheet, Value, letter
from rubric import dates
from rubric.errors import UserError, shown
from templates.markup import plain

MOST_ROWS: Final = 20_000
_HEADER_WITHIN: Final = 15  # lines; above the header stand a title and remarks
_ASIDE: Final = re.compile(r"[(\[【].*?[)\]】]|[*:]|\s")
_BETWEEN: Final = re.compile(r"[、,;/\n]+")
_YEAR: Final = re.compile(r"20\d\d")


class Kind(StrEnum):
    """What a column holds; `ANY` leaves it to the importer."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Column:
    """`needed`: without this column nothing can be read; `filled`: nor without a value in it."""

    key: str
    title: str
    aliases: tuple[str, ...] = ()
    kind: Kind = Kind.TEXT
    needed: bool = False
    filled: bool = False


@dataclass(slots=True)
class Row:
    """Values by column; what is missing or faulty is None. `bad` are the columns with a fault."""

    sheet: str
    number: int
    letters: dict[str, str]
    values: dict[str, Value] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)

    def text(self, key: str) -> str:
        value = self.values.get(key)
        return value if isinstance(value, str) else ""

    def words(self, key: str) -> list[str]:
        """What stands between 、 and the like, each once."""
        return list(dict.fromkeys(each.strip() for each in _split(self.text(key)) if each.strip()))

    def day(self, key: str) -> date | None:
        value = self.values.get(key)
        return value if isinstance(value, date) else None

    def fault(self, faults: Faults, key: str, words: str) -> None:
        self.bad.add(key)
        faults.add(self.sheet, self.number, self.letters.get(key, ""), words)


def _split(text: str) -> list[str]:
    return _BETWEEN.split(text.replace("，", ",").replace("；", ";").replace("／", "/"))


@dataclass(frozen=True, slots=True)
class Table:
    """`unused` are the titles of columns that nobody asked for."""

    sheet: str
    rows: tuple[Row, ...]
    columns: frozenset[str]
    unused: tuple[str, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)


@lru_cache(maxsize=4096)
def words(block: str, **facts: object) -> str:
    """A sentence of `messages/import.j2` as plain text."""
    return plain(templates.say(f"import.{block}", **facts))


def error_words(error: UserError) -> str:
    """The chat's own sentence for a broken rule, as plain text."""
    return plain(templates.say_error(error))


# ---------------------------------------------------------------- the sheet and its header


def read_table(
    book: Book,
    name: str,
    columns: Sequence[Column],
    faults: Faults,
    *,
    today: date,
    optional: bool = False,
    most: int = MOST_ROWS,
) -> Table | None:
    """The sheet of this name, or the only one there is. None, with a fault unless it is
    `optional`, where there is no such sheet or no header in it."""
    sheet = _sheet(book, name, columns, optional=optional)
    if sheet is None:
        if not optional:
            faults.add(name, 0, "", words("no_sheet", name=name))
        return None
    header = _header(sheet, columns)
    if header is None:
        if not optional or sheet.lines:
            titles = tuple(each.title for each in columns if each.needed)
            faults.add(sheet.name, 0, "", words("no_header", titles=titles))
        return None
    places, unused = _places(sheet, header, columns, faults)
    lines = [each for each in sheet.lines if each.number > header.number]
    if len(lines) > most:
        faults.add(sheet.name, 0, "", words("too_many_rows", rows=len(lines), most=most))
        return None
    _check_merged(sheet, header, places, faults)
    rows = [_row(sheet, line, columns, places, faults, today) for line in lines]
    return Table(
        sheet.name, tuple(each for each in rows if each is not None), frozenset(places), unused
    )


def _sheet(book: Book, name: str, columns: Sequence[Column], *, optional: bool) -> Sheet | None:
    wanted = _title(name)
    for sheet in book.sheets:
        if _title(sheet.name) == wanted:
            return sheet
    if not optional and len(book.sheets) == 1 and _header(book.sheets[0], columns) is not None:
        return book.sheets[0]
    return None


@lru_cache(maxsize=1024)
def _title(text: str) -> str:
    """A title without what people put around it: blanks, a star, what stands in brackets."""
    text = normalize("NFKC", text)
    return _ASIDE.sub("", text).lower() or text


def _names(column: Column) -> set[str]:
    return {_title(each) for each in (column.title, *column.aliases)}


def _header(sheet: Sheet, columns: Sequence[Column]) -> Line | None:
    """The line with most of the titles, the first of equals; None where none has any needed."""
    known = {name for column in columns for name in _names(column)}
    needed = {name for column in columns if column.needed for name in _names(column)}
    best: tuple[int, Line] | None = None
    for line in sheet.lines[:_HEADER_WITHIN]:
        titles = {_title(each.value) for each in line.cells if isinstance(each.value, str)}
        found = len(titles & known)
        if (titles & needed or found > 1) and (best is None or found > best[0]):
            best = (found, line)
    return best[1] if best else None


def _places(
    sheet: Sheet, header: Line, columns: Sequence[Column], faults: Faults
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each column is, and the titles nobody asked for."""
    by_name = {name: column for column in columns for name in _names(column)}
    places: dict[str, int] = {}
    unused: list[str] = []
    for index, cell in enumerate(header.cells):
        if not isinstance(cell.value, str):
            continue
        column = by_name.get(_title(cell.value))
        if column is None:
            unused.append(" ".join(cell.value.split()))
        elif column.key in places:
            first = letter(places[column.key])
            said = words("header_twice", title=column.title, first=first)
            faults.add(sheet.name, header.number, letter(index), said)
        else:
            places[column.key] = index
    for column in columns:
        if column.needed and column.key not in places:
            said = words("no_column", title=column.title)
            faults.add(sheet.name, header.number, "", said)
    return places, tuple(unused)


def _check_merged(sheet: Sheet, header: Line, places: dict[str, int], faults: Faults) -> None:
    used = sorted(places.values())
    for each in sheet.merged:
        inside = [index for index in used if each.first_column <= index <= each.last_column]
        if each.last_row > header.number and inside:
            said = words("merged", range=str(each))
            row = max(each.first_row, header.number + 1)
            faults.add(sheet.name, row, letter(inside[0]), said)


# ---------------------------------------------------------------- cells


def _row(
    sheet: Sheet,
    line: Line,
    columns: Sequence[Column],
    places: dict[str, int],
    faults: Faults,
    today: date,
) -> Row | None:
    """None for a line that is empty in every column that is used."""
    cells = {key: line.cell(index) for key, index in places.items()}
    if all(cell == EMPTY or cell.covered for cell in cells.values()):
        return None
    row = Row(sheet.name, line.number, {key: letter(index) for key, index in places.items()})
    for column in columns:
        cell = cells.get(column.key)
        if cell is None:
            continue
        if cell.covered:
            row.bad.add(column.key)  # said once, of the whole range
            continue
        said, value = _typed(cell, column, today)
        if said:
            row.fault(faults, column.key, said)
        elif value is not None:
            row.values[column.key] = value
    return row


def _typed(cell: Cell, column: Column, today: date) -> tuple[str, Value]:
    """What is wrong with the cell, or its value."""
    title, value = column.title, cell.value
    if cell.error:
        return words("error_cell", title=title, error=cell.error), None
    if value is None:
        if cell.formula:
            return words("formula", title=title), None
        return (words("empty", title=title) if column.filled else ""), None
    match column.kind:
        case Kind.ANY:
            return "", value
        case Kind.TEXT:
            return _text(title, value)
        case Kind.NUMBER:
            return _number(title, value)
        case _:
            return _date(title, value, today)


def _text(title: str, value: Value) -> tuple[str, Value]:
    match value:
        case Decimal():
            return "", plain_number(value)
        case date():
            return "", f"{value.year}-{value.month:02d}-{value.day:02d}"
        case str():
            return "", value
        case _:
            return words("not_text", title=title), None


def _number(title: str, value: Value) -> tuple[str, Value]:
    if isinstance(value, Decimal):
        return "", value
    if isinstance(value, str):
        try:
            number = Decimal(normalize("NFKC", value).replace(" ", ""))
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return "", number
    return words("not_number", title=title, found=_shown(value)), None


def _date(title: str, value: Value, today: date) -> tuple[str, Value]:
    """A date, or a text or number such as 2026.3.1 and 20260301 that names its year."""
    if isinstance(value, date):
        return "", value
    text = plain_number(value) if isinstance(value, Decimal) else value
    if isinstance(text, str) and _YEAR.match(normalize("NFKC", text).strip()):
        try:
            return "", dates.parse(text, today=today)
        except dates.DateInFuture as ahead:
            return "", ahead.day
        except UserError:
            pass
    return words("not_date", title=title, found=_shown(value)), None


def plain_number(number: Decimal) -> str:
    """12 for 12.0, 0.5 for 0.50: as it stands in the cell."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shown(value: Value) -> str:
    match value:
        case Decimal():
            return plain_number(value)
        case date():
            return value.isoformat()
        case bool():
            return "TRUE" if value else "FALSE"
        case _:
            return shown(value or "")
