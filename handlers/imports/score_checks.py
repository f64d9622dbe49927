"""What entries of a workbook come to: changes, or faults, by the rules of the chat.

Nothing is written here. An entry that repeats what stands changes nothing and needs no right, so a
template that was filled in by half can be sent back as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from handlers.imports.book import Faults
from handlers.imports.score_sheets import Entry, Sheets, said
from handlers.imports.tables import error_words
from handlers.occasion import Occasion
from handlers.score_cells import OwnDepartment, edition_of, judged_by
from handlers.score_giving import RowHandedIn
from handlers.score_writing import Change, Seen
from handlers.term import assessed_departments, visiting_departments
from rubric.residence import Absence
from rubric.scoring import BonusNotApplicable, ReasonMissing, Score, check_score
from storage import evidence, scores, sections
from storage.accounts import Person
from storage.departments import Department
from storage.quarters import Term
from storage.scores import OWNER_SEAT, Given
from templates import words

REASON_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Share:
    """The departments that a person may score in a row, and those they may not since they belong
    there; `owner` is the section whose row it is."""

    mine: frozenset[int]
    own: frozenset[int]
    owner: str


@dataclass(slots=True)
class Ground:
    """What entries are held against, as it is in this transaction."""

    term: Term
    newest: Seen
    absent: Mapping[int, Absence | None]
    shares: Mapping[str, Share]
    accepted: frozenset[tuple[int, str]]

    def given(self, department_id: int, indicator: str) -> Given | None:
        found = self.newest.get((department_id, indicator, OWNER_SEAT))
        return None if found is None or found.open else found

    @classmethod
    def read(cls, occasion: Occasion, term: Term, person: Person) -> Ground:
        connection = occasion.connection
        return cls(
            term=term,
            newest=scores.newest(connection, term.code),
            absent={each.id: why for each, why in visiting_departments(occasion, term)},
            shares=shares_of(occasion, term, person),
            accepted=frozenset(
                (item.department_id, item.indicator)
                for item in evidence.accepted(connection, term.code)
            ),
        )


def shares_of(occasion: Occasion, term: Term, person: Person) -> dict[str, Share]:
    """Every row's: the admin's are all, an evaluator's those of their sections, or for which they
    stand in; nobody's own department is among them."""
    every = assessed_departments(occasion, term)
    owners = sections.row_owners(occasion.connection)
    names = {each.id: each.name for each in sections.sections(occasion.connection)}
    by_section: dict[int, tuple[frozenset[int], frozenset[int]]] = {}
    for section_id in {0, *owners.values()}:
        by_section[section_id] = _share(occasion, person, section_id, every)
    return {
        row.id: Share(*by_section[owners.get(row.id, 0)], names.get(owners.get(row.id, 0), ""))
        for row in edition_of(term).indicators
    }


def _share(
    occasion: Occasion, person: Person, section_id: int, every: tuple[Department, ...]
) -> tuple[frozenset[int], frozenset[int]]:
    if person.has("admin"):
        own = frozenset(each.id for each in every if person.belongs_to(each.id))
        return frozenset(each.id for each in every) - own, own
    judged = judged_by(occasion, person, section_id, every)
    return frozenset(each.id for each in judged.mine), frozenset(each.id for each in judged.own)


# ---------------------------------------------------------------- entries


@dataclass(slots=True)
class Checked:
    """`unreasoned`: how many rest on the records of a quarter from before the installation."""

    changes: list[Change] = field(default_factory=list)
    same: int = 0
    unreasoned: int = 0


def check(ground: Ground, sheets: Sheets, faults: Faults) -> Checked:
    """All entries; each fault goes to its cell."""
    done = Checked()
    for entry in _one_a_cell(ground, sheets.entries, faults):
        if _unchanged(ground, entry):
            done.same += 1
        elif len(entry.reason) > REASON_LENGTH:
            key = "reason" if "reason" in entry.row.letters else entry.key
            words_ = said("reason_long", length=len(entry.reason), limit=REASON_LENGTH)
            entry.row.fault(faults, key, words_)
        elif problem := _problem(ground, entry):
            entry.row.fault(faults, entry.key, problem)
        else:
            change, unreasoned = _change(ground, entry)
            done.changes.append(change)
            done.unreasoned += unreasoned
    for entry in sheets.loose:
        given = ground.given(entry.department.id, entry.indicator.id)
        if given is None or given.reason != entry.reason:
            words_ = said("reason_alone", department=entry.department, row=entry.indicator)
            entry.row.fault(faults, "reason", words_)
    rows = [row.id for row in edition_of(ground.term).indicators]
    done.changes.sort(key=lambda each: (rows.index(each.row.id), each.department.id))
    return done


def _one_a_cell(ground: Ground, entries: Iterable[Entry], faults: Faults) -> Iterator[Entry]:
    """A cell that two sheets speak of: the one that differs from what stands is meant; two that
    differ from each other are a fault."""
    cells: dict[tuple[int, str], list[Entry]] = {}
    for each in entries:
        cells.setdefault((each.department.id, each.indicator.id), []).append(each)
    for group in cells.values():
        different = [each for each in group if not _unchanged(ground, each)]
        first = different[0] if different else group[0]
        for other in different[1:]:
            if other.value != first.value or (other.reason and other.reason != first.reason):
                words_ = said("other_value", first=first, value=_in_words(first.value))
                other.row.fault(faults, other.key, words_)
        yield first


def _unchanged(ground: Ground, entry: Entry) -> bool:
    given = ground.given(entry.department.id, entry.indicator.id)
    if given is None or given.hundredths != entry.value:
        return False
    return not entry.reason or entry.reason == given.reason


def _problem(ground: Ground, entry: Entry) -> str:
    """Why the entry can't be taken in, in words, or ''."""
    department, row = entry.department, entry.indicator
    absent = ground.absent.get(department.id, Absence.GONE)
    if absent is not None:
        return said("absent", department=department, why=absent.value)
    share = ground.shares[row.id]
    if department.id in share.own:
        return error_words(OwnDepartment(department=department.short_name))
    if department.id not in share.mine:
        return said("not_yours", row=row, owner=share.owner)
    given = ground.given(department.id, row.id)
    if given is not None and given.handed:
        return error_words(RowHandedIn(department.short_name, row.name))
    try:
        _check(ground, entry)
    except ReasonMissing as error:
        return "" if ground.term.history else error_words(error)
    except BonusNotApplicable as error:
        return error_words(error)
    return ""


def _check(ground: Ground, entry: Entry) -> None:
    accepted = (entry.department.id, entry.indicator.id) in ground.accepted
    check_score(entry.indicator, Score(entry.value, entry.reason), accepted_evidence=accepted)


def _change(ground: Ground, entry: Entry) -> tuple[Change, bool]:
    """What is written, and whether the records themselves are its reason."""
    score = Score(entry.value, entry.reason)
    unreasoned = False
    try:
        _check(ground, entry)
    except ReasonMissing:
        score, unreasoned = Score(entry.value, words.FROM_RECORDS), True
    before = ground.given(entry.department.id, entry.indicator.id)
    return Change(entry.department, entry.indicator, before, score), unreasoned


def _in_words(value: int | None) -> str:
    return words.NOT_APPLICABLE if value is None else words.points(value)
