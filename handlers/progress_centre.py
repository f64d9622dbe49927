"""Who still owes a quarter what, in the whole centre, for the admin; how far it is, for the
director. Neither shows a score, a sum or a place: those stand in /publish, once all is in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from handlers.administration.desk import Page
from handlers.drafting import REPORTERS
from handlers.messages import Action, Button, Rows, grid, rows
from handlers.progress_terms import (
    Standing,
    page_number,
    result_button,
    standing,
    switches,
    turners,
)
from handlers.publish_card import may_release
from handlers.score_table import RowState, ScoreTable, read_table
from handlers.turn import Turn
from rubric.quarter import QuarterState
from storage import leaves, nothing, people, progress, publications, sections
from storage.accounts import Person
from storage.progress import Reported, Waiting
from storage.quarters import Term
from storage.scores import OWNER_SEAT
from storage.sections import Section
from templates import words

VERB: Final = "pr.all"
DIRECTOR_VERB: Final = "pr.dir"
PANEL: Final = "progress-all"
DIRECTOR_PANEL: Final = "progress-director"
SECTIONS_SHOWN: Final = 4
LISTED: Final = 10
RETURNED, SILENT, UNLINKED = "r", "n", "u"


@dataclass(frozen=True, slots=True)
class Named:
    """A person; nothing reaches those who aren't `linked`."""

    name: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Part:
    """What one section owes; `name` '' for the rows that no section owns. `open`: rows with how
    many departments the section hasn't scored; `loose`: scored, not handed in; `seats`: only
    further seats are missing."""

    name: str
    evaluators: tuple[Named, ...]
    substitute: Named | None
    total: int
    handed: int
    open: tuple[tuple[str, int], ...]
    loose: tuple[str, ...]
    seats: tuple[str, ...]
    waiting: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class SeatOwed:
    """A further seat of a row with departments that its holder hasn't scored."""

    row: str
    number: int
    person: str
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The quarter in whole numbers: `cells` are 未评, `silent` departments without a report, those
    left out that said they have `nothing`."""

    departments: int
    rows: int
    handed: int
    cells: int
    waiting: int
    returned: int
    silent: int
    nothing: int
    unlinked: int

    @property
    def complete(self) -> bool:
        owed = self.waiting or self.returned
        return bool(self.departments) and self.handed == self.rows and not owed


# ---------------------------------------------------------------- the director


def say_director(turn: Turn, term: Term) -> None:
    now = standing(turn, term)
    proposal = (
        publications.latest_proposal(turn.connection, term.code)
        if now.state is QuarterState.PROPOSED
        else None
    )
    turn.say(
        "progress.director",
        panel=DIRECTOR_PANEL,
        buttons=rows(
            [*_publish(term, now), *result_button(now)], *switches(turn, term, DIRECTOR_VERB)
        ),
        now=now,
        figures=_figures(turn, term, read_table(turn, term)),
        proposal=proposal,
        mine=proposal is not None and may_release(turn, proposal),
    )


def _publish(term: Term, now: Standing) -> list[Button]:
    """The way to the outcome, which says itself what it still lacks."""
    if not term.revision or now.state is QuarterState.PUBLISHED:
        return []
    return [Button("发布", Action("pb.show", term.code))]


def _figures(turn: Turn, term: Term, table: ScoreTable) -> Figures:
    states = list(table.rows())
    reported = progress.reported(turn.connection, term.code)
    silent, reportless = _silent(turn, table, reported)
    return Figures(
        departments=len(table.departments),
        rows=len(states),
        handed=sum(state.handed for state in states),
        cells=sum(len(state.missing) for state in states),
        waiting=_in_state(reported, "submitted"),
        returned=_in_state(reported, "returned"),
        silent=len(silent),
        nothing=len(reportless),
        unlinked=progress.unlinked(turn.connection)[1],
    )


def _in_state(reported: Mapping[int, Reported], state: str) -> int:
    return sum(each.states.get(state, 0) for each in reported.values())


def _silent(
    turn: Turn, table: ScoreTable, reported: Mapping[int, Reported]
) -> tuple[list[tuple[int, str]], list[str]]:
    """Id and short name of the assessed departments that have reported nothing yet; the names of
    those that said they have nothing."""
    said = nothing.of_quarter(turn.connection, table.term.code)
    found = [each for each in table.departments if not reported.get(each.id, Reported()).anything]
    silent = [(each.id, each.short_name) for each in found if each.id not in said]
    return silent, [each.short_name for each in found if each.id in said]


# ---------------------------------------------------------------- the admin


def say_centre(turn: Turn, term: Term, *, view: str = "") -> None:
    """`view` is what a button's argument says: a page of sections, or r, n or u and the page of
    what is returned, who has reported nothing, who has no account."""
    shown, wanted = view[:1], page_number(view[1:])
    if shown == RETURNED:
        _say_returned(turn, term, wanted)
    elif shown == SILENT:
        _say_silent(turn, term, wanted)
    elif shown == UNLINKED:
        _say_unlinked(turn, term, wanted)
    else:
        _say_sections(turn, term, page_number(view))


def _say_sections(turn: Turn, term: Term, wanted: int) -> None:
    now = standing(turn, term)
    table = read_table(turn, term)
    figures = _figures(turn, term, table)
    parts = _parts(turn, term, table)
    page = Page.of(wanted, len(parts), SECTIONS_SHOWN)
    turn.say(
        "progress.centre",
        panel=PANEL,
        buttons=rows(
            *grid(_lists(term, figures), width=3),
            turners(term, page, VERB),
            [*_publish(term, now), *result_button(now)],
            *switches(turn, term, VERB),
        ),
        now=now,
        figures=figures,
        page=page,
        groups=page.cut(parts),
        seats=() if page.number else tuple(_seats_owed(table)),
    )


def _lists(term: Term, figures: Figures) -> list[Button]:
    return [
        Button(f"{label} {count}", Action(VERB, term.code, 0, f"{view}0"))
        for label, count, view in (
            (words.STATES["returned"], figures.returned, RETURNED),
            ("未上报部门", figures.silent, SILENT),
            ("未绑定人员", figures.unlinked, UNLINKED),
        )
        if count
    ]


def _parts(turn: Turn, term: Term, table: ScoreTable) -> list[Part]:
    """The sections that own rows, in their order; the rows that none owns behind them."""
    owners = sections.row_owners(turn.connection)
    known = sections.sections(turn.connection)
    waiting = progress.waiting(turn.connection, term.code)
    groups: dict[int, list[RowState]] = {}
    for state in table.rows():
        groups.setdefault(owners.get(state.row.id, 0), []).append(state)
    return [
        _part(turn, table, groups[each.id], waiting, section=each)
        for each in known
        if each.id in groups
    ] + [_part(turn, table, states, waiting) for id_, states in groups.items() if not id_]


def _part(
    turn: Turn,
    table: ScoreTable,
    states: Sequence[RowState],
    waiting: Mapping[str, Waiting],
    *,
    section: Section | None = None,
) -> Part:
    missing = {state.row.id: _unscored(table, state.row.id, OWNER_SEAT) for state in states}
    queued = [waiting[state.row.id] for state in states if state.row.id in waiting]
    evaluators = (
        people.evaluators_of(turn.connection, section.id, day=turn.today) if section else []
    )
    evaluators = leaves.on_duty(turn.connection, evaluators, day=turn.today)
    return Part(
        name=section.name if section else "",
        evaluators=_named(turn, evaluators),
        substitute=_substitute(turn, section),
        total=len(states),
        handed=sum(state.handed for state in states),
        open=tuple((s.row.name, missing[s.row.id]) for s in states if missing[s.row.id]),
        loose=tuple(s.row.name for s in states if s.loose and not s.missing),
        seats=tuple(s.row.name for s in states if s.missing and not missing[s.row.id]),
        waiting=sum(each.count for each in queued),
        since=min((each.since for each in queued), default=None),
    )


def _unscored(table: ScoreTable, row_id: str, seat: int) -> int:
    """How many departments lack a score on this seat, of those that it has a share in."""
    return sum(
        seat in table.seats_of(row_id, each.id)
        and seat not in table.marks.get((each.id, row_id), {})
        for each in table.departments
    )


def _seats_owed(table: ScoreTable) -> list[SeatOwed]:
    return [
        SeatOwed(row.name, seat.number, seat.person, count)
        for row in table.indicators
        for seat, _ in table.further.get(row.id, ())
        if (count := _unscored(table, row.id, seat.number))
    ]


def _named(turn: Turn, found: Sequence[Person]) -> tuple[Named, ...]:
    linked = progress.linked(turn.connection, [each.id for each in found])
    return tuple(Named(each.name, each.id in linked) for each in found)


def _substitute(turn: Turn, section: Section | None) -> Named | None:
    if section is None or section.substitute_id is None:
        return None
    id_ = section.substitute_id
    return Named(
        people.name_of(turn.connection, id_), id_ in progress.linked(turn.connection, [id_])
    )


# ---------------------------------------------------------------- the admin's lists


def _say_returned(turn: Turn, term: Term, wanted: int) -> None:
    found = progress.returned(turn.connection, term.code)
    page = Page.of(wanted, len(found), LISTED)
    turn.say(
        "progress.returned",
        panel=PANEL,
        buttons=_list_ways(turn, term, page, RETURNED),
        quarter=term.code,
        page=page,
        found=page.cut(found),
    )


def _say_silent(turn: Turn, term: Term, wanted: int) -> None:
    """With who would report for each."""
    reported = progress.reported(turn.connection, term.code)
    silent, reportless = _silent(turn, read_table(turn, term), reported)
    page = Page.of(wanted, len(silent), LISTED)
    reporters = people.holders_of(turn.connection, *REPORTERS)
    found = [
        (name, _named(turn, [each for each in reporters if id_ in each.departments(*REPORTERS)]))
        for id_, name in page.cut(silent)
    ]
    turn.say(
        "progress.silent",
        panel=PANEL,
        buttons=_list_ways(turn, term, page, SILENT),
        quarter=term.code,
        page=page,
        found=found,
        nothing=reportless,
    )


def _say_unlinked(turn: Turn, term: Term, wanted: int) -> None:
    _, total = progress.unlinked(turn.connection)
    page = Page.of(wanted, total, LISTED)
    found, _ = progress.unlinked(turn.connection, offset=page.offset, limit=page.size)
    turn.say(
        "progress.unlinked",
        panel=PANEL,
        buttons=_list_ways(turn, term, page, UNLINKED, Button("人员", Action("ad.ppl"))),
        page=page,
        found=[(name, people.held_roles(turn.connection, id_)) for id_, name in found],
    )


def _list_ways(turn: Turn, term: Term, page: Page, view: str, *more: Button) -> Rows:
    back = Button(words.BACK, Action(VERB, term.code))
    return rows(turners(term, page, VERB, view), [*more, back])
