"""Many pieces of 信息录用 recorded at once for their departments (代录), and who hears of it.

Each goes the way of a typed one: a draft, a receipt in its quarter, the department's cell open
again where it was handed in. Only the telling is gathered, one message a person: two hundred lines
are not two hundred notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import templates
from handlers.collecting import LINK
from handlers.evidence_rows import row_of
from handlers.filing import file_new
from handlers.imports.acting import ChangedMeanwhile
from handlers.messages import Action, Button, rows
from handlers.occasion import Occasion
from handlers.placing import Placed
from handlers.recalling import judges_of_cell, take_back
from rubric.suggestion import NEWS_ROW
from storage import people, registers, sections
from storage.accounts import Person
from storage.departments import Department
from storage.evidence import Item
from storage.registers import News
from templates.markup import plain

NAMED = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """What one or more lines of the register (`rows`, by number) say of one department."""

    department: Department
    news: News
    placed: Placed
    rows: tuple[int, ...]
    digests: tuple[str, ...]
    link: str = ""


def said(block: str, /, **facts: object) -> str:
    """A sentence about the register as plain text."""
    return plain(templates.say(f"register.{block}", **facts))


def links_in(text: str) -> list[str]:
    """The addresses in a text, as they are compared."""
    return [found.rstrip("/").casefold() for found in LINK.findall(text)]


def record(occasion: Occasion, entries: Sequence[Entry], by: Person) -> list[Item]:
    """All of them, with receipts, in this order. The quarters are held by the caller. Raises
    ChangedMeanwhile for a line that was taken in since it was read."""
    filed = [_file(occasion, each, by) for each in entries]
    opened: dict[tuple[int, str | None], Item] = {
        (item.department_id, item.quarter): item for item in filed
    }
    _tell_departments(occasion, filed, by)
    _tell_judges(occasion, [item for item in opened.values() if take_back(occasion, item)], by)
    return filed


def _file(occasion: Occasion, entry: Entry, by: Person) -> Item:
    now = occasion.now
    draft = registers.draft(
        occasion.connection, entry.news, indicator=NEWS_ROW, person_id=by.id, now=now
    )
    for line in entry.digests:
        if not registers.note(occasion.connection, line, evidence_id=draft.id, now=now):
            raise ChangedMeanwhile
    return file_new(occasion, draft, (), entry.placed, by=by.id, at=now)


def _tell_departments(occasion: Occasion, filed: Sequence[Item], by: Person) -> None:
    """The liaisons, or where a department has none its heads; whoever recorded it knows."""
    theirs: dict[int, list[Item]] = {}
    for department_id, items in _by_department(filed).items():
        for person in _reporters(occasion, department_id):
            if person.id != by.id:
                theirs.setdefault(person.id, []).extend(items)
    section = sections.section_of_row(occasion.connection, NEWS_ROW)
    for person_id, items in theirs.items():
        occasion.notify(
            person_id,
            "register.told",
            key=f"register:{filed[0].id}",
            buttons=rows(Button("我的上报", Action("cmd", "mine"))),
            items=items[:NAMED],
            total=len(items),
            by=by.name,
            section=section,
        )


def _reporters(occasion: Occasion, department_id: int) -> list[Person]:
    return people.holders_of(
        occasion.connection, "liaison", department_id=department_id
    ) or people.holders_of(occasion.connection, "head", department_id=department_id)


def _by_department(items: Iterable[Item]) -> dict[int, list[Item]]:
    found: dict[int, list[Item]] = {}
    for item in items:
        found.setdefault(item.department_id, []).append(item)
    return found


def _tell_judges(occasion: Occasion, opened: Sequence[Item], by: Person) -> None:
    """Whoever had handed in these departments' scores: one message a quarter."""
    theirs: dict[tuple[int, str], list[Item]] = {}
    for item in opened:
        for judge in judges_of_cell(occasion, item):
            theirs.setdefault((judge.id, item.quarter or ""), []).append(item)
    for (person_id, quarter), items in theirs.items():
        occasion.notify(
            person_id,
            "register.recalled",
            key=f"register:recalled:{quarter}:{opened[0].id}",
            buttons=rows(
                [
                    Button("审核材料", Action("rev.q", quarter)),
                    Button("评分", Action("sc.row", f"{quarter}.{NEWS_ROW}")),
                ]
            ),
            row=row_of(items[0], today=occasion.premises.today(occasion.now)),
            quarter=quarter,
            departments=[item.department for item in items],
            by=by.name,
        )
