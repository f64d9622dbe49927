"""Handing a row in, and what takes it back: only what is handed in counts.

The mark stands on the version that was handed in, so a cell that was given anew, or whose
evidence changed, is not. Who writes here holds the row (`scores.lock_row`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.engine import Connection

from storage.models import person, reopening, score
from storage.prepared import Prepared
from storage.scores import OWNER_SEAT, lock_row


@dataclass(frozen=True, slots=True)
class Reopening:
    """Why a row was sent back, by whom."""

    indicator: str
    reason: str
    person: str
    at: datetime


_HAND_IN = Prepared(
    update(score)
    .where(
        score.c.quarter == bindparam("q"),
        score.c.indicator == bindparam("i"),
        score.c.department_id == bindparam("d"),
        score.c.seat == bindparam("s"),
        score.c.version == bindparam("v"),
        score.c.latest,
        ~score.c.open,
    )
    .values(handed_at=bindparam("when"), handed_by=bindparam("by"))
    .returning(score.c.id)
)
_TAKE_BACK = Prepared(
    update(score)
    .where(
        score.c.quarter == bindparam("q"),
        score.c.indicator == bindparam("i"),
        score.c.department_id == bindparam("d"),
        score.c.latest,
        score.c.handed_at.is_not(None),
    )
    .values(handed_at=None, handed_by=None)
    .returning(score.c.id)
)


def hand_in(
    connection: Connection,
    *,
    quarter: str,
    indicator: str,
    versions: Mapping[int, int],
    person_id: int,
    now: datetime,
    seat: int = OWNER_SEAT,
) -> bool:
    """Hand in these versions (department id -> version); False when one of them is not the newest
    any more, and then the caller takes all of it back."""
    return all(
        _HAND_IN.scalar(
            connection,
            {
                "q": quarter,
                "i": indicator,
                "d": department_id,
                "s": seat,
                "v": version,
                "when": now,
                "by": person_id,
            },
        )
        is not None
        for department_id, version in versions.items()
    )


def take_back(connection: Connection, *, quarter: str, indicator: str, department_id: int) -> bool:
    """One department's cell is no longer handed in, on any seat; whether it was."""
    lock_row(connection, indicator)
    cell = {"q": quarter, "i": indicator, "d": department_id}
    return _TAKE_BACK.scalar(connection, cell) is not None


def reopen(
    connection: Connection,
    *,
    quarter: str,
    indicator: str,
    reason: str,
    person_id: int,
    now: datetime,
) -> int:
    """The whole row may be changed again, on every seat; how many cells were handed in. Nothing
    is noted where none was."""
    lock_row(connection, indicator)
    cells = connection.execute(
        update(score)
        .where(
            score.c.quarter == quarter,
            score.c.indicator == indicator,
            score.c.latest,
            score.c.handed_at.is_not(None),
        )
        .values(handed_at=None, handed_by=None)
    ).rowcount
    if cells:
        connection.execute(
            reopening.insert().inline(),
            {
                "quarter": quarter,
                "indicator": indicator,
                "reason": reason,
                "person_id": person_id,
                "at": now,
            },
        )
    return cells


def reopenings(connection: Connection, quarter: str) -> dict[str, Reopening]:
    """The last one of each row: row id -> why."""
    newest = (
        select(func.max(reopening.c.id))
        .where(reopening.c.quarter == quarter)
        .group_by(reopening.c.indicator)
    )
    rows = connection.execute(
        select(reopening.c.indicator, reopening.c.reason, person.c.name, reopening.c.at)
        .join(person, reopening.c.person_id == person.c.id)
        .where(reopening.c.id.in_(newest))
    )
    return {row.indicator: Reopening(*row) for row in rows}


def handers(connection: Connection, *, quarter: str, indicators: Sequence[str]) -> list[int]:
    """Whoever handed in anything of these rows that still stands."""
    return list(
        connection.execute(
            select(score.c.handed_by)
            .where(
                score.c.quarter == quarter,
                score.c.indicator.in_(indicators),
                score.c.latest,
                score.c.handed_by.is_not(None),
            )
            .distinct()
            .order_by(score.c.handed_by)
        ).scalars()
    )
