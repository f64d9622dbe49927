"""A workbook as plain rows, and everything that is wrong with it.

A child process turns the file into a `Book` (see `bot.reading`); from there on there is no
workbook any more, only values. An importer checks rows and nothing else: it lists every fault with
sheet, row and column, and all rows go in or none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Final, TypeAlias

from rubric.errors import UserError

Value: TypeAlias = str | Decimal | date | bool | None
Content: TypeAlias = list[Any]  # a book as lists and plain values, for JSON
MOST_FAULTS: Final = 200  # more than these nobody reads; how many there are is said

_ERROR: Final = "error"


@dataclass(frozen=True, slots=True)
class Cell:
    """`value` is text (trimmed, never ''), a number, a day, yes or no, or None where there is
    nothing. `formula`: the value is what the workbook remembers of it, None if it never worked it
    out. `covered`: inside a merged range that begins elsewhere. `error`: #REF! and the like."""

    value: Value = None
    formula: bool = False
    covered: bool = False
    error: str = ""


EMPTY: Final = Cell()


@dataclass(frozen=True, slots=True)
class Line:
    """A row that holds anything; `number` as the workbook counts it, from 1."""

    number: int
    cells: tuple[Cell, ...]

    def cell(self, index: int) -> Cell:
        return self.cells[index] if 0 <= index < len(self.cells) else EMPTY


@dataclass(frozen=True, slots=True, order=True)
class Merged:
    """A merged range: rows from 1, columns from 0, the last ones included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def __str__(self) -> str:
        first = f"{letter(self.first_column)}{self.first_row}"
        return f"{first}:{letter(self.last_column)}{self.last_row}"


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    lines: tuple[Line, ...]
    merged: tuple[Merged, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    sheets: tuple[Sheet, ...]

    def sheet(self, name: str) -> Sheet | None:
        return next((each for each in self.sheets if each.name == name), None)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong, where, and what to do about it. `row` 0 and `column` '' where it is
    about the whole sheet or row."""

    sheet: str
    row: int
    column: str
    words: str


@dataclass(eq=False)
class WorkbookFaulty(UserError):
    """Nothing was taken in."""

    code: ClassVar[str] = "import.faulty"
    faults: tuple[Fault, ...]


@dataclass(eq=False)
class WorkbookRefused(UserError):
    """No rows could be had out of the file. `why`: format (not .xlsx), encrypted, damaged, big,
    heavy (took too long), or what else a file is refused for: empty, too_big, bomb, macro."""

    code: ClassVar[str] = "import.refused"
    name: str
    why: str


@dataclass(slots=True)
class Faults:
    """Collects them, so that all are said at once."""

    found: list[Fault] = field(default_factory=list)

    def add(self, sheet: str, row: int, column: str, words: str) -> None:
        self.found.append(Fault(sheet, row, column, words))

    def stop(self) -> None:
        """Raises WorkbookFaulty if there are any."""
        if self.found:
            raise WorkbookFaulty(tuple(sorted(self.found)))


# ---------------------------------------------------------------- as plain values


def to_json(book: Book) -> Content:
    """Lists and strings only, for a column of the database."""
    return [
        [
            sheet.name,
            [[line.number, [_dump(cell) for cell in line.cells]] for line in sheet.lines],
            [[getattr(each, name) for name in Merged.__slots__] for each in sheet.merged],
        ]
        for sheet in book.sheets
    ]


def from_json(content: Content) -> Book:
    return Book(
        tuple(
            Sheet(
                name,
                tuple(
                    Line(number, tuple(_load(cell) for cell in cells)) for number, cells in lines
                ),
                tuple(Merged(*each) for each in merged),
            )
            for name, lines, merged in content
        )
    )


def _dump(cell: Cell) -> list[str] | None:
    if cell == EMPTY:
        return None
    marks = "f" * cell.formula + "c" * cell.covered
    if cell.error:
        return [_ERROR, cell.error, marks]
    match cell.value:
        case None:
            return ["none", "", marks]
        case bool():
            return ["bool", str(int(cell.value)), marks]
        case Decimal():
            return ["number", str(cell.value), marks]
        case date():
            return ["date", cell.value.isoformat(), marks]
        case _:
            return ["text", cell.value, marks]


def _load(stored: list[str] | None) -> Cell:
    if stored is None:
        return EMPTY
    kind, text, marks = stored
    value: Value = None
    if kind == "bool":
        value = text == "1"
    elif kind == "number":
        value = Decimal(text)
    elif kind == "date":
        value = datetime.fromisoformat(text).date()
    elif kind == "text":
        value = text
    error = text if kind == _ERROR else ""
    return Cell(value, formula="f" in marks, covered="c" in marks, error=error)


def letter(index: int) -> str:
    """The column's name as the workbook shows it; 0 is A."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
