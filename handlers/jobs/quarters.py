"""Quarters open on their first day and close after 补报截止, whether anybody looks or not.

Each move is audited and told once: what was told last stands in the quarter's row and only moves
on, so a repeated tick, a second process, downtime or a clock that steps back does no harm.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from handlers import readiness
from handlers.broadcast import opening
from handlers.messages import Action, Button, Rows, rows
from handlers.occasion import Occasion
from handlers.score_table import read_table
from handlers.term import open_term
from rubric.edition import NoEdition
from rubric.quarter import Quarter, QuarterState, state_by_dates
from storage import departments, leaves, people, quarters, sections
from storage.quarters import Term
from templates import words

_BELOW: Final = 1  # the card comes under the notice


def run(occasion: Occasion) -> None:
    present = Quarter.containing(occasion.today)
    _open(occasion, present)
    for term in quarters.moving(occasion.connection):
        _move(occasion, term, present)


# ---------------------------------------------------------------- opening


def _open(occasion: Occasion, present: Quarter) -> None:
    """The present quarter, and those that were missed between the last one and it."""
    opened = quarters.codes(occasion.connection)
    if opened and opened[-1] > present.code:
        return  # the clock has stepped back: what lies before may never have been assessed
    earlier = [code for code in opened if code < present.code]
    wanted = Quarter.parse(earlier[-1]).next() if earlier else present
    if wanted < present and not departments.departments(occasion.connection):
        wanted = present  # nothing was assessed meanwhile
    try:
        while wanted <= present:
            open_term(occasion, wanted)
            wanted = wanted.next()
    except NoEdition:
        return  # a clock before the first notice


def _move(occasion: Occasion, term: Term, present: Quarter) -> None:
    """Tell what the dates have made of it since. Of a quarter that was missed as a whole nothing
    is told, nor of the opening of an installation's first one, which somebody has just set up."""
    if not term.open:
        quarters.mark_told(occasion.connection, term, QuarterState.CLOSED)
        return
    state = state_by_dates(term.dates(occasion.premises.zone), occasion.now)
    if state is QuarterState.NOT_STARTED:
        return
    missed = not term.told and state is QuarterState.CLOSED
    begun = replace(term, told=QuarterState.COLLECTING.value)
    if not term.told and quarters.mark_told(occasion.connection, term, QuarterState.COLLECTING):
        occasion.note("quarter.open", term.code, detail=_dates(term))
        if term.code == present.code and quarters.codes(occasion.connection)[0] != term.code:
            _tell_opened(occasion, term)
    if state is QuarterState.CLOSED and quarters.mark_told(occasion.connection, begun, state):
        occasion.note("quarter.close", term.code)
        if not missed:
            _tell_closed(occasion, term)


def _dates(term: Term) -> dict[str, object]:
    return {
        "edition": term.edition,
        "report_until": term.report_until.isoformat(),
        "supplement_until": term.supplement_until.isoformat(),
        "score_until": term.score_until.isoformat(),
        "provisional": term.provisional,
    }


# ---------------------------------------------------------------- telling


def _tell_opened(occasion: Occasion, term: Term) -> None:
    """The admins, who may still move a date; the departments are reminded of what they owe."""
    for admin in people.holders_of(occasion.connection, "admin"):
        occasion.notify(
            admin.id,
            "quarter.opened",
            key=f"quarter:{term.code}:opened",
            buttons=_look(term),
            not_before=opening(occasion),
            term=term,
        )


def _look(term: Term) -> Rows:
    return rows(Button(words.LOOK, Action("ad.qtr", term.code, _BELOW)))


def _tell_closed(occasion: Occasion, term: Term) -> None:
    """The admins, and the evaluators of rows that are not handed in, each of theirs."""
    key = f"quarter:{term.code}:closed:{term.supplement_until}"
    left = [state.row for state in read_table(occasion, term).rows() if not state.handed]
    onward = [Button(words.LOOK, Action("ad.qtr", term.code, _BELOW))]
    if not left:
        onward.append(Button("发布", Action("cmd", "publish")))
    if not left and readiness.is_ready(occasion, term):
        readiness.know(occasion, term, ready=True)
    for admin in people.holders_of(occasion.connection, "admin"):
        occasion.notify(
            admin.id,
            "quarter.closed",
            key=key,
            buttons=rows(onward),
            not_before=opening(occasion),
            term=term,
            left=[row.name for row in left],
        )
    owners = sections.row_owners(occasion.connection)
    for section in sections.sections(occasion.connection):
        owed = [row.name for row in left if owners.get(row.id) == section.id]
        found = people.evaluators_of(occasion.connection, section.id, day=occasion.today)
        for evaluator in leaves.on_duty(occasion.connection, found, day=occasion.today):
            if owed:
                occasion.notify(
                    evaluator.id,
                    "quarter.closed_to_score",
                    key=f"{key}:{section.id}",
                    buttons=rows(Button("评分", Action("cmd", "score"))),
                    not_before=opening(occasion),
                    term=term,
                    left=owed,
                    section=section,
                )
