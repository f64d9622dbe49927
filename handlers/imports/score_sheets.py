"""A workbook of scores as entries: what each of its sheets says of a department and a row.

Two layouts, also side by side: a sheet for each row, where a score and its reason stand beside the
department; and 评分总表, departments by rows, with the reasons on a sheet of their own. An empty
cell says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from unicodedata import normalize

import templates
from handlers.imports.book import Book, Faults, Sheet
from handlers.imports.tables import Column, Kind, Row, Table, plain_number, read_table
from handlers.occasion import Occasion
from rubric.edition import Edition, Indicator, UnknownIndicator
from rubric.errors import shown
from rubric.scoring import (
    ScoreOffStep,
    ScoreOutOfRange,
    ScoreUnreadable,
    parse_score,
)
from storage import departments
from storage.departments import Department
from templates import words
from templates.documents.score_template import GUIDE, QUARTER, REASONS, TABLE
from templates.markup import plain

_PLACE: Final = Column("place", "部门", ("部门名称", "单位", "部门简称"), needed=True, filled=True)
_CODE: Final = Column("code", "代码", ("部门代码",))
_ROW_SHEET: Final = (
    _PLACE,
    _CODE,
    Column("points", "满分", ("分值",), Kind.ANY),
    Column("score", "得分", ("评分", "分数"), Kind.ANY, needed=True),
    Column("reason", "理由", ("扣分理由", "加分理由", "原因")),
)
_REASON_SHEET: Final = (
    _PLACE,
    _CODE,
    Column("row", "考核项", ("评分项", "考核项目"), needed=True, filled=True),
    Column("reason", "理由", ("扣分理由", "加分理由", "原因"), needed=True, filled=True),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """`value` in hundredths, None for 不涉及; `key` is the column that the score stands in."""

    row: Row
    key: str
    department: Department
    indicator: Indicator
    value: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sheets:
    """`loose` are reasons for cells that have no score; `unused` sheets and columns by name."""

    entries: tuple[Entry, ...]
    loose: tuple[Entry, ...]
    unused: tuple[str, ...]


def said(block: str, /, **facts: object) -> str:
    """A sentence about scores in a workbook, as plain text."""
    return plain(templates.say(f"scored.{block}", **facts))


def read_sheets(
    occasion: Occasion,
    book: Book,
    *,
    edition: Edition,
    quarter: str,
    step: Callable[[Indicator], int],
    faults: Faults,
) -> Sheets:
    reader = _Reader(occasion, book, edition, step, faults)
    _check_quarter(book, quarter, faults)
    return reader.read()


def _check_quarter(book: Book, quarter: str, faults: Faults) -> None:
    """A template says which quarter it was made for."""
    guide = book.sheet(GUIDE)
    for line in guide.lines if guide else ():
        if line.cell(0).value == QUARTER and line.cell(1).value != quarter:
            found = str(line.cell(1).value or "")
            words_ = said("other_quarter", found=shown(found), quarter=quarter)
            faults.add(GUIDE, line.number, "B", words_)


class _Reader:
    """Goes through the sheets, each of which may hold faults."""

    def __init__(
        self,
        occasion: Occasion,
        book: Book,
        edition: Edition,
        step: Callable[[Indicator], int],
        faults: Faults,
    ) -> None:
        self._occasion = occasion
        self._book = book
        self._edition = edition
        self._step = step
        self._faults = faults
        self._known: dict[str, Department | None] = {}
        self._unused: list[str] = []

    def read(self) -> Sheets:
        entries: list[Entry] = []
        loose: list[Entry] = []
        read = 0
        for sheet in self._book.sheets:
            name = sheet.name.strip()
            if name == TABLE or (len(self._book.sheets) == 1 and self._row_of(name) is None):
                of_table, without = self._read_table(sheet)
                entries += of_table
                loose += without
            elif (indicator := self._row_of(name)) is not None:
                of_row, without = self._read_row(sheet, indicator)
                entries += of_row
                loose += without
            elif name in (REASONS, GUIDE):
                continue
            else:
                self._unused.append(sheet.name)
                continue
            read += 1
        if not read:
            self._faults.add(TABLE, 0, "", said("no_sheet"))
        return Sheets(tuple(entries), tuple(loose), tuple(self._unused))

    # ---------------------------------------------------------------- a sheet for each row

    def _read_row(self, sheet: Sheet, indicator: Indicator) -> tuple[list[Entry], list[Entry]]:
        table = self._table(sheet.name, _ROW_SHEET)
        found, loose = [], []
        for row, department in self._departments(table):
            entry = self._entry(row, "score", department, indicator, row.text("reason"))
            if entry is not None:
                found.append(entry)
            elif row.text("reason") and "score" not in row.bad:
                loose.append(Entry(row, "reason", department, indicator, None, row.text("reason")))
        return found, loose

    # ---------------------------------------------------------------- 评分总表

    def _read_table(self, sheet: Sheet) -> tuple[list[Entry], list[Entry]]:
        scores = tuple(
            Column(each.id, each.name, _other_names(each), Kind.ANY)
            for each in self._edition.indicators
        )
        table = self._table(sheet.name, (_PLACE, _CODE, *scores))
        rows = [each for each in self._edition.indicators if table and each.id in table.columns]
        if table is not None and not rows:
            self._faults.add(sheet.name, 0, "", said("no_rows"))
        reasons = {(each.department.id, each.indicator.id): each for each in self._reasons()}
        found = []
        for row, department in self._departments(table):
            for indicator in rows:
                reason = reasons.get((department.id, indicator.id))
                entry = self._entry(
                    row, indicator.id, department, indicator, reason.reason if reason else ""
                )
                if entry is not None:
                    reasons.pop((department.id, indicator.id), None)
                    found.append(entry)
        return found, list(reasons.values())

    def _reasons(self) -> Iterator[Entry]:
        if self._book.sheet(REASONS) is None:
            return
        table = self._table(REASONS, _REASON_SHEET)
        for row, department in self._departments(table, once=False):
            typed = row.text("row")
            indicator = self._row_of(typed)
            if indicator is not None:
                yield Entry(row, "reason", department, indicator, None, row.text("reason"))
            elif typed:
                row.fault(self._faults, "row", said("no_such_row", typed=typed))

    # ---------------------------------------------------------------- cells

    def _table(self, name: str, columns: tuple[Column, ...]) -> Table | None:
        today = self._occasion.premises.today(self._occasion.now)
        table = read_table(self._book, name, columns, self._faults, today=today)
        if table is not None and table.unused:
            self._unused += [f"{name}：{title}" for title in table.unused]
        return table

    def _row_of(self, name: str) -> Indicator | None:
        try:
            return self._edition.lookup(name)
        except UnknownIndicator:
            return None

    def _departments(
        self, table: Table | None, *, once: bool = True
    ) -> Iterator[tuple[Row, Department]]:
        """Each line's department; one that stands there twice is a fault."""
        seen: dict[int, int] = {}
        for row in table or ():
            department = self._department(row)
            if department is None:
                continue
            first = seen.setdefault(department.id, row.number)
            if once and first != row.number:
                words_ = said("twice", department=department.short_name, first=first)
                row.fault(self._faults, "place", words_)
            else:
                yield row, department

    def _department(self, row: Row) -> Department | None:
        name, code = row.text("place"), row.text("code")
        if not name:
            return None
        found = self._match(name)
        if found is None:
            row.fault(self._faults, "place", said("no_department", typed=name))
        elif code and (other := self._match(code)) != found:
            words_ = said("other_code", code=code, department=other.short_name if other else "")
            row.fault(self._faults, "code", words_)
            return None
        return found

    def _match(self, typed: str) -> Department | None:
        if typed not in self._known:
            found = departments.match_department(self._occasion.connection, typed)
            self._known[typed] = found
        return self._known[typed]

    def _entry(
        self, row: Row, key: str, department: Department, indicator: Indicator, reason: str
    ) -> Entry | None:
        """None for an empty cell and, with a fault, for one that can't be a score."""
        value = row.values.get(key)
        if value is None:
            return None
        text = plain_number(value) if isinstance(value, Decimal) else str(value)
        if isinstance(value, str) and normalize("NFKC", text).strip() == words.NOT_APPLICABLE:
            return Entry(row, key, department, indicator, None, reason)
        try:
            if not isinstance(value, str | Decimal):
                raise ScoreUnreadable(shown(text), indicator.name, indicator.points)
            hundredths = parse_score(text, indicator, step=self._step(indicator))
        except ScoreUnreadable:
            words_ = said("unreadable", typed=shown(text), row=indicator)
        except ScoreOutOfRange as error:
            words_ = said("out_of_range", error=error)
        except ScoreOffStep as error:
            words_ = said("off_step", error=error)
        else:
            return Entry(row, key, department, indicator, hundredths, reason)
        row.fault(self._faults, key, words_)
        return None


def _other_names(indicator: Indicator) -> tuple[str, ...]:
    """Also without the quotation marks that a name may have, as people type it."""
    names = (*indicator.aliases, indicator.form_label)
    return (*names, *(each.replace("“", "").replace("”", "") for each in indicator.names))
