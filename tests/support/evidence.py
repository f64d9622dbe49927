"""Accepted evidence for tests that are not about evidence: put into the tables as it would lie."""

from __future__ import annotations

from sqlalchemy import func, select

from rubric.quarter import Quarter
from storage import quarters
from storage.attachments import announce
from storage.calendar import read_calendar
from storage.models import evidence
from tests.chat import ZONE, Centre


def lies(
    centre: Centre,
    department: str,
    indicator: str,
    title: str,
    *,
    state: str = "accepted",
    files: tuple[str, ...] = (),
    quarter: str = "2026Q4",
    **values: object,
) -> int:
    """An item in this state with the department's next number; `files` are names."""
    department_id = centre.departments[department]
    someone = next(iter(centre.people.values()))
    with centre.database.begin() as connection:
        quarters.ensure(
            connection,
            Quarter.parse(quarter),
            calendar=read_calendar(connection),
            timezone=ZONE,
            now=centre.now,
        )
        last = connection.execute(
            select(func.max(evidence.c.number)).where(evidence.c.department_id == department_id)
        ).scalar()
        item_id = connection.execute(
            evidence.insert().returning(evidence.c.id),
            {
                "department_id": department_id,
                "quarter": quarter,
                "number": (last or 0) + 1,
                "kind": "other",
                "indicator": indicator,
                "title": title,
                "state": state,
                "created_by": someone.person_id,
                "created_at": centre.now,
                "updated_at": centre.now,
                **values,
            },
        ).scalar_one()
        for number, name in enumerate(files):
            announce(
                connection,
                evidence_id=item_id,
                account_id=someone.account_id,
                person_id=someone.person_id,
                reference=name,
                name=name,
                mime="application/pdf",
                size=10,
                stored=f"{number}{item_id:063d}",
                source=f"m{number}",
                now=centre.now,
            )
    return int(item_id)
