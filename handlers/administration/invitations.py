"""/admin → 邀请码: give codes out, see who has not used theirs, take them back."""

from __future__ import annotations

from handlers import linking, secret_documents
from handlers.administration.desk import (
    PANEL,
    Page,
    action,
    back,
    below,
    button,
    danger,
    pairs,
    rest,
)
from handlers.dialog import Outcome, Outdated
from handlers.messages import Action, Button, rows
from handlers.turn import Turn
from storage import invites, people
from storage.invites import PERSONAL, Invite
from templates import admin_labels as labels
from templates import words


def issue(turn: Turn, person_id: int) -> int:
    """A new code in place of the one before."""
    invite_id = linking.invite(
        turn.connection,
        turn.premises,
        person_id=person_id,
        created_by=turn.person.id,
        now=turn.now,
    )
    turn.audit("invite.issue", str(invite_id), person=person_id)
    return invite_id


def invite_button(person_id: int, waiting: Invite | None) -> Button:
    """`waiting` is the open invite that the person has already."""
    label = labels.REINVITE if waiting else labels.INVITE
    return button(label, "ad.inv", person_id, str(waiting.id) if waiting else "")


def hand_over(turn: Turn, invite_id: int) -> None:
    """A message of its own, worded so that it can be forwarded as it is."""
    found = _open(turn, invite_id)
    ways = linking.ways(turn.premises)
    turn.say(
        "admin.invite",
        invite=found.id,
        name=people.name_of(turn.connection, found.person_id),
        roles=people.held_roles(turn.connection, found.person_id),
        ways=ways,
        web_chat=turn.premises.web_chat,
        door=words.wecom_door(turn.premises.channels),
        until=found.expires_at,
        buttons=rows(
            [
                *(button(labels.QR[way], "ad.qr", found.id, way) for way in ways),
                button(labels.PRINT, "ad.slip1", found.id),
            ],
            below(words.BACK, "ad.per", found.person_id),
        ),
    )


def hand_over_all(turn: Turn, invite_ids: list[int]) -> None:
    """Several codes in one message."""
    found = [_open(turn, invite_id) for invite_id in invite_ids]
    turn.say(
        "admin.invites_new",
        found=[
            (
                each.id,
                people.name_of(turn.connection, each.person_id),
                people.held_roles(turn.connection, each.person_id),
            )
            for each in found
        ],
        door=words.wecom_door(turn.premises.channels),
        until=found[0].expires_at,
        buttons=rows(
            [button(labels.PEOPLE, "ad.ppl"), button(labels.INVITES, "ad.invs")], back("ad.home")
        ),
    )


def _open(turn: Turn, invite_id: int) -> Invite:
    """Outdated, with the list, when the invite was used, revoked or has expired."""
    found = invites.find(turn.connection, invite_id)
    if found is None or not found.open(turn.now) or found.kind != PERSONAL:
        raise Outdated(show=_list)
    return found


# ---------------------------------------------------------------- buttons


@action("ad.inv")
def reissue(turn: Turn, pressed: Action) -> Outcome:
    """A new code for a person, who may be linked already and have a new account. `argument` is
    the open invite that the card showed: one made just now, by a double tap, is shown again."""
    if people.find_listed(turn.connection, pressed.id) is None:
        raise Outdated(show=_list)
    waiting = invites.open_of(turn.connection, pressed.id, kind=PERSONAL, now=turn.now)
    if waiting and str(waiting.id) != pressed.argument and linking.just_made(waiting, turn.now):
        hand_over(turn, waiting.id)
    else:
        hand_over(turn, issue(turn, pressed.id))
    return rest(turn)


@action("ad.login")
def login_code(turn: Turn, pressed: Action) -> Outcome:
    """For somebody who stands in front of a computer and has nothing else at hand."""
    found = people.find_listed(turn.connection, pressed.id)
    if found is None:
        raise Outdated(show=_list)
    linking.say_login(
        turn,
        "admin.login",
        person_id=found.person.id,
        name=found.person.name,
        buttons=rows(below(words.BACK, "ad.per", found.person.id)),
    )
    return rest(turn)


@action("ad.qr")
def show_qr(turn: Turn, pressed: Action) -> Outcome:
    found = _open(turn, pressed.id)
    if pressed.argument not in linking.ways(turn.premises):
        raise Outdated(show=lambda turn: hand_over(turn, found.id))
    turn.say(
        "admin.qr",
        name=people.name_of(turn.connection, found.person_id),
        until=found.expires_at,
        file=linking.qr_code(found.id, show=pressed.argument),
        buttons=rows(below(words.BACK, "ad.per", found.person_id)),
    )
    return rest(turn)


@action("ad.slip1")
def print_slip(turn: Turn, pressed: Action) -> Outcome:
    """One person's code on paper."""
    found = _open(turn, pressed.id)
    name = people.name_of(turn.connection, found.person_id)
    turn.say(
        "admin.slip",
        name=name,
        file=secret_documents.slips([found.id], name=f"邀请码条-{name}.pdf"),
        buttons=rows(below(words.BACK, "ad.per", found.person_id)),
    )
    return rest(turn)


@action("ad.invs")
def show_invites(turn: Turn, pressed: Action) -> Outcome:
    _list(turn, wanted=pressed.id)
    return rest(turn)


def _list(turn: Turn, *, wanted: int = 0) -> None:
    _, total = invites.open_invites(turn.connection, now=turn.now, limit=0)
    page = Page.of(wanted, total)
    found, _ = invites.open_invites(
        turn.connection, now=turn.now, offset=page.offset, limit=page.size
    )
    turn.say(
        "admin.invites",
        panel=PANEL,
        page=page,
        found=found,
        buttons=rows(
            *pairs([button(each.name, "ad.invone", each.id) for each in found]),
            page.turners("ad.invs"),
            [button(labels.BULK, "ad.slips"), button(labels.ENROLMENT, "ad.slipd")],
            back("ad.home"),
        ),
    )


@action("ad.invone")
def show_invite(turn: Turn, pressed: Action) -> Outcome:
    found = _open(turn, pressed.id)
    last: list[Button] = [
        button(labels.SHOW_AGAIN, "ad.invagain", found.id),
        danger(labels.VOID, "ad.invrm", found.id),
    ]
    turn.say(
        "admin.invite_card",
        panel=PANEL,
        name=people.name_of(turn.connection, found.person_id),
        roles=people.held_roles(turn.connection, found.person_id),
        until=found.expires_at,
        buttons=rows(last, [invite_button(found.person_id, found), back("ad.invs")]),
    )
    return rest(turn)


@action("ad.invagain")
def show_again(turn: Turn, pressed: Action) -> Outcome:
    hand_over(turn, pressed.id)
    return rest(turn)


@action("ad.invrm")
def revoke(turn: Turn, pressed: Action) -> Outcome:
    found = _open(turn, pressed.id)
    invites.revoke(turn.connection, found.id, now=turn.now)
    turn.audit("invite.revoke", str(found.id), person=found.person_id)
    _list(turn)
    return rest(turn)
