"""/admin → 日历: the days that the program does not know of itself, above all a new year's plan.

Quarters that have been opened keep their dates; their card offers to work them out anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from handlers.administration import quarters as quarter_desk
from handlers.administration.days import Span, pack, read_days, spans, spans_of, unpack
from handlers.administration.desk import (
    PANEL,
    Draft,
    Page,
    action,
    back,
    button,
    danger,
    pairs,
    rest,
    step,
)
from handlers.dialog import Goto, Outcome, Outdated
from handlers.messages import Action, rows
from handlers.occasion import Occasion
from handlers.turn import Turn
from storage import calendar, quarters
from storage.names import checked
from templates import admin_labels as labels

SOURCE_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Year:
    """`known`: whether its plan is there; `unstated` which holidays were not entered yet."""

    year: int
    known: bool
    entered: int
    unstated: tuple[str, ...]


def lacking_year(occasion: Occasion) -> int | None:
    """The year whose plan is to be entered: this one's, from 1 December the next one's."""
    today = occasion.premises.today(occasion.now)
    wanted = (today.year, today.year + 1) if today.month == 12 else (today.year,)
    known = occasion.calendar.known_years
    return next((year for year in wanted if year not in known), None)


# ---------------------------------------------------------------- looking


@action("ad.cal")
def show_calendar(turn: Turn, pressed: Action) -> Outcome:
    _list(turn, wanted=pressed.id)
    return rest(turn)


def _list(turn: Turn, *, wanted: int = 0) -> None:
    entered = calendar.overrides(turn.connection)
    found = spans(entered)[::-1]
    page = Page.of(wanted, len(found))
    today = turn.premises.today(turn.now)
    turn.say(
        "calendar.list",
        panel=PANEL,
        years=[_year(turn, year, entered) for year in (today.year, today.year + 1)],
        lacking=lacking_year(turn),
        page=page,
        found=page.cut(found),
        buttons=rows(
            *pairs([button(_label(each), "ad.calday", each.key) for each in page.cut(found)]),
            page.turners("ad.cal"),
            button(labels.ADD_DAYS, "ad.caladd"),
            back("ad.home"),
        ),
    )


def _year(turn: Turn, year: int, entered: list[calendar.Override]) -> Year:
    days = [each.day for each in entered if each.day.year == year]
    known = year in turn.calendar.known_years
    return Year(year, known, len(days), () if known else calendar.unstated(year, days))


def _label(span: Span) -> str:
    """2027.2.6-2.12 放假"""
    first = f"{span.first.year}.{span.first.month}.{span.first.day}"
    last = f"-{span.last.month}.{span.last.day}" if span.last > span.first else ""
    return f"{first}{last} {'上班' if span.workday else '放假'}"


@action("ad.calday")
def show_entry(turn: Turn, pressed: Action) -> Outcome:
    _card(turn, _entry(turn, pressed.object))
    return rest(turn)


def _entry(turn: Turn, key: str) -> Span:
    """Outdated, with the list, for one that is not there (any more)."""
    for each in spans(calendar.overrides(turn.connection)):
        if each.key == key:
            return each
    raise Outdated(show=_list)


def _card(turn: Turn, found: Span) -> None:
    turn.say(
        "calendar.entry",
        panel=PANEL,
        span=found,
        buttons=rows(
            button(labels.SOURCE, "ad.calsrc", found.key),
            [danger(labels.REMOVE, "ad.calrm", found.key), back("ad.cal")],
        ),
    )


# ---------------------------------------------------------------- entering


@action("ad.caladd")
def ask_days(turn: Turn, pressed: Action) -> Outcome:
    turn.say(
        "calendar.new",
        panel=PANEL,
        year=lacking_year(turn) or turn.premises.today(turn.now).year + 1,
        buttons=rows(back("ad.cal")),
    )
    return Goto("cal_add", Draft())


@step("cal_add")
def take_days(turn: Turn, draft: Draft) -> Outcome:
    """They count at once; the document that they are from is asked for once, for all of them."""
    days = read_days(turn.words, today=turn.premises.today(turn.now))
    if not days:
        return ask_days(turn, Action("ad.caladd"))
    before = {
        each.day: each.workday for each in calendar.overrides(turn.connection) if each.day in days
    }
    calendar.set_days(turn.connection, days)
    added = spans_of(days)
    turn.audit(
        "calendar.set",
        added[0].key,
        before=[_label(each) for each in spans_of(before)],
        after=[_label(each) for each in added],
    )
    turn.say(
        "calendar.added",
        panel=PANEL,
        found=added,
        differing=_differing(turn),
        buttons=rows(button(labels.NO_SOURCE, "ad.cal")),
    )
    return Goto("cal_src", Draft(given=pack(days)))


def _differing(turn: Turn) -> list[str]:
    """Opened quarters whose announced dates are no longer what the calendar gives."""
    return [
        term.code
        for term in quarters.unpublished(turn.connection)
        if term.open and quarter_desk.by_rule(turn, term) is not None
    ]


@action("ad.calsrc")
def ask_source(turn: Turn, pressed: Action) -> Outcome:
    found = _entry(turn, pressed.object)
    turn.say(
        "calendar.source",
        panel=PANEL,
        span=found,
        buttons=rows(back("ad.calday", found.key)),
    )
    return Goto("cal_src", Draft(given=pack(found.days)))


@step("cal_src")
def take_source(turn: Turn, draft: Draft) -> Outcome:
    source = checked(turn.words, what="文件", limit=SOURCE_LENGTH)
    days = unpack(draft.given)
    calendar.set_source(turn.connection, days, source=source)
    turn.audit("calendar.source", f"{days[0]:%Y%m%d}", days=len(days), after=source)
    _list(turn)
    return rest(turn)


# ---------------------------------------------------------------- removing


@action("ad.calrm")
def remove(turn: Turn, pressed: Action) -> Outcome:
    found = _entry(turn, pressed.object)
    calendar.remove_days(turn.connection, found.days)
    turn.audit("calendar.remove", found.key, before=[_label(found)], source=found.source)
    _list(turn)
    return rest(turn)
