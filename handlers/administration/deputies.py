"""/admin → 人员 → one person: who stands in when they are away (B角), and their leaves.

Only an administrator names a B角. Anybody may be one but the person; those of the same department
or section are offered, others found by name.
"""

from __future__ import annotations

from handlers import leaving
from handlers.access import NotAllowed
from handlers.administration.desk import PANEL, Draft, action, back, button, pairs, rest, step
from handlers.administration.person_card import card, present
from handlers.dialog import Goto, Outcome
from handlers.leaving import Ways
from handlers.messages import Action, rows
from handlers.turn import Turn
from storage import leaves, people
from storage.accounts import Person
from storage.leaves import Leave
from templates import admin_labels as labels

_OFFERED = 8
_SEARCH_LENGTH = 8


# ---------------------------------------------------------------- B角


@action("ad.dpty")
def choose(turn: Turn, pressed: Action) -> Outcome:
    return _choose(turn, present(turn, pressed.id).person)


def _choose(turn: Turn, of: Person, *, search: str = "") -> Outcome:
    named = leaves.deputy_of(turn.connection, of.id)
    found = _found(turn, of, search) if search else _colleagues(turn, of)
    turn.say(
        "leave.choose_deputy",
        panel=PANEL,
        name=of.name,
        deputy=people.name_of(turn.connection, named) if named else "",
        search=search,
        found=[(each, people.held_roles(turn.connection, each.id)) for each in found],
        buttons=rows(
            *pairs(
                [
                    # two of them may be called alike
                    button(f"{number}. {each.name}", "ad.dptyok", of.id, str(each.id))
                    for number, each in enumerate(found, 1)
                ]
            ),
            [button(labels.NO_DEPUTY, "ad.dptyok", of.id, "0")] if named else [],
            back("ad.per", of.id),
        ),
    )
    return Goto("dep_find", Draft(of.id))


def _found(turn: Turn, of: Person, search: str) -> list[Person]:
    found, _ = people.people(turn.connection, search=search, limit=_OFFERED + 1)
    return [each.person for each in found if each.person.id != of.id][:_OFFERED]


def _colleagues(turn: Turn, of: Person) -> list[Person]:
    """Who works in the same departments and sections, and directors for a director."""
    known: dict[int, Person] = {}
    for grant in of.grants:
        if grant.department_id:
            near = people.belonging_to(turn.connection, grant.department_id)
        elif grant.section_id:
            near = people.evaluators_of(turn.connection, grant.section_id)
        else:
            near = people.holders_of(turn.connection, grant.role)
        known |= {each.id: each for each in near if each.id != of.id}
    return list(known.values())[:_OFFERED]


@step("dep_find")
def find(turn: Turn, draft: Draft) -> Outcome:
    of = present(turn, draft.id).person
    return _choose(turn, of, search="".join(turn.words.split())[:_SEARCH_LENGTH])


@action("ad.dptyok")
def name(turn: Turn, pressed: Action) -> Outcome:
    """In force at once, for leaves that run too; both are told."""
    of = present(turn, pressed.id).person
    deputy_id = Action("", pressed.argument).id or None
    if deputy_id == of.id or (deputy_id is None and pressed.argument != "0"):
        raise NotAllowed
    if deputy_id is not None:
        present(turn, deputy_id)
    before = leaves.deputy_of(turn.connection, of.id)
    if before != deputy_id:
        moved = leaves.set_deputy(
            turn.connection, of.id, deputy_id=deputy_id, today=turn.today, now=turn.now
        )
        turn.audit("deputy.set", str(of.id), deputy=deputy_id, before=before)
        if deputy_id is not None:
            _tell_named(turn, of, deputy_id)
        for each in moved:
            _tell_moved(turn, of, each, deputy_id or 0)
    card(turn, of.id)
    return rest(turn)


def _tell_named(turn: Turn, of: Person, deputy_id: int) -> None:
    key = f"deputy:{of.id}:{turn.inbound.key}"
    deputy = people.name_of(turn.connection, deputy_id)
    for person_id, block in ((of.id, "deputy_named"), (deputy_id, "named_deputy")):
        if person_id != turn.person.id:
            turn.notify(person_id, f"leave.{block}", key=key, name=of.name, deputy=deputy)


def _tell_moved(turn: Turn, of: Person, leave: Leave, deputy_id: int) -> None:
    """A leave that goes on has another deputy: whoever stood in is free, the new one is told."""
    for person_id, block in ((leave.deputy_id, "ended_deputy"), (deputy_id, "entered_deputy")):
        turn.notify(
            person_id,
            f"leave.{block}",
            key=f"leave:{leave.id}:moved:{turn.inbound.key}",
            leave=leave,
            running=leave.on(turn.today),
            by=turn.person.name,
            name=of.name,
        )


# ---------------------------------------------------------------- leaves


def _ways(of: Person) -> Ways:
    return Ways(PANEL, "ad.lvs", "ad.lvok", "ad.lvoff", of.name, back("ad.per", of.id))


@action("ad.lvs")
def show_leaves(turn: Turn, pressed: Action) -> Outcome:
    of = present(turn, pressed.id).person
    if not leaves.deputy_of(turn.connection, of.id):
        return _choose(turn, of)
    leaving.say_list(turn, _ways(of), of.id)
    return Goto("lv_days", Draft(of.id))


@step("lv_days")
def take_days(turn: Turn, draft: Draft) -> Outcome:
    of = present(turn, draft.id).person
    leaving.ask(turn, _ways(of), of.id)
    return Goto("lv_days", draft)


@action("ad.lvok")
def enter(turn: Turn, pressed: Action) -> Outcome:
    of = present(turn, pressed.id).person
    leaving.enter(turn, _ways(of), of.id, pressed.argument)
    return rest(turn)


@action("ad.lvoff")
def take_back(turn: Turn, pressed: Action) -> Outcome:
    of = present(turn, pressed.id).person
    leaving.take_back(turn, _ways(of), of.id, Action("", pressed.argument).id)
    return rest(turn)
