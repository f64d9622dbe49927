"""Which cells of the score table a person may fill: their sections' rows, never their own
department's. Where none of a section's evaluators may, its substitute does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from handlers.access import NotAllowed
from handlers.messages import Action
from handlers.term import assessed_departments
from handlers.turn import Turn
from rubric import edition as editions
from rubric.edition import Edition, Indicator
from rubric.errors import UserError
from rubric.quarter import QuarterState
from rubric.settings import step_for
from storage import evidence, people, quarters, scores, sections
from storage.departments import Department
from storage.evidence import Item
from storage.quarters import Term
from storage.scores import Given


@dataclass(eq=False)
class ScoresClosed(UserError):
    """The quarter has been proposed or published, or has not begun."""

    code: ClassVar[str] = "score.closed"
    quarter: str
    state: QuarterState


@dataclass(eq=False)
class OwnDepartment(UserError):
    """Nobody scores a department they belong to."""

    code: ClassVar[str] = "score.own_department"
    department: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A department and a row of a quarter, as this person found it at this moment."""

    term: Term
    row: Indicator
    department: Department
    given: Given | None
    evidence: tuple[Item, ...]

    @property
    def key(self) -> str:
        """For buttons: 2026Q4.online_help.12."""
        return f"{self.term.code}.{self.row.id}.{self.department.id}"

    @property
    def version(self) -> int:
        return self.given.version if self.given else 0

    @property
    def step(self) -> int:
        return row_step(self.term, self.row)


@dataclass(frozen=True, slots=True)
class Share:
    """One row's departments: those this person scores, and those they leave to others."""

    row: Indicator
    mine: tuple[Department, ...]
    skipped: tuple[Department, ...]
    given: Mapping[int, Given]

    @property
    def open(self) -> tuple[Department, ...]:
        """未评, in the order of the register."""
        return tuple(each for each in self.mine if each.id not in self.given)

    @property
    def done(self) -> int:
        return len(self.mine) - len(self.open)


def row_step(term: Term, row: Indicator) -> int:
    return step_for(row.id, term.settings)


def edition_of(term: Term) -> Edition:
    return editions.find(term.edition)


def shares(turn: Turn, term: Term) -> list[Share]:
    """The rows that this person has anything to score in, in the order of the form."""
    connection = turn.connection
    judging = _judging(turn, term)
    owners = sections.row_owners(connection)
    given = scores.of_quarter(connection, term.code)
    found = []
    for row in edition_of(term).indicators:
        mine, skipped = judging.get(owners.get(row.id, 0), ((), ()))
        if mine:
            of_row = {d: rows[row.id] for d, rows in given.items() if row.id in rows}
            found.append(Share(row, mine, skipped, of_row))
    return found


def find_share(turn: Turn, term: Term, row_id: str) -> Share:
    """Raises NotAllowed for a row of which nothing is this person's."""
    for share in shares(turn, term):
        if share.row.id == row_id:
            return share
    raise NotAllowed


def _judging(
    turn: Turn, term: Term
) -> dict[int, tuple[tuple[Department, ...], tuple[Department, ...]]]:
    """Section id -> the departments this person judges for it, and those that they belong to."""
    connection, me = turn.connection, turn.person
    every = assessed_departments(turn, term)
    found = {}
    for section_id in {*me.sections, *people.substituted_sections(connection, me.id)}:
        own = people.evaluators_of(connection, section_id)
        substitute = me.id not in {each.id for each in own}
        mine = tuple(
            department
            for department in every
            if not me.belongs_to(department.id)
            and not (substitute and any(not each.belongs_to(department.id) for each in own))
        )
        skipped = tuple(d for d in every if me.belongs_to(d.id) and not substitute)
        found[section_id] = (mine, skipped)
    return found


def open_cell(turn: Turn, key: str) -> Cell:
    """The cell that a button names, held open until the transaction ends.

    Raises NotAllowed, OwnDepartment and ScoresClosed.
    """
    cell = look_at_cell(turn, key, hold=True)
    state = cell.term.state_at(turn.now, turn.premises.zone)
    if not state.open_for_scores:
        raise ScoresClosed(quarter=cell.term.code, state=state)
    return cell


def look_at_cell(turn: Turn, key: str, *, hold: bool = False) -> Cell:
    """As `open_cell`, whatever the quarter's state."""
    quarter, _, rest = key.partition(".")
    row_id, _, id_ = rest.partition(".")
    department_id = Action("", id_).id
    find = quarters.hold if hold else quarters.find
    term = find(turn.connection, quarter[:6])
    row = row_of(term, row_id) if term else None
    if term is None or row is None:
        raise NotAllowed
    department = next((d for d in assessed_departments(turn, term) if d.id == department_id), None)
    if department is None:
        raise NotAllowed
    _require_judge(turn, row, department)
    return read_cell(turn, term, row, department)


def read_cell(turn: Turn, term: Term, row: Indicator, department: Department) -> Cell:
    """The cell as it is; whether this person may score it has been looked at."""
    given = scores.of_cell(
        turn.connection, quarter=term.code, indicator=row.id, department_id=department.id
    )
    items = evidence.accepted(
        turn.connection, term.code, department_id=department.id, indicator=row.id
    )
    return Cell(term, row, department, given, tuple(items))


def row_of(term: Term, row_id: str) -> Indicator | None:
    return next((row for row in edition_of(term).indicators if row.id == row_id), None)


def _require_judge(turn: Turn, row: Indicator, department: Department) -> None:
    owner = sections.row_owners(turn.connection).get(row.id, 0)
    judges = people.judges_of(turn.connection, section_id=owner, department_id=department.id)
    if turn.person.id in {judge.id for judge in judges}:
        return
    if turn.person.belongs_to(department.id) and owner in turn.person.sections:
        raise OwnDepartment(department=department.short_name)
    raise NotAllowed
