"""The demonstration's Word files: a help case as a department would write it up."""

from __future__ import annotations

from templates.documents import Arguments
from templates.word import (
    Align,
    Cell,
    Face,
    Look,
    Margins,
    add_paragraph,
    add_table,
    new_document,
    save,
)

_MARGINS = Margins(top=30, right=30, bottom=27, left=30)
_TITLE = Look(Face.TITLE, 20, Align.CENTRE)
_TEXT = Look(Face.BODY, 14, Align.BOTH)
_CELL = Look(Face.BODY, 12)
_HEAD = Look(Face.HEAD, 12, Align.CENTRE)


def from_arguments(arguments: Arguments) -> bytes:
    """`title`, `body` (a paragraph a line), `table` (a row a line, its two cells parted by |)."""
    document = new_document(title=str(arguments["title"]), margins=_MARGINS)
    add_paragraph(document, str(arguments["title"]), _TITLE, after=12)
    rows = [row.split("|") for row in str(arguments["table"]).split("\n")]
    cells = [[Cell(name, _HEAD), Cell(value, _CELL)] for name, value in rows]
    add_table(document, cells, widths=(35.0, 115.0))
    for number, paragraph in enumerate(str(arguments["body"]).split("\n")):
        before = 0 if number else 12
        add_paragraph(document, f"　　{paragraph}", _TEXT, before=before, after=4)
    return save(document)
