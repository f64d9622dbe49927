"""The scores that the demonstration's evaluators give: checked by the rules, then written.

Not by way of the dialogs as all else: hundreds of them would take longer than a visitor likes to
wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from bot.demo.scores import NOT_APPLICABLE, UNSCORED
from rubric.edition import Indicator, edition_for
from rubric.quarter import Quarter
from rubric.scoring import ONE, Score, check_score
from storage import audit, departments, evidence, scores
from templates import reasons


@dataclass(frozen=True, slots=True)
class Round:
    """One row's scores, given at one go; `day` as in `days`. `handed`: the row was handed in."""

    row: str
    by: str
    day: int
    hour: str
    handed: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`lines` as in `bot.demo.scores`; `remarks` by department's code and row."""

    lines: Mapping[str, str]
    remarks: Mapping[tuple[str, str], str]


def give_scores(
    connection: Connection,
    table: Table,
    *,
    quarter: Quarter,
    row_id: str,
    person_id: int,
    now: datetime,
) -> None:
    """Each score of this row that the table has; 不涉及 that was carried over stands. Raises
    UserError for one against the rules."""
    column, row = next(
        (number, row)
        for number, row in enumerate(edition_for(quarter.last_day).indicators)
        if row.id == row_id
    )
    ids = {each.code: each.id for each in departments.departments(connection)}
    items = evidence.accepted(connection, quarter.code, indicator=row.id)
    reported = {item.department_id for item in items}
    carried = scores.of_row(connection, quarter=quarter.code, indicator=row.id)
    for code, score in _scores(table, row, column):
        if ids[code] in carried:
            continue
        check_score(row, score, accepted_evidence=ids[code] in reported)
        scores.give(
            connection,
            quarter=quarter.code,
            indicator=row.id,
            department_id=ids[code],
            on_version=0,
            score_=score,
            person_id=person_id,
            now=now,
        )
        audit.record(
            connection,
            now=now,
            action="score.give",
            object_=f"{quarter.code}.{row.id}.{ids[code]}",
            person_id=person_id,
            detail={"version": 1, "hundredths": score.hundredths},
        )


def _scores(table: Table, row: Indicator, column: int) -> Iterator[tuple[str, Score]]:
    """With one of the row's preset reasons where one is asked for, not the same for all."""
    presets = reasons.score_presets(row.id)
    for number, (code, line) in enumerate(table.lines.items()):
        given = line.split()[column]
        if given == UNSCORED:
            continue
        if given == NOT_APPLICABLE:
            yield code, Score(None, reasons.NOT_APPLICABLE[number % 2])
            continue
        value = round(float(given) * ONE)
        full = row.bonus or value == row.points * ONE
        reason = table.remarks.get((code, row.id), "") if full else presets[number % len(presets)]
        yield code, Score(value, reason)
