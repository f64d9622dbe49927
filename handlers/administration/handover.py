"""/admin → 人员 → 交接: a person's work passes to a successor, and both are told.

With a department's role go its drafts and returned items, which are the department's anyway; what
was done keeps its names. Handing over back undoes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from handlers.access import NotAllowed
from handlers.administration.desk import (
    PANEL,
    Draft,
    action,
    back,
    button,
    danger,
    dialog,
    pairs,
    rest,
    step,
)
from handlers.administration.invitations import hand_over as hand_out_code
from handlers.administration.invitations import issue
from handlers.administration.person_card import card, present
from handlers.administration.seats import tell_of_vacant
from handlers.dialog import Goto, Outcome, Outdated
from handlers.dialogs.menu import MENU
from handlers.drafting import REPORTERS
from handlers.messages import Action, Button, rows
from handlers.reporting import dialog as reporting
from handlers.turn import Turn
from rubric.errors import UserError
from storage import conversations, evidence, handover, invites, people, successions
from storage.accounts import Person, find_person
from storage.names import checked
from storage.people import NAME_LENGTH, Held
from storage.successions import Open
from templates import admin_labels as labels
from templates import words

ALL = "all"
_SHOWN = 6


@dataclass(eq=False)
class SamePerson(UserError):
    """Nobody hands over to themselves."""

    code: ClassVar[str] = "admin.same_person"
    name: str


# ---------------------------------------------------------------- what


@action("ad.hand")
def choose_roles(turn: Turn, pressed: Action) -> Outcome:
    """One role goes without asking which."""
    found = present(turn, pressed.id).person
    held = people.held_roles(turn.connection, found.id)
    if not held:
        raise Outdated(show=lambda turn: card(turn, found.id))
    if len(held) == 1:
        return _ask_who(turn, found, str(held[0].id))
    turn.say(
        "handover.roles",
        panel=PANEL,
        name=found.name,
        buttons=rows(
            *pairs(
                [
                    button(
                        f"{each.place}{words.role(each.role)}", "ad.handw", found.id, str(each.id)
                    )
                    for each in held
                ]
            ),
            button(labels.HAND_OVER_ALL, "ad.handw", found.id, ALL),
            back("ad.per", found.id),
        ),
    )
    return rest(turn)


def _roles(turn: Turn, person_id: int, what: str) -> list[Held]:
    """The roles that are meant; Outdated, with the true card, when they aren't held any more."""
    held = people.held_roles(turn.connection, person_id)
    wanted = [each for each in held if what in (ALL, str(each.id))]
    if not wanted:
        raise Outdated(show=lambda turn: card(turn, person_id))
    return wanted


# ---------------------------------------------------------------- to whom


@action("ad.handw")
def ask_who(turn: Turn, pressed: Action) -> Outcome:
    return _ask_who(turn, present(turn, pressed.id).person, pressed.argument)


def _ask_who(turn: Turn, found: Person, what: str) -> Outcome:
    turn.say(
        "handover.who",
        panel=PANEL,
        name=found.name,
        roles=_roles(turn, found.id, what),
        buttons=rows(
            *pairs(
                [
                    button(each.name, "ad.handto", found.id, f"{what}.{each.id}")
                    for each in _colleagues(turn, found)
                ]
            ),
            back("ad.per", found.id),
        ),
    )
    return Goto("hand_who", Draft(found.id, kind=what))


def _colleagues(turn: Turn, found: Person) -> list[Person]:
    """Others of the same departments and sections, no two of one name."""
    near = [
        each
        for grant in found.grants
        for each in (
            people.belonging_to(turn.connection, grant.department_id)
            if grant.department_id
            else people.evaluators_of(turn.connection, grant.section_id or 0)
        )
        if each.id != found.id
    ]
    return list({each.name: each for each in reversed(near)}.values())[::-1][:_SHOWN]


@step("hand_who")
def take_who(turn: Turn, draft: Draft) -> Outcome:
    """Somebody there is by that name, or a new person."""
    found = present(turn, draft.id).person
    roles = _roles(turn, found.id, draft.kind)
    name = checked(turn.words, what="姓名", limit=NAME_LENGTH)
    same = people.persons_named(turn.connection, name)
    others = [each for each in same if each.id != found.id]
    if same and not others:
        raise SamePerson(found.name)
    if len(others) == 1:
        return _confirm(turn, found, draft.kind, others[0])
    new = danger(labels.HAND_OVER_NEW, "ad.handnew", found.id)
    if not others:
        turn.say(
            "handover.confirm",
            panel=PANEL,
            name=found.name,
            successor=name,
            held=[],
            fresh=True,
            roles=roles,
            left=_left_open(turn, roles),
            buttons=rows(new, back("ad.per", found.id)),
        )
    else:
        turn.say(
            "admin.same_name",
            panel=PANEL,
            name=name,
            adds=False,
            found=[people.held_roles(turn.connection, each.id) for each in others[:_SHOWN]],
            buttons=rows(
                *pairs(
                    [
                        button(
                            labels.NTH.format(number),
                            "ad.handto",
                            found.id,
                            f"{draft.kind}.{each.id}",
                        )
                        for number, each in enumerate(others[:_SHOWN], start=1)
                    ]
                ),
                new,
                back("ad.per", found.id),
            ),
        )
    return Goto("hand_who", replace(draft, given=name))


@action("ad.handto")
def choose_who(turn: Turn, pressed: Action) -> Outcome:
    found, what, successor = _named(turn, pressed)
    return _confirm(turn, found, what, successor)


def _named(turn: Turn, pressed: Action) -> tuple[Person, str, Person]:
    found = present(turn, pressed.id).person
    what, _, digits = pressed.argument.partition(".")
    successor = present(turn, Action("", digits).id).person
    if successor.id == found.id:
        raise NotAllowed
    return found, what, successor


def _confirm(turn: Turn, found: Person, what: str, successor: Person) -> Outcome:
    roles = _roles(turn, found.id, what)
    turn.say(
        "handover.confirm",
        panel=PANEL,
        name=found.name,
        successor=successor.name,
        held=people.held_roles(turn.connection, successor.id),
        fresh=False,
        roles=roles,
        left=_left_open(turn, roles),
        buttons=rows(
            danger(labels.HAND_OVER_SURELY, "ad.handok", found.id, f"{what}.{successor.id}"),
            back("ad.per", found.id),
        ),
    )
    return rest(turn)


def _left_open(turn: Turn, roles: list[Held]) -> Open:
    """What the departments whose reporting passes have begun and not completed."""
    return _sum(
        turn, {each.department_id for each in roles if each.department_id and _reports(each)}
    )


def _reports(held: Held) -> bool:
    return held.role in REPORTERS


def _sum(turn: Turn, places: set[int]) -> Open:
    counts = [successions.left_open(turn.connection, id_) for id_ in places]
    return Open(sum(each.drafts for each in counts), sum(each.returned for each in counts))


# ---------------------------------------------------------------- done


@action("ad.handok")
def confirm(turn: Turn, pressed: Action) -> Outcome:
    found, what, successor = _named(turn, pressed)
    return _hand_over(turn, found, what, successor.id)


@action("ad.handnew")
def confirm_new(turn: Turn, pressed: Action) -> Outcome:
    """To a person who is entered now, by the name that was typed for it."""
    found = present(turn, pressed.id).person
    state = conversations.lock(turn.connection, turn.person.id)
    draft = dialog.load(state.draft) if state.dialog == dialog.name else None
    if state.step != "hand_who" or draft is None or draft.id != found.id or not draft.given:
        raise Outdated(show=lambda turn: card(turn, found.id))
    _roles(turn, found.id, draft.kind)
    successor_id = people.add_person(turn.connection, name=draft.given, now=turn.now)
    turn.audit("person.add", str(successor_id))
    return _hand_over(turn, found, draft.kind, successor_id)


def _hand_over(turn: Turn, found: Person, what: str, successor_id: int) -> Outcome:
    roles = _roles(turn, found.id, what)
    state = None
    if found.id != turn.person.id:  # what they are doing just now is finished first
        state = conversations.lock(turn.connection, found.id)
    moved = handover.hand_over(
        turn.connection,
        from_id=found.id,
        to_id=successor_id,
        role_ids=[each.id for each in roles],
        now=turn.now,
    )
    places = {each.department_id for each in moved if each.department_id and _reports(each)}
    left = _sum(turn, places)
    turn.audit(
        "role.hand_over",
        str(found.id),
        to=successor_id,
        roles=[f"{each.place}{words.ROLES[each.role]}" for each in moved],
        drafts=left.drafts,
        returned=left.returned,
    )
    tell_of_vacant(turn, found.id)
    interrupted = state is not None and _end_draft(turn, state, places)
    _tell(turn, found, successor_id, moved, left, interrupted=interrupted)
    _say_done(turn, found, successor_id, moved, left)
    return rest(turn)


def _end_draft(turn: Turn, state: conversations.Conversation, places: set[int]) -> bool:
    """Whoever filled in a draft that is theirs no more is led out of it; the draft stays."""
    if state.dialog != reporting.name or not state.step:
        return False
    item = evidence.find(turn.connection, (state.draft or {}).get("item", 0))
    if item is None or item.department_id not in places:
        return False
    ended = replace(state, dialog="", step="", draft=None, draft_version=0, choices={})
    conversations.save(turn.connection, ended, now=turn.now)
    return True


def _tell(
    turn: Turn,
    found: Person,
    successor_id: int,
    moved: list[Held],
    left: Open,
    *,
    interrupted: bool,
) -> None:
    name = people.name_of(turn.connection, successor_id)
    reports = any(_reports(each) for each in moved)
    key = f"handover:{turn.inbound.key}"
    mine = rows(Button(labels.OWN_REPORTS, Action("cmd", "mine"))) if reports else rows(MENU)
    if successor_id != turn.person.id:
        turn.notify(
            successor_id, "handover.to", key=key, buttons=mine,
            name=found.name, roles=moved, left=left, reports=reports,
        )  # fmt: skip
    if found.id != turn.person.id:
        turn.notify(
            found.id, "handover.from", key=key, buttons=rows(MENU),
            name=name, roles=moved, left=left, interrupted=interrupted,
        )  # fmt: skip


def _say_done(turn: Turn, found: Person, successor_id: int, moved: list[Held], left: Open) -> None:
    successor = present(turn, successor_id)
    own = find_person(turn.connection, turn.person.id)
    still_admin = own is not None and own.has("admin")
    waiting = invites.open_of(turn.connection, successor_id, kind=invites.PERSONAL, now=turn.now)
    code = None if successor.linked else waiting.id if waiting else issue(turn, successor_id)
    turn.say(
        "handover.done",
        panel=PANEL,
        name=found.name,
        successor=successor.person.name,
        roles=moved,
        left=left,
        admin=still_admin,
        buttons=rows(
            [
                button(labels.SUCCESSOR, "ad.per", successor_id),
                button(labels.PREDECESSOR, "ad.per", found.id),
            ],
            back("ad.home"),
        )
        if still_admin
        else rows(MENU),
    )
    if code is not None:
        hand_out_code(turn, code)
