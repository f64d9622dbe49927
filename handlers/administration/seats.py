"""/admin → 科室 → 评分席位: who scores a row besides the section that owns it."""

from __future__ import annotations

from handlers.access import NotAllowed
from handlers.administration.desk import PANEL, action, back, button, pairs, rest
from handlers.administration.sections import newest_edition, present
from handlers.dialog import Outcome
from handlers.messages import Action, Button, rows
from handlers.turn import Turn
from rubric.edition import Indicator
from storage import people, seats, sections
from storage.accounts import Person
from storage.seats import Seat
from storage.sections import Section
from templates import admin_labels as labels


@action("ad.seats")
def choose_row(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    owned = set(sections.rows_of(turn.connection, found.id))
    further = seats.further(turn.connection)
    shown = [row for row in newest_edition().indicators if row.id in owned]
    turn.say(
        "admin.seats",
        panel=PANEL,
        section=found,
        found=[(row.name, further[row.id]) for row in shown if row.id in further],
        buttons=rows(
            *pairs([button(row.name, "ad.seat", row.id) for row in shown]),
            back("ad.sec", found.id),
        ),
    )
    return rest(turn)


@action("ad.seat")
def show_row(turn: Turn, pressed: Action) -> Outcome:
    _card(turn, *_owned(turn, pressed.object))
    return rest(turn)


def _owned(turn: Turn, row_id: str) -> tuple[Indicator, Section]:
    """The row and whose it is; NotAllowed for what is no row, or nobody's."""
    owner = sections.section_of_row(turn.connection, row_id)
    row = next((each for each in newest_edition().indicators if each.id == row_id), None)
    if row is None or owner is None:
        raise NotAllowed
    return row, owner


def _held(turn: Turn, row: Indicator) -> tuple[Seat, ...]:
    return seats.further(turn.connection).get(row.id, ())


def _able(turn: Turn, owner: Section) -> list[Person]:
    """Evaluators of other sections: the owner's score on its own seat."""
    found = people.holders_of(turn.connection, "evaluator")
    return [each for each in found if owner.id not in each.sections]


def _card(turn: Turn, row: Indicator, owner: Section) -> None:
    held = _held(turn, row)
    sitting = {each.person_id for each in held}
    able = [each for each in _able(turn, owner) if each.id not in sitting]
    turn.say(
        "admin.seat",
        panel=PANEL,
        row=row,
        owner=owner,
        held=held,
        able=bool(able),
        buttons=rows(
            *pairs([_seat(labels.REMOVE_SEAT, "ad.seatrm", row, each) for each in held]),
            *pairs([_pass(row, seat, each) for seat in held if seat.vacant for each in able]),
            *pairs([button(each.name, "ad.seatadd", row.id, str(each.id)) for each in able]),
            back("ad.seats", owner.id),
        ),
    )


def _seat(label: str, verb: str, row: Indicator, seat: Seat) -> Button:
    return button(label.format(seat.person), verb, row.id, str(seat.person_id))


def _pass(row: Indicator, seat: Seat, to: Person) -> Button:
    label = labels.SEAT_TO.format(to.name, seat.person)
    return button(label, "ad.seatto", row.id, f"{seat.number}.{to.id}")


@action("ad.seatto")
def pass_on(turn: Turn, pressed: Action) -> Outcome:
    """A seat that nobody scores on any more, to another; what was given on it stays."""
    row, owner = _owned(turn, pressed.object)
    held = _held(turn, row)
    number, _, person_id = pressed.argument.partition(".")
    seat = next((each for each in held if str(each.number) == number and each.vacant), None)
    chosen = next((each for each in _able(turn, owner) if str(each.id) == person_id), None)
    if chosen is None:
        raise NotAllowed
    before = [each.person_id for each in held]
    if seat is not None and chosen.id not in before:
        seats.pass_on(turn.connection, indicator=row.id, number=seat.number, person_id=chosen.id)
        after = [chosen.id if each == seat.person_id else each for each in before]
        turn.audit(
            "seat.pass", row.id, person=chosen.id, seat=seat.number, before=before, after=after
        )
        _tell(turn, chosen.id, "admin.seat_given", row)
    _card(turn, row, owner)
    return rest(turn)


@action("ad.seatadd")
def add(turn: Turn, pressed: Action) -> Outcome:
    """Pressed twice, there is one seat all the same."""
    row, owner = _owned(turn, pressed.object)
    chosen = next((e for e in _able(turn, owner) if str(e.id) == pressed.argument), None)
    if chosen is None:
        raise NotAllowed
    before = [each.person_id for each in _held(turn, row)]
    if chosen.id not in before:
        number = seats.add(turn.connection, indicator=row.id, person_id=chosen.id, now=turn.now)
        turn.audit(
            "seat.add", row.id, person=chosen.id, seat=number, before=before,
            after=[*before, chosen.id],
        )  # fmt: skip
        _tell(turn, chosen.id, "admin.seat_given", row)
    _card(turn, row, owner)
    return rest(turn)


@action("ad.seatrm")
def remove(turn: Turn, pressed: Action) -> Outcome:
    row, owner = _owned(turn, pressed.object)
    held = _held(turn, row)
    seat = next((each for each in held if str(each.person_id) == pressed.argument), None)
    if seat is not None:
        seats.remove(turn.connection, indicator=row.id, number=seat.number)
        before = [each.person_id for each in held]
        turn.audit(
            "seat.remove", row.id, person=seat.person_id, seat=seat.number, before=before,
            after=[each for each in before if each != seat.person_id],
        )  # fmt: skip
        _tell(turn, seat.person_id, "admin.seat_taken", row)
    _card(turn, row, owner)
    return rest(turn)


def tell_of_vacant(turn: Turn, person_id: int, *, removed: bool = False) -> None:
    """After this person has lost a role or was removed: the admins hear which seats nobody scores
    on any more, with the way to each."""
    further = seats.further(turn.connection)
    found = [
        row
        for row in newest_edition().indicators
        if any(each.person_id == person_id and each.vacant for each in further.get(row.id, ()))
    ]
    if not found:
        return
    for admin in people.holders_of(turn.connection, "admin"):
        turn.notify(
            admin.id,
            "admin.seats_vacant",
            key=f"seats:{person_id}:{turn.inbound.key}",
            buttons=rows(*pairs([button(row.name, "ad.seat", row.id) for row in found])),
            name=people.name_of(turn.connection, person_id),
            removed=removed,
            found=found,
        )


def _tell(turn: Turn, person_id: int, block: str, row: Indicator) -> None:
    key = f"{block}:{row.id}:{turn.now.isoformat()}"
    turn.notify(person_id, block, key=key, row=row)
