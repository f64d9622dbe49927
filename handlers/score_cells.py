"""Which cells of the score table a person may fill: their sections' rows, never their own
department's, and the seats that the admin gave them. Where none of a section's evaluators may,
its substitute does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from handlers.access import NotAllowed
from handlers.messages import Action
from handlers.occasion import Occasion
from handlers.term import assessed_departments
from handlers.turn import Turn
from rubric import edition as editions
from rubric.edition import Edition, Indicator
from rubric.errors import UserError
from rubric.quarter import Quarter, QuarterState
from rubric.settings import step_for
from rubric.suggestion import Suggestion, suggest
from storage import evidence, people, quarters, scores, seats, sections, successions
from storage.accounts import Person
from storage.departments import Department
from storage.evidence import Item
from storage.quarters import Term
from storage.scores import OWNER_SEAT, Given


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
    """A department and a row of a quarter, as this person found it at this moment, on their seat.

    `newest` is the last version, also one by which a score was taken back.
    """

    term: Term
    row: Indicator
    seat: int
    department: Department
    newest: Given | None
    evidence: tuple[Item, ...]

    @property
    def given(self) -> Given | None:
        return self.newest if self.newest and not self.newest.open else None

    @property
    def key(self) -> str:
        """For buttons: 2026Q4.online_help.12, on a further seat 2026Q4.online_help~2.12."""
        return f"{share_key(self.term, self.row, self.seat)}.{self.department.id}"

    @property
    def version(self) -> int:
        return self.newest.version if self.newest else 0

    @property
    def step(self) -> int:
        return row_step(self.term, self.row)

    @property
    def suggestion(self) -> Suggestion | None:
        levels = [item.level or "other" for item in self.evidence]
        return suggest(self.row, levels, values=self.term.settings)


@dataclass(frozen=True, slots=True)
class Share:
    """One row as one seat scores it. `mine` are this person's departments; `skipped` their own,
    which others score; `every` all that need a score on this seat."""

    row: Indicator
    seat: int
    mine: tuple[Department, ...]
    skipped: tuple[Department, ...]
    every: tuple[Department, ...]
    given: Mapping[int, Given]
    hands_in: bool

    @property
    def open(self) -> tuple[Department, ...]:
        """未评 and this person's, in the order of the register."""
        return tuple(each for each in self.mine if each.id not in self.given)

    @property
    def done(self) -> int:
        return len(self.mine) - len(self.open)

    @property
    def elsewhere(self) -> tuple[Department, ...]:
        """未评, and for somebody else to score."""
        mine = {each.id for each in self.mine}
        return tuple(
            each for each in self.every if each.id not in self.given and each.id not in mine
        )

    @property
    def complete(self) -> bool:
        return not self.open and not self.elsewhere

    @property
    def to_do(self) -> bool:
        """Whether there is anything in it for this person to score, or to hand in."""
        return bool(self.open) or (self.complete and self.hands_in and not self.handed)

    @property
    def handed(self) -> bool:
        return bool(self.every) and all(
            each.id in self.given and self.given[each.id].handed for each in self.every
        )

    @property
    def taken_back(self) -> tuple[Department, ...]:
        """What new evidence has opened again in a row that is handed in otherwise."""
        loose = [each for each in self.every if each.id in self.given]
        back = tuple(each for each in loose if not self.given[each.id].handed)
        return back if len(back) < len(loose) else ()


def share_key(term: Term, row: Indicator, seat: int) -> str:
    place = row.id if seat == OWNER_SEAT else f"{row.id}~{seat}"
    return f"{term.code}.{place}"


def row_step(term: Term, row: Indicator) -> int:
    return step_for(row.id, term.settings)


def edition_of(term: Term) -> Edition:
    return editions.find(term.edition)


# ---------------------------------------------------------------- rows


def shares(turn: Turn, term: Term) -> list[Share]:
    """The rows that this person has anything to score in, in the order of the form."""
    every = assessed_departments(turn, term)
    owners = sections.row_owners(turn.connection)
    further = seats.further(turn.connection)
    given = scores.of_quarter(turn.connection, term.code)
    judged: dict[int, Judged] = {}
    found = []
    for row in edition_of(term).indicators:
        section_id = owners.get(row.id, 0)
        if section_id not in judged:
            judged[section_id] = judged_by(turn, turn.person, section_id, every)
        of_row = scores.by_row(given, row.id, OWNER_SEAT)
        found.append(owner_share(row, every, judged[section_id], of_row))
        for seat in further.get(row.id, ()):
            if seat.person_id == turn.person.id and not seat.vacant:
                of_row = scores.by_row(given, row.id, seat.number)
                found.append(further_share(turn.person, row, seat.number, every, of_row))
    return [share for share in found if share.mine]


def find_share(turn: Turn, term: Term, place: str) -> Share:
    """Raises NotAllowed for a row of which nothing is this person's. `place` as in a button:
    online_help, on a further seat online_help~2."""
    row_id, seat = parse_place(place)
    row = row_of(term, row_id)
    if row is None:
        raise NotAllowed
    every = assessed_departments(turn, term)
    given = scores.of_row(turn.connection, quarter=term.code, indicator=row.id, seat=seat)
    if seat == OWNER_SEAT:
        section_id = sections.row_owners(turn.connection).get(row.id, 0)
        judged = judged_by(turn, turn.person, section_id, every)
        share = owner_share(row, every, judged, given)
    elif _sits(turn, row, seat):
        share = further_share(turn.person, row, seat, every, given)
    else:
        raise NotAllowed
    if not share.mine:
        raise NotAllowed
    return share


def owner_share(
    row: Indicator, every: tuple[Department, ...], judged: Judged, given: Mapping[int, Given]
) -> Share:
    return Share(row, OWNER_SEAT, judged.mine, judged.own, every, given, judged.hands_in)


def further_share(
    holder: Person,
    row: Indicator,
    seat: int,
    every: tuple[Department, ...],
    given: Mapping[int, Given],
) -> Share:
    """A further seat has no share in the departments that its holder belongs to."""
    mine = tuple(each for each in every if not holder.belongs_to(each.id))
    own = tuple(each for each in every if holder.belongs_to(each.id))
    return Share(row, seat, mine, own, mine, given, hands_in=True)


def _sits(turn: Turn, row: Indicator, seat: int) -> bool:
    further = seats.further(turn.connection).get(row.id, ())
    return (seat, turn.person.id) in {
        (each.number, each.person_id) for each in further if not each.vacant
    }


def parse_place(place: str) -> tuple[str, int]:
    row_id, _, seat = place.partition("~")
    return row_id, Action("", seat).id or OWNER_SEAT


@dataclass(frozen=True, slots=True)
class Judged:
    """What a person judges for a section, the departments they belong to, and whether they hand
    in for it: its own evaluators do, or who stands in for all of it."""

    mine: tuple[Department, ...] = ()
    own: tuple[Department, ...] = ()
    hands_in: bool = False


def judged_by(
    occasion: Occasion, me: Person, section_id: int, every: tuple[Department, ...]
) -> Judged:
    if section_id in me.sections:
        return judged_by_own(me, every)
    if section_id not in people.substituted_sections(occasion.connection, me.id):
        return Judged()
    evaluators = people.evaluators_of(occasion.connection, section_id, day=occasion.today)
    return judged_by_substitute(me, every, evaluators)


def judged_by_own(me: Person, every: tuple[Department, ...]) -> Judged:
    return Judged(
        tuple(each for each in every if not me.belongs_to(each.id)),
        tuple(each for each in every if me.belongs_to(each.id)),
        hands_in=True,
    )


def judged_by_substitute(
    me: Person, every: tuple[Department, ...], evaluators: Sequence[Person]
) -> Judged:
    """What is left to the substitute of a section with these evaluators."""
    mine = tuple(
        each
        for each in every
        if not me.belongs_to(each.id) and all(one.belongs_to(each.id) for one in evaluators)
    )
    return Judged(mine, (), hands_in=not evaluators or mine == every)


# ---------------------------------------------------------------- cells


def open_cell(turn: Turn, key: str) -> Cell:
    """The cell that a button names, held open until the transaction ends.

    Raises NotAllowed, OwnDepartment and ScoresClosed.
    """
    cell = look_at_cell(turn, key, hold=True)
    require_open(turn, cell.term)
    return cell


def require_open(occasion: Occasion, term: Term) -> None:
    state = term.state_at(occasion.now, occasion.premises.zone)
    if not state.open_for_scores:
        raise ScoresClosed(quarter=term.code, state=state)


def held_term(turn: Turn, code: str) -> Term:
    """The quarter that a button names, open for scores until the transaction ends."""
    term = quarters.hold(turn.connection, code[:6])
    if term is None:
        raise NotAllowed
    require_open(turn, term)
    return term


def look_at_cell(turn: Turn, key: str, *, hold: bool = False) -> Cell:
    """As `open_cell`, whatever the quarter's state."""
    quarter, _, rest = key.partition(".")
    place, _, id_ = rest.partition(".")
    row_id, seat = parse_place(place)
    department_id = Action("", id_).id
    find = quarters.hold if hold else quarters.find
    term = find(turn.connection, quarter[:6])
    row = row_of(term, row_id) if term else None
    if term is None or row is None:
        raise NotAllowed
    department = next((d for d in assessed_departments(turn, term) if d.id == department_id), None)
    if department is None:
        raise NotAllowed
    _require_judge(turn, row, seat, department)
    return read_cell(turn, term, row, seat, department)


def read_cell(turn: Turn, term: Term, row: Indicator, seat: int, department: Department) -> Cell:
    """The cell as it is; whether this person may score it has been looked at."""
    newest = scores.of_cell(
        turn.connection,
        quarter=term.code,
        indicator=row.id,
        department_id=department.id,
        seat=seat,
    )
    items = evidence.accepted_in_cell(
        turn.connection, term.code, department_id=department.id, indicator=row.id
    )
    return Cell(term, row, seat, department, newest, tuple(items))


def score_before(turn: Turn, cell: Cell) -> tuple[Given, str] | None:
    """What the same seat gave in the quarter before, and '' or the name of the department that it
    gave it to: the one whose work this one carries on."""
    own = _newest_before(turn, cell, cell.department.id)
    if own is not None:
        return own, ""
    last_day = Quarter.parse(cell.term.code).last_day
    earlier = successions.predecessors_of(turn.connection, cell.department.id)
    for each in (each for each in earlier if each.day <= last_day):
        given = _newest_before(turn, cell, each.from_id)
        if given is not None:
            return given, each.from_name
    return None


def _newest_before(turn: Turn, cell: Cell, department_id: int) -> Given | None:
    found = scores.of_cell(
        turn.connection,
        quarter=Quarter.parse(cell.term.code).previous().code,
        indicator=cell.row.id,
        department_id=department_id,
        seat=cell.seat,
    )
    return None if found is None or found.open else found


def row_of(term: Term, row_id: str) -> Indicator | None:
    return next((row for row in edition_of(term).indicators if row.id == row_id), None)


def _require_judge(turn: Turn, row: Indicator, seat: int, department: Department) -> None:
    own = turn.person.belongs_to(department.id)
    owner = sections.row_owners(turn.connection).get(row.id, 0)
    if seat == OWNER_SEAT:
        holder = owner in turn.person.sections
        allowed = (holder and not own) or _stands_in(turn, owner, department)
    else:
        holder = _sits(turn, row, seat)
        allowed = holder and not own
    if allowed:
        return
    if own and holder:
        raise OwnDepartment(department=department.short_name)
    raise NotAllowed


def _stands_in(turn: Turn, section_id: int, department: Department) -> bool:
    judges = people.judges_of(
        turn.connection, section_id=section_id, department_id=department.id, day=turn.today
    )
    return turn.person.id in {judge.id for judge in judges}
