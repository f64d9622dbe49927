"""What the admin is reminded of: departments without a report, or beyond reach; rows and reviews
that are late; a year without its plan. And the director: an outcome that waits for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from handlers.administration.calendar import lacking_year
from handlers.messages import Action, Button
from handlers.occasion import Occasion
from handlers.progress_centre import SILENT, VERB
from handlers.reminder_round import Key, Matter, Piece, Round, Unreached, stamp
from handlers.reminding_departments import dates_of
from handlers.score_table import RowState, read_table
from rubric.quarter import QuarterState, Windows
from rubric.reminders import PATIENCE, Kind, due, due_again, plan_line, workday_after
from storage import evidence, nothing, people, progress, publications, sections
from storage.accounts import Person
from storage.departments import Department
from storage.progress import Reported
from storage.quarters import Term
from templates import words

HEADS_VERB: Final = "rm.heads"
NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class LateMatter:
    """Departments that owe a report though their 报送截止 has passed, each with its 补报截止."""

    quarter: str
    found: tuple[tuple[str, date], ...]
    until: date
    shown: int = NAMED
    matter: str = "late"


@dataclass(frozen=True, slots=True)
class UnreachedMatter:
    quarter: str
    names: tuple[str, ...]
    shown: int = NAMED
    matter: str = "unreached"


@dataclass(frozen=True, slots=True)
class OverdueMatter:
    """`parts`: sections with the names of their rows that aren't handed in."""

    quarter: str
    score_until: date
    parts: tuple[tuple[str, tuple[str, ...]], ...]
    waiting: int
    returned: int
    matter: str = "overdue"


@dataclass(frozen=True, slots=True)
class PlanMatter:
    year: int
    matter: str = "plan"


@dataclass(frozen=True, slots=True)
class ReleaseMatter:
    quarter: str
    person: str
    at: datetime
    matter: str = "release"


# ---------------------------------------------------------------- a quarter


def pieces(round_: Round, term: Term) -> list[Piece]:
    """Of this quarter, once its departments have been looked at."""
    state = term.state_at(round_.occasion.now, round_.occasion.premises.zone)
    found = [*_late(round_, term), *_unreached(round_, term)]
    if state is QuarterState.CLOSED and round_.today > term.score_until:
        found += _overdue(round_, term)
    if state is QuarterState.PROPOSED:
        found += _release(round_, term)
    return found


def late_departments(occasion: Occasion, term: Term) -> dict[Department, Windows]:
    """Those that have reported nothing, nor said that they have nothing, by their 报送截止, and
    may do so until their 补报截止; with their dates."""
    today = occasion.premises.today(occasion.now)
    if not term.open or today <= term.report_until:
        return {}
    reported = progress.reported(occasion.connection, term.code)
    said = nothing.of_quarter(occasion.connection, term.code)
    return {
        each: dates
        for each, dates in dates_of(occasion, term).items()
        if dates.report_until < today <= dates.supplement_until
        and each.id not in said
        and not reported.get(each.id, Reported()).anything
    }


def _late(round_: Round, term: Term) -> list[Piece]:
    found = late_departments(round_.occasion, term)
    if not found:
        return []
    matter = LateMatter(
        term.code,
        tuple((each.short_name, dates.supplement_until) for each, dates in found.items()),
        term.supplement_until,
    )
    buttons = (
        Button(words.TELL_HEADS, Action(HEADS_VERB, term.code)),
        Button("未上报部门", Action(VERB, term.code, 0, f"{SILENT}0")),
    )
    rhythm = _Rhythm(Kind.LATE, term.code, round_.today)
    admins = people.holders_of(round_.occasion.connection, "admin")
    return _to_all(round_, admins, rhythm, _News(matter, buttons, term.code))


def _overdue(round_: Round, term: Term) -> list[Piece]:
    start = workday_after(term.score_until, round_.calendar)
    occasion = round_.occasion
    states = [each for each in read_table(occasion, term).rows() if not each.handed]
    counts = evidence.quarter_counts(occasion.connection, term.code)
    matter = OverdueMatter(
        term.code,
        term.score_until,
        tuple(_by_section(occasion, states)),
        waiting=counts.get("submitted", 0),
        returned=counts.get("returned", 0),
    )
    buttons = (
        Button("进度", Action(VERB, term.code)),
        Button("发布", Action("pb.show", term.code)),
    )
    rhythm = _Rhythm(Kind.OVERDUE, term.code, start)
    admins = people.holders_of(round_.occasion.connection, "admin")
    return _to_all(round_, admins, rhythm, _News(matter, buttons, term.code))


def _by_section(
    occasion: Occasion, states: list[RowState]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Sections in their order, what none owns behind them under ''."""
    owners = sections.row_owners(occasion.connection)
    known = {each.id: each.name for each in sections.sections(occasion.connection)} | {0: ""}
    for id_, name in known.items():
        rows = tuple(each.row.name for each in states if owners.get(each.row.id, 0) == id_)
        if rows:
            yield name, rows


def _release(round_: Round, term: Term) -> list[Piece]:
    proposal = publications.latest_proposal(round_.occasion.connection, term.code)
    if proposal is None:
        return []
    start = workday_after(round_.day_of(proposal.at), round_.calendar, PATIENCE)
    matter = ReleaseMatter(term.code, proposal.person, proposal.at)
    buttons = (Button("发布", Action("pb.show", term.code)),)
    rhythm = _Rhythm(Kind.RELEASE, f"{term.code}.p{proposal.number}", start)
    connection = round_.occasion.connection
    directors = [
        each for each in people.holders_of(connection, "director") if each.id != proposal.person_id
    ]
    found = directors or people.holders_of(connection, "admin")
    asked = _to_all(round_, found, rhythm, _News(matter, buttons, term.code))
    # whoever proposed it can't release it in a director's place either
    return [
        replace(
            each,
            passes=bool(directors) and round_.recipient(each.person_id) != proposal.person_id,
        )
        for each in asked
    ]


# ---------------------------------------------------------------- what is told once


def _unreached(round_: Round, term: Term) -> list[Piece]:
    mine = [each for each in round_.unreached if each.quarter == term.code]
    admins = people.holders_of(round_.occasion.connection, "admin") if mine else []
    found = []
    for admin in admins:
        fresh = [(each, key) for each in mine if (key := _key_of(round_, admin.id, each))]
        if fresh:
            names = dict.fromkeys(each.department.short_name for each, _ in fresh)
            matter = UnreachedMatter(term.code, tuple(names))
            keys = tuple(key for _, key in fresh)
            buttons = (Button("人员", Action("ad.ppl")),)
            found.append(Piece(admin.id, keys, matter, buttons, ("", words.season(term.code))))
    return found


def _key_of(round_: Round, person_id: int, each: Unreached) -> Key | None:
    about = f"{each.quarter}.{each.department.id}.{each.stage.kind}"
    line = (replace(each.stage, kind=Kind.UNREACHED),)
    stage = due(
        line, today=round_.today, calendar=round_.calendar, told=round_.told(person_id, about)
    )
    return Key(stage.kind, f"{about}.{stamp(stage.day)}", stage.day) if stage else None


def plan_pieces(round_: Round) -> list[Piece]:
    year = lacking_year(round_.occasion)
    if year is None:
        return []
    span, line = plan_line(round_.today, round_.calendar)
    about = f"{Kind.PLAN}{year}.{span}"
    found = []
    for admin in people.holders_of(round_.occasion.connection, "admin"):
        told = round_.told(admin.id, about)
        stage = due(line, today=round_.today, calendar=round_.calendar, told=told)
        if stage is not None:
            key = Key(stage.kind, about, stage.day)
            buttons = (Button("日历", Action("ad.cal")),)
            found.append(Piece(admin.id, (key,), PlanMatter(year), buttons))
    return found


# ---------------------------------------------------------------- what is told again and again


@dataclass(frozen=True, slots=True)
class _News:
    """What several people hear of a quarter."""

    matter: Matter
    buttons: tuple[Button, ...]
    quarter: str


@dataclass(frozen=True, slots=True)
class _Rhythm:
    kind: Kind
    about: str
    start: date


def _to_all(round_: Round, persons: Sequence[Person], rhythm: _Rhythm, news: _News) -> list[Piece]:
    found = []
    for person in persons:
        last = round_.told(person.id, rhythm.about).get(rhythm.kind)
        if due_again(rhythm.start, today=round_.today, calendar=round_.calendar, last=last):
            key = Key(rhythm.kind, f"{rhythm.about}.{stamp(round_.today)}", rhythm.start)
            place = ("", words.season(news.quarter))
            found.append(Piece(person.id, (key,), news.matter, news.buttons, place))
    return found
