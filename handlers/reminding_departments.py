"""What departments owe: a report, until they have submitted anything or said 本季度无可报; drafts
that wait to be confirmed; items that came back. Their liaisons are reminded, never their heads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from handlers.messages import Action, Button
from handlers.occasion import Occasion
from handlers.progress_own import NOTHING_VERB
from handlers.reminder_round import Key, Piece, Round, Unreached, stamp
from handlers.term import assessed_departments
from rubric.quarter import Quarter, Windows
from rubric.reminders import Kind, Stage, current, due, reporting_line, returned_line
from storage import enrolment, extensions, nothing, progress, reminders
from storage.departments import Department
from storage.evidence import Item
from storage.progress import Reported
from storage.quarters import Term
from templates import words

FRESH_DAYS: Final = 14  # that a quarter counts as new
BUTTONS: Final = 2  # for items, and for drafts


@dataclass(frozen=True, slots=True)
class Owed:
    """A department in one quarter; `dates` are its own, `line` is that of reporting, `lines`
    are those of the returned items."""

    term: Term
    department: Department
    dates: Windows
    report: bool
    returned: tuple[Item, ...]
    drafts: tuple[Item, ...]
    line: tuple[Stage, ...]
    lines: tuple[tuple[Item, tuple[Stage, ...]], ...]

    @property
    def anything(self) -> bool:
        return self.report or bool(self.returned) or bool(self.drafts)

    @property
    def about(self) -> str:
        return f"{self.term.code}.{self.department.id}"


@dataclass(frozen=True, slots=True)
class DepartmentMatter:
    """`opening`: the quarter's first message to this person, `fresh` if it has just begun;
    `report_until` only while it is ahead, with the working days that are `left` until then, today
    not counted."""

    quarter: str
    department: str
    opening: bool
    fresh: bool
    report: bool
    returned: tuple[Item, ...]
    drafts: tuple[Item, ...]
    left: int
    report_until: date | None
    supplement_until: date | None
    provisional: bool
    matter: str = "department"


def pieces(round_: Round, term: Term) -> list[Piece]:
    """Of this quarter; the departments whose liaisons are all beyond reach are noted besides.
    While codes are on the way to people, they aren't: not before the first of them is in, nor
    where a liaison has a code that can still be used."""
    owing = [(each, stages) for each in owed(round_, term) if (stages := _timely(round_, each))]
    liaisons = reminders.liaisons(
        round_.occasion.connection, [each.department.id for each, _ in owing]
    )
    hearing = {round_.recipient(id_) for found in liaisons.values() for id_ in found}
    occasion = round_.occasion
    there = reminders.reachable(occasion.connection, hearing, channels=occasion.premises.channels)
    found, beyond = [], []
    for each, stages in owing:
        people = liaisons.get(each.department.id, [])
        found += [piece for id_ in people if (piece := _piece(round_, each, id_)) is not None]
        if not any(round_.recipient(id_) in there for id_ in people):
            beyond += [(Unreached(term.code, each.department, s), people) for s in stages]
    if beyond and enrolment.begun(round_.occasion.connection):
        coming = enrolment.holders(round_.occasion.connection, now=round_.occasion.now)
        round_.unreached += [each for each, people in beyond if coming.isdisjoint(people)]
    return found


def owed(round_: Round, term: Term) -> list[Owed]:
    """The departments that owe the quarter anything, in the order of the register."""
    if not term.open:
        return []
    occasion = round_.occasion
    reported = progress.reported(occasion.connection, term.code)
    said = nothing.of_quarter(occasion.connection, term.code)
    own_dates = dates_of(occasion, term)
    returned, copies = _returned(round_, term)
    drafts = _drafts(round_, own_dates, {each.id for each in _flat(returned)})
    lines: dict[tuple[date, date], tuple[Stage, ...]] = {}
    found = []
    for department, dates in own_dates.items():
        span = (dates.report_until, dates.supplement_until)
        if span not in lines:
            lines[span] = reporting_line(dates, round_.calendar)
        back = returned.get(department.id, ())
        silent = not reported.get(department.id, Reported()).anything
        made = Owed(
            term,
            department,
            dates,
            report=silent
            and department.id not in said
            and occasion.now < dates.supplement_deadline,
            returned=tuple(back),
            drafts=tuple(drafts.get(department.id, ())),
            line=lines[span],
            lines=tuple((item, _line(round_, item, copies)) for item in back),
        )
        if made.anything:
            found.append(made)
    return found


def dates_of(occasion: Occasion, term: Term) -> dict[Department, Windows]:
    """The assessed departments with their own dates."""
    dates = term.dates(occasion.premises.zone)
    later = {e.department_id: e for e in extensions.extensions(occasion.connection, term.code)}
    return {
        each: extensions.extended(dates, later.get(each.id))
        for each in assessed_departments(occasion, term)
    }


def _flat(found: dict[int, list[Item]]) -> list[Item]:
    return [item for each in found.values() for item in each]


def _returned(round_: Round, term: Term) -> tuple[dict[int, list[Item]], dict[int, datetime]]:
    """By department, what may still be completed; and when the copy of each was touched last."""
    connection = round_.occasion.connection
    found: defaultdict[int, list[Item]] = defaultdict(list)
    for item in reminders.in_state(connection, "returned", [term.code]):
        if item.complete_until is not None and round_.occasion.now < item.complete_until:
            found[item.department_id].append(item)
    copies = {}
    if found:
        copies = {each.amends_id: each.updated_at for each in round_.drafts if each.amends_id}
    return dict(found), copies


def _line(round_: Round, item: Item, copies: dict[int, datetime]) -> tuple[Stage, ...]:
    came = item.decided_at or item.updated_at
    touched = max(came, copies.get(item.id, came))
    until = (item.complete_until or came) - timedelta(seconds=1)
    return returned_line(
        round_.day_of(touched), until=round_.day_of(until), calendar=round_.calendar
    )


def _drafts(
    round_: Round, own_dates: dict[Department, Windows], returned: set[int]
) -> dict[int, list[Item]]:
    """By department, those that would be reported into this quarter. What completes a returned
    item is told with that item."""
    dates = {each.id: found for each, found in own_dates.items()}
    wanted: defaultdict[int, list[Item]] = defaultdict(list)
    for item in round_.drafts:
        own = dates.get(item.department_id)
        if own is not None and item.amends_id not in returned and _into(round_, item, own):
            wanted[item.department_id].append(item)
    return dict(wanted)


def _into(round_: Round, item: Item, own: Windows) -> bool:
    """By its date; one of the quarter before comes here when that one takes nothing any more;
    without a date yet, into the first quarter that takes anything."""
    if round_.occasion.now >= own.supplement_deadline:
        return False
    wanted = Quarter.containing(item.event_date) if item.event_date else own.quarter.previous()
    if wanted == own.quarter:
        return True
    before = {term.code: term for term in round_.terms}.get(own.quarter.previous().code)
    closed = before is None or not before.open or round_.today > before.supplement_until
    return closed and wanted == own.quarter.previous()


def _timely(round_: Round, each: Owed) -> list[Stage]:
    """What of it is of use today, told or not."""
    found = (
        current(line, today=round_.today, calendar=round_.calendar)
        for line in (each.line, *(line for _, line in each.lines))
    )
    return [stage for stage in found if stage is not None]


# ---------------------------------------------------------------- what one liaison hears


def _piece(round_: Round, each: Owed, person_id: int) -> Piece | None:
    keys = tuple(_keys(round_, each, person_id))
    if not keys:
        return None
    kinds = {key.kind for key in keys}
    in_time = round_.today <= each.dates.report_until
    open_ = round_.today <= each.dates.supplement_until
    matter = DepartmentMatter(
        quarter=each.term.code,
        department=each.department.short_name,
        opening=Kind.OPENS in kinds,
        fresh=(round_.today - each.dates.opens).days <= FRESH_DAYS,
        report=each.report,
        returned=each.returned,
        drafts=each.drafts,
        left=round_.calendar.workdays_between(round_.today, each.dates.report_until) - 1,
        report_until=each.dates.report_until if in_time else None,
        supplement_until=each.dates.supplement_until if open_ else None,
        provisional=each.term.provisional,
    )
    place = (each.department.short_name, words.season(each.term.code))
    buttons = tuple(_buttons(each, opening=matter.opening))
    return Piece(person_id, keys, matter, buttons, place, passes=True)


def _keys(round_: Round, each: Owed, person_id: int) -> list[Key]:
    found = []
    stage = _due(round_, each.line, person_id, each.about)
    if stage is not None:
        found.append(Key(stage.kind, f"{each.about}.{stamp(stage.day)}", stage.day))
    for item, own in each.lines:
        about = f"{each.term.code}.i{item.id}"
        stage = _due(round_, own, person_id, about)
        if stage is not None:
            found.append(Key(stage.kind, f"{about}.{stamp(stage.day)}", stage.day))
    return found


def _due(round_: Round, line: Sequence[Stage], person_id: int, about: str) -> Stage | None:
    told = round_.told(person_id, about)
    return due(line, today=round_.today, calendar=round_.calendar, told=told)


def _buttons(each: Owed, *, opening: bool) -> list[Button]:
    found = [
        Button(f"{words.COMPLETE}：{item.receipt}", Action("sub.fix", str(item.id), item.revision))
        for item in each.returned[:BUTTONS]
    ]
    found += [
        Button(f"继续草稿：{words.shorten(item.name, 16)}", Action("sub.go", str(item.id)))
        for item in each.drafts[:BUTTONS]
    ]
    if each.report:
        found.append(Button("上报材料", Action("cmd", "submit")))
    if each.report and not opening:  # nobody knows on a quarter's first day
        place = str(each.department.id)
        found.append(Button(words.NOTHING, Action(NOTHING_VERB, each.term.code, 0, place)))
    return found
