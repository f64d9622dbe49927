"""Many scores with one press, what a press wrote taken back, and what the next quarter inherits.

All of it is versions on top of versions (`storage.scores`); the caller holds the quarter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from rubric.scoring import Score
from storage import scores
from storage.models import score
from storage.prepared import Prepared
from storage.scores import OWNER_SEAT, Given


def give_all(
    connection: Connection,
    *,
    quarter: str,
    indicator: str,
    department_ids: Sequence[int],
    hundredths: int,
    person_id: int,
    now: datetime,
    batch: str,
    seat: int = OWNER_SEAT,
) -> list[int]:
    """The same score, without a reason, for each of these departments that is 未评; those that
    got it."""
    scores.lock_row(connection, indicator)
    newest = {
        row.department_id: row
        for row in connection.execute(
            select(score.c.department_id, score.c.version, score.c.open).where(
                score.c.quarter == quarter,
                score.c.indicator == indicator,
                score.c.seat == seat,
                score.c.latest,
            )
        )
    }
    done = []
    for department_id in department_ids:
        found = newest.get(department_id)
        if found is not None and not found.open:
            continue
        given = scores.give(
            connection,
            quarter=quarter,
            indicator=indicator,
            department_id=department_id,
            on_version=found.version if found else 0,
            score_=Score(hundredths),
            person_id=person_id,
            now=now,
            seat=seat,
            batch=batch,
        )
        done += [department_id] if given else []
    return done


_AUTHOR = Prepared(
    select(score.c.person_id)
    .where(
        score.c.quarter == bindparam("quarter"),
        score.c.indicator == bindparam("indicator"),
        score.c.batch == bindparam("batch"),
    )
    .limit(1)
)


def author_of(connection: Connection, *, quarter: str, indicator: str, batch: str) -> int | None:
    """Who wrote a batch; None for one that never was."""
    values = {"quarter": quarter, "indicator": indicator, "batch": batch}
    found: int | None = _AUTHOR.scalar(connection, values)
    return found


def undo(
    connection: Connection,
    *,
    quarter: str,
    indicator: str,
    batch: str,
    person_id: int,
    now: datetime,
    seat: int = OWNER_SEAT,
) -> list[int]:
    """Take back what one press of this person wrote in a row, wherever it is still the newest and
    not handed in: each cell gets the version before once more, or is 未评 again. The departments
    whose cells that were."""
    scores.lock_row(connection, indicator)
    row = scores.of_row(connection, quarter=quarter, indicator=indicator, seat=seat)
    written = [
        given
        for given in row.values()
        if given.batch == batch and given.person_id == person_id and not given.handed
    ]
    for given in written:
        before = _before(connection, given, quarter)
        scores.give(
            connection,
            quarter=quarter,
            indicator=indicator,
            department_id=given.department_id,
            on_version=given.version,
            score_=before.score if before else Score(None),
            person_id=person_id,
            now=now,
            seat=seat,
            open_=before is None or before.open,
            carried=before is not None and before.carried,
        )
    return [given.department_id for given in written]


def _before(connection: Connection, given: Given, quarter: str) -> Given | None:
    found = scores.versions(
        connection,
        quarter=quarter,
        indicator=given.indicator,
        department_id=given.department_id,
        seat=given.seat,
    )
    return next((each for each in found if each.version == given.version - 1), None)


def carry_over(
    connection: Connection,
    *,
    earlier: str,
    quarter: str,
    indicators: Sequence[str],
    now: datetime,
) -> int:
    """What was 不涉及 for a department in the quarter before is so in this one, with its reason
    and whoever said so, wherever nothing was given yet; how many cells."""
    done = 0
    for department_id, rows in sorted(scores.of_quarter(connection, earlier).items()):
        for indicator in indicators:
            found = rows.get(indicator, {}).get(OWNER_SEAT)
            if found is None or found.hundredths is not None:
                continue
            done += scores.give(
                connection,
                quarter=quarter,
                indicator=indicator,
                department_id=department_id,
                on_version=0,
                score_=found.score,
                person_id=found.person_id,
                now=now,
                carried=True,
            )
    return done
