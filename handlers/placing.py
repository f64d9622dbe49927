"""Which quarter an item belongs to, and whether that quarter still takes it.

A new report goes by its date and the windows; a working copy stays in the quarter of what it
amends, for its receipt carries that quarter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar

from handlers.occasion import Occasion
from rubric.edition import NoEdition, edition_for
from rubric.errors import UserError
from rubric.quarter import EventTooOld, FutureEvent, Placement, Quarter, Windows, place
from storage import evidence, extensions, quarters
from storage.evidence import Item
from storage.extensions import Extension
from storage.quarters import Term


@dataclass(eq=False)
class QuarterClosed(UserError):
    """The outcome of the quarter has been proposed or published: nothing more comes in."""

    code: ClassVar[str] = "evidence.quarter_closed"
    quarter: str


@dataclass(eq=False)
class OtherQuarter(UserError):
    """A changed date lies in another quarter than the receipt."""

    code: ClassVar[str] = "evidence.other_quarter"
    receipt: str
    quarter: str
    wanted: str


@dataclass(eq=False)
class CompletionOver(UserError):
    code: ClassVar[str] = "evidence.completion_over"
    receipt: str
    until: datetime


@dataclass(eq=False)
class AmendsDecided(UserError):
    """What the working copy amends has been decided (or withdrawn) meanwhile."""

    code: ClassVar[str] = "evidence.amends_decided"
    item: Item


@dataclass(frozen=True, slots=True)
class Placed:
    """`problem` says why nothing can be submitted; `choice` that the person must agree first to
    report into the next quarter. `until` is 补报截止 of the item's own quarter, as it is for the
    department."""

    quarter: Quarter
    late: bool = False
    carried: bool = False
    choice: bool = False
    until: date | None = None
    problem: UserError | None = None


def place_of(occasion: Occasion, item: Item) -> Placed | None:
    """None without a date. What waits for its files is judged as of its confirmation."""
    if item.amends_id is not None:
        return _amended(occasion, item)
    if item.event_date is None:
        return None
    confirmed = item.submitted_at if item.confirming else None
    placed = place_day(
        occasion, item.event_date, item.department_id, now=confirmed or occasion.now
    )
    return replace(placed, choice=placed.carried and not item.carried)


def place_day(occasion: Occasion, day: date, department_id: int, *, now: datetime) -> Placed:
    """Where something of this day that a department reports at `now` goes, as the dates are for
    this department. Nobody's agreement to the next quarter is looked at."""
    own = Quarter.containing(day)
    terms = quarters.span(occasion.connection, own.code, own.next().code)
    later = _extensions(occasion, department_id, terms)
    own_dates = _dates(occasion, own, terms, later)
    try:
        found = _where(occasion, day, own_dates, terms, later, now=now)
        edition_for(found.quarter.last_day)
    except (FutureEvent, EventTooOld, QuarterClosed, NoEdition) as error:
        return Placed(own, problem=error)
    return Placed(
        found.quarter,
        late=found.supplement,
        carried=found.carried,
        until=own_dates.supplement_until,
    )


def _extensions(
    occasion: Occasion, department_id: int, terms: dict[str, Term]
) -> dict[str, Extension]:
    """Only what has been opened can have been extended."""
    if not terms:
        return {}
    return extensions.of_department(
        occasion.connection, department_id, first=min(terms), last=max(terms)
    )


def _where(
    occasion: Occasion,
    day: date,
    own: Windows,
    terms: dict[str, Term],
    later: dict[str, Extension],
    *,
    now: datetime,
) -> Placement:
    closed = _closed(terms, own.quarter)
    if not closed and now < own.supplement_deadline and day <= own.local_day(now):
        # as `place` would say; the next quarter's dates need not be known for it
        return Placement(own.quarter, supplement=now >= own.report_deadline, carried=False)
    following = _dates(occasion, own.quarter.next(), terms, later)
    found = place(day, now=now, own=own, following=following)
    if not found.carried and closed:
        # proposed before its time: what is late for it may go the way of all late items
        if now < following.opens_at:
            raise QuarterClosed(own.quarter.code)
        found = Placement(following.quarter, supplement=False, carried=True)
    if _closed(terms, found.quarter):
        raise QuarterClosed(found.quarter.code)
    return found


def _closed(terms: dict[str, Term], quarter: Quarter) -> bool:
    return quarter.code in terms and not terms[quarter.code].open


def _dates(
    occasion: Occasion, quarter: Quarter, terms: dict[str, Term], later: dict[str, Extension]
) -> Windows:
    zone = occasion.premises.zone
    if quarter.code in terms:
        return extensions.extended(terms[quarter.code].dates(zone), later.get(quarter.code))
    return quarters.planned(
        occasion.connection, quarter, calendar=occasion.calendar, timezone=zone
    )


def _amended(occasion: Occasion, item: Item) -> Placed:
    original = evidence.locked(occasion.connection, item.amends_id or 0)
    quarter = Quarter.parse(original.quarter or "")
    return Placed(
        quarter,
        late=original.late,
        carried=original.carried,
        problem=_amend_problem(occasion, item, original, quarter),
    )


def _amend_problem(
    occasion: Occasion, item: Item, original: Item, quarter: Quarter
) -> UserError | None:
    if original.state not in ("submitted", "returned"):
        return AmendsDecided(original)
    if (
        original.state == "returned"
        and original.complete_until is not None
        and occasion.now >= original.complete_until
    ):
        return CompletionOver(original.receipt, original.complete_until)
    own = Quarter.containing(item.event_date) if item.event_date else quarter
    if own != quarter and not (original.carried and own.next() == quarter):
        return OtherQuarter(original.receipt, quarter.code, own.code)
    term = quarters.find(occasion.connection, quarter.code)
    if term is not None and not term.open:
        return QuarterClosed(quarter.code)
    return None
