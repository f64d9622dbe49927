"""Many pieces of 信息录用 recorded at once for their departments (代录), and who hears of it.

Each becomes what a typed one becomes: a receipt in its quarter, the department's cell open again
where it was handed in. Only the telling is gathered, one message a person: two hundred lines
are not two hundred notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import templates
from handlers.collecting import LINK
from handlers.evidence_rows import row_of
from handlers.imports.acting import ChangedMeanwhile
from handlers.messages import Action, Button, rows
from handlers.occasion import Occasion
from handlers.placing import Placed, place_day
from handlers.recalling import judges_of_cell, take_back
from handlers.term import open_term
from rubric.suggestion import NEWS_ROW
from storage import audit, extensions, people, registers, sections, submission
from storage.accounts import Person
from storage.departments import Department
from storage.evidence import Item
from storage.submission import Report
from templates.markup import plain

NAMED = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """What one or more lines of the register (`rows`, by number) say of one department."""

    department: Department
    report: Report
    placed: Placed
    rows: tuple[int, ...]
    digests: tuple[str, ...]
    link: str = ""


def said(block: str, /, **facts: object) -> str:
    """A sentence about the register as plain text."""
    return plain(templates.say(f"register.{block}", **facts))


class Placer:
    """Where items go now. Departments with an extension of their own are few, so that all others
    share what was found out for a day."""

    def __init__(self, occasion: Occasion) -> None:
        self._occasion = occasion
        self._extended = {
            each.department_id for each in extensions.span(occasion.connection, "", "9")
        }
        self._places: dict[tuple[date, int], Placed] = {}

    def place(self, day: date, department_id: int) -> Placed:
        at = day, department_id if department_id in self._extended else 0
        if at not in self._places:
            self._places[at] = place_day(self._occasion, *at, now=self._occasion.now)
        return self._places[at]


def links_in(text: str) -> list[str]:
    """The addresses in a text, as they are compared."""
    return [found.rstrip("/").casefold() for found in LINK.findall(text)]


def record(occasion: Occasion, entries: Sequence[Entry], by: Person) -> list[Item]:
    """All of them, with receipts, in this order. The quarters are held by the caller. Raises
    ChangedMeanwhile for a line that was taken in since it was read."""
    connection, now = occasion.connection, occasion.now
    for quarter in {each.placed.quarter for each in entries}:
        open_term(occasion, quarter)
    submission.hold_numbers(connection, {each.department.id for each in entries})
    if registers.known(connection, [line for each in entries for line in each.digests]):
        raise ChangedMeanwhile
    reports = [each.report for each in entries]
    filed = submission.submit_all(connection, reports, person_id=by.id, now=now)
    lines = {
        line: item.id for each, item in zip(entries, filed, strict=True) for line in each.digests
    }
    registers.note(connection, lines, now=now)
    _audit(occasion, filed)
    _tell_departments(occasion, filed, by)
    opened: dict[tuple[int, str | None], Item] = {
        (item.department_id, item.quarter): item for item in filed
    }
    _tell_judges(occasion, [item for item in opened.values() if take_back(occasion, item)], by)
    return filed


def _audit(occasion: Occasion, filed: Sequence[Item]) -> None:
    person_id, account_id = occasion.actor
    audit.record_all(
        occasion.connection,
        [
            (
                "evidence.submit",
                str(item.id),
                {"revision": item.revision, "number": item.number},
            )
            for item in filed
        ],
        now=occasion.now,
        person_id=person_id,
        account_id=account_id,
    )


def _tell_departments(occasion: Occasion, filed: Sequence[Item], by: Person) -> None:
    """The liaisons, or where a department has none its heads; whoever recorded it knows."""
    reporters = _reporters(occasion)
    theirs: dict[int, list[Item]] = {}
    for department_id, items in _by_department(filed).items():
        for person_id in reporters.get(department_id, ()):
            if person_id != by.id:
                theirs.setdefault(person_id, []).extend(items)
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


def _reporters(occasion: Occasion) -> dict[int, list[int]]:
    """Each department's liaisons, or its heads; ids."""
    found: dict[str, dict[int, list[int]]] = {"head": {}, "liaison": {}}
    for role, of_role in found.items():
        for person in people.holders_of(occasion.connection, role):
            for department_id in person.departments(role):
                of_role.setdefault(department_id, []).append(person.id)
    return found["head"] | found["liaison"]


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
