"""Whatever the demonstration's people left behind, the dialogs would have allowed."""

from __future__ import annotations

from datetime import time

from rubric.edition import edition_for
from rubric.quarter import Quarter
from storage import models, quarters, sections
from tests.support.lived import CALENDAR, ZONE, local

# ---------------------------------------------------------------- the scores


def test_half_of_the_rows_are_handed_in_or_nearly(filled):
    """And one of them is open again, for one department that reported after it."""
    score = models.score.c
    mine = [score.quarter == filled.now]
    given = filled.count(score.indicator, where=mine)
    assert given == {
        "enquiries": 30,
        "discipline": 30,
        "service_ratings": 30,
        "window_standards": 30,
        "online_maturity": 30,
        "bonus_other": 30,
        "coordination": 30,
        "onsite_help": 12,
        "online_help": 10,
        "presence": 8,
        "bonus_innovation": 3,
        "bonus_news": 2,
    }
    handed = [score.indicator, score.handed_at.is_not(None)]
    assert {row for row, there in filled.count(*handed, where=mine) if there} == {
        "enquiries",
        "discipline",
        "service_ratings",
        "window_standards",
        "online_maturity",
        "bonus_other",
    }
    assert filled.count(*handed, where=mine)["service_ratings", False] == 1
    assert filled.count(score.version) == {1: filled.count(score.id).total()}
    carried = filled.rows(
        models.department.c.code,
        score.indicator,
        where=[*mine, score.carried, score.department_id == models.department.c.id],
    )
    assert {tuple(row) for row in carried} == {("MZ", "online_help"), ("XF", "online_maturity")}


def test_the_quarter_before_is_scored_whole_and_handed_in(filled):
    score = models.score.c
    mine = [score.quarter == filled.before]
    assert filled.count(score.indicator, where=mine) == dict.fromkeys(
        (row.id for row in edition_for(filled.days.quarter.first_day).indicators), 29
    )
    assert filled.count(score.handed_at.is_not(None), where=mine) == {True: 29 * 14}


def test_each_score_obeys_the_rules(filled):
    """As the evaluators could have given it: a reason below full marks, a bonus on evidence, in
    their section's rows, for departments that aren't their own, after the evidence was decided."""
    evidence, score = models.evidence.c, models.score.c
    accepted = {
        tuple(row)
        for row in filled.rows(
            evidence.quarter,
            evidence.department_id,
            evidence.indicator,
            where=[evidence.state == "accepted"],
        )
    }
    rows = {row.id: row for row in edition_for(filled.days.quarter.last_day).indicators}
    people_ = filled.everybody()
    with filled.database.read() as connection:
        owners = sections.row_owners(connection)
    for given in filled.rows(models.score):
        row, value, reason = rows[given.indicator], given.hundredths, given.reason
        if value is None or (not row.bonus and value < row.points * 100):
            assert reason, given
            assert not (row.bonus and value is None)
        elif row.bonus and value > 0:
            assert reason or (given.quarter, given.department_id, row.id) in accepted, given
        else:
            assert reason == "", given
        if value is not None:
            assert value % 50 == 0
            assert 0 <= value <= row.points * 100
        judge = people_[given.person_id]
        assert owners[row.id] in judge.sections
        assert not judge.belongs_to(given.department_id)
        if given.handed_at is not None and not given.carried:
            assert given.at < given.handed_at
            assert owners[row.id] in people_[given.handed_by].sections
    assert {score.seat for score in filled.rows(score.seat)} == {1}


# ---------------------------------------------------------------- the evidence


def test_each_item_obeys_the_rules(filled):
    """In the quarter and its windows, in order, decided with a reason by whom it was for."""
    with filled.database.read() as connection:
        dates = {
            term.code: term.dates(ZONE)
            for code in (filled.now, filled.before)
            if (term := quarters.find(connection, code))
        }
        owners = sections.row_owners(connection)
    people_ = filled.everybody()
    numbers: dict[tuple[int, str], int] = {}
    facts = set()
    submitted = models.evidence.c.submitted_at
    for item in filled.rows(models.evidence, where=[submitted.is_not(None)]):
        if item.quarter is None:
            continue  # a working copy
        assert Quarter.containing(item.event_date).code == item.quarter
        assert item.created_at <= item.submitted_at < dates[item.quarter].supplement_deadline
        assert item.event_date <= local(item.created_at).date()
        assert item.late == (item.submitted_at >= dates[item.quarter].report_deadline)
        reporter = people_[item.submitted_by]
        assert reporter.has("liaison", "head") == (not item.proxy)
        assert reporter.belongs_to(item.department_id) == (not item.proxy)
        assert item.content_key not in facts, item.title
        facts.add(item.content_key)
        if item.state in ("returned", "rejected"):
            assert item.reason
        if item.decided_by is not None and item.state != "withdrawn":
            judge = people_[item.decided_by]
            assert owners[item.indicator] in judge.sections
            assert not judge.belongs_to(item.department_id)
            assert item.decided_at > item.submitted_at
    ordered = sorted(
        filled.rows(models.evidence, where=[models.evidence.c.number.is_not(None)]),
        key=lambda item: item.created_at,
    )
    for item in ordered:
        place = (item.department_id, item.quarter)
        numbers[place] = numbers.get(place, 0) + 1
        assert item.number == numbers[place]


def test_people_work_when_the_centre_is_open(filled):
    audit = models.audit.c
    for row in filled.rows(audit.at, audit.action):
        moment = local(row.at)
        assert CALENDAR.is_workday(moment.date()), row
        assert time(8, 30) <= moment.time() < time(17, 0), row
        assert moment < filled.days.morning
