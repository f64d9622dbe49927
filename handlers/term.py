"""Which quarter a look is about when nobody names one, and who takes part in it."""

from __future__ import annotations

from handlers.access import NotAllowed
from handlers.occasion import Occasion
from rubric import edition as editions
from rubric.quarter import Quarter, QuarterState
from rubric.residence import Absence, absence
from storage import departments, quarters, score_batches
from storage.departments import Department
from storage.quarters import Term


def current_term(occasion: Occasion) -> Term:
    """The oldest unpublished quarter that has begun. When all that were opened are published, the
    one after them if it has begun, else the one of today; opened now if it wasn't. One that was
    taken in from before the installation is never meant, unless somebody switches to it."""
    today = occasion.premises.today(occasion.now)
    for term in quarters.unpublished(occasion.connection):
        if term.opens <= today and not term.history:
            return term
    wanted = Quarter.containing(today)
    last = quarters.latest_published(occasion.connection)
    if last is not None:
        wanted = min(wanted, Quarter.parse(last.code).next())
    return open_term(occasion, wanted)


def open_term(occasion: Occasion, wanted: Quarter) -> Term:
    """The quarter's row. Opened now if it wasn't, it takes over what was 不涉及 in the quarter
    before, once that one is published."""
    found = quarters.find(occasion.connection, wanted.code)
    if found is not None:
        return found
    term = quarters.ensure(
        occasion.connection,
        wanted,
        calendar=occasion.calendar,
        timezone=occasion.premises.zone,
        now=occasion.now,
    )
    earlier = quarters.find(occasion.connection, wanted.previous().code)
    if earlier is not None and QuarterState(earlier.state) is QuarterState.PUBLISHED:
        carry_over(occasion, earlier, term)
    return term


def carry_over(occasion: Occasion, earlier: Term, term: Term) -> None:
    """不涉及 holds in the next quarter too, until the owner section says otherwise."""
    cells = score_batches.carry_over(
        occasion.connection,
        earlier=earlier.code,
        quarter=term.code,
        indicators=[row.id for row in editions.find(term.edition).indicators if not row.bonus],
        now=occasion.now,
    )
    if cells:
        occasion.audit("score.carry_over", term.code, cells=cells)


def find_term(occasion: Occasion, code: str) -> Term:
    """The quarter that a button names; NotAllowed for one that was never opened."""
    term = quarters.find(occasion.connection, code[:6])
    if term is None:
        raise NotAllowed
    return term


def assessed_departments(occasion: Occasion, term: Term) -> tuple[Department, ...]:
    """Those that take part in the quarter, in the order of the register."""
    return tuple(each for each, absent in visiting_departments(occasion, term) if absent is None)


def visiting_departments(
    occasion: Occasion, term: Term
) -> tuple[tuple[Department, Absence | None], ...]:
    """Those that were in the centre on any day of the quarter, with why one is 不参评."""
    quarter = Quarter.parse(term.code)
    first, last = quarter.first_day, quarter.last_day
    return tuple(
        (each, _absence(occasion, quarter, each))
        for each in departments.departments(occasion.connection)
        if (each.resident_from or first) <= last and (each.resident_to or last) >= first
    )


def _absence(occasion: Occasion, quarter: Quarter, each: Department) -> Absence | None:
    if each.resident_from is None and each.resident_to is None:
        return None  # nearly all: since before the quarter, and still there
    return absence(
        quarter,
        occasion.calendar,
        resident_from=each.resident_from,
        resident_to=each.resident_to,
    )
