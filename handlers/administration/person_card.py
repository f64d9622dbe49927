"""One person's card: who they are, what they may do, how they get in; and their roles' buttons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from handlers.access import NotAllowed
from handlers.administration.desk import PANEL, Page, action, back, button, pairs, rest
from handlers.administration.invitations import hand_over, invite_button, issue
from handlers.administration.roles import Wanted, grant, pack, unpack
from handlers.administration.seats import tell_of_vacant
from handlers.dialog import Outcome, Outdated
from handlers.dialogs.menu import MENU
from handlers.messages import Action, Button, rows
from handlers.turn import Turn
from storage import departments, invites, join_codes, leaves, people, sections
from storage.invites import Invite
from storage.people import IN_DEPARTMENT, IN_SECTION, Held, Listed
from templates import admin_labels as labels
from templates import words

_PLACES = 12


@dataclass(frozen=True, slots=True)
class OnLeave:
    """A present or coming leave, with the name of who stands in."""

    first: date
    last: date
    deputy: str


def present(turn: Turn, person_id: int) -> Listed:
    """Outdated, with the way on, when the person was removed meanwhile or never was."""
    found = people.find_listed(turn.connection, person_id)
    if found is None:
        raise Outdated(show=_gone)
    return found


def _gone(turn: Turn) -> None:
    turn.say(
        "admin.person_gone",
        panel=PANEL,
        buttons=rows([button(labels.PEOPLE, "ad.ppl"), back("ad.home")]),
    )


def card(turn: Turn, person_id: int) -> None:
    found = present(turn, person_id)
    held = people.held_roles(turn.connection, person_id)
    waiting = invites.open_of(turn.connection, person_id, kind=invites.PERSONAL, now=turn.now)
    deputy_id = leaves.deputy_of(turn.connection, person_id)
    turn.say(
        "admin.person",
        panel=PANEL,
        name=found.person.name,
        linked=found.linked,
        joined=join_codes.named_themselves(turn.connection, person_id),
        roles=held,
        until=waiting.expires_at if waiting else None,
        deputy=people.name_of(turn.connection, deputy_id) if deputy_id else "",
        leaves=[
            OnLeave(each.first, each.last, people.name_of(turn.connection, each.deputy_id))
            for each in leaves.leaves_of(turn.connection, person_id, today=turn.today)
        ],
        buttons=_buttons(turn, found, held, waiting),
    )


def _buttons(
    turn: Turn, found: Listed, held: list[Held], waiting: Invite | None
) -> tuple[tuple[Button, ...], ...]:
    id_ = found.person.id
    ways = [invite_button(id_, waiting)]
    if turn.premises.web_chat and found.linked:
        ways.append(button(words.LOGIN_CODE, "ad.login", id_))
    return rows(
        *pairs([button(_taking_back(each), "ad.roleoff", id_, str(each.id)) for each in held]),
        [button(labels.ADD_ROLE, "ad.role", id_)]
        + ([button(labels.HAND_OVER, "ad.hand", id_)] if held else []),
        ways,
        [button(labels.DEPUTY, "ad.dpty", id_), button(labels.LEAVE, "ad.lvs", id_)],
        [button(labels.RENAME_PERSON, "ad.pername", id_), button(labels.REMOVE, "ad.perrm", id_)],
        back("ad.ppl"),
    )


def _taking_back(held: Held) -> str:
    return labels.TAKE_BACK.format(f"{held.place}{words.role(held.role)}")


# ---------------------------------------------------------------- giving a role


@action("ad.role")
def ask_role(turn: Turn, pressed: Action) -> Outcome:
    choose_role(turn, present(turn, pressed.id).person.id)
    return rest(turn)


def choose_role(turn: Turn, person_id: int, *, department_id: int = 0) -> None:
    """All roles, each with its next step: granted, or where it is held is asked first."""
    found = present(turn, person_id)
    turn.say(
        "admin.choose_role",
        panel=PANEL,
        name=found.person.name,
        buttons=rows(
            *pairs(
                [
                    _role_button(turn, person_id, role, department_id=department_id)
                    for role in words.ROLES
                ]
            ),
            back("ad.per", person_id),
        ),
    )


def _role_button(turn: Turn, person_id: int, role: str, *, department_id: int) -> Button:
    label = words.role(role)
    if role in IN_DEPARTMENT and not department_id:
        return button(label, "ad.indep", person_id, role)
    if role in IN_SECTION:
        found = sections.sections(turn.connection)
        if len(found) != 1:
            return button(label, "ad.insec", person_id)
        return button(label, "ad.grant", person_id, pack([Wanted(role, None, found[0].id)]))
    place = department_id if role in IN_DEPARTMENT else None
    return button(label, "ad.grant", person_id, pack([Wanted(role, place)]))


@action("ad.indep")
def ask_department(turn: Turn, pressed: Action) -> Outcome:
    """`argument` is the role and the page: liaison, or liaison.2."""
    found = present(turn, pressed.id)
    role, _, number = pressed.argument.partition(".")
    if role not in IN_DEPARTMENT:
        raise NotAllowed
    everywhere = departments.departments(turn.connection)
    page = Page.of(int(number) if number.isdecimal() else 0, len(everywhere), _PLACES)
    turners = [
        button(label, "ad.indep", found.person.id, f"{role}.{number}")
        for label, number, there in (
            (words.PREVIOUS, page.number - 1, page.number > 0),
            (words.NEXT, page.number + 1, page.number + 1 < page.pages),
        )
        if there
    ]
    none = [button(labels.NO_DEPARTMENT, "ad.grant", found.person.id, "m")]
    turn.say(
        "admin.choose_department",
        panel=PANEL,
        name=found.person.name,
        role=role,
        page=page,
        buttons=rows(
            *pairs(
                [
                    button(
                        each.short_name,
                        "ad.grant",
                        found.person.id,
                        pack([Wanted(role, each.id)]),
                    )
                    for each in page.cut(everywhere)
                ]
            ),
            turners,
            none if role == "member" else [],
            back("ad.role", found.person.id),
        ),
    )
    return rest(turn)


@action("ad.insec")
def ask_section(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    turn.say(
        "admin.choose_section",
        panel=PANEL,
        name=found.person.name,
        buttons=rows(
            *pairs(
                [
                    button(
                        each.name,
                        "ad.grant",
                        found.person.id,
                        pack([Wanted("evaluator", None, each.id)]),
                    )
                    for each in sections.sections(turn.connection)
                ]
            ),
            back("ad.role", found.person.id),
        ),
    )
    return rest(turn)


@action("ad.grant")
def give(turn: Turn, pressed: Action) -> Outcome:
    """The role is theirs at once; who has no way in yet gets a code with it."""
    found = present(turn, pressed.id)
    wanted = unpack(turn, pressed.argument)
    if not wanted:
        raise NotAllowed
    grant(turn, found.person.id, wanted)
    waiting = invites.open_of(
        turn.connection, found.person.id, kind=invites.PERSONAL, now=turn.now
    )
    linked = people.has_account(turn.connection, found.person.id)
    new = None if linked or waiting else issue(turn, found.person.id)
    card(turn, found.person.id)
    if new is not None:
        hand_over(turn, new)
    return rest(turn)


@action("ad.roleoff")
def take_back(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    digits = pressed.argument
    role_id = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
    held = people.revoke_role(turn.connection, role_id, person_id=found.person.id)
    if held is None:
        raise Outdated(show=lambda turn: card(turn, found.person.id))
    turn.audit("role.revoke", str(found.person.id), role=held.role)
    if held.role == "evaluator":
        tell_of_vacant(turn, found.person.id)
    if held.role == "admin" and found.person.id == turn.person.id:
        turn.say("admin.no_admin_yourself", panel=PANEL, buttons=rows(MENU))
        return rest(turn)
    card(turn, found.person.id)
    return rest(turn)
