"""The demonstration's quarters as they stand in the database when the page opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from bot import demo
from bot.config import load_for_demo
from bot.demo import enrolment, seeding
from bot.demo.days import Days, days_of
from bot.demo.people import MEMBERS, PLACES
from handlers import discovery
from handlers.dispatch import Desk
from handlers.premises import Premises
from rubric import report as reports
from rubric.edition import edition_for
from rubric.quarter import Quarter
from rubric.report import Report
from storage import accounts, models, people, publications, quarters, sections
from storage.accounts import Person
from storage.blobs import Stored
from storage.calendar import work_calendar
from storage.db import Database, metadata, sqlite_url
from templates import documents

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = work_calendar({})
# each ends before other holidays
QUARTERS = ("2025Q4", "2026Q1", "2026Q2", "2026Q3")


@dataclass(slots=True)
class Filled:
    database: Database
    days: Days

    @property
    def now(self) -> str:
        return self.days.quarter.code

    @property
    def before(self) -> str:
        return self.days.quarter.previous().code

    def rows(self, *columns, where=()) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(select(*columns).where(*where)))

    def count(self, *columns, where=()) -> Counter[object]:
        """How many rows of the columns' table have which values."""
        found = self.rows(*columns, where=where)
        return Counter(row[0] if len(columns) == 1 else tuple(row) for row in found)

    def everybody(self) -> dict[int, Person]:
        with self.database.read() as connection:
            ids = connection.execute(select(models.person.c.id)).scalars().all()
            found = [accounts.find_person(connection, id_) for id_ in ids]
        return {person.id: person for person in found if person}

    def report(self) -> Report:
        """What was published."""
        with self.database.read() as connection:
            published = publications.find(connection, self.before)
        assert published is not None
        return reports.from_json(published.report)


def present(quarter: str) -> Days:
    return days_of(Quarter.parse(quarter), CALENDAR, ZONE, after=4)


def fill(database: Database, days: Days) -> Filled:
    metadata.create_all(database.writer)
    told = demo.told_until(days, ZONE)
    files: dict[Any, Future[Stored]] = {sample: Future() for sample in seeding.samples(told)}
    for number, file in enumerate(files.values()):
        file.set_result(Stored(f"{number:064x}", 1))
    desk = Desk(discovery.discover(), Premises(b"key"), "demo")
    with database.begin() as connection:
        enrolled = enrolment.enrol(connection, told)
        seeding.seed(connection, desk, told, files, enrolled)
    return Filled(database, days)


@pytest.fixture(scope="module", params=QUARTERS)
def filled(request, tmp_path_factory) -> Iterator[Filled]:
    """Only looked at: to fill it takes seconds."""
    database = Database(sqlite_url(tmp_path_factory.mktemp("demo") / "demo.sqlite"))
    yield fill(database, present(request.param))
    database.close()


def local(moment: datetime) -> datetime:
    return moment.astimezone(ZONE)


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
        terms = {code: quarters.find(connection, code) for code in (filled.now, filled.before)}
        owners = sections.row_owners(connection)
    people_ = filled.everybody()
    numbers: dict[tuple[int, str], int] = {}
    facts = set()
    submitted = models.evidence.c.submitted_at
    for item in filled.rows(models.evidence, where=[submitted.is_not(None)]):
        if item.quarter is None:
            continue  # a working copy
        dates = terms[item.quarter].dates(ZONE)
        assert Quarter.containing(item.event_date).code == item.quarter
        assert item.created_at <= item.submitted_at < dates.supplement_deadline
        assert item.event_date <= local(item.created_at).date()
        assert item.late == (item.submitted_at >= dates.report_deadline)
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
        assert first.count(models.quarter.c.code) == {"2023Q2": 1}
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
