"""How far everybody is with a quarter: what was reported, what waits, whom nothing can reach.

Counts and names for those who ask what is still owed; nothing here knows a score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.engine import Connection

from storage.evidence import LIVE, Item, items, statement
from storage.models import account, evidence, person


@dataclass(frozen=True, slots=True)
class Reported:
    """What a department has reported for a quarter: items by state, drafts not among them, and
    the rows for which something counts or may yet."""

    states: Mapping[str, int] = field(default_factory=dict)
    rows: frozenset[str] = frozenset()

    @property
    def anything(self) -> bool:
        """Whatever was withdrawn was not reported."""
        return any(state != "withdrawn" for state in self.states)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Submitted items of one row; `since` is when the oldest of them came."""

    count: int
    since: datetime


def reported(
    connection: Connection, quarter: str, *, department_ids: Sequence[int] | None = None
) -> dict[int, Reported]:
    """By department (only these, if any are named); those with nothing are left out."""
    states: dict[int, dict[str, int]] = {}
    rows: dict[int, set[str]] = {}
    for row in connection.execute(
        select(evidence.c.department_id, evidence.c.state, evidence.c.indicator, func.count())
        .where(_reported(quarter, department_ids))
        .group_by(evidence.c.department_id, evidence.c.state, evidence.c.indicator)
    ):
        department_id, state, indicator, count = row
        known = states.setdefault(department_id, {})
        known[state] = known.get(state, 0) + count
        if state in LIVE:
            rows.setdefault(department_id, set()).add(indicator)
    return {id_: Reported(counts, frozenset(rows.get(id_, ()))) for id_, counts in states.items()}


def returned(
    connection: Connection, quarter: str, *, department_ids: Sequence[int] | None = None
) -> list[Item]:
    """退回补充, of these departments or of all, the one that is due first in front."""
    return items(
        connection,
        statement()
        .where(_reported(quarter, department_ids), evidence.c.state == "returned")
        .order_by(evidence.c.complete_until, evidence.c.department_id, evidence.c.number),
    )


def _reported(quarter: str, department_ids: Sequence[int] | None) -> ColumnElement[bool]:
    wanted = (evidence.c.quarter == quarter) & evidence.c.number.is_not(None)
    if department_ids is None:
        return wanted
    return wanted & evidence.c.department_id.in_(department_ids)


def waiting(connection: Connection, quarter: str) -> dict[str, Waiting]:
    """待审核, by row id."""
    rows = connection.execute(
        select(evidence.c.indicator, func.count(), func.min(evidence.c.submitted_at))
        .where(evidence.c.quarter == quarter, evidence.c.state == "submitted")
        .group_by(evidence.c.indicator)
    )
    return {indicator: Waiting(count, since) for indicator, count, since in rows}


_LINKED = exists().where(account.c.person_id == person.c.id)


def linked(connection: Connection, person_ids: Sequence[int]) -> frozenset[int]:
    """Those of them who have an account on some channel."""
    return frozenset(
        connection.execute(
            select(person.c.id).where(person.c.id.in_(person_ids), _LINKED)
        ).scalars()
    )


def unlinked(
    connection: Connection, *, offset: int = 0, limit: int = 0
) -> tuple[list[tuple[int, str]], int]:
    """Id and name of those whom no message can reach yet, by name, and how many there are."""
    wanted = person.c.removed_at.is_(None) & ~_LINKED
    total = connection.execute(select(func.count()).select_from(person).where(wanted)).scalar_one()
    rows = connection.execute(
        select(person.c.id, person.c.name)
        .where(wanted)
        .order_by(person.c.name, person.c.id)
        .offset(offset)
        .limit(limit)
    )
    return [(id_, name) for id_, name in rows], int(total)
