"""Whole quarters of scores for tests, written the way the storage takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rubric import edition as editions
from rubric.quarter import Quarter
from rubric.scoring import Score
from storage import handing, quarters, scores
from storage.calendar import read_calendar
from storage.models import setting
from storage.settings import read_settings
from tests.chat import ZONE, Centre, User

EDITION = editions.find("2023-17")
ROWS = EDITION.indicators
AFTER = datetime(2027, 1, 12, 10, 0, tzinfo=ZONE)  # a Tuesday after 补报截止 of 2026Q4
FULL = tuple(0 if row.bonus else row.points for row in ROWS)


def score_all(
    centre: Centre,
    by: User,
    values: Mapping[str, Sequence[float | None]],
    *,
    reasons: Mapping[tuple[str, str], str] | None = None,
    quarter: str = "2026Q4",
    handed: bool = True,
    extent: str = "all",
) -> None:
    """`values` by department code, in points and the order of the form; None is 不涉及.

    Where a reason is asked and `reasons` (by code and row id) has none, it is 情况说明. The
    rows are handed in, unless `handed` is false; `extent` is how much shall be public, '' leaves
    that to be asked.
    """
    with centre.database.begin() as connection:
        term = quarters.ensure(
            connection,
            Quarter.parse(quarter),
            calendar=read_calendar(connection),
            timezone=ZONE,
            now=centre.now,
        )
        if extent and "publication.extent" not in read_settings(connection):
            connection.execute(
                setting.insert(),
                {"key": "publication.extent", "value": extent, "at": centre.now},
            )
        for code, points in values.items():
            for row, value in zip(ROWS, points, strict=True):
                full = value == (0 if row.bonus else row.points)
                reason = (reasons or {}).get((code, row.id), "" if full else "情况说明")
                id_ = centre.departments[code]
                given = scores.of_cell(
                    connection, quarter=term.code, indicator=row.id, department_id=id_
                )
                if given and given.handed:
                    handing.take_back(
                        connection, quarter=term.code, indicator=row.id, department_id=id_
                    )
                assert scores.give(
                    connection,
                    quarter=term.code,
                    indicator=row.id,
                    department_id=id_,
                    on_version=given.version if given else 0,
                    score_=Score(None if value is None else round(value * 100), reason),
                    person_id=by.person_id,
                    now=centre.now,
                )
                if handed:
                    assert handing.hand_in(
                        connection,
                        quarter=term.code,
                        indicator=row.id,
                        versions={id_: given.version + 1 if given else 1},
                        person_id=by.person_id,
                        now=centre.now,
                    )
