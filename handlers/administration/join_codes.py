"""/admin → a department → 加入码: by which its people join; its poster, and who came by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from handlers import linking, secret_documents
from handlers.administration.departments import present
from handlers.administration.desk import (
    PANEL,
    Draft,
    Page,
    action,
    back,
    below,
    button,
    danger,
    pairs,
    rest,
    step,
)
from handlers.administration.typed import until_in
from handlers.dialog import Goto, Outcome, Outdated
from handlers.messages import Action, Rows, rows
from handlers.turn import Turn
from rubric.quarter import Quarter, end_of
from storage import invites, join_codes
from storage.departments import Department
from storage.join_codes import JoinCode
from templates import admin_labels as labels
from templates import words

MOST_DAYS: Final = 365
_AT_LEAST: Final = timedelta(days=14)  # a code made at a quarter's very end is for the next one


@action("ad.join")
def show(turn: Turn, pressed: Action) -> Outcome:
    _card(turn, present(turn, pressed.id))
    return rest(turn)


def _card(turn: Turn, department: Department) -> None:
    code = join_codes.open_code(turn.connection, department.id, now=turn.now)
    _, joined = join_codes.joined(turn.connection, department.id, limit=0)
    turn.say(
        "enrol.join",
        panel=PANEL,
        department=department,
        code=code,
        ways=linking.ways(turn.premises),
        door=words.wecom_door(turn.premises.channels),
        joined=joined,
        buttons=_buttons(department, code, joined=joined),
    )


def _buttons(department: Department, code: JoinCode | None, *, joined: int) -> Rows:
    who = [button(labels.JOIN_LIST, "ad.joinppl", 0, str(department.id))] if joined else []
    last = back("ad.dep", department.id)
    if code is None:
        return rows(button(labels.JOIN_NEW, "ad.joinnew", department.id, "0"), who, last)
    seen = str(code.id)
    return rows(
        [
            button(labels.JOIN_POSTER, "ad.joinpdf", department.id),
            button(labels.JOIN_UNTIL, "ad.joinday", department.id),
        ],
        [
            button(labels.JOIN_RENEW, "ad.joinnew", department.id, seen),
            danger(labels.VOID, "ad.joinrm", department.id, seen),
        ],
        who,
        last,
    )


@action("ad.joinnew")
def issue(turn: Turn, pressed: Action) -> Outcome:
    """`argument` is the code that the card showed, 0 for none: a second tap makes no other."""
    department = present(turn, pressed.id)
    _seen(turn, department, pressed.argument)
    nonce = invites.new_nonce()
    quarter = Quarter.containing(turn.premises.today(turn.now + _AT_LEAST))
    invite_id = join_codes.issue(
        turn.connection,
        department_id=department.id,
        nonce=nonce,
        digest=turn.premises.digest(turn.premises.code(nonce)),
        created_by=turn.person.id,
        expires_at=end_of(quarter.last_day, turn.premises.zone),
        now=turn.now,
    )
    turn.audit("join.issue", str(department.id), invite=invite_id)
    _card(turn, department)
    return rest(turn)


def _seen(turn: Turn, department: Department, seen: str) -> JoinCode | None:
    code = join_codes.open_code(turn.connection, department.id, now=turn.now)
    if seen != str(code.id if code else 0):
        raise Outdated(show=lambda turn: _card(turn, department))
    return code


def _open(turn: Turn, department: Department) -> JoinCode:
    code = join_codes.open_code(turn.connection, department.id, now=turn.now)
    if code is None:
        raise Outdated(show=lambda turn: _card(turn, department))
    return code


@action("ad.joinday")
def ask_day(turn: Turn, pressed: Action) -> Outcome:
    department = present(turn, pressed.id)
    _open(turn, department)
    turn.say(
        "enrol.join_until",
        panel=PANEL,
        department=department,
        buttons=rows(back("ad.join", department.id)),
    )
    return Goto("join_day", Draft(department.id))


@step("join_day")
def take_day(turn: Turn, draft: Draft) -> Outcome:
    department = present(turn, draft.id)
    code = _open(turn, department)
    until = until_in(turn, most_days=MOST_DAYS)
    join_codes.prolong(turn.connection, code.id, expires_at=until)
    turn.audit("join.until", str(department.id), invite=code.id, until=until.isoformat())
    _card(turn, department)
    return rest(turn)


@action("ad.joinpdf")
def hand_poster(turn: Turn, pressed: Action) -> Outcome:
    department = present(turn, pressed.id)
    code = _open(turn, department)
    turn.say(
        "enrol.join_poster",
        department=department,
        file=secret_documents.poster(code.id, name=f"加入海报-{department.short_name}.pdf"),
        buttons=rows(below(words.BACK, "ad.join", department.id)),
    )
    return rest(turn)


@action("ad.joinrm")
def revoke(turn: Turn, pressed: Action) -> Outcome:
    department = present(turn, pressed.id)
    code = _seen(turn, department, pressed.argument)
    if code is not None:
        join_codes.revoke(turn.connection, code.id, now=turn.now)
        turn.audit("join.revoke", str(department.id), invite=code.id)
    _card(turn, department)
    return rest(turn)


@action("ad.joinppl")
def show_joined(turn: Turn, pressed: Action) -> Outcome:
    """Each leads to their card, where they can be removed. `object` is the page, `argument` the
    department."""
    department = present(turn, Action("", pressed.argument).id)
    _, total = join_codes.joined(turn.connection, department.id, limit=0)
    page = Page.of(pressed.id, total)
    found, _ = join_codes.joined(
        turn.connection, department.id, offset=page.offset, limit=page.size
    )
    turn.say(
        "enrol.joined",
        panel=PANEL,
        department=department,
        page=page,
        found=found,
        buttons=rows(
            *pairs(
                [
                    # two may have given one name
                    button(f"{number}. {each.name}", "ad.per", each.person_id)
                    for number, each in enumerate(found, page.offset + 1)
                ]
            ),
            page.turners("ad.joinppl", str(department.id)),
            back("ad.join", department.id),
        ),
    )
    return rest(turn)
