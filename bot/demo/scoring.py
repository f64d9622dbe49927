"""The scores that the demonstration's evaluators have given: checked by the rules, then written.

Not by way of the dialogs as all else: 79 of them would take longer than a visitor likes to wait.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from bot.demo.people import NOT_APPLICABLE, SCORES, UNSCORED
from rubric.edition import Indicator, edition_for
from rubric.quarter import Quarter
from rubric.scoring import ONE, Score, check_score
from storage import audit, departments, evidence, scores
from templates import reasons


def give_scores(
    connection: Connection,
    *,
    quarter: Quarter,
    rows: tuple[str, ...],
    person_id: int,
    now: datetime,
) -> None:
    """Each score of these rows that the table has. Raises UserError for one against the rules."""
    edition = edition_for(quarter.last_day)
    ids = {each.code: each.id for each in departments.departments(connection)}
    for column, row in enumerate(edition.indicators):
        for number, (code, line) in enumerate(SCORES.items()):
            given = line.split()[column]
            if row.id not in rows or given == UNSCORED:
                continue
            score = _score(row, given, number)
            rests = evidence.accepted(
                connection, quarter.code, department_id=ids[code], indicator=row.id
            )
            check_score(row, score, accepted_evidence=bool(rests))
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


def _score(row: Indicator, given: str, number: int) -> Score:
    """With one of the row's preset reasons where one is asked for, not the same for all."""
    if given == NOT_APPLICABLE:
        return Score(None, reasons.NOT_APPLICABLE[0])
    value = round(float(given) * ONE)
    presets = reasons.score_presets(row.id)
    if row.bonus or value == row.points * ONE or not presets:
        return Score(value)
    return Score(value, presets[number % len(presets)])
