"""Who may decide about an item: never its own department, and another than who recorded it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.engine import Connection

from handlers.access import on_behalf
from handlers.turn import Turn
from storage import accounts, leaves, people, sections
from storage.accounts import Person
from storage.evidence import Item
from storage.scores import OWNER_SEAT
from storage.sections import Section


def judges_of(connection: Connection, item: Item, *, day: date) -> list[Person]:
    """The evaluators of the row's section who don't belong to the department, and who stands in
    for one on this day; if there is none, the section's substitute. What one of them recorded on
    the department's behalf is left to the others, where there are others."""
    section = sections.section_of_row(connection, item.indicator)
    if section is None:
        return []
    judges = people.judges_of(
        connection, section_id=section.id, department_id=item.department_id, day=day
    )
    return _others(judges, item)


def _others(judges: list[Person], item: Item) -> list[Person]:
    if not item.proxy:
        return judges
    return [
        each for each in judges if each.id not in (item.created_by, item.submitted_by)
    ] or judges


def anybody_judges(connection: Connection, item: Item, section: Section, *, day: date) -> bool:
    """Whether `judges_of` names anyone, found out at less cost."""
    if not item.proxy and people.has_own_judge(
        connection, section_id=section.id, department_id=item.department_id, day=day
    ):
        return True
    return bool(judges_of(connection, item, day=day))


def judged_for(turn: Turn, indicator: str, *, seat: int = OWNER_SEAT) -> int:
    """For the audit of a decision in this row: for whom, if the person stands in for somebody on
    leave; else 0. A further seat is the person's own."""
    if not turn.person.stands_in or seat != OWNER_SEAT:
        return 0
    section = sections.section_of_row(turn.connection, indicator)
    return on_behalf(turn.person, "evaluator", section_id=section.id if section else 0)


def judged_for_name(turn: Turn, indicator: str, *, seat: int = OWNER_SEAT) -> str:
    """The same for the person's own eyes: a name, or ''."""
    acted = judged_for(turn, indicator, seat=seat)
    return people.name_of(turn.connection, acted) if acted else ""


# ---------------------------------------------------------------- all of them at once


@dataclass(frozen=True, slots=True)
class Bench:
    """Everybody who judges: `owners` by row, `evaluators` and `substitutes` by section."""

    owners: Mapping[str, int]
    evaluators: Mapping[int, tuple[Person, ...]]
    substitutes: Mapping[int, Person]

    def judges_of(self, item: Item) -> list[Person]:
        """As the function of this name, without a look at the database."""
        section_id = self.owners.get(item.indicator, 0)
        own = [
            each
            for each in self.evaluators.get(section_id, ())
            if not each.belongs_to(item.department_id)
        ]
        substitute = self.substitutes.get(section_id)
        if not own and substitute is not None and not substitute.belongs_to(item.department_id):
            own = [substitute]
        return _others(own, item)


def read_bench(connection: Connection, *, day: date) -> Bench:
    """As they are asked to act on this day: in place of whom they stand in for."""
    evaluators: dict[int, list[Person]] = {}
    holders = people.holders_of(connection, "evaluator", day=day)
    for person in leaves.on_duty(connection, holders, day=day):
        for section_id in person.sections:
            evaluators.setdefault(section_id, []).append(person)
    substitutes = {
        each.id: accounts.find_person(connection, each.substitute_id)
        for each in sections.sections(connection)
        if each.substitute_id is not None
    }
    return Bench(
        sections.row_owners(connection),
        {id_: tuple(found) for id_, found in evaluators.items()},
        {id_: person for id_, person in substitutes.items() if person is not None},
    )
