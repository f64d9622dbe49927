"""Everybody hears the result once: rows of the outbox, written in the transaction that publishes.

Everyone linked gets the order in words, liaisons and heads besides the sheet of their department.
Outside office hours the rows wait for the next opening, unless the releaser sends them at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.messages import Action, Button, DocumentRef, rows
from handlers.turn import Turn
from rubric.report import DepartmentResult, Report
from storage import departments, people, publications
from templates import words
from templates.documents import DOCX

IN_DEPARTMENT = ("liaison", "head")


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people are told, and how many sheets go out. `opening` None: at once."""

    people: int
    sheets: int
    opening: datetime | None


def reach(turn: Turn, report: Report) -> Reach:
    """Who would be told now."""
    return _reach(turn, _recipients(turn, report))


def send(turn: Turn, report: Report, publication_id: int) -> Reach:
    """Queue every part for everybody; each at most once, whatever their roles."""
    recipients = _recipients(turn, report)
    told = _reach(turn, recipients)
    look = Button("考核结果", Action("cmd", "result", argument=report.quarter.code))
    for person_id, codes in recipients.items():
        turn.notify(
            person_id,
            "result.published",
            key=publications.notice_key(publication_id, "ranking"),
            not_before=told.opening,
            buttons=rows(look),
            report=report,
        )
        for code in codes:
            department = report.department(code)
            turn.notify(
                person_id,
                "result.sheet",
                key=publications.notice_key(publication_id, f"sheet.{code}"),
                not_before=told.opening,
                file=sheet_ref(publication_id, report, department),
                report=report,
                department=department,
            )
    return told


def _reach(turn: Turn, recipients: Mapping[int, Sequence[str]]) -> Reach:
    return Reach(len(recipients), sum(map(len, recipients.values())), opening(turn))


def _recipients(turn: Turn, report: Report) -> dict[int, list[str]]:
    """Person id -> codes of the departments whose sheet they get; none for one without scores."""
    found: dict[int, list[str]] = {id_: [] for id_ in publications.audience(turn.connection)}
    ids = {each.code: each.id for each in departments.departments(turn.connection)}
    for each in report.departments:
        if each.rows and each.code in ids:
            holders = people.holders_of(
                turn.connection, *IN_DEPARTMENT, department_id=ids[each.code]
            )
            for person in holders:
                if person.id in found:
                    found[person.id].append(each.code)
    return found


def sheet_ref(publication_id: int, report: Report, department: DepartmentResult) -> DocumentRef:
    return DocumentRef(
        "annex_sheet",
        (("publication", publication_id), ("department", department.code)),
        name=sheet_name(department.short_name, report.quarter.code),
        mime=DOCX,
    )


def sheet_name(short_name: str, quarter_code: str) -> str:
    """市场监管局2026年第四季度考核量化评分表.docx, without what file names can't hold."""
    plain = "".join(char for char in short_name if char.isalnum() or char in "（）()、·-")
    return f"{plain}{words.quarter(quarter_code)}考核量化评分表.docx"


def opening(turn: Turn) -> datetime | None:
    """The next moment that broadcasts may leave; None when that is now."""
    if turn.office_hours():
        return None
    local = turn.now.astimezone(turn.premises.zone)
    (first, _), day = turn.hours(), local.date()
    if not turn.calendar.is_workday(day) or local.time() >= first:
        day = turn.calendar.nth_workday_after(day, 1)
    return datetime.combine(day, first, turn.premises.zone)
