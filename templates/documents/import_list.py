"""A plain list as a workbook: the differences or the faults of an import, too many for a card."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import orjson

from templates.documents import Arguments
from templates.workbook import HEAD, HEADER_FILL, Book, Look

_HEADER: Final = Look(HEAD, 10, "center", fill=HEADER_FILL)
_CELL: Final = Look(typed=True)
_COUNT: Final = Look(align="center")
_MADE: Final = datetime(2000, 1, 1, tzinfo=UTC)  # the same list gives the same bytes


def from_arguments(arguments: Arguments) -> bytes:
    """`content` (JSON): `title`, `widths`, `lines`, the first of which is the header."""
    content = orjson.loads(str(arguments["content"]))
    book = Book(title=content["title"], made_at=_MADE)
    sheet = book.sheet(content["title"], widths=content["widths"], header=(0, 0))
    for row, line in enumerate(content["lines"]):
        for column, value in enumerate(line):
            if isinstance(value, int):
                sheet.count(row, column, value, _COUNT)
            else:
                sheet.text(row, column, value, _CELL if row else _HEADER)
    sheet.freeze(1, 0)
    return book.save()
