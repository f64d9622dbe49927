"""The sheet 科室 of the departments' workbook: who judges which rows, and whom people can ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from handlers.administration.sections import newest_edition
from handlers.imports import By
from handlers.imports.book import Faults
from handlers.imports.changes import record
from handlers.imports.tables import Column, Row, Table, error_words, words
from handlers.occasion import Occasion
from rubric.edition import Edition, Indicator
from rubric.errors import UserError, shown
from storage import sections
from storage.names import checked
from storage.sections import CONTACT_LENGTH, NAME_LENGTH, Section

SECTIONS: Final = "科室"
SECTION_COLUMNS: Final = (
    Column("name", "科室名称", ("科室", "责任科室", "名称"), needed=True, filled=True),
    Column("contact", "联系人"),
    Column("phone", "电话", ("联系电话",)),
    Column("rows", "负责的考核项", ("考核项", "评分项", "负责的评分项")),
)
_BETWEEN: Final = "、,;/ \n\t"
_FOLDED: Final = str.maketrans("", "", "“”‘’\"'「」 \n\t\u3000")


@dataclass(frozen=True, slots=True)
class SectionChange:
    """A section as it shall be. `before` None: a new one; `rows` are those it takes over."""

    name: str
    contact: str
    phone: str
    rows: tuple[Indicator, ...]
    before: Section | None

    def line(self) -> str:
        taken = tuple(row.name for row in self.rows)
        if self.before is None:
            return words("section_new", each=self, rows=taken)
        pairs = (
            ("联系人", self.before.contact, self.contact),
            ("电话", self.before.phone, self.phone),
        )
        changes = tuple(pair for pair in pairs if pair[1] != pair[2])
        return words("section_changed", name=self.name, changes=changes, rows=taken)

    def apply(self, occasion: Occasion, by: By) -> None:
        connection = occasion.connection
        if self.before is None:
            id_ = sections.add_section(
                connection, name=self.name, contact=self.contact, phone=self.phone
            )
            record(occasion, by, "section.add", str(id_))
        else:
            id_ = self.before.id
            if (self.contact, self.phone) != (self.before.contact, self.before.phone):
                sections.set_contact(connection, id_, contact=self.contact, phone=self.phone)
                record(occasion, by, "section.contact", str(id_))
        for row in self.rows:
            before = sections.assign_row(connection, indicator=row.id, section_id=id_)
            record(occasion, by, "row.assign", row.id, section=id_, before=before)


def read_sections(
    occasion: Occasion, table: Table | None, faults: Faults
) -> tuple[SectionChange, ...]:
    """What the sheet would change."""
    known = {each.name: each for each in sections.sections(occasion.connection)}
    owners = sections.row_owners(occasion.connection)
    seen: dict[str, int] = {}
    given: dict[str, int] = {}
    found = []
    for row in table or ():
        name = _checked(row, "name", "科室名称", NAME_LENGTH, faults)
        if name in seen:
            row.fault(faults, "name", words("row_twice", row=seen[name]))
        seen.setdefault(name, row.number)
        before = known.get(name)
        contact = _checked(row, "contact", "联系人", CONTACT_LENGTH, faults)
        phone = _checked(row, "phone", "电话", CONTACT_LENGTH, faults)
        rows = _rows(row, given, faults)
        change = SectionChange(
            name,
            contact or (before.contact if before else ""),
            phone or (before.phone if before else ""),
            tuple(each for each in rows if before is None or owners.get(each.id) != before.id),
            before,
        )
        same = before and (change.contact, change.phone) == (before.contact, before.phone)
        if not same or change.rows:
            found.append(change)
    return tuple(found)


def _checked(row: Row, key: str, what: str, limit: int, faults: Faults) -> str:
    text = row.text(key)
    if not text:
        return ""
    try:
        return checked(text, what=what, limit=limit)
    except UserError as error:
        row.fault(faults, key, error_words(error))
        return ""


def _rows(row: Row, given: dict[str, int], faults: Faults) -> list[Indicator]:
    """The rows of the form that the cell names; each may have one owner only."""
    found, left = named_rows(row.text("rows"), newest_edition())
    if left:
        names = tuple(each.name for each in newest_edition().indicators)
        row.fault(faults, "rows", words("rows_unknown", typed=shown(left), names=names))
    for each in found:
        if each.id in given:
            said = words("row_given", row=each.name, other=given[each.id])
            row.fault(faults, "rows", said)
        given.setdefault(each.id, row.number)
    return found


def named_rows(text: str, edition: Edition) -> tuple[list[Indicator], str]:
    """The rows that are named in it, and what is left over. A name may hold a 、 itself, so the
    names are looked for, the longest first."""
    names = {
        _fold(name): row for row in edition.indicators for name in (*row.names, row.form_label)
    }
    rest, found = _fold(text), {}
    for name in sorted(names, key=len, reverse=True):
        if name in rest:
            rest = rest.replace(name, "、")
            found[names[name].id] = names[name]
    order = [row for row in edition.indicators if row.id in found]
    return order, "、".join(part for part in rest.split("、") if part.strip(_BETWEEN))


def _fold(text: str) -> str:
    return normalize("NFKC", text).translate(_FOLDED)


def sheet_of(occasion: Occasion) -> dict[str, object]:
    """The sheet with the sections there are, for the template."""
    edition = newest_edition()
    owners = sections.row_owners(occasion.connection)
    helps = (
        ("如“考核办公室”。", 24),
        ("提醒、退回和结果末尾告诉各部门可以问谁。", 14),
        ("联系人的电话。", 20),
        ("由这个科室评分的考核项，用顿号隔开；每项只能属于一个科室。", 70),
    )
    return {
        "name": SECTIONS,
        "columns": [
            {"title": each.title, "needed": each.needed, "help": help_, "width": width}
            for each, (help_, width) in zip(SECTION_COLUMNS, helps, strict=True)
        ],
        "rows": [
            [
                each.name,
                each.contact,
                each.phone,
                "、".join(row.name for row in edition.indicators if owners.get(row.id) == each.id),
            ]
            for each in sections.sections(occasion.connection)
        ],
    }
