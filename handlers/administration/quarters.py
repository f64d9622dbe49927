"""/admin → 季度: which quarters there are, one quarter's card, and how its dates are moved.

Announced dates never move silently: whoever reports or scores by them is told, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from handlers.access import NotAllowed
from handlers.administration import quarter_notices
from handlers.administration.desk import PANEL, Draft, action, back, button, pairs, rest, step
from handlers.administration.typed import any_day, reason_in
from handlers.dialog import Goto, Outcome, Outdated
from handlers.messages import Action, Button, rows
from handlers.score_cells import edition_of
from handlers.term import open_term, visiting_departments
from handlers.turn import Turn
from rubric.deadlines import Deadline, differences, move_deadline
from rubric.errors import UserError
from rubric.quarter import Quarter, QuarterState, Windows
from rubric.settings import DISQUALIFICATION
from storage import extensions, quarters
from storage.disqualification import disqualified
from storage.quarters import Term
from templates import admin_labels as labels

BY_RULE = "rule"


@dataclass(eq=False)
class DatesFixed(UserError):
    """The outcome has been proposed: nothing that it rests on may change."""

    code: ClassVar[str] = "deadline.fixed"
    quarter: str


# ---------------------------------------------------------------- looking


@action("ad.qtrs")
def show_quarters(turn: Turn, pressed: Action) -> Outcome:
    _list(turn)
    return rest(turn)


def _list(turn: Turn) -> None:
    found = _offered(turn)
    turn.say(
        "quarter.list",
        panel=PANEL,
        found=[(each, each.state_at(turn.now, turn.premises.zone).label) for each in found],
        buttons=rows(
            *pairs(
                [button(Quarter.parse(each.code).label, "ad.qtr", each.code) for each in found]
            ),
            back("ad.home"),
        ),
    )


def _offered(turn: Turn) -> list[Term]:
    """Those not yet published that have begun, and the one to come; opened or not."""
    present = Quarter.containing(turn.premises.today(turn.now))
    opened = {each.code: each for each in quarters.unpublished(turn.connection)}
    wanted = {present, present.next()}
    last = quarters.latest_published(turn.connection)
    if last is not None:
        wanted.add(min(present, Quarter.parse(last.code).next()))
    for each in wanted:
        term = look(turn, each)
        if QuarterState(term.state) is not QuarterState.PUBLISHED:
            opened[term.code] = term
    return [opened[code] for code in sorted(opened) if code <= present.next().code]


def look(turn: Turn, quarter: Quarter) -> Term:
    zone = turn.premises.zone
    return quarters.look(turn.connection, quarter, calendar=turn.calendar, timezone=zone)


@action("ad.qtr")
def show_quarter(turn: Turn, pressed: Action) -> Outcome:
    show(turn, known(turn, pressed.object).code)
    return rest(turn)


def known(turn: Turn, code: str) -> Term:
    """Outdated, with the list, for one that was published meanwhile or is none of these."""
    found = next((each for each in _offered(turn) if each.code == code), None)
    if found is None:
        raise Outdated(show=_list)
    return found


def changeable(turn: Turn, code: str) -> Term:
    """Raises DatesFixed when its outcome has been proposed."""
    term = known(turn, code)
    if not term.open:
        raise DatesFixed(term.code)
    return term


def in_hand(turn: Turn, code: str) -> Term:
    """As `changeable`; opened if it wasn't, and nobody else's to change until this transaction
    ends."""
    term = changeable(turn, code)
    open_term(turn, Quarter.parse(term.code))
    quarters.lock(turn.connection, term.code)
    return changeable(turn, code)


def show(turn: Turn, code: str, *, told: int | None = None) -> None:
    """The card. `told`: how many people a change has just been told to."""
    term = look(turn, Quarter.parse(code))
    visiting = visiting_departments(turn, term)
    reasons = disqualified(turn.connection, code)
    turn.say(
        "quarter.card",
        panel=PANEL,
        term=term,
        state=term.state_at(turn.now, turn.premises.zone).label,
        edition=edition_of(term),
        later=extensions.extensions(turn.connection, code),
        absent=[(each.short_name, absent.value) for each, absent in visiting if absent],
        barred=[(each.short_name, reasons[each.id]) for each, _ in visiting if each.id in reasons],
        told=told,
        buttons=_buttons(turn, term),
    )


def _buttons(turn: Turn, term: Term) -> tuple[tuple[Button, ...], ...]:
    if not term.open:
        return rows(back("ad.qtrs"))
    more: list[Button] = []
    if by_rule(turn, term) is not None:
        more.append(button(labels.BY_RULE, "ad.qcalc", term.code))
    if DISQUALIFICATION.of(term.settings):
        more.append(button(labels.DISQUALIFY, "ad.qbars", term.code))
    return rows(
        [
            button(labels.MOVE_DATES, "ad.qdates", term.code),
            button(labels.EXTEND, "ad.qexts", term.code),
        ],
        more,
        back("ad.qtrs"),
    )


# ---------------------------------------------------------------- moving a date


@action("ad.qdates")
def choose_deadline(turn: Turn, pressed: Action) -> Outcome:
    term = changeable(turn, pressed.object)
    turn.say(
        "quarter.dates",
        panel=PANEL,
        term=term,
        buttons=rows(
            [button(each.label, "ad.qdate", term.code, each.value) for each in Deadline],
            back("ad.qtr", term.code),
        ),
    )
    return rest(turn)


@action("ad.qdate")
def ask_day(turn: Turn, pressed: Action) -> Outcome:
    term = changeable(turn, pressed.object)
    which = deadline(pressed.argument)
    turn.say(
        "quarter.day",
        panel=PANEL,
        term=term,
        which=which,
        day=which.of(term.dates(turn.premises.zone)),
        department="",
        buttons=rows(back("ad.qtr", term.code)),
    )
    return Goto("qtr_day", Draft(code=term.code, kind=which.value))


def deadline(value: str) -> Deadline:
    """NotAllowed for what no button of ours carries."""
    if value not in list(Deadline):
        raise NotAllowed
    return Deadline(value)


@step("qtr_day")
def take_day(turn: Turn, draft: Draft) -> Outcome:
    term = changeable(turn, draft.code)
    today = turn.premises.today(turn.now)
    day = any_day(turn.words, today=today)
    move_deadline(term.dates(turn.premises.zone), Deadline(draft.kind), day, today=today)
    say_reason_wanted(turn, term, which=Deadline(draft.kind), day=day)
    return Goto("qtr_why", Draft(code=term.code, kind=draft.kind, given=day.isoformat()))


def say_reason_wanted(
    turn: Turn, term: Term, *, which: Deadline, day: date, department: str = ""
) -> None:
    """Says the day back in full, and that it is a day off where it is one."""
    turn.say(
        "quarter.reason",
        panel=PANEL,
        term=term,
        which=which,
        day=day,
        department=department,
        off=not turn.calendar.is_workday(day),
        buttons=rows(back("ad.qtr", term.code)),
    )


@step("qtr_why")
def take_reason(turn: Turn, draft: Draft) -> Outcome:
    """The dates move now, and not before: with the reason everybody is told."""
    term = in_hand(turn, draft.code)
    reason = reason_in(turn)
    dates = term.dates(turn.premises.zone)
    if draft.kind == BY_RULE:
        after = by_rule(turn, term)
        if after is None:
            raise Outdated(show=lambda turn: show(turn, term.code))
    else:
        day = date.fromisoformat(draft.given)
        today = turn.premises.today(turn.now)
        after = move_deadline(dates, Deadline(draft.kind), day, today=today)
        after = _certain(turn, after)
    quarters.set_dates(turn.connection, term.code, after, reason=reason)
    moved = differences(dates, after)
    turn.audit(
        "quarter.dates",
        term.code,
        before={each.value: was.isoformat() for each, was, _ in moved},
        after={each.value: now.isoformat() for each, _, now in moved},
        reason=reason,
    )
    told = quarter_notices.tell_moved(turn, look(turn, dates.quarter), moved)
    show(turn, term.code, told=told)
    return rest(turn)


def _certain(turn: Turn, dates: Windows) -> Windows:
    """Whether they are still 暂定, as the calendar knows it today."""
    first = dates.quarter.next().first_day
    return replace(dates, provisional=turn.calendar.days_provisional(first, dates.score_until))


# ---------------------------------------------------------------- anew from the calendar


def by_rule(turn: Turn, term: Term) -> Windows | None:
    """What the rule gives today, where it differs from what was announced and moves nothing into
    the past."""
    zone = turn.premises.zone
    dates = term.dates(zone)
    found = quarters.by_rule(term, calendar=turn.calendar, timezone=zone)
    today = turn.premises.today(turn.now)
    if found == dates or any(now < today for _, _, now in differences(dates, found)):
        return None
    return found if term.revision else None


@action("ad.qcalc")
def ask_reason_for_rule(turn: Turn, pressed: Action) -> Outcome:
    term = changeable(turn, pressed.object)
    found = by_rule(turn, term)
    if found is None:
        raise Outdated(show=lambda turn: show(turn, term.code))
    turn.say(
        "quarter.rule",
        panel=PANEL,
        term=term,
        moved=differences(term.dates(turn.premises.zone), found),
        provisional=found.provisional,
        buttons=rows(back("ad.qtr", term.code)),
    )
    return Goto("qtr_why", Draft(code=term.code, kind=BY_RULE))
