"""What a quarter comes to: what is still missing for it, and the report as it would be frozen.

Reads facts and hands them to `rubric.report`; every sum, order and tie is decided there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from handlers.occasion import Occasion
from handlers.score_cells import edition_of
from handlers.score_table import RowState, read_table
from handlers.standings import barred_departments
from handlers.term import assessed_departments, visiting_departments
from handlers.turn import Turn
from rubric import report as reports
from rubric.edition import Edition, Indicator
from rubric.quarter import Quarter, QuarterState
from rubric.ranking import Decision, TieUndecided
from rubric.report import Contact, DepartmentInput, Report, RowResult
from rubric.scoring import combine_seats
from rubric.settings import PUBLICATION, Plain, effective
from storage import evidence, extensions, people, publications, scores, sections
from storage.departments import Department
from storage.evidence import Item
from storage.extensions import Extension
from storage.publications import PREPARED, Proposal
from storage.quarters import Term
from storage.scores import Given
from storage.sections import Section
from storage.settings import read_settings

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Gap:
    """One row's 未评 departments. `orphaned`: those whom nobody may score as things stand."""

    row: Indicator
    section: str
    departments: tuple[str, ...]
    orphaned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unhanded:
    """A row that is scored but not handed in; `departments` whose cells are loose."""

    row: Indicator
    section: str
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """Evidence that is still open, and whose it is to act."""

    item: Item
    section: str


@dataclass(frozen=True, slots=True)
class Blockers:
    """What keeps a quarter from being proposed; all empty when nothing does."""

    early: bool
    nobody: bool
    gaps: tuple[Gap, ...]
    unhanded: tuple[Unhanded, ...]
    owed: tuple[Owed, ...]
    extended: tuple[Extension, ...]

    def __bool__(self) -> bool:
        return bool(
            self.early or self.nobody or self.gaps or self.unhanded or self.owed or self.extended
        )

    @property
    def cells(self) -> int:
        return sum(len(gap.departments) for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class Preview:
    """The outcome as of now. With an undecided `tie` its awards are not to be shown."""

    report: Report
    tie: TieUndecided | None
    contenders: tuple[str, ...]
    picked: tuple[str, ...]

    @property
    def undecided(self) -> bool:
        return self.tie is not None and not self.picked

    @property
    def places(self) -> int:
        """How many of the contenders are to be picked."""
        return self.tie.places if self.tie else 0

    @property
    def fingerprint(self) -> str:
        """Changes when anything that would be published changes, but not with the hour."""
        return reports.digest(replace(self.report, generated_at=_EPOCH))[:16]


def find_blockers(occasion: Occasion, term: Term) -> Blockers:
    state = term.state_at(occasion.now, occasion.premises.zone)
    table = read_table(occasion, term)
    owners = _owners(occasion)
    states = list(table.rows())
    return Blockers(
        early=state in (QuarterState.NOT_STARTED, QuarterState.COLLECTING),
        nobody=not table.departments,
        gaps=tuple(_gaps(occasion, states, owners)),
        unhanded=tuple(_unhanded(states, owners)),
        owed=tuple(_owed(occasion, term, owners)),
        extended=tuple(
            extensions.running(
                occasion.connection, term.code, now=occasion.now, timezone=occasion.premises.zone
            )
        ),
    )


def _gaps(
    occasion: Occasion, states: Sequence[RowState], owners: Mapping[str, Section]
) -> Iterator[Gap]:
    judged: dict[tuple[int, int], bool] = {}  # many rows have one owner: asked once for each
    for state in states:
        if not state.missing:
            continue
        owner = owners.get(state.row.id)
        yield Gap(
            state.row,
            owner.name if owner else "",
            tuple(each.short_name for each in state.missing),
            tuple(
                each.short_name
                for each in state.missing
                if not _judged(occasion, owner, each, judged)
            ),
        )


def _unhanded(states: Sequence[RowState], owners: Mapping[str, Section]) -> Iterator[Unhanded]:
    for state in states:
        if state.loose and not state.missing:
            owner = owners.get(state.row.id)
            names = tuple(each.short_name for each in state.loose)
            yield Unhanded(state.row, owner.name if owner else "", names)


def _judged(
    occasion: Occasion,
    owner: Section | None,
    department: Department,
    known: dict[tuple[int, int], bool],
) -> bool:
    """Whether anybody may score this department for the section."""
    if owner is None:
        return False
    place = (owner.id, department.id)
    if place not in known:
        judges = people.judges_of(
            occasion.connection, section_id=place[0], department_id=place[1], day=occasion.today
        )
        known[place] = bool(judges)
    return known[place]


def _owed(occasion: Occasion, term: Term, owners: Mapping[str, Section]) -> Iterator[Owed]:
    for item in evidence.blocking(occasion.connection, term.code, now=occasion.now):
        owner = owners.get(item.indicator)
        yield Owed(item, owner.name if owner else "")


def _owners(occasion: Occasion) -> dict[str, Section]:
    """Row id -> the section that owns it."""
    known = {each.id: each for each in sections.sections(occasion.connection)}
    owners = sections.row_owners(occasion.connection)
    return {row: known[id_] for row, id_ in owners.items() if id_ in known}


def preview(turn: Turn, term: Term, proposal: Proposal | None) -> Preview:
    """The outcome with the meeting's picks where they fit. The quarter has no gaps."""
    try:
        return Preview(_freeze(turn, term, None), None, (), ())
    except TieUndecided as tie:
        report = _freeze(turn, term, _provisional(turn, term, tie))
        codes = {each.short_name: each.code for each in report.departments}
        contenders = tuple(codes[name] for name in tie.contenders)
        if proposal is None or not _fits(proposal, contenders, tie.places):
            return Preview(report, tie, contenders, ())
        decided = _freeze(turn, term, Decision(proposal.picked, proposal.reason))
        return Preview(decided, tie, contenders, proposal.picked)


def _fits(proposal: Proposal, contenders: Sequence[str], places: int) -> bool:
    picked = set(proposal.picked)
    return (
        proposal.outcome in (PREPARED, "")
        and len(picked) == len(proposal.picked) == places
        and picked <= set(contenders)
    )


def _provisional(turn: Turn, term: Term, tie: TieUndecided) -> Decision:
    """Any pick, to have the order while nobody has decided; its awards are never shown."""
    codes = {each.short_name: each.code for each in assessed_departments(turn, term)}
    return Decision(tuple(codes[name] for name in tie.contenders[: tie.places]), "未定")


def _freeze(turn: Turn, term: Term, decision: Decision | None) -> Report:
    edition = edition_of(term)
    return reports.freeze(
        edition=edition,
        quarter=Quarter.parse(term.code),
        revision=publications.next_revision(turn.connection, term.code),
        generated_at=turn.now,
        settings=_settings(turn, term),
        departments=list(_inputs(turn, term, edition)),
        contacts=[
            Contact(each.name, each.contact, each.phone)
            for each in sections.sections(turn.connection)
            if each.contact or each.phone
        ],
        decision=decision,
    )


def _settings(turn: Turn, term: Term) -> dict[str, Plain]:
    """The quarter's own copy, and how much is made public as it is decided now."""
    present = read_settings(turn.connection)
    return effective(term.settings) | {each.key: each.of(present) for each in PUBLICATION}


def _inputs(turn: Turn, term: Term, edition: Edition) -> Iterator[DepartmentInput]:
    """Every department that was there on any day of the quarter."""
    table = read_table(turn, term)
    given = scores.of_quarter(turn.connection, term.code)
    owners = _owners(turn)
    barred = barred_departments(turn, term)
    numbers: dict[tuple[int, str], list[str]] = {}
    for item in evidence.accepted(turn.connection, term.code):
        numbers.setdefault((item.department_id, item.indicator), []).append(item.file_number)
    for department, absent in visiting_departments(turn, term):
        cells = given.get(department.id, {})
        yield DepartmentInput(
            code=department.code,
            name=department.name,
            short_name=department.short_name,
            rows=()
            if absent
            else tuple(
                result
                for row in edition.indicators
                if (
                    result := _row(
                        [
                            cells.get(row.id, {}).get(seat)
                            for seat in table.seats_of(row.id, department.id)
                        ],
                        owners.get(row.id),
                        numbers.get((department.id, row.id), ()),
                    )
                )
            ),
            excluded=absent.value if absent else "",
            ineligible=barred.get(department.id, ""),
        )


def _row(
    seats: Sequence[Given | None], owner: Section | None, numbers: Sequence[str]
) -> RowResult | None:
    """A cell over its seats, the owner's first; None while one is 未评."""
    combined = combine_seats([None if each is None else each.score for each in seats])
    if combined is None:
        return None
    given = [each for each in seats if each is not None]
    return RowResult(
        indicator=given[0].indicator,
        hundredths=combined.hundredths,
        reason=combined.reason,
        scorer="、".join(dict.fromkeys(each.person for each in given)),
        section=owner.name if owner else "",
        evidence=tuple(numbers),
    )
