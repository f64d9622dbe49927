"""Those buttons of reminders that lead into no other dialog: 本季度无可报, taking that back, and
passing on to the heads what their departments owe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from handlers import progress_own
from handlers.access import NotAllowed, require_department, require_role
from handlers.dialog import Dialog, Keep, Outcome
from handlers.drafting import REPORTERS
from handlers.messages import Action, Button, rows
from handlers.progress_centre import SILENT
from handlers.progress_centre import VERB as CENTRE_VERB
from handlers.progress_own import NOT_NOTHING_VERB, NOTHING_VERB, ON_CARD
from handlers.progress_terms import named_term
from handlers.reminding_departments import dates_of
from handlers.reminding_leaders import HEADS_VERB, late_departments
from handlers.term import open_term
from handlers.turn import Turn
from rubric.errors import UserError
from rubric.quarter import Quarter, Windows
from storage import nothing, people, progress, quarters, reminders, sections
from storage.departments import Department
from storage.progress import Reported
from storage.quarters import Term
from templates import words

dialog = Dialog("reminders")


@dataclass(eq=False)
class ReportingOver(UserError):
    """Whether a department has anything to report is settled: 补报截止 has passed."""

    code: ClassVar[str] = "reminder.reporting_over"
    quarter: str


@dataclass(eq=False)
class ReportedAlready(UserError):
    """A department that has reported something has had something to report."""

    code: ClassVar[str] = "reminder.reported"
    quarter: str
    department: str


# ---------------------------------------------------------------- 本季度无可报


@dialog.action(NOTHING_VERB)
def say_nothing(turn: Turn, action: Action) -> Outcome:
    term, department = _place(turn, action)
    reported = progress.reported(turn.connection, term.code, department_ids=[department.id])
    if reported.get(department.id, Reported()).anything:
        raise ReportedAlready(term.code, department.short_name)
    if nothing.say(
        turn.connection,
        quarter=term.code,
        department_id=department.id,
        person_id=turn.person.id,
        now=turn.now,
    ):
        turn.audit("report.nothing", term.code, department=department.id)
    turn.toast(words.NOTHING)
    return _show(turn, action, term, department)


@dialog.action(NOT_NOTHING_VERB)
def take_back(turn: Turn, action: Action) -> Outcome:
    term, department = _place(turn, action)
    if nothing.take_back(turn.connection, quarter=term.code, department_id=department.id):
        turn.audit("report.something", term.code, department=department.id)
    turn.toast(words.NOT_NOTHING)
    return _show(turn, action, term, department)


def _place(turn: Turn, action: Action) -> tuple[Term, Department]:
    """The quarter, held open, and the department, as long as it may report."""
    id_ = Action("", action.argument).id
    require_department(turn, id_, *REPORTERS)
    found = named_term(turn, action.object[:6])
    open_term(turn, Quarter.parse(found.code))
    term = quarters.hold(turn.connection, found.code) or found
    own = {each.id: (each, dates) for each, dates in dates_of(turn, term).items()}
    if id_ not in own:
        raise NotAllowed
    department, dates = own[id_]
    if not term.open or turn.now >= dates.supplement_deadline:
        raise ReportingOver(term.code)
    return term, department


def _show(turn: Turn, action: Action, term: Term, department: Department) -> Outcome:
    turn.afresh = action.revision != ON_CARD  # a reminder stays as it is
    progress_own.say_department(turn, term, department.id)
    return Keep()


# ---------------------------------------------------------------- 转告负责人


@dataclass(slots=True)
class _Passed:
    """Names of departments: `told` now, `before` on this day already, `unreached`; and how many
    `heads` were told."""

    told: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)
    heads: int = 0


@dialog.action(HEADS_VERB)
def tell_heads(turn: Turn, action: Action) -> Outcome:
    """The heads of the departments that are late now, each department once a day."""
    require_role(turn, "admin")
    term = named_term(turn, action.object[:6])
    late = late_departments(turn, term)
    passed = _Passed()
    for department, dates in late.items():
        _pass_on(turn, term, department, dates, passed)
    if passed.told:
        turn.audit("reminder.heads", term.code, departments=passed.told, heads=passed.heads)
    turn.say(
        "reminder.passed_on",
        quarter=term.code,
        found=len(late),
        heads=passed.heads,
        told=passed.told,
        before=passed.before,
        unreached=passed.unreached,
        buttons=rows(Button("未上报部门", Action(CENTRE_VERB, term.code, 0, f"{SILENT}0"))),
    )
    return Keep()


def _pass_on(
    turn: Turn, term: Term, department: Department, dates: Windows, passed: _Passed
) -> None:
    heads = people.holders_of(turn.connection, "head", department_id=department.id)
    there = reminders.reachable(
        turn.connection, [each.id for each in heads], channels=turn.premises.channels
    )
    if not there:
        passed.unreached.append(department.short_name)
        return
    today = turn.premises.today(turn.now)
    place = str(department.id)
    liaisons = people.holders_of(turn.connection, "liaison", department_id=department.id)
    count = sum(
        turn.notify(
            head.id,
            "reminder.forwarded",
            key=f"heads:{term.code}:{place}:{today}",
            buttons=rows(
                Button("上报材料", Action("cmd", "submit")),
                Button(words.NOTHING, Action(NOTHING_VERB, term.code, 0, place)),
            ),
            department=department,
            quarter=term.code,
            by=turn.person.name,
            today=today,
            until=dates.supplement_until,
            liaisons=[each.name for each in liaisons],
            section=sections.whom_to_ask(turn.connection),
        )
        for head in heads
    )
    passed.heads += count
    (passed.told if count else passed.before).append(department.short_name)
