"""Workbooks as the reading child hands them on, made from plain rows; an importer run on one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from handlers.imports import By, Importer, notes_of
from handlers.imports.book import Book, Cell, Line, Sheet, WorkbookFaulty
from handlers.occasion import Occasion
from tests.chat import Centre, User

Plain: TypeAlias = str | int | float | date | bool | Cell | None


def book(sheets: Mapping[str, Sequence[Sequence[Plain]]]) -> Book:
    """The first row of each sheet is row 1; empty rows are left out, as the child does."""
    return Book(
        tuple(
            Sheet(
                name,
                tuple(
                    Line(number, tuple(_cell(value) for value in row))
                    for number, row in enumerate(rows, 1)
                    if any(value not in (None, "") for value in row)
                ),
            )
            for name, rows in sheets.items()
        )
    )


def _cell(value: Plain) -> Cell:
    if isinstance(value, Cell):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Cell(Decimal(str(value)))
    return Cell(value or None) if isinstance(value, str) else Cell(value)


@dataclass
class Taken:
    """What an importer made of a workbook: `faults` as (row, column, words), or its sentences."""

    faults: list[tuple[int, str, str]]
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def take_in(
    centre: Centre, importer: Importer, content: Book, by: User, *, quarter: str = ""
) -> Taken:
    """Read it and, if nothing is wrong with it, do what it says, in one transaction."""
    who = By(by.person_id, by.account_id)
    with centre.database.begin() as connection:
        occasion = Occasion(connection, centre.now, centre.desk.premises)
        try:
            plan = importer.read(occasion, content, quarter=quarter, by=who)
        except WorkbookFaulty as faulty:
            return Taken([(each.row, each.column, each.words) for each in faulty.faults])
        taken = Taken([], plan.lines, notes_of(plan))
        plan.apply(occasion, who)
    centre.deliver_notices()
    return taken
