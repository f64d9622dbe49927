"""/start, /help and /cancel: where everybody begins, and the way out of everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import templates
from handlers import linking, reporting, review_queue
from handlers.dialog import Command, Dialog, Done, Keep, Outcome
from handlers.messages import Action, Button, Rows, grid, rows
from handlers.turn import Turn
from rubric.quarter import Quarter, QuarterState, Windows, state_by_dates
from storage import evidence, extensions, leaves, people, quarters, sections
from storage.extensions import Extension
from storage.quarters import Term
from templates import words

dialog = Dialog("menu")

MENU = Button(words.MENU, Action("cmd", "start"))


@dataclass(frozen=True, slots=True)
class Season:
    """A quarter as the menu tells of it; dates only where they are still ahead. `later` are those
    of the person's own departments that have more time."""

    code: str
    state: str
    report_until: date | None
    supplement_until: date | None
    provisional: bool
    later: tuple[Extension, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody on leave whose tasks are this person's, until when."""

    name: str
    last: date


@dataclass(frozen=True, slots=True)
class Waiting:
    """`returned` and `drafts` of the person's departments; what they may review."""

    returned: int
    drafts: int
    to_review: int


@dataclass(frozen=True, slots=True)
class Explained:
    """A command in the help: its title, how to call it, and what it does, if that is written."""

    title: str
    name: str
    words: tuple[str, ...]
    text: str


@dialog.command("start", words=("菜单",), title="菜单", order=0)
def start(turn: Turn) -> Outcome:
    if turn.words and linking.offered(turn, turn.words):
        return Keep()
    turn.say(
        "menu.start",
        name=turn.person.name,
        roles=people.held_roles(turn.connection, turn.person.id),
        standing=_standing(turn),
        seasons=_seasons(turn),
        waiting=_waiting(turn),
        running=_running(turn),
        unread=turn.unread,
        buttons=_buttons(turn),
    )
    return Keep()


@dialog.command("help", words=("帮助",), title="帮助", order=90)
def help_(turn: Turn) -> Outcome:
    turn.say(
        "menu.help",
        commands=[_explained(command) for command in turn.registry.menu(turn.person)],
        sends=turn.person.has("liaison", "head") and "submit" in turn.registry.commands,
        contacts=[s for s in sections.sections(turn.connection) if s.contact or s.phone],
        buttons=rows(MENU),
    )
    return Keep()


@dialog.command("cancel", words=("取消",), title="取消", order=91, hidden=True)
def cancel(turn: Turn) -> Outcome:
    kept = reporting.open_drafts(turn)
    turn.say("menu.cancelled", running=_running(turn), buttons=rows(*kept, MENU))
    return Done()


@dialog.action("mn.login")
def login_code(turn: Turn, action: Action) -> Outcome:
    """A code by which the same person opens the web chat elsewhere."""
    if not turn.premises.web_chat:
        turn.say("menu.no_web", buttons=rows(MENU))
        return Keep()
    linking.say_login(turn, "menu.login", person_id=turn.person.id, buttons=rows(MENU))
    return Keep()


def _standing(turn: Turn) -> list[Standing]:
    """In whose place the person stands today; seldom anybody, then nothing is asked."""
    if not turn.person.stands_in:
        return []
    return [
        Standing(people.name_of(turn.connection, each.person_id), each.last)
        for each in leaves.stood_in(turn.connection, turn.person.id, today=turn.today)
        if each.on(turn.today)
    ]


def _waiting(turn: Turn) -> Waiting:
    own = turn.person.departments("liaison", "head")
    counts = evidence.state_counts(turn.connection, own) if own else {}
    queue = review_queue.read(turn) if turn.person.has("evaluator") else None
    return Waiting(
        returned=counts.get("returned", 0),
        drafts=counts.get("draft", 0),
        to_review=len(queue.items) + sum(count for _, count in queue.others) if queue else 0,
    )


def _buttons(turn: Turn) -> Rows:
    choices = [
        Button(command.title, Action("cmd", command.name))
        for command in turn.registry.menu(turn.person)
        if command.name != "start"
    ]
    if turn.premises.web_chat:
        choices.append(Button(words.LOGIN_CODE, Action("mn.login")))
    return rows(*grid(choices, width=2))


def _running(turn: Turn) -> str:
    """The title of the dialog that waits for something, as its button says it."""
    titles = [c.title for c in turn.registry.commands.values() if c.dialog.name == turn.running]
    return titles[0] if titles else turn.running and "当前操作"


def _explained(command: Command) -> Explained:
    block = f"menu.help_{command.name}"
    text = templates.say(block) if templates.has(block) else ""
    return Explained(command.title, command.name, command.words, text)


def _seasons(turn: Turn) -> list[Season]:
    """The quarters not yet published, the oldest first, and the present one in any case; none from
    before the installation."""
    present = Quarter.containing(turn.premises.today(turn.now))
    opened = quarters.unpublished(turn.connection)
    zone = turn.premises.zone
    begun = [term for term in opened if term.code <= present.code and not term.history]
    later = _later(turn, begun)
    found = [
        _season(
            term.dates(zone),
            term.state_at(turn.now, zone),
            turn,
            later=tuple(each for each in later if each.quarter == term.code),
        )
        for term in begun
    ]
    if quarters.find(turn.connection, present.code) is None:
        dates = quarters.planned(turn.connection, present, calendar=turn.calendar, timezone=zone)
        found.append(_season(dates, state_by_dates(dates, turn.now), turn))
    return found


def _later(turn: Turn, begun: list[Term]) -> list[Extension]:
    """What the person's own departments have been granted in these quarters and can still use."""
    own = turn.person.departments("liaison", "head")
    if not own or not begun:
        return []
    today = turn.premises.today(turn.now)
    return [
        each
        for each in extensions.span(turn.connection, begun[0].code, begun[-1].code)
        if each.department_id in own and each.supplement_until >= today
    ]


def _season(
    dates: Windows, state: QuarterState, turn: Turn, *, later: tuple[Extension, ...] = ()
) -> Season:
    collecting = state is QuarterState.COLLECTING
    in_time = collecting and turn.now < dates.report_deadline
    return Season(
        code=dates.quarter.code,
        state=state.label,
        report_until=dates.report_until if in_time else None,
        supplement_until=dates.supplement_until if collecting else None,
        provisional=dates.provisional,
        later=later,
    )
