"""Who may decide about an item: never its own department, and another than who recorded it."""

from __future__ import annotations

from datetime import date

from sqlalchemy.engine import Connection

from handlers.access import on_behalf
from handlers.turn import Turn
from storage import people, sections
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
    if not item.proxy:
        return judges
    others = [each for each in judges if each.id not in (item.created_by, item.submitted_by)]
    return others or judges


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
