"""Departments with their codes and days in the centre, and the sections that judge them.

A row names a department by its code or its name; one that is not there is added, what differs is
changed, an empty cell changes nothing. Nothing is ever removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from handlers.administration import proposals
from handlers.imports import By, Importer
from handlers.imports.book import Book, Faults
from handlers.imports.changes import record
from handlers.imports.section_sheet import SECTION_COLUMNS, SECTIONS, SectionChange, read_sections
from handlers.imports.section_sheet import sheet_of as section_sheet
from handlers.imports.tables import Column, Kind, Row, Table, error_words, read_table, words
from handlers.occasion import Occasion
from rubric.errors import UserError
from storage import departments
from storage.departments import NAME_LENGTH, SHORT_LENGTH, Department
from storage.names import checked
from templates import admin_labels as labels

TITLE: Final = "部门"
MOST: Final = 500
COLUMNS: Final = (
    Column("name", "部门全称", ("部门名称", "部门", "名称", "单位"), needed=True, filled=True),
    Column("short", "简称", ("部门简称",)),
    Column("code", "代码", ("部门代码",)),
    Column("from", "入驻日期", ("进驻日期",), Kind.DATE),
    Column("to", "撤出日期", ("退出日期", "离开日期"), Kind.DATE),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row as it shall be. `id` 0: a new department; `before` what it was."""

    id: int
    name: str
    short: str
    code: str
    first: date | None
    last: date | None
    before: Department | None = None

    def line(self) -> str:
        """The sentence that says what changes; '' if nothing does."""
        before = self.before
        if before is None:
            return words("department_new", each=self)
        pairs = (
            ("全称", before.name, self.name),
            ("简称", before.short_name, self.short),
            ("代码", before.code, self.code),
            ("入驻日期", _written(before.resident_from), _written(self.first)),
            ("撤出日期", _written(before.resident_to), _written(self.last)),
        )
        changes = tuple(pair for pair in pairs if pair[1] != pair[2])
        if not changes:
            return ""
        return words("changed", what="部门", name=before.short_name, changes=changes)


def _written(day: date | None) -> str:
    return f"{day.year}-{day.month:02d}-{day.day:02d}" if day else ""


@dataclass(frozen=True, slots=True)
class Changes:
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    wanted: tuple[Wanted, ...]
    sections: tuple[SectionChange, ...]

    def apply(self, occasion: Occasion, by: By) -> None:
        for each in self.wanted:
            _apply(occasion, by, each)
        for section in self.sections:
            section.apply(occasion, by)


def read(occasion: Occasion, book: Book, *, quarter: str, by: By) -> Changes:
    """Raises WorkbookFaulty."""
    faults = Faults()
    today = occasion.premises.today(occasion.now)
    judged = read_table(book, SECTIONS, SECTION_COLUMNS, faults, today=today, optional=True)
    table = read_table(
        book, TITLE, COLUMNS, faults, today=today, optional=judged is not None, most=MOST
    )
    reading = _Reading(occasion, faults)
    wanted = tuple(each for row in table or () if (each := reading.row(row)) is not None)
    sections = read_sections(occasion, judged, faults)
    faults.stop()
    found = [each for each in wanted if each.line()]
    return Changes(
        (*(each.line() for each in found), *(each.line() for each in sections)),
        unused_notes(table, judged),
        tuple(found),
        sections,
    )


def unused_notes(*tables: Table | None) -> tuple[str, ...]:
    """What is said of columns that nobody asked for."""
    return tuple(
        words("unused", titles=table.unused, sheet=table.sheet)
        for table in tables
        if table is not None and table.unused
    )


@dataclass(slots=True)
class _Reading:
    """One pass over the rows: who is who, and which names and codes are taken by then."""

    occasion: Occasion
    faults: Faults
    known: list[Department] = field(init=False)
    gone: set[int] = field(init=False)
    codes: dict[str, int] = field(init=False)
    names: dict[str, int] = field(init=False)
    rows: dict[int, int] = field(default_factory=dict)
    new: int = 0

    def __post_init__(self) -> None:
        removed = departments.departments(self.occasion.connection, removed=True)
        self.known = departments.departments(self.occasion.connection) + removed
        self.gone = {each.id for each in removed}
        self.codes = {each.code: each.id for each in self.known}
        self.names = {}
        for each in self.known:
            self.names |= {each.name: each.id, each.short_name: each.id}

    def row(self, row: Row) -> Wanted | None:
        """None, with a fault, for a row that can't be."""
        before = len(self.faults.found)
        name = self._checked(row, "name", "部门名称", NAME_LENGTH)
        short = self._checked(row, "short", "部门简称", SHORT_LENGTH)
        code = "".join(row.text("code").split()).upper()
        if code and not departments.usable_code(code):
            row.fault(self.faults, "code", error_words(departments.CodeUnusable(code[:20])))
        first, last = row.day("from"), row.day("to")
        if not name or row.bad & {"name", "short", "code"}:
            return None
        known = self._match(row, name, code)
        if len(self.faults.found) > before:
            return None
        first = first or (known.resident_from if known else None)
        last = last or (known.resident_to if known else None)
        if first and last and last < first:
            row.fault(self.faults, "to", error_words(departments.DatesReversed(first, last)))
            return None
        return self._wanted(row, known, name=name, short=short, code=code, dates=(first, last))

    def _checked(self, row: Row, key: str, what: str, limit: int) -> str:
        text = row.text(key)
        if not text:
            return ""
        try:
            return checked(text, what=what, limit=limit)
        except UserError as error:
            row.fault(self.faults, key, error_words(error))
            return ""

    def _match(self, row: Row, name: str, code: str) -> Department | None:
        by_code, by_name = self.codes.get(code, 0), self.names.get(name, 0)
        if by_code < 0 or by_name < 0:
            said = words("row_twice", row=self.rows[min(by_code, by_name)])
            row.fault(self.faults, "code" if by_code < 0 else "name", said)
            return None
        if by_code and by_name and by_code != by_name:
            row.fault(self.faults, "code", words("code_elsewhere", code=code, name=name))
            return None
        id_ = by_code or by_name
        if id_ in self.gone:
            row.fault(self.faults, "name", words("department_gone", name=name))
        elif id_ in self.rows:
            row.fault(self.faults, "name", words("row_twice", row=self.rows[id_]))
        return next((each for each in self.known if each.id == id_), None)

    def _wanted(
        self,
        row: Row,
        known: Department | None,
        *,
        name: str,
        short: str,
        code: str,
        dates: tuple[date | None, date | None],
    ) -> Wanted | None:
        if known is None:
            self.new -= 1
            id_ = self.new
            # a code is of what people call it, where they say so
            code = code or proposals.code(short or name, self.codes)
            short = short or proposals.short_name(name, self.names)
        else:
            id_ = known.id
            # a department may be named by its short name: then its full name stays
            name = known.name if name == known.short_name else name
            short = short or known.short_name
            code = code or known.code
            if code != known.code and departments.code_fixed(self.occasion.connection, id_):
                error = departments.CodeFixed(known.short_name, known.code)
                row.fault(self.faults, "code", error_words(error))
        for key, value in (("name", name), ("short", short)):
            if self.names.get(value, id_) != id_:
                row.fault(self.faults, key, words("name_elsewhere", name=value))
        if row.bad & {"name", "short", "code"}:
            return None
        self.rows[id_] = row.number
        self.names |= {name: id_, short: id_}
        self.codes[code] = id_
        return Wanted(max(id_, 0), name, short, code, *dates, before=known)


def _apply(occasion: Occasion, by: By, wanted: Wanted) -> None:
    connection, before = occasion.connection, wanted.before
    if before is None:
        id_ = departments.add_department(
            connection,
            name=wanted.name,
            short_name=wanted.short,
            code=wanted.code,
            resident_from=wanted.first,
            resident_to=wanted.last,
        )
        record(occasion, by, "department.add", str(id_))
        return
    if (wanted.name, wanted.short) != (before.name, before.short_name):
        departments.rename_department(
            connection,
            before.id,
            name=wanted.name,
            short_name=wanted.short,
            person_id=by.person_id,
            now=occasion.now,
        )
        record(
            occasion, by, "department.name", str(before.id),
            before=before.name, before_short=before.short_name,
        )  # fmt: skip
    if wanted.code != before.code:
        departments.recode_department(connection, before.id, code=wanted.code)
        record(occasion, by, "department.code", str(before.id), before=before.code)
    if (wanted.first, wanted.last) != (before.resident_from, before.resident_to):
        departments.set_residence(
            connection, before.id, resident_from=wanted.first, resident_to=wanted.last
        )
        record(
            occasion, by, "department.residence", str(before.id),
            first=_written(wanted.first), last=_written(wanted.last),
        )  # fmt: skip


# ---------------------------------------------------------------- the template


def facts(occasion: Occasion, *, quarter: str) -> Mapping[str, object]:
    found = departments.departments(occasion.connection)
    return {
        "title": TITLE,
        "sheets": [_sheet_of(found), section_sheet(occasion)],
        "remarks": [words("remark_keep"), words("remark_departments")],
    }


def _sheet_of(found: Iterable[Department]) -> dict[str, object]:
    helps = {
        "name": ("公文中的全称，如“市场监督管理局”。", 36),
        "short": ("平时的叫法，最多20个字；不填则自动拟定。", 18),
        "code": ("2至6个大写字母，用于材料编号；不填则按拼音拟定，编过号后不能改。", 10),
        "from": ("不填视为早已入驻。", 14),
        "to": ("撤出中心的，填在中心的最后一天；没有撤出的不填。", 14),
    }
    return {
        "name": TITLE,
        "columns": [
            {
                "title": each.title,
                "needed": each.needed,
                "day": each.kind is Kind.DATE,
                "help": helps[each.key][0],
                "width": helps[each.key][1],
            }
            for each in COLUMNS
        ],
        "rows": [
            [
                each.name,
                each.short_name,
                each.code,
                _written(each.resident_from),
                _written(each.resident_to),
            ]
            for each in found
        ],
    }


importer = Importer(
    kind="departments",
    title=TITLE,
    sheet=TITLE,
    template="import_template",
    read=read,
    facts=facts,
    onward=(labels.IMPORT_AS.format("人员"), "im.kind:people"),
)
