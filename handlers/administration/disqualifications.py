"""/admin → 季度 → 取消评先资格: ranked but not nominated, where the centre has such a rule."""

from __future__ import annotations

from handlers.access import NotAllowed
from handlers.administration.desk import PANEL, Draft, action, back, button, pairs, rest, step
from handlers.administration.quarters import changeable, in_hand, show
from handlers.administration.typed import reason_in
from handlers.dialog import Goto, Outcome, Outdated
from handlers.messages import Action, rows
from handlers.term import assessed_departments
from handlers.turn import Turn
from rubric.settings import DISQUALIFICATION
from storage import disqualification, quarters
from storage.departments import Department
from storage.quarters import Term
from templates import admin_labels as labels


@action("ad.qbars")
def choose_department(turn: Turn, pressed: Action) -> Outcome:
    _list(turn, _ruled(changeable(turn, pressed.object)))
    return rest(turn)


def _ruled(term: Term) -> Term:
    """NotAllowed in a quarter that has no such rule."""
    if not DISQUALIFICATION.of(term.settings):
        raise NotAllowed
    return term


def _list(turn: Turn, term: Term) -> None:
    reasons = disqualification.disqualified(turn.connection, term.code)
    found = assessed_departments(turn, term)
    turn.say(
        "quarter.disqualifications",
        panel=PANEL,
        term=term,
        barred=[(each.short_name, reasons[each.id]) for each in found if each.id in reasons],
        buttons=rows(
            *pairs(
                [
                    button(labels.REQUALIFY.format(each.short_name), "ad.qunbar", term.code, id_)
                    if each.id in reasons
                    else button(each.short_name, "ad.qbar", term.code, id_)
                    for each, id_ in ((each, str(each.id)) for each in found)
                ]
            ),
            back("ad.qtr", term.code),
        ),
    )


def _department(turn: Turn, term: Term, digits: str) -> Department:
    for each in assessed_departments(turn, term):
        if str(each.id) == digits:
            return each
    raise Outdated(show=lambda turn: show(turn, term.code))


@action("ad.qbar")
def ask_reason(turn: Turn, pressed: Action) -> Outcome:
    term = _ruled(changeable(turn, pressed.object))
    department = _department(turn, term, pressed.argument)
    turn.say(
        "quarter.disqualify",
        panel=PANEL,
        term=term,
        department=department,
        buttons=rows(back("ad.qbars", term.code)),
    )
    return Goto("bar_why", Draft(id=department.id, code=term.code))


@step("bar_why")
def take_reason(turn: Turn, draft: Draft) -> Outcome:
    term = _ruled(in_hand(turn, draft.code))
    department = _department(turn, term, str(draft.id))
    reason = reason_in(turn)
    added = disqualification.disqualify(
        turn.connection,
        code=term.code,
        department_id=department.id,
        reason=reason,
        person_id=turn.person.id,
        now=turn.now,
    )
    if added:
        quarters.touch(turn.connection, term.code)
        turn.audit("quarter.disqualify", term.code, department=department.id, reason=reason)
    _list(turn, term)
    return rest(turn)


@action("ad.qunbar")
def take_back(turn: Turn, pressed: Action) -> Outcome:
    term = _ruled(in_hand(turn, pressed.object))
    department = _department(turn, term, pressed.argument)
    before = disqualification.disqualified(turn.connection, term.code).get(department.id)
    if disqualification.requalify(turn.connection, code=term.code, department_id=department.id):
        quarters.touch(turn.connection, term.code)
        turn.audit("quarter.requalify", term.code, department=department.id, before=before)
    _list(turn, term)
    return rest(turn)
