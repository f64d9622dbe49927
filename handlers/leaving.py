"""请假, whoever enters it: what a leave is shown as, what is asked before it counts, who is told.

The person does it with /leave, an administrator from the person's card. Both write the same rows,
and both parties hear of what the other did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from handlers.dialog import Outdated
from handlers.messages import Action, Button, Rows, Style, rows
from handlers.turn import Turn
from rubric.errors import UserError
from rubric.leave import check_span, parse_span
from storage import accounts, leaves, people, seats
from storage.leaves import Leave
from templates import words

_ADMINS_OWN: Final = ("admin",)


@dataclass(eq=False)
class DeputyMissing(UserError):
    """Nobody is named who could stand in, so a leave would move nothing."""

    code: ClassVar[str] = "leave.deputy_missing"
    name: str


@dataclass(frozen=True, slots=True)
class Ways:
    """The buttons of one of the two places: `show` the list, `ok` a span, `off` takes back, `ask`
    an admin for a deputy; `back` leads out. `object` of each is the person."""

    panel: str
    show: str
    ok: str
    off: str
    name: str
    back: Button
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A leave with the other one's name, for a list."""

    leave: Leave
    name: str
    running: bool


# ---------------------------------------------------------------- looking


def say_list(turn: Turn, ways: Ways, person_id: int, *, done: str = "") -> bool:
    """The leaves to come, and in whose place this person stands; whether dates are awaited now,
    which only makes sense with a deputy. `done` is what has just happened."""
    deputy_id = leaves.deputy_of(turn.connection, person_id)
    own = leaves.leaves_of(turn.connection, person_id, today=turn.today)
    ask = [Button("请管理员指定B角", Action(ways.ask, str(person_id)))]
    turn.say(
        "leave.list",
        panel=ways.panel,
        name=ways.name,
        done=done,
        deputy=people.name_of(turn.connection, deputy_id) if deputy_id else "",
        linked=bool(deputy_id) and people.has_account(turn.connection, deputy_id or 0),
        own=[_named(turn, each, each.deputy_id) for each in own],
        standing=[
            _named(turn, each, each.person_id)
            for each in leaves.stood_in(turn.connection, person_id, today=turn.today)
        ],
        buttons=rows(
            *([_taking_back(ways, each)] for each in own),
            ask if ways.ask and not deputy_id else [],
            ways.back,
        ),
    )
    return deputy_id is not None


def _named(turn: Turn, leave: Leave, other_id: int) -> Named:
    return Named(leave, people.name_of(turn.connection, other_id), leave.on(turn.today))


def _taking_back(ways: Ways, leave: Leave) -> Button:
    first = f"{leave.first.month}月{leave.first.day}日"
    label = words.TAKE_LEAVE_BACK.format(first)
    return Button(label, Action(ways.off, str(leave.person_id), 0, str(leave.id)))


# ---------------------------------------------------------------- asking


def ask(turn: Turn, ways: Ways, person_id: int) -> None:
    """What was typed, in full, with what it will mean; one press more and it counts."""
    first, last = parse_span(turn.words, today=turn.today)
    say_question(turn, ways, person_id, first=first, last=last)


def say_question(turn: Turn, ways: Ways, person_id: int, *, first: date, last: date) -> None:
    deputy_id = _checked(turn, person_id, first, last)
    deputys = leaves.leaves_of(turn.connection, deputy_id, today=first)
    away = leaves.overlapping(deputys, first, last)
    packed = f"{first:%Y%m%d}-{last:%Y%m%d}-{deputy_id}"
    buttons: Rows = rows(
        Button(words.LEAVE_OK, Action(ways.ok, str(person_id), 0, packed), Style.PRIMARY),
        Button(words.BACK, Action(ways.show, str(person_id))),
    )
    found = accounts.find_person(turn.connection, person_id)
    turn.say(
        "leave.question",
        panel=ways.panel,
        name=ways.name,
        first=first,
        last=last,
        days=(last - first).days + 1,
        workdays=turn.calendar.workdays_between(first, last),
        deputy=people.name_of(turn.connection, deputy_id),
        linked=people.has_account(turn.connection, deputy_id),
        away=away,
        admin=found is not None and found.has(*_ADMINS_OWN),
        named=_named_for_more(turn, person_id),
        left=[each.name for each in _left_alone(turn, person_id, first, last)],
        buttons=buttons,
    )


def _named_for_more(turn: Turn, person_id: int) -> bool:
    """Whether the admin has given this very person a seat or another section to stand in for:
    neither is passed on."""
    further = seats.further(turn.connection).values()
    return any(seat.person_id == person_id for each in further for seat in each) or bool(
        people.substituted_sections(turn.connection, person_id)
    )


def _checked(turn: Turn, person_id: int, first: date, last: date) -> int:
    """The deputy for these days. Raises what is wrong with them."""
    check_span(first, last, today=turn.today)
    deputy_id = leaves.deputy_of(turn.connection, person_id)
    if deputy_id is None:
        raise DeputyMissing(people.name_of(turn.connection, person_id))
    taken = leaves.overlapping(
        leaves.leaves_of(turn.connection, person_id, today=turn.today), first, last
    )
    if taken:
        raise leaves.LeaveOverlaps(taken[0].first, taken[0].last)
    return deputy_id


def _left_alone(turn: Turn, person_id: int, first: date, last: date) -> list[Named]:
    """In whose place this person was to stand on these days."""
    standing = leaves.stood_in(turn.connection, person_id, today=turn.today)
    return [
        _named(turn, each, each.person_id) for each in leaves.overlapping(standing, first, last)
    ]


# ---------------------------------------------------------------- deciding


def enter(turn: Turn, ways: Ways, person_id: int, packed: str) -> None:
    """The leave that was asked about; pressed twice, it is entered once."""
    first, last, deputy_id = _unpacked(turn, ways, person_id, packed)
    own = leaves.leaves_of(turn.connection, person_id, today=turn.today)
    if any((each.first, each.last) == (first, last) for each in own):
        say_list(turn, ways, person_id)
        return
    if _checked(turn, person_id, first, last) != deputy_id:
        raise Outdated(
            show=lambda turn: say_question(turn, ways, person_id, first=first, last=last)
        )
    made = leaves.enter(
        turn.connection,
        person_id=person_id,
        deputy_id=deputy_id,
        first=first,
        last=last,
        by=turn.person.id,
        now=turn.now,
    )
    turn.audit(
        "leave.enter",
        str(person_id),
        leave=made.id,
        first=first.isoformat(),
        last=last.isoformat(),
        deputy=deputy_id,
    )
    _tell(turn, made, "entered")
    for each in _left_alone(turn, person_id, first, last):
        turn.notify(
            each.leave.person_id,
            "leave.deputy_away",
            key=f"leave:{made.id}:away:{each.leave.id}",
            deputy=people.name_of(turn.connection, person_id),
            first=max(first, each.leave.first),
            last=min(last, each.leave.last),
        )
    say_list(turn, ways, person_id, done="entered")


def _unpacked(turn: Turn, ways: Ways, person_id: int, packed: str) -> tuple[date, date, int]:
    """Outdated, with the list, for what no button of ours carries."""
    first, _, rest = packed.partition("-")
    last, _, deputy_id = rest.partition("-")
    try:
        return (
            date.fromisoformat(first),
            date.fromisoformat(last),
            Action("", deputy_id).id,
        )
    except ValueError:
        raise Outdated(show=lambda turn: _show(turn, ways, person_id)) from None


def _show(turn: Turn, ways: Ways, person_id: int) -> None:
    say_list(turn, ways, person_id)


def take_back(turn: Turn, ways: Ways, person_id: int, leave_id: int) -> None:
    """Over from now on, or never begun. Outdated, with the list, when it is over already."""
    own = leaves.leaves_of(turn.connection, person_id, today=turn.today)
    found = next((each for each in own if each.id == leave_id), None)
    if found is None or not leaves.end(turn.connection, leave_id, now=turn.now):
        raise Outdated(show=lambda turn: _show(turn, ways, person_id))
    turn.audit("leave.end", str(person_id), leave=leave_id, deputy=found.deputy_id)
    _tell(turn, found, "ended")
    say_list(turn, ways, person_id, done="ended")


def _tell(turn: Turn, leave: Leave, what: str) -> None:
    """Both parties, but for the one who did it."""
    name = people.name_of(turn.connection, leave.person_id)
    deputy = people.name_of(turn.connection, leave.deputy_id)
    for person_id in {leave.person_id, leave.deputy_id} - {turn.person.id}:
        turn.notify(
            person_id,
            f"leave.{what}_deputy" if person_id == leave.deputy_id else f"leave.{what}",
            key=f"leave:{leave.id}:{what}:{turn.inbound.key}",
            buttons=rows(Button(words.MENU, Action("cmd", "start"))),
            leave=leave,
            running=leave.on(turn.today),
            by=turn.person.name,
            name=name,
            deputy=deputy,
        )
