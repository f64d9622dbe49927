"""/admin → 季度 → 部门延期: later deadlines of one department, granted with a reason and ended."""

from __future__ import annotations

from datetime import date

from handlers.administration import quarter_notices
from handlers.administration.desk import (
    PANEL,
    Draft,
    Page,
    action,
    back,
    button,
    danger,
    pairs,
    rest,
    step,
)
from handlers.administration.quarters import (
    changeable,
    deadline,
    in_hand,
    say_reason_wanted,
    show,
)
from handlers.administration.typed import any_day, reason_in
from handlers.dialog import Goto, Outcome, Outdated
from handlers.messages import Action, rows
from handlers.term import visiting_departments
from handlers.turn import Turn
from rubric.deadlines import Deadline, differences, extend
from rubric.quarter import Windows
from storage import extensions, quarters
from storage.departments import Department
from storage.extensions import Extension
from storage.quarters import Term
from templates import admin_labels as labels

_PLACES = 12


@action("ad.qexts")
def choose_department(turn: Turn, pressed: Action) -> Outcome:
    """`argument` is the page of the list."""
    term = changeable(turn, pressed.object)
    found = [each for each, _ in visiting_departments(turn, term)]
    wanted = Action("", pressed.argument).id
    page = Page.of(wanted, len(found), _PLACES)
    turn.say(
        "quarter.extensions",
        panel=PANEL,
        term=term,
        page=page,
        later=extensions.extensions(turn.connection, term.code),
        buttons=rows(
            *pairs(
                [
                    button(each.short_name, "ad.qext", term.code, str(each.id))
                    for each in page.cut(found)
                ]
            ),
            page.turners_of("ad.qexts", term.code),
            back("ad.qtr", term.code),
        ),
    )
    return rest(turn)


@action("ad.qext")
def show_department(turn: Turn, pressed: Action) -> Outcome:
    term = changeable(turn, pressed.object)
    _card(turn, term, _department(turn, term, pressed.argument))
    return rest(turn)


def _department(turn: Turn, term: Term, digits: str) -> Department:
    """Outdated, with the quarter's card, for one that is not there (any more)."""
    for each, _ in visiting_departments(turn, term):
        if str(each.id) == digits:
            return each
    raise Outdated(show=lambda turn: show(turn, term.code))


def _given(turn: Turn, term: Term, department: Department) -> Extension | None:
    found = extensions.of_department(
        turn.connection, department.id, first=term.code, last=term.code
    )
    return found.get(term.code)


def _own(turn: Turn, term: Term, department: Department) -> Windows:
    """The department's dates by now."""
    dates = term.dates(turn.premises.zone)
    return extensions.extended(dates, _given(turn, term, department))


def _card(turn: Turn, term: Term, department: Department) -> None:
    given = _given(turn, term, department)
    last = [back("ad.qexts", term.code)]
    if given is not None:
        last.insert(0, danger(labels.END_EXTENSION, "ad.qextrm", term.code, str(department.id)))
    turn.say(
        "quarter.extension",
        panel=PANEL,
        term=term,
        department=department,
        given=given,
        own=_own(turn, term, department),
        buttons=rows(
            [
                button(each.label, "ad.qextd", term.code, f"{each.value}.{department.id}")
                for each in (Deadline.REPORT, Deadline.SUPPLEMENT)
            ],
            last,
        ),
    )


@action("ad.qextd")
def ask_day(turn: Turn, pressed: Action) -> Outcome:
    """`argument`: which deadline, and the department."""
    term = changeable(turn, pressed.object)
    value, _, digits = pressed.argument.partition(".")
    which, department = deadline(value), _department(turn, term, digits)
    turn.say(
        "quarter.day",
        panel=PANEL,
        term=term,
        which=which,
        day=which.of(_own(turn, term, department)),
        department=department.short_name,
        buttons=rows(back("ad.qext", term.code, str(department.id))),
    )
    return Goto("ext_day", Draft(id=department.id, code=term.code, kind=which.value))


def _extend(turn: Turn, term: Term, department: Department, which: Deadline, day: date) -> Windows:
    dates = term.dates(turn.premises.zone)
    own = _own(turn, term, department)
    return extend(dates, own, which, day, today=turn.premises.today(turn.now))


@step("ext_day")
def take_day(turn: Turn, draft: Draft) -> Outcome:
    term = changeable(turn, draft.code)
    department = _department(turn, term, str(draft.id))
    which = Deadline(draft.kind)
    day = any_day(turn.words, today=turn.premises.today(turn.now))
    _extend(turn, term, department, which, day)
    say_reason_wanted(turn, term, which=which, day=day, department=department.short_name)
    given = day.isoformat()
    return Goto("ext_why", Draft(department.id, draft.kind, code=term.code, given=given))


@step("ext_why")
def take_reason(turn: Turn, draft: Draft) -> Outcome:
    term = in_hand(turn, draft.code)
    department = _department(turn, term, str(draft.id))
    before = _own(turn, term, department)
    day = date.fromisoformat(draft.given)
    after = _extend(turn, term, department, Deadline(draft.kind), day)
    reason = reason_in(turn)
    extensions.grant(
        turn.connection,
        code=term.code,
        department_id=department.id,
        dates=after,
        reason=reason,
        person_id=turn.person.id,
        now=turn.now,
    )
    quarters.touch(turn.connection, term.code)
    moved = differences(before, after)
    turn.audit(
        "quarter.extend",
        term.code,
        department=department.id,
        before={each.value: was.isoformat() for each, was, _ in moved},
        after={each.value: now.isoformat() for each, _, now in moved},
        reason=reason,
    )
    given = _given(turn, term, department)
    told = quarter_notices.tell_extension(turn, term, given) if given else 0
    show(turn, term.code, told=told)
    return rest(turn)


@action("ad.qextrm")
def end(turn: Turn, pressed: Action) -> Outcome:
    term = in_hand(turn, pressed.object)
    department = _department(turn, term, pressed.argument)
    given = _given(turn, term, department)
    if given is None:
        raise Outdated(show=lambda turn: _card(turn, term, department))
    extensions.revoke(turn.connection, code=term.code, department_id=department.id)
    quarters.touch(turn.connection, term.code)
    turn.audit(
        "quarter.extension_end",
        term.code,
        department=department.id,
        before={
            "report": given.report_until.isoformat(),
            "supplement": given.supplement_until.isoformat(),
        },
    )
    told = quarter_notices.tell_extension(turn, term, given, ended=True)
    show(turn, term.code, told=told)
    return rest(turn)
