"""The demonstration's quarters as they stand in the database when the page opens."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import func, select

from bot import demo
from bot.config import load_for_demo
from bot.demo import seeding
from bot.demo.people import MEMBERS, PLACES
from rubric.edition import edition_for
from rubric.report import Report
from storage import models, people, publications, quarters
from storage.db import Database, sqlite_url
from templates import documents
from tests.support.lived import CALENDAR, ZONE, fill, local, present

# ---------------------------------------------------------------- what is there


def test_what_a_visitor_finds(filled):
    evidence = models.evidence.c
    assert filled.count(evidence.state, where=[evidence.quarter == filled.now]) == {
        "accepted": 17,
        "submitted": 4,
        "returned": 1,
        "rejected": 2,
        "withdrawn": 2,
    }
    assert filled.count(evidence.state, where=[evidence.quarter == filled.before]) == {
        "accepted": 57,
        "rejected": 3,
        "withdrawn": 2,
    }
    assert filled.count(evidence.state, where=[evidence.quarter.is_(None)]) == {
        "draft": 2,
        "merged": 4,
    }
    assert filled.count(evidence.quarter, evidence.late)[filled.now, True] == 1
    assert filled.count(evidence.quarter, evidence.late)[filled.before, True] == 1
    assert filled.count(evidence.quarter, evidence.proxy)[filled.now, True] == 1
    assert filled.count(evidence.quarter, evidence.proxy)[filled.before, True] == 1
    for quarter in (filled.now, filled.before):
        kinds = filled.count(evidence.kind, where=[evidence.quarter == quarter])
        assert kinds.keys() == {"case", "news", "innovation", "work", "other"}
    assert filled.count(models.audit.c.result).keys() == {"ok"}
    actions = filled.count(models.audit.c.action)
    assert actions["evidence.move"] == 2
    assert actions["evidence.expire"] == 1
    assert actions["score.carry_over"] == 1


def test_nothing_is_left_to_deliver(filled):
    outbox = models.outbox.c
    assert filled.count(outbox.state).keys() == {"sent"}
    assert max(local(row.sent_at) for row in filled.rows(outbox.sent_at)) < filled.days.morning


def test_the_people_are_about_sixty_and_all_different(filled):
    people_ = filled.everybody()
    assert len(people_) == len({person.name for person in people_.values()}) == len(MEMBERS) == 62
    roles = Counter(grant.role for person in people_.values() for grant in person.grants)
    assert roles == {
        "liaison": 36,
        "head": 9,
        "evaluator": 8,
        "admin": 2,
        "director": 1,
        "auditor": 1,
        "member": 6,
    }
    linked = filled.count(models.account.c.person_id)
    assert linked == dict.fromkeys(people_, 1)


def test_the_departments_are_many_and_their_names_short(filled):
    department = models.department.c
    names = filled.count(department.short_name)
    assert len(names) == len(PLACES) == 30
    assert max(map(len, names)) <= 6
    liaisons = {each.where for each in MEMBERS if each.role == "liaison"}
    assert liaisons == {place.code for place in PLACES}


def test_every_tab_begins_with_a_menu_of_this_morning(filled):
    newest = select(func.max(models.web_message.c.id)).group_by(models.web_message.c.account_id)
    with filled.database.read() as connection:
        said = connection.execute(
            select(
                models.account.c.external_id, models.web_message.c.body, models.web_message.c.at
            )
            .join(models.account)
            .where(models.web_message.c.id.in_(newest))
        ).all()
    tabs = {member.name for member in MEMBERS if member.tab}
    assert {name for name, _, _ in said} >= tabs
    for name, body, at in said:
        if name not in tabs:
            continue
        assert body["text"].startswith(f"{name}您好，您是")
        assert filled.days.morning.replace(hour=9, minute=0) < at < filled.days.morning


def test_the_tabs_are_calm(filled):
    """Of months of messages, those since yesterday, and the menu."""
    shown = filled.count(models.web_message.c.account_id)
    assert max(shown.values()) <= 6
    oldest = min(local(row.at) for row in filled.rows(models.web_message.c.at))
    assert oldest.date() == filled.days.back(1)


# ---------------------------------------------------------------- what was published


def test_the_outcome_went_the_proper_way(filled):
    with filled.database.read() as connection:
        term = quarters.find(connection, filled.before)
        proposal = publications.latest_proposal(connection, filled.before)
        published = publications.find(connection, filled.before)
        admins = {person.id for person in people.holders_of(connection, "admin")}
        directors = {person.id for person in people.holders_of(connection, "director")}
        audience = publications.audience(connection)
    assert term is not None
    assert proposal is not None
    assert published is not None
    assert term.state == "published"
    assert proposal.outcome == "released"
    assert proposal.person_id in admins
    [released] = filled.rows(models.publication)
    assert released.person_id in directors
    dates = term.dates(ZONE)
    score = models.score.c
    handed = filled.rows(func.max(score.handed_at), where=[score.quarter == filled.before])[0][0]
    assert dates.supplement_deadline < handed < proposal.at < released.at < dates.score_deadline
    key = models.outbox.c.key
    got = filled.count(key, where=[key.startswith(f"publication:{published.id}:ranking:")])
    assert len(got) == len(audience) == len(MEMBERS)
    sheets = filled.count(key, where=[key.startswith(f"publication:{published.id}:sheet.")])
    assert len(sheets) == 36 + 9 - 1  # each liaison and head, but the one of who is 不参评


def test_the_published_places_are_the_sums_of_the_scores(filled):
    report = filled.report()
    rows = edition_for(report.quarter.last_day).indicators
    totals = {}
    for each in report.departments:
        if not each.rows:
            continue
        given = {cell.indicator: cell.hundredths for cell in each.rows}
        base = [row for row in rows if not row.bonus and given[row.id] is not None]
        points = sum(given[row.id] for row in base)
        applicable = sum(row.points for row in base)
        bonus = sum(given[row.id] for row in rows if row.bonus)
        totals[each.code] = (points * 100 + applicable // 2) // applicable + bonus
        assert totals[each.code] == each.total, each.code
    ranks = {each.code: each.rank for each in report.departments if each.rows}
    for code, total in totals.items():
        higher = sum(other > total for other in totals.values())
        assert ranks[code] > higher
        assert ranks[code] <= higher + sum(other == total for other in totals.values())
    assert list(report.awards) == sorted(ranks, key=ranks.__getitem__)[:3] == ["GHZY", "GA", "WJW"]


def test_it_shows_ties_and_a_department_that_came_late(filled):
    report = filled.report()
    shared = Counter(each.rank for each in report.departments if each.rank)
    assert [rank for rank, count in shared.items() if count > 1] == [ranks_of(report)["WLJ"]]
    assert ranks_of(report)["WLJ"] == ranks_of(report)["YCJ"]
    assert ranks_of(report)["YB"] + 1 == ranks_of(report)["CL"]  # equal, but for 服务成效
    late = report.department("MZB")
    assert (late.rows, late.excluded) == ((), "在中心的工作日不足本季度一半")
    open_cells = {
        (each.code, cell.indicator)
        for each in report.departments
        for cell in each.rows
        if cell.hundredths is None
    }
    assert open_cells == {("MZ", "online_help"), ("XF", "online_maturity")}


def ranks_of(report: Report) -> dict[str, int]:
    return {each.code: each.rank for each in report.departments if each.rank}


# ---------------------------------------------------------------- when it is


@pytest.mark.parametrize(
    ("now", "told", "morning"),
    [
        ("2026-11-22T19:00", False, "2026-10-12T09:30"),  # after the holidays, with a make-up day
        ("2026-10-03T19:00", False, "2026-10-12T09:30"),
        ("2026-10-12T09:30", True, "2026-10-12T09:30"),
        ("2026-10-12T09:29", True, "2026-07-06T09:30"),  # nothing that is shown lies ahead
        ("2026-01-05T08:00", False, "2026-01-07T09:30"),
    ],
)
def test_which_morning_it_is(tmp_path, now, told, morning):
    config = load_for_demo(tmp_path / "data", {})
    moment = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    days = demo.choose_days(moment, CALENDAR, config, told=told)
    assert days.morning == datetime.fromisoformat(morning).replace(tzinfo=ZONE)


def test_the_first_quarter_under_the_notice_has_none_before_it(tmp_path):
    database = Database(sqlite_url(tmp_path / "demo.sqlite"))
    try:
        first = fill(database, present("2023Q2"))
        assert min(map(str, first.count(models.quarter.c.code))) == "2023Q2"
        assert first.count(models.evidence.c.quarter) == {"2023Q2": 26, None: 4}
    finally:
        database.close()


def test_each_file_is_what_its_name_says_and_no_two_are_alike():
    wanted = seeding.samples(demo.told_until(present("2026Q3"), ZONE))
    made = {
        sample.name: documents.render(sample.document, arguments)
        for sample, arguments in wanted.items()
    }
    beginnings = {"png": b"\x89PNG", "pdf": b"%PDF", "docx": b"PK\x03\x04"}
    for name, content in made.items():
        assert content.startswith(beginnings[name.rpartition(".")[2]])
    assert len(made) == len(wanted) == 39
    assert len(set(made.values())) == len(made)
