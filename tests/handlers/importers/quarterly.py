"""An importer whose sheet is about a quarter, for the tests of the way there."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.imports import Importer
from handlers.imports.changes import record
from rubric.quarter import Quarter, QuarterUnreadable


@dataclass(frozen=True)
class Noted:
    lines: tuple[str, ...]

    def apply(self, occasion, by):
        for line in self.lines:
            record(occasion, by, "quarter.noted", line)


def read(occasion, book, *, quarter, by):
    """A line for each row; a first cell 'no' is not to be had."""
    rows = book.sheet("按季").lines
    if rows[0].cells[0].value == "no":
        raise QuarterUnreadable("no")
    return Noted(tuple(f"{Quarter.parse(quarter).code} {row.cells[0].value}" for row in rows))


def facts(occasion, *, quarter):
    return {"title": quarter, "sheets": [], "remarks": [], "number": 1}


importer = Importer(
    kind="quarterly",
    title="按季",
    sheet="按季",
    template="import_template",
    read=read,
    facts=facts,
    by_quarter=True,
)
