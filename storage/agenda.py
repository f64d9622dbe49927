"""What waits for a person, in numbers, for the first thing they see."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from storage import sections
from storage.accounts import Person
from storage.evidence import state_counts
from storage.models import evidence
from storage.people import judges_of, substituted_sections


@dataclass(frozen=True, slots=True)
class Agenda:
    """`returned` and `drafts` of the person's departments, `to_review` in their rows."""

    returned: int = 0
    drafts: int = 0
    to_review: int = 0


def agenda(connection: Connection, person: Person) -> Agenda:
    own = person.departments("liaison", "head")
    counts = state_counts(connection, own) if own else {}
    return Agenda(
        returned=counts.get("returned", 0),
        drafts=counts.get("draft", 0),
        to_review=_to_review(connection, person) if person.has("evaluator") else 0,
    )


def _to_review(connection: Connection, person: Person) -> int:
    """Submitted items that this person may judge: in rows of their sections, and of those they
    stand in for where nobody else may; none of a department they belong to."""
    stand_in = substituted_sections(connection, person.id)
    owners = sections.row_owners(connection)
    rows = [row for row, owner in owners.items() if owner in (*person.sections, *stand_in)]
    waiting = connection.execute(
        select(evidence.c.indicator, evidence.c.department_id, func.count())
        .where(evidence.c.state == "submitted", evidence.c.indicator.in_(rows))
        .group_by(evidence.c.indicator, evidence.c.department_id)
    )
    return sum(
        count
        for row, department_id, count in waiting
        if not person.belongs_to(department_id)
        and (
            owners[row] in person.sections
            or person.id
            in (
                judge.id
                for judge in judges_of(
                    connection, section_id=owners[row], department_id=department_id
                )
            )
        )
    )
