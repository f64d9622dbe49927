"""Everybody hears the result once: rows of the outbox, written in the transaction that publishes.

Each gets what is public to them, as a picture with a short caption and in words; liaisons and
heads besides the sheet of their department, director and admin the summary, evaluators too where
all places are public; registered groups what is public to everyone. Outside office hours the rows
wait for the next opening, unless the releaser sends them at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from handlers.messages import Action, Button, DocumentRef, rows
from handlers.occasion import Occasion
from handlers.turn import Turn
from rubric import edition as editions
from rubric.extent import (
    ALL,
    Extent,
    published_extent,
    shown_awards,
    shown_departments,
    shown_ties,
)
from rubric.report import DepartmentResult, Report
from storage import departments, groups, people, publications
from storage.accounts import Person
from templates import words
from templates.documents import DOCX, PNG, XLSX

IN_DEPARTMENT: Final = ("liaison", "head")
# who belongs to a department's reporting or to the assessing centre; others may get less
INSIDERS: Final = (*IN_DEPARTMENT, "evaluator", "director", "admin")

Facts: TypeAlias = Mapping[str, Any]
"""What a block of the templates is told."""
Source: TypeAlias = tuple[str, int | str]
"""Where a document finds its report: ("publication", id), or ("draft", digest)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a broadcast; `name` tells it from the others in its key."""

    name: str
    block: str
    file: DocumentRef | None
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people are told, how many sheets and summaries go out, to how many groups.
    `opening` None: at once."""

    people: int
    sheets: int
    summaries: int
    groups: int
    opening: datetime | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """What somebody gets: `extent` is public to them, `sheets` are codes of departments."""

    person_id: int
    extent: Extent
    sheets: tuple[str, ...]
    summary: bool


# ---------------------------------------------------------------- what is sent


def general_parts(report: Report, source: Source, extent: Extent) -> list[Part]:
    """Picture and words, for everybody to whom this much is public."""
    facts = result_facts(report, extent)
    return [
        Part("picture", "result.picture", picture_ref(report, source, extent), facts),
        Part("ranking", "result.published", None, facts),
    ]


def sheet_part(
    report: Report, source: Source, department: DepartmentResult, extent: Extent
) -> Part:
    facts = {"report": report, "department": department, "placed": extent.shows(department)}
    ref = sheet_ref(source, report, department)
    return Part(f"sheet.{department.code}", "result.sheet", ref, facts)


def summary_part(report: Report, source: Source) -> Part:
    return Part("summary", "result.summary", summary_ref(source, report), {"report": report})


def result_facts(report: Report, extent: Extent) -> Facts:
    """What the public part of a report is told with."""
    return {
        "report": report,
        "extent": extent,
        "shown": shown_departments(report, extent),
        "ties": shown_ties(report, extent, editions.find(report.edition)),
        "awards": shown_awards(report, extent),
        "decision": report.decision if extent.kind == ALL else "",
    }


def sheet_ref(source: Source, report: Report, department: DepartmentResult) -> DocumentRef:
    return DocumentRef(
        "annex_sheet",
        (source, ("department", department.code)),
        name=sheet_name(department.short_name, report.quarter.code),
        mime=DOCX,
    )


def summary_ref(source: Source, report: Report) -> DocumentRef:
    name = f"{words.quarter(report.quarter.code)}常驻部门考核汇总表.xlsx"
    return DocumentRef("summary_workbook", (source,), name=name, mime=XLSX)


def picture_ref(report: Report, source: Source, extent: Extent) -> DocumentRef:
    arguments = (source, ("extent", extent.kind), ("first", extent.first))
    name = f"{words.quarter(report.quarter.code)}常驻部门考核结果.png"
    return DocumentRef("ranking_picture", arguments, name=name, mime=PNG)


# ---------------------------------------------------------------- who gets it


def reach(turn: Turn, report: Report) -> Reach:
    """Who would be told now."""
    return _reach(turn, recipients(turn, report))


def send(turn: Turn, report: Report, publication_id: int) -> Reach:
    """Queue every part for everybody; each at most once, whatever their roles."""
    found = recipients(turn, report)
    told = _reach(turn, found)
    source: Source = ("publication", publication_id)
    look = rows(Button("考核结果", Action("cmd", "result", argument=report.quarter.code)))
    general: dict[Extent, list[Part]] = {}
    for each in found:
        if each.extent not in general:
            general[each.extent] = general_parts(report, source, each.extent)
        parts = [
            *general[each.extent],
            *(
                sheet_part(report, source, report.department(code), each.extent)
                for code in each.sheets
            ),
            *([summary_part(report, source)] if each.summary else []),
        ]
        for part in parts:
            turn.notify(
                each.person_id,
                part.block,
                key=publications.notice_key(publication_id, part.name),
                not_before=told.opening,
                buttons=look if part.name == "ranking" else (),
                file=part.file,
                **part.facts,
            )
    _tell_groups(turn, report, publication_id, told.opening)
    return told


def _tell_groups(
    turn: Turn, report: Report, publication_id: int, opening_: datetime | None
) -> None:
    """What is public to everyone; without buttons, which would be anybody's to press."""
    extent = published_extent(report).for_outsiders()
    parts = general_parts(report, ("publication", publication_id), extent)
    for group in groups.confirmed_groups(turn.connection):
        for part in parts:
            turn.notify_group(
                group,
                part.block,
                key=publications.notice_key(publication_id, part.name),
                not_before=opening_,
                file=part.file,
                **part.facts,
            )


def _reach(turn: Turn, found: Sequence[Recipient]) -> Reach:
    return Reach(
        len(found),
        sum(len(each.sheets) for each in found),
        sum(each.summary for each in found),
        len(groups.confirmed_groups(turn.connection)),
        opening(turn),
    )


def recipients(turn: Turn, report: Report) -> list[Recipient]:
    """Everybody who can be told, with what they get."""
    extent = published_extent(report)
    sheets = _sheets(turn, report)
    insiders = {each.id: each for each in people.holders_of(turn.connection, *INSIDERS)}
    return [
        Recipient(
            id_,
            extent if id_ in insiders else extent.for_outsiders(),
            tuple(sheets.get(id_, ())),
            summary=id_ in insiders and gets_summary(insiders[id_], extent),
        )
        for id_ in publications.audience(turn.connection, channels=turn.premises.channels)
    ]


def gets_summary(person: Person, extent: Extent) -> bool:
    """Director and admin; evaluators where all places are public."""
    return person.has("director", "admin") or (person.has("evaluator") and extent.kind == ALL)


def extent_for(person: Person, report: Report) -> Extent:
    """How much of a published report this person may read."""
    extent = published_extent(report)
    return extent if person.has(*INSIDERS) else extent.for_outsiders()


def _sheets(turn: Turn, report: Report) -> dict[int, list[str]]:
    """Person id -> codes of the departments whose sheet they get; none for one without scores."""
    found: dict[int, list[str]] = {}
    ids = {each.code: each.id for each in departments.departments(turn.connection)}
    for each in report.departments:
        if each.rows and each.code in ids:
            holders = people.holders_of(
                turn.connection, *IN_DEPARTMENT, department_id=ids[each.code]
            )
            for person in holders:
                found.setdefault(person.id, []).append(each.code)
    return found


def sheet_name(short_name: str, quarter_code: str) -> str:
    """市场监管局2026年第四季度考核量化评分表.docx, without what file names can't hold."""
    plain = "".join(char for char in short_name if char.isalnum() or char in "（）()、·-")
    return f"{plain}{words.quarter(quarter_code)}考核量化评分表.docx"


def opening(occasion: Occasion) -> datetime | None:
    """The next moment that broadcasts may leave; None when that is now."""
    if occasion.office_hours():
        return None
    local = occasion.now.astimezone(occasion.premises.zone)
    (first, _), day = occasion.hours(), local.date()
    if not occasion.calendar.is_workday(day) or local.time() >= first:
        day = occasion.calendar.nth_workday_after(day, 1)
    return datetime.combine(day, first, occasion.premises.zone)
