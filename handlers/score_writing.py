"""Many scores of many rows written at once, as a workbook brings them, and who hears of it.

Of a quarter from before the installation every seat gets the score, and a row that is complete is
handed in: its records are what they are. In any other quarter only the owner section's seat is
filled, and handing in stays with the section.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from handlers.imports.acting import ChangedMeanwhile
from handlers.messages import Action, Button, rows
from handlers.occasion import Occasion
from handlers.score_table import ScoreTable, read_table
from rubric.edition import Indicator
from rubric.scoring import Score
from storage import handing, leaves, people, scores, sections
from storage.accounts import Person
from storage.departments import Department
from storage.quarters import Term
from storage.scores import OWNER_SEAT, Given

# the newest version of every seat when the workbook was read: by department, row and seat
Seen: TypeAlias = Mapping[tuple[int, str, int], Given]


@dataclass(frozen=True, slots=True)
class Change:
    """What stood in a cell when it was read, and what shall stand there."""

    department: Department
    row: Indicator
    before: Given | None
    score: Score


def write(
    occasion: Occasion,
    term: Term,
    changes: Sequence[Change],
    *,
    seen: Seen,
    by: Person,
    batch: str,
) -> list[str]:
    """All of them, on top of the versions that were `seen`; the rows that were handed in with it.
    The quarter is held by the caller. Raises ChangedMeanwhile for a cell that has moved on."""
    table = read_table(occasion, term)
    for each in changes:
        for seat in _seats(table, each):
            _give(occasion, term, each, seen, seat=seat, by=by, batch=batch)
    if term.history:
        return _hand_in(occasion, term, by)
    _tell_evaluators(occasion, term, changes, by)
    return []


def _seats(table: ScoreTable, change: Change) -> tuple[int, ...]:
    if table.term.history:
        return table.seats_of(change.row.id, change.department.id)
    return (OWNER_SEAT,)


def _give(
    occasion: Occasion,
    term: Term,
    change: Change,
    seen: Seen,
    *,
    seat: int,
    by: Person,
    batch: str,
) -> None:
    newest = seen.get((change.department.id, change.row.id, seat))
    written = scores.give(
        occasion.connection,
        quarter=term.code,
        indicator=change.row.id,
        department_id=change.department.id,
        on_version=newest.version if newest else 0,
        score_=change.score,
        person_id=by.id,
        now=occasion.now,
        seat=seat,
        batch=batch,
    )
    if not written:
        raise ChangedMeanwhile


def _hand_in(occasion: Occasion, term: Term, by: Person) -> list[str]:
    """Every row in which nothing is missing and something is loose."""
    table = read_table(occasion, term)
    newest = scores.newest(occasion.connection, term.code)
    done = []
    for state in table.rows():
        if state.missing or not state.loose:
            continue
        versions: dict[int, dict[int, int]] = {}
        for department in state.loose:
            for seat in table.seats_of(state.row.id, department.id):
                given = newest[department.id, state.row.id, seat]
                versions.setdefault(seat, {})[department.id] = given.version
        for seat, of_seat in versions.items():
            handing.hand_in(
                occasion.connection,
                quarter=term.code,
                indicator=state.row.id,
                versions=of_seat,
                person_id=by.id,
                now=occasion.now,
                seat=seat,
            )
        occasion.audit("score.hand_in", f"{term.code}.{state.row.id}", cells=state.total)
        done.append(state.row.name)
    return done


def _tell_evaluators(
    occasion: Occasion, term: Term, changes: Iterable[Change], by: Person
) -> None:
    """Those whose rows somebody else has filled: one message each."""
    owners = sections.row_owners(occasion.connection)
    of_section: dict[int, list[Change]] = {}
    for each in changes:
        if section_id := owners.get(each.row.id):
            of_section.setdefault(section_id, []).append(each)
    theirs: dict[int, list[Change]] = {}
    for section_id, found in of_section.items():
        evaluators = people.evaluators_of(occasion.connection, section_id, day=occasion.today)
        for evaluator in leaves.on_duty(occasion.connection, evaluators, day=occasion.today):
            if evaluator.id != by.id:
                theirs.setdefault(evaluator.id, []).extend(found)
    for person_id, found in theirs.items():
        occasion.notify(
            person_id,
            "scored.told",
            key=f"scored:{term.code}:{occasion.now.isoformat()}",
            buttons=rows(Button("评分", Action("sc.rows", term.code))),
            quarter=term.code,
            rows=list(dict.fromkeys(each.row.name for each in found)),
            cells=len(found),
            by=by.name,
        )
