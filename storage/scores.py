"""Scores as they were given: one row a version, the newest of a cell's seat marked `latest`.

A cell is a department and a row of one quarter; seat 1 is the owner section's, whoever of it
scores, further seats are those the admin named (`storage.seats`). Nothing is overwritten: taking
a score back is a version too. What a score may be is `rubric.scoring`'s to say, who may give it
the caller's; here a version is only ever written on top of the version that its writer saw, and
never on what has been handed in (`storage.handing`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from rubric.scoring import Score
from storage.db import insert_once
from storage.models import person, score, section_row
from storage.prepared import Prepared

OWNER_SEAT = 1


@dataclass(frozen=True, slots=True)
class Given:
    """A version of a cell's seat. `hundredths` None is 不涉及; `open`: taken back, so 未评;
    `carried`: taken over from the quarter before; `batch`: the press that wrote it."""

    department_id: int
    indicator: str
    seat: int
    version: int
    hundredths: int | None
    reason: str
    open: bool
    carried: bool
    batch: str
    handed_at: datetime | None
    person_id: int
    person: str
    at: datetime

    @property
    def score(self) -> Score:
        return Score(self.hundredths, self.reason)

    @property
    def handed(self) -> bool:
        return self.handed_at is not None


@dataclass(frozen=True, slots=True)
class Mark:
    """The bare value of one cell's seat: what sums and progress need of very many cells."""

    department_id: int
    indicator: str
    seat: int
    hundredths: int | None
    handed: bool


_COLUMNS = (
    *(score.c[name] for name in Given.__dataclass_fields__ if name not in ("person", "at")),
    person.c.name,
    score.c.at,
)
_FROM = score.join(person, score.c.person_id == person.c.id)
_CURRENT = (
    select(*_COLUMNS)
    .select_from(_FROM)
    .where(score.c.quarter == bindparam("quarter"), score.c.latest)
)
_QUARTER = Prepared(_CURRENT.where(~score.c.open))
_ROW = _CURRENT.where(
    score.c.indicator == bindparam("indicator"), score.c.seat == bindparam("seat")
)
_NEWEST = Prepared(_CURRENT)
_OF_ROW = Prepared(_ROW.where(~score.c.open))
_CELL = Prepared(_ROW.where(score.c.department_id == bindparam("department")))
_MARKS = Prepared(
    select(
        score.c.department_id,
        score.c.indicator,
        score.c.seat,
        score.c.hundredths,
        score.c.handed_at.is_not(None),
    ).where(score.c.quarter == bindparam("quarter"), score.c.latest, ~score.c.open)
)
_VERSIONS = Prepared(
    select(*_COLUMNS)
    .select_from(_FROM)
    .where(
        score.c.quarter == bindparam("quarter"),
        score.c.indicator == bindparam("indicator"),
        score.c.department_id == bindparam("department"),
        score.c.seat == bindparam("seat"),
    )
    .order_by(score.c.version)
)
_OWNER = Prepared(
    select(section_row.c.section_id)
    .where(section_row.c.indicator == bindparam("indicator"))
    .with_for_update()
)
_SUPERSEDE = Prepared(
    update(score)
    .where(
        score.c.quarter == bindparam("q"),
        score.c.indicator == bindparam("i"),
        score.c.department_id == bindparam("d"),
        score.c.seat == bindparam("s"),
        score.c.latest,
        score.c.version == bindparam("v"),
        score.c.handed_at.is_(None),
    )
    .values(latest=False)
    .returning(score.c.id)
)


# ---------------------------------------------------------------- reading


def of_quarter(connection: Connection, quarter: str) -> dict[int, dict[str, dict[int, Given]]]:
    """Every current score: department id -> row id -> seat -> score."""
    found: defaultdict[int, dict[str, dict[int, Given]]] = defaultdict(dict)
    for row in _QUARTER.all(connection, {"quarter": quarter}):
        given = Given(*row)
        found[given.department_id].setdefault(given.indicator, {})[given.seat] = given
    return dict(found)


def newest(connection: Connection, quarter: str) -> dict[tuple[int, str, int], Given]:
    """The newest version of every seat, also where a score was taken back: by department, row and
    seat."""
    found = (Given(*row) for row in _NEWEST.all(connection, {"quarter": quarter}))
    return {(each.department_id, each.indicator, each.seat): each for each in found}


def marks(connection: Connection, quarter: str) -> list[Mark]:
    """The bare values of every current score."""
    return [Mark(*row) for row in _MARKS.all(connection, {"quarter": quarter})]


def of_row(
    connection: Connection, *, quarter: str, indicator: str, seat: int = OWNER_SEAT
) -> dict[int, Given]:
    """The current scores of one row's seat: department id -> score."""
    rows = _OF_ROW.all(connection, {"quarter": quarter, "indicator": indicator, "seat": seat})
    return {row[0]: Given(*row) for row in rows}


def of_cell(
    connection: Connection,
    *,
    quarter: str,
    indicator: str,
    department_id: int,
    seat: int = OWNER_SEAT,
) -> Given | None:
    """The newest version; None, or one that is `open`, is 未评, which is not 0."""
    row = _CELL.one(
        connection,
        {"quarter": quarter, "indicator": indicator, "department": department_id, "seat": seat},
    )
    return None if row is None else Given(*row)


def versions(
    connection: Connection,
    *,
    quarter: str,
    indicator: str,
    department_id: int,
    seat: int = OWNER_SEAT,
) -> list[Given]:
    """All that was ever given, the first one first."""
    values = {
        "quarter": quarter,
        "indicator": indicator,
        "department": department_id,
        "seat": seat,
    }
    return [Given(*row) for row in _VERSIONS.all(connection, values)]


_LAST_REASON = Prepared(
    select(score.c.reason)
    .where(
        score.c.quarter == bindparam("quarter"),
        score.c.indicator == bindparam("indicator"),
        score.c.person_id == bindparam("person"),
        score.c.reason != "",
        ~score.c.carried,
    )
    .order_by(score.c.id.desc())
    .limit(1)
)


def last_reason(connection: Connection, *, quarter: str, indicator: str, person_id: int) -> str:
    """What this person wrote last in this row, for 「同上」; '' when nothing yet."""
    values = {"quarter": quarter, "indicator": indicator, "person": person_id}
    return _LAST_REASON.scalar(connection, values) or ""


def by_row(
    given: Mapping[int, Mapping[str, Mapping[int, Given]]], indicator: str, seat: int
) -> dict[int, Given]:
    """Of all scores of a quarter, one row's seat: department id -> score."""
    return {
        department_id: rows[indicator][seat]
        for department_id, rows in given.items()
        if seat in rows.get(indicator, {})
    }


# ---------------------------------------------------------------- writing


def lock_row(connection: Connection, indicator: str) -> None:
    """Those who write in one row take turns: two first versions must not meet at the index of the
    latest one, and no score or evidence slips past a row that is being handed in."""
    _OWNER.one(connection, {"indicator": indicator})


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
    seat: int = OWNER_SEAT,
    batch: str = "",
    open_: bool = False,
    carried: bool = False,
) -> bool:
    """Write the next version on top of `on_version` (0: none yet); False when the cell has
    moved on meanwhile or is handed in. The caller holds the quarter."""
    lock_row(connection, indicator)
    cell = {"q": quarter, "i": indicator, "d": department_id, "s": seat, "v": on_version}
    if on_version and _SUPERSEDE.scalar(connection, cell) is None:
        return False
    made = insert_once(
        connection,
        score,
        key=("quarter", "department_id", "indicator", "seat", "version"),
        values={
            "quarter": quarter,
            "department_id": department_id,
            "indicator": indicator,
            "seat": seat,
            "version": on_version + 1,
            "latest": True,
            "hundredths": score_.hundredths,
            "reason": score_.reason,
            "open": open_,
            "carried": carried,
            "batch": batch,
            "person_id": person_id,
            "at": now,
        },
    )
    return made is not None
