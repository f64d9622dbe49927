"""What the cards of /progress share: the quarters in hand, their dates, the way to another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from handlers.access import NotAllowed
from handlers.administration.desk import Page
from handlers.messages import Action, Button
from handlers.term import current_term, find_term
from handlers.turn import Turn
from rubric.quarter import Quarter, QuarterState
from storage import quarters
from storage.quarters import Term
from templates import words


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a quarter stands; the dates of reporting only while they are ahead. `late`: 评分截止
    has passed, which hinders nobody."""

    quarter: str
    state: QuarterState
    report_until: date | None
    supplement_until: date | None
    score_until: date
    late: bool
    provisional: bool


def in_hand(turn: Turn) -> list[Term]:
    """The quarter that is worked on, then those after it that have begun and aren't published.
    These are looked at, not opened."""
    today = turn.premises.today(turn.now)
    found = [current_term(turn)]
    following = Quarter.parse(found[0].code).next()
    while following.first_day <= today:
        term = quarters.look(
            turn.connection, following, calendar=turn.calendar, timezone=turn.premises.zone
        )
        if QuarterState(term.state) is not QuarterState.PUBLISHED:
            found.append(term)
        following = following.next()
    return found


def named_term(turn: Turn, code: str) -> Term:
    """The quarter that a button names, also when it has been published since. Raises NotAllowed
    for one that was never opened or has not begun."""
    found = next((each for each in in_hand(turn) if each.code == code), None)
    term = found or find_term(turn, code)
    if term.opens > turn.premises.today(turn.now):
        raise NotAllowed
    return term


def standing(turn: Turn, term: Term) -> Standing:
    zone = turn.premises.zone
    dates, state = term.dates(zone), term.state_at(turn.now, zone)
    collecting = state is QuarterState.COLLECTING
    in_time = collecting and turn.now < dates.report_deadline
    return Standing(
        quarter=term.code,
        state=state,
        report_until=term.report_until if in_time else None,
        supplement_until=term.supplement_until if collecting else None,
        score_until=term.score_until,
        late=turn.now >= dates.score_deadline,
        provisional=term.provisional,
    )


def switches(turn: Turn, term: Term, verb: str) -> list[Button]:
    """The same card for the other quarters in hand."""
    return [
        Button(f"切换到{words.quarter(each.code)}", Action(verb, each.code))
        for each in in_hand(turn)
        if each.code != term.code
    ]


def turners(term: Term, page: Page, verb: str, view: str = "") -> list[Button]:
    """上一页 and 下一页, where there is one; the argument is the view and the page, as r2."""
    turns = []
    if page.number > 0:
        argument = f"{view}{page.number - 1}"
        turns.append(Button(words.PREVIOUS, Action(verb, term.code, 0, argument)))
    if page.number + 1 < page.pages:
        argument = f"{view}{page.number + 1}"
        turns.append(Button(words.NEXT, Action(verb, term.code, 0, argument)))
    return turns


def page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def result_button(standing: Standing) -> list[Button]:
    """Where there is nothing left to do, what has come of it."""
    if standing.state is not QuarterState.PUBLISHED:
        return []
    return [Button("考核结果", Action("rs.show", standing.quarter))]
