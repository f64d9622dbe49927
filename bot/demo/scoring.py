"""The scores that the demonstration's evaluators have given: checked by the rules, then written.

Not by way of the dialogs as all else: 245 of them would take longer than a visitor likes to wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection

from rubric.edition import Indicator, edition_for
from rubric.quarter import Quarter
from rubric.scoring import ONE, Score, check_score
from storage import audit, departments, evidence, scores
from templates import reasons

# by department, in the order of the form; - is not scored yet, / is 不涉及
SCORES: Final = {
    "SCJG": "9.5 5   5   9.5 - 9.5 9.5 19   10  9.5 4.5 - 1   0",
    "GA": "9.5 4.5 5   9.5 - 9.5 10  19.5 10  10  -   - -   0",
    "YB": "9.5 4.5 4.5 9   - 10  9.5 16   8.5 9   -   - -   0",
    "RS": "8   5   5   9.5 - 9.5 9.5 19   9   9   -   - -   2",
    "MZ": "/   5   4.5 9.5 - 9.5 9.5 18.5 9.5 10  -   - -   1",
    "SW": "9.5 4.5 4.5 9.5 - 8.5 9.5 19   8.5 9.5 -   - -   0",
    "GHZY": "9.5 5   5   10  - 10  9   17.5 10  9.5 3   - -   0",
    "JGW": "9.5 5   5   8.5 - 9.5 9.5 19   8.5 8   -   - -   0",
    "JTW": "9.5 4.5 4.5 9.5 - 9   9.5 19   -   8.5 -   - -   0",
    "FGJ": "9.5 5   5   10  - 9   9.5 19   -   9.5 2.5 - -   0",
    "STHJ": "-   5   4   9.5 - 9.5 9.5 18   -   9   -   - -   0",
    "SWJ": "-   4.5 4   9   - 9.5 8.5 19.5 -   9   -   - -   0",
    "LHSR": "-   -   4.5 9.5 - 9.5 8.5 17   -   9   -   - -   0",
    "CGZF": "-   -   5   10  - 9.5 9.5 19.5 -   9   -   - -   0",
    "WJW": "-   -   5   9.5 - 10  10  18.5 -   8.5 -   - -   1",
    "JYJ": "-   -   5   9   - 10  9.5 18   -   8.5 -   - 0.5 0",
    "WLJ": "-   -   4.5 9   - 10  9.5 18.5 -   9   -   - -   0",
    "TYJ": "-   -   4   9.5 - 9   10  19.5 -   9.5 -   - -   0",
    "NYW": "-   -   4   9   - 9.5 10  18.5 -   8.5 -   - -   0",
    "FGW": "-   -   4.5 8.5 - 9.5 9.5 18   -   9.5 -   - -   0",
    "SWW": "-   -   5   10  - 10  8.5 20   -   9.5 -   - -   0",
    "KJW": "-   -   5   9   - 10  9.5 19   -   9.5 -   - -   0",
    "YJJ": "-   -   5   10  - 8.5 9.5 18   -   10  -   - -   0",
    "XF": "-   -   5   9.5 - 9.5 9.5 /    -   10  -   - -   0",
    "TYJR": "-   -   5   10  - 8.5 10  18.5 -   9   -   - -   0",
    "SFJ": "-   -   5   9   - 10  9   17.5 -   10  -   - -   0",
    "CL": "-   -   5   9   - 9.5 8.5 19.5 -   9   -   - -   1.5",
    "GJJ": "-   -   5   9.5 - 9.5 10  19   -   9.5 -   - -   0",
    "YCJ": "-   -   /   9.5 - 9   9.5 19   -   9.5 -   - -   0",
    "MZB": "-   -   5   10  - /   9   18   -   9   -   - -   0",
}
UNSCORED: Final = "-"
NOT_APPLICABLE: Final = "/"
# why a bonus was given where no evidence was reported
REMARKS: Final = {
    ("RS", "bonus_other"): "承办窗口业务技能比武",
    ("WJW", "bonus_other"): "重阳节进中心义诊",
    ("CL", "bonus_other"): "助残日在中心设咨询台",
}


@dataclass(frozen=True, slots=True)
class Round:
    """One row's scores, given at one go; `day` as in `items`. `handed`: the row was handed in."""

    row: str
    by: str
    day: int
    hour: str
    handed: bool = False


ROUNDS: Final = (
    Round("enquiries", "王琳", 3, "15:10", handed=True),
    Round("discipline", "赵倩", 3, "16:05", handed=True),
    Round("service_ratings", "赵倩", 2, "15:20", handed=True),
    Round("window_standards", "马骏", 2, "16:40", handed=True),
    Round("online_maturity", "徐晨", 2, "10:30", handed=True),
    Round("coordination", "何静", 2, "16:10"),
    Round("bonus_other", "王琳", 1, "16:30", handed=True),
    Round("onsite_help", "王琳", 1, "16:40"),
    Round("presence", "赵倩", 1, "16:45"),
    Round("online_help", "徐晨", 1, "14:00"),
    Round("bonus_innovation", "徐晨", 1, "14:40"),
    Round("bonus_news", "徐晨", 1, "16:20"),
)


def give_scores(
    connection: Connection, *, quarter: Quarter, row_id: str, person_id: int, now: datetime
) -> None:
    """Each score of this row that the table has. Raises UserError for one against the rules."""
    column, row = next(
        (number, row)
        for number, row in enumerate(edition_for(quarter.last_day).indicators)
        if row.id == row_id
    )
    ids = {each.code: each.id for each in departments.departments(connection)}
    items = evidence.accepted(connection, quarter.code, indicator=row.id)
    reported = {item.department_id for item in items}
    for code, score in _scores(row, column):
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


def _scores(row: Indicator, column: int) -> Iterator[tuple[str, Score]]:
    """With one of the row's preset reasons where one is asked for, not the same for all."""
    presets = reasons.score_presets(row.id)
    for number, (code, line) in enumerate(SCORES.items()):
        given = line.split()[column]
        if given == UNSCORED:
            continue
        if given == NOT_APPLICABLE:
            yield code, Score(None, reasons.NOT_APPLICABLE[number % 2])
            continue
        value = round(float(given) * ONE)
        full = row.bonus or value == row.points * ONE
        reason = REMARKS.get((code, row.id), "") if full else presets[number % len(presets)]
        yield code, Score(value, reason)
