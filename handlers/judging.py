"""Who may decide about an item: never its own department, and another than who recorded it."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from storage import people, sections
from storage.accounts import Person
from storage.evidence import Item
from storage.sections import Section


def judges_of(connection: Connection, item: Item) -> list[Person]:
    """The evaluators of the row's section who don't belong to the department, else the section's
    substitute. What one of them recorded on the department's behalf is left to the others, where
    there are others."""
    section = sections.section_of_row(connection, item.indicator)
    if section is None:
        return []
    judges = people.judges_of(connection, section_id=section.id, department_id=item.department_id)
    if not item.proxy:
        return judges
    others = [each for each in judges if each.id not in (item.created_by, item.submitted_by)]
    return others or judges


def anybody_judges(connection: Connection, item: Item, section: Section) -> bool:
    """Whether `judges_of` names anyone, found out at less cost."""
    if not item.proxy and people.has_own_judge(
        connection, section_id=section.id, department_id=item.department_id
    ):
        return True
    return bool(judges_of(connection, item))
