"""Scores as they were given: one row a version, the newest of a cell's seat marked `latest`.

A cell is a department and a row of one quarter; seat 1 is the owner section's, whoever of it
scores. Nothing is overwritten. What a score may be is `rubric.scoring`'s to say, who may give it
the caller's; here a version is only ever written on top of the version that its writer saw.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from rubric.scoring import Score
from storage.db import insert_once
from storage.models import person, score, section_row

OWNER_SEAT = 1


@dataclass(frozen=True, slots=True)
class Given:
    """A score with who gave it when. `hundredths` None is 不涉及; `version` counts from 1."""

    department_id: int
    indicator: str
    version: int
    hundredths: int | None
    reason: str
    person_id: int
    person: str
    at: datetime

    @property
    def score(self) -> Score:
        return Score(self.hundredths, self.reason)


_COLUMNS = (
    score.c.department_id,
    score.c.indicator,
    score.c.version,
    score.c.hundredths,
    score.c.reason,
    score.c.person_id,
    person.c.name,
    score.c.at,
)
_LATEST = (
    select(*_COLUMNS)
    .select_from(score.join(person, score.c.person_id == person.c.id))
    .where(
        score.c.quarter == bindparam("quarter"),
        score.c.seat == OWNER_SEAT,
        score.c.latest,
    )
)
_ROW = _LATEST.where(score.c.indicator == bindparam("indicator"))
_CELL = _ROW.where(score.c.department_id == bindparam("department"))
_OWNER = (
    select(section_row.c.section_id)
    .where(section_row.c.indicator == bindparam("indicator"))
    .with_for_update()
)
_SUPERSEDE = (
    update(score)
    .where(
        score.c.quarter == bindparam("q"),
        score.c.indicator == bindparam("i"),
        score.c.department_id == bindparam("d"),
        score.c.seat == OWNER_SEAT,
        score.c.latest,
        score.c.version == bindparam("v"),
    )
    .values(latest=False)
    .returning(score.c.id)
)


def of_quarter(connection: Connection, quarter: str) -> dict[int, dict[str, Given]]:
    """Every current score: department id -> row id -> score."""
    found: defaultdict[int, dict[str, Given]] = defaultdict(dict)
    for row in connection.execute(_LATEST, {"quarter": quarter}):
        given = Given(*row)
        found[given.department_id][given.indicator] = given
    return dict(found)


def of_row(connection: Connection, *, quarter: str, indicator: str) -> dict[int, Given]:
    """The current scores of one row: department id -> score."""
    rows = connection.execute(_ROW, {"quarter": quarter, "indicator": indicator})
    return {row.department_id: Given(*row) for row in rows}


def of_cell(
    connection: Connection, *, quarter: str, indicator: str, department_id: int
) -> Given | None:
    """None is 未评, which is not 0."""
    row = connection.execute(
        _CELL, {"quarter": quarter, "indicator": indicator, "department": department_id}
    ).one_or_none()
    return None if row is None else Given(*row)


def versions(
    connection: Connection, *, quarter: str, indicator: str, department_id: int
) -> list[Given]:
    """All that was ever given, the first one first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .select_from(score.join(person, score.c.person_id == person.c.id))
        .where(
            score.c.quarter == quarter,
            score.c.indicator == indicator,
            score.c.department_id == department_id,
            score.c.seat == OWNER_SEAT,
        )
        .order_by(score.c.version)
    )
    return [Given(*row) for row in rows]


def last_reason(connection: Connection, *, quarter: str, indicator: str, person_id: int) -> str:
    """What this person wrote last in this row, for 「同上」; '' when nothing yet."""
    found = connection.execute(
        select(score.c.reason)
        .where(
            score.c.quarter == quarter,
            score.c.indicator == indicator,
            score.c.person_id == person_id,
            score.c.reason != "",
        )
        .order_by(score.c.at.desc(), score.c.id.desc())
        .limit(1)
    ).scalar()
    return found or ""


def give(
    connection: Connection,
    *,
    quarter: str,
    indicator: str,
    department_id: int,
    on_version: int,
    score_: Score,
    person_id: int,
    now: datetime,
) -> bool:
    """Write the next version on top of `on_version` (0: none yet); False when the cell has
    moved on meanwhile.

    The caller holds the quarter. The row's owner is locked, so that those who score one row
    take turns: two first versions must not meet at the index of the latest one.
    """
    connection.execute(_OWNER, {"indicator": indicator}).all()
    cell = {"q": quarter, "i": indicator, "d": department_id, "v": on_version}
    if on_version and connection.execute(_SUPERSEDE, cell).scalar() is None:
        return False
    made = insert_once(
        connection,
        score,
        key=("quarter", "department_id", "indicator", "seat", "version"),
        values={
            "quarter": quarter,
            "department_id": department_id,
            "indicator": indicator,
            "seat": OWNER_SEAT,
            "version": on_version + 1,
            "latest": True,
            "hundredths": score_.hundredths,
            "reason": score_.reason,
            "person_id": person_id,
            "at": now,
        },
    )
    return made is not None
