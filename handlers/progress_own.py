"""What a department still owes a quarter, as its liaison and head see it: never a score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from handlers.administration.desk import Page
from handlers.drafting import REPORTERS
from handlers.messages import Action, Button, Rows, rows
from handlers.progress_terms import Standing, result_button, standing, switches, turners
from handlers.reporting import draft_button
from handlers.score_cells import edition_of
from handlers.term import visiting_departments
from handlers.turn import Turn
from rubric.quarter import QuarterState
from rubric.residence import Absence
from storage import departments, evidence, extensions, nothing, progress
from storage.departments import Department
from storage.evidence import Item
from storage.extensions import Extension
from storage.nothing import Nothing
from storage.progress import Reported
from storage.quarters import Term
from templates import words

VERB: Final = "pr.own"
NOTHING_VERB: Final = "rm.none"
NOT_NOTHING_VERB: Final = "rm.some"
ON_CARD: Final = 1  # the revision of a button that stands on this card, to be shown anew in place
PANEL: Final = "progress-own"
DEPARTMENTS_SHOWN: Final = 3
RETURNED_SHOWN: Final = 3
DRAFTS_SHOWN: Final = 3
_STATES: Final = ("submitted", "returned", "accepted", "rejected")


@dataclass(frozen=True, slots=True)
class Own:
    """One department. `later`: it has more time; `silent`: the rows for which it has nothing that
    counts or may yet, as long as it can report, `whole` if these are all rows. `reportless`: it
    may still say 本季度无可报, or has said so (`nothing`) and may take it back."""

    name: str
    absence: Absence | None
    later: Extension | None
    counts: tuple[tuple[str, int], ...]
    returned: tuple[Item, ...]
    drafts: tuple[Item, ...]
    silent: tuple[str, ...]
    whole: bool
    id: int
    nothing: Nothing | None
    reportless: bool

    @property
    def more(self) -> int:
        return len(self.returned) - RETURNED_SHOWN


def say_own(turn: Turn, term: Term, *, wanted: int = 0) -> None:
    """The departments that this person reports for, a few at a time."""
    own = turn.person.departments(*REPORTERS)
    places = [each for each in departments.departments(turn.connection) if each.id in own]
    page = Page.of(wanted, len(places), DEPARTMENTS_SHOWN)
    now = standing(turn, term)
    found = _read(turn, term, list(page.cut(places)))
    turn.say(
        "progress.own",
        panel=PANEL,
        buttons=_buttons(turn, term, page, now, found),
        now=now,
        page=page,
        found=found,
        shown=RETURNED_SHOWN,
    )


def say_department(turn: Turn, term: Term, department_id: int) -> None:
    """The page that shows this one of their departments."""
    own = turn.person.departments(*REPORTERS)
    ids = [each.id for each in departments.departments(turn.connection) if each.id in own]
    say_own(turn, term, wanted=ids.index(department_id) // DEPARTMENTS_SHOWN)


def _read(turn: Turn, term: Term, places: list[Department]) -> list[Own]:
    ids = [each.id for each in places]
    absent = {each.id: why for each, why in visiting_departments(turn, term)}
    reported = progress.reported(turn.connection, term.code, department_ids=ids)
    returned = progress.returned(turn.connection, term.code, department_ids=ids)
    later = {
        each.department_id: each for each in extensions.extensions(turn.connection, term.code)
    }
    said = nothing.of_quarter(turn.connection, term.code)
    return [
        _own(
            turn,
            term,
            place,
            absence=absent.get(place.id, Absence.GONE),
            reported=reported.get(place.id, Reported()),
            returned=tuple(each for each in returned if each.department_id == place.id),
            later=later.get(place.id),
            said=said.get(place.id),
        )
        for place in places
    ]


def _own(
    turn: Turn,
    term: Term,
    place: Department,
    *,
    absence: Absence | None,
    reported: Reported,
    returned: tuple[Item, ...],
    later: Extension | None,
    said: Nothing | None,
) -> Own:
    dates = extensions.extended(term.dates(turn.premises.zone), later)
    open_ = term.open and turn.now < dates.supplement_deadline
    lines = edition_of(term).indicators if open_ and absence is None else ()
    silent = tuple(row.name for row in lines if row.id not in reported.rows)
    copied = {each.id for each in returned}
    return Own(
        name=place.short_name,
        absence=absence,
        later=later if open_ else None,
        counts=tuple((s, reported.states[s]) for s in _STATES if s in reported.states),
        returned=returned,
        # what completes a returned item is reached by that item's own button
        drafts=tuple(
            each
            for each in evidence.drafts(turn.connection, place.id)
            if each.amends_id not in copied
        ),
        silent=silent,
        whole=bool(lines) and len(silent) == len(lines),
        id=place.id,
        nothing=None if reported.anything else said,
        reportless=bool(lines) and not reported.anything,
    )


def _buttons(turn: Turn, term: Term, page: Page, now: Standing, found: list[Own]) -> Rows:
    completions = [
        Button(f"{words.COMPLETE}：{item.receipt}", Action("sub.fix", str(item.id), item.revision))
        for own in found
        for item in own.returned[:RETURNED_SHOWN]
    ]
    drafts = [draft_button(turn, item) for own in found for item in own.drafts]
    statements = [_statement(term, own, alone=len(found) == 1) for own in found if own.reportless]
    ways = [Button("我的上报", Action("cmd", "mine"))]
    if now.state is not QuarterState.PUBLISHED:
        ways.insert(0, Button("上报材料", Action("cmd", "submit")))
    return rows(
        *completions,
        *drafts[:DRAFTS_SHOWN],
        [*ways, *result_button(now)],
        *statements,
        turners(term, page, VERB),
        *switches(turn, term, VERB),
    )


def _statement(term: Term, own: Own, *, alone: bool) -> Button:
    """本季度无可报, or the way back from it."""
    label, verb = (
        (words.NOT_NOTHING, NOT_NOTHING_VERB) if own.nothing else (words.NOTHING, NOTHING_VERB)
    )
    place = "" if alone else f"：{own.name}"
    return Button(f"{label}{place}", Action(verb, term.code, ON_CARD, str(own.id)))
