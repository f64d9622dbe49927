"""Workbooks whose words stay words: no text becomes a formula, a link or a number by itself.

XlsxWriter guesses what a value is unless it is told, drops a text that is too long in silence
and stamps files with the present; here that is put right once. The same content gives the same
bytes.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any, Final

from xlsxwriter import Workbook

from templates.word import fit
from templates.words import shorten

BODY: Final = "宋体"
HEAD: Final = "黑体"
POINTS: Final = "0.0#"
INK: Final = "#1F2D3D"
RULE: Final = "#A9B4C0"
HEADER_FILL: Final = "#DCE6F1"
# a cell holds 32,767 UTF-16 units, and a character may be two of them
LONGEST: Final = 16_000
# Excel draws no row higher than this, in points
_HIGHEST: Final = 409.0
_LOWEST: Final = 15.5
_A4: Final = 9
_MARGINS: Final = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.55}


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell is set; `size` in points. `typed`: somebody's own words, which then stay words
    when the cell is edited in Excel, too."""

    face: str = BODY
    size: float = 10
    align: str = "left"
    bold: bool = False
    fill: str = ""
    colour: str = INK
    number: str = ""
    ruled: bool = True
    typed: bool = False


class Book:
    """A workbook in memory; `save` ends it."""

    def __init__(self, *, title: str, made_at: datetime) -> None:
        self._target = BytesIO()
        self._book = Workbook(
            self._target,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": {"font_name": BODY, "font_size": 10},
            },
        )
        self._book.set_properties({"title": title, "created": made_at.astimezone(UTC)})
        self._book.set_size(2400, 1350)
        self._formats: dict[Look, Any] = {}

    def sheet(
        self,
        name: str,
        *,
        widths: Sequence[float],
        header: tuple[int, int],
        to_fill: bool = False,
    ) -> Sheet:
        """A sheet for A4 across, as wide as one page; `widths` in half-width characters, the rows
        `header` stay in view and are printed on every page. In one `to_fill` a row grows with
        what is typed into it; a default height would hold it down."""
        sheet = self._book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(**_MARGINS)
        sheet.fit_to_pages(1, 0)
        sheet.center_horizontally()
        sheet.hide_gridlines(2)
        sheet.repeat_rows(*header)
        if not to_fill:
            sheet.set_default_row(_LOWEST)
        sheet.set_footer("&C&9第 &P 页，共 &N 页")
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        return Sheet(self, sheet, widths)

    def format(self, look: Look) -> Any:
        """XlsxWriter's format; one object a look keeps the file small."""
        if look not in self._formats:
            properties = {
                "font_name": look.face,
                "font_size": look.size,
                "font_color": look.colour,
                "bold": look.bold,
                "align": look.align,
                "valign": "vcenter",
                "text_wrap": True,
            }
            if look.fill:
                properties["bg_color"] = look.fill
            if look.number:
                properties["num_format"] = look.number
            if look.ruled:
                properties |= {"border": 1, "border_color": RULE}
            if look.typed:
                properties["quote_prefix"] = True
            self._formats[look] = self._book.add_format(properties)
        return self._formats[look]

    def save(self) -> bytes:
        self._book.close()
        return self._target.getvalue()


class Sheet:
    """Rows and columns count from 0."""

    def __init__(self, book: Book, sheet: Any, widths: Sequence[float]) -> None:
        self._book = book
        self._sheet = sheet
        self._widths = widths
        self._heights: dict[int, float] = {}

    def text(self, row: int, column: int, text: str, look: Look) -> None:
        """A text as it is, without what a file can't hold; shortened beyond what a cell holds.
        Its row grows with it, since not every program does that by itself."""
        self._write(row, column, text, look)
        self._grow(row, height_of(text, width=self._widths[column], size=look.size))

    def points(self, row: int, column: int, hundredths: int, look: Look) -> None:
        """A real number, of the report's whole hundredths."""
        self._sheet.write_number(row, column, hundredths / 100, self._book.format(look))

    def count(self, row: int, column: int, number: int, look: Look) -> None:
        self._sheet.write_number(row, column, number, self._book.format(look))

    def day(self, row: int, column: int, day: date, look: Look) -> None:
        """A real date; how it is written is the look's `number`."""
        self._sheet.write_datetime(row, column, day, self._book.format(look))

    def formula(self, row: int, column: int, formula: str, hundredths: int, look: Look) -> None:
        """A formula of ours with its value, for programs that show a file without calculating."""
        format_ = self._book.format(look)
        self._sheet.write_formula(row, column, formula, format_, hundredths / 100)

    def across(self, first: tuple[int, int], last: tuple[int, int], text: str, look: Look) -> None:
        """One text over all cells from `first` to `last`, each (row, column). One row grows with
        it, which Excel does for single cells only."""
        if first != last:
            self._sheet.merge_range(*first, *last, "", self._book.format(look))
        self._write(*first, text, look)
        if first[0] == last[0]:
            width = sum(self._widths[first[1] : last[1] + 1])
            self._grow(first[0], height_of(text, width=width, size=look.size))

    def height(self, row: int, points: float) -> None:
        """At least so high."""
        self._grow(row, points)

    def freeze(self, row: int, column: int) -> None:
        """What is above and left of the cell stays in view."""
        self._sheet.freeze_panes(row, column)

    def filter(self, header: int, last: int, columns: int) -> None:
        self._sheet.autofilter(header, 0, last, columns - 1)

    def choices(self, first: int, last: int, column: int, values: Sequence[str]) -> None:
        """A list to choose from in these rows; another value is taken after a warning."""
        rule = {"validate": "list", "source": list(values), "error_type": "warning"}
        self._sheet.data_validation(first, column, last, column, rule)

    def days(self, first: int, last: int, column: int) -> None:
        """What is typed in these rows as a date is shown as 2026-11-03."""
        format_ = self._book.format(Look(align="center", number="yyyy-mm-dd"))
        for row in range(first, last + 1):
            self._sheet.write_blank(row, column, None, format_)

    def page_title(self, title: str) -> None:
        """Stands above each printed page; `title` is the program's own words, since an & would
        mean something."""
        # the size first: a title that begins with a year would make it a hundred times larger
        self._sheet.set_header(f'&C&12&"{HEAD}"{title}')

    def _write(self, row: int, column: int, text: str, look: Look) -> None:
        format_ = self._book.format(look)
        if plain := shorten(fit(text), LONGEST):
            self._sheet.write_string(row, column, plain, format_)
        else:
            self._sheet.write_blank(row, column, None, format_)

    def _grow(self, row: int, points: float) -> None:
        if points > self._heights.get(row, _LOWEST):
            self._heights[row] = points
            self._sheet.set_row(row, points)


def height_of(text: str, *, width: float, size: float) -> float:
    """Points that a wrapped text takes in `width` half-width characters of 10 points."""
    room = max(1.0, width * 10 / size - 1)
    lines = sum(max(1, math.ceil(_length(line) / room)) for line in fit(text).split("\n"))
    # fonts that stand in for ours may have lines half as high again as their letters
    return min(_HIGHEST, size * 1.35 + 2 + (lines - 1) * size * 1.5)


def _length(text: str) -> int:
    """In half-width characters."""
    return sum(2 if unicodedata.east_asian_width(char) in "FWA" else 1 for char in text)
