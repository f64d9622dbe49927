"""The whole score table of a quarter: which cells are scored, which rows handed in.

Everything that goes across rows reads it here: what is owed, whether the outcome may be seen,
the sums. Values only; names and reasons are read where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from handlers.occasion import Occasion
from handlers.score_cells import edition_of
from handlers.term import assessed_departments
from rubric.edition import Indicator
from rubric.scoring import Score, combine_seats
from storage import people, scores, seats
from storage.departments import Department
from storage.quarters import Term
from storage.scores import OWNER_SEAT, Mark
from storage.seats import Seat

_ONLY_OWNER = (OWNER_SEAT,)


@dataclass(frozen=True, slots=True)
class RowState:
    """`missing` are the departments whose cell lacks a score on some seat, `loose` those that
    are scored but not handed in."""

    row: Indicator
    missing: tuple[Department, ...]
    loose: tuple[Department, ...]
    total: int

    @property
    def scored(self) -> int:
        return self.total - len(self.missing)

    @property
    def handed(self) -> bool:
        return not self.missing and not self.loose

    @property
    def partly(self) -> bool:
        """Whether any cell is handed in, though evidence may have opened others again."""
        return self.scored > len(self.loose)


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """`marks` by department and row, each seat's; `further` seats by row with the departments
    that their holders belong to, which these seats have no share in."""

    term: Term
    departments: tuple[Department, ...]
    indicators: tuple[Indicator, ...]
    marks: Mapping[tuple[int, str], Mapping[int, Mark]]
    further: Mapping[str, tuple[tuple[Seat, frozenset[int]], ...]]

    def seats_of(self, row_id: str, department_id: int) -> tuple[int, ...]:
        """The seats that a cell needs: the owner's, and each further one without a conflict."""
        further = self.further.get(row_id)
        if not further:
            return _ONLY_OWNER
        return _ONLY_OWNER + tuple(
            seat.number for seat, own in further if department_id not in own
        )

    def cell(self, row_id: str, department_id: int) -> Score | None:
        """The cell's score over its seats; None while one of them is 未评."""
        marks = self.marks.get((department_id, row_id), {})
        wanted = self.seats_of(row_id, department_id)
        if len(wanted) == 1:
            mark = marks.get(OWNER_SEAT)
            return None if mark is None else Score(mark.hundredths)
        found = [marks.get(seat) for seat in wanted]
        return combine_seats([None if mark is None else Score(mark.hundredths) for mark in found])

    def rows(self) -> Iterator[RowState]:
        """Every row's state, in the order of the form."""
        for row in self.indicators:
            missing, loose = [], []
            for department in self.departments:
                marks = self.marks.get((department.id, row.id), {})
                wanted = [marks.get(seat) for seat in self.seats_of(row.id, department.id)]
                if None in wanted:
                    missing.append(department)
                elif not all(mark and mark.handed for mark in wanted):
                    loose.append(department)
            yield RowState(row, tuple(missing), tuple(loose), len(self.departments))

    @property
    def all_handed(self) -> bool:
        """Whether totals may be seen by those who may see them."""
        return bool(self.departments) and all(state.handed for state in self.rows())


def read_table(occasion: Occasion, term: Term) -> ScoreTable:
    found: dict[tuple[int, str], dict[int, Mark]] = {}
    for mark in scores.marks(occasion.connection, term.code):
        found.setdefault((mark.department_id, mark.indicator), {})[mark.seat] = mark
    return ScoreTable(
        term,
        assessed_departments(occasion, term),
        edition_of(term).indicators,
        found,
        further_seats(occasion),
    )


def further_seats(occasion: Occasion) -> dict[str, tuple[tuple[Seat, frozenset[int]], ...]]:
    """Row id -> its further seats, each with the departments its holder belongs to."""
    found = seats.further(occasion.connection)
    holders = {seat.person_id for each in found.values() for seat in each}
    own = {id_: people.departments_of(occasion.connection, id_) for id_ in holders}
    return {
        row: tuple((seat, own[seat.person_id]) for seat in each) for row, each in found.items()
    }
