"""Joining by a department's code: many may, each says their own name, and all it gives is a
member's role.

The code alone does nothing; the person is made when the name is given, if the code can still be
used then. On the web whoever comes back under the same name is the same member; whoever was in
before them is out. A name that is only said never carries more than a member's right.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, time
from typing import ClassVar, Final

from sqlalchemy.engine import Connection

import templates
from handlers.messages import Reply
from handlers.occasion import Occasion
from handlers.own_accounts import tell_others
from handlers.premises import Premises
from handlers.turn import Turn
from rubric.errors import UserError, shown
from storage import accounts, audit, invites, join_codes, people, web
from storage.accounts import Person
from storage.join_codes import JoinCode

JOINS_A_DAY: Final = 200
WEB: Final = "web"
_NAME: Final = re.compile(r"[^\W\d_][^\W_·.' -]*(?:[·.' -]+[^\W_]+)*\.?")
_SHORTEST, _LONGEST = 2, 20
_NO_NAMES: Final = frozenset({"菜单", "帮助", "返回", "你好", "您好"})
_STOP: Final = "取消"


@dataclass(eq=False)
class NameWanted(UserError):
    """The code is good; who is it? Nothing was done yet."""

    code: ClassVar[str] = "linking.name_wanted"
    department: str


@dataclass(eq=False)
class NameUnusable(UserError):
    """Not 2 to 20 letters, as a name has them."""

    code: ClassVar[str] = "linking.name_unusable"
    typed: str


@dataclass(eq=False)
class JoinsFull(UserError):
    """More came by this code today than a department has people."""

    code: ClassVar[str] = "linking.joins_full"


def person_name(typed: str) -> str:
    """The name in single blanks. Raises NameUnusable."""
    name = " ".join(typed.split())
    fits = _SHORTEST <= len(name) <= _LONGEST and name not in _NO_NAMES
    if not fits or not _NAME.fullmatch(name):
        raise NameUnusable(shown(name))
    return name


# ---------------------------------------------------------------- unknown accounts


def ask_name(connection: Connection, code: JoinCode, *, account_id: int) -> Reply:
    join_codes.wait_for_name(connection, account_id, code.id)
    return Reply(templates.say("linking.join_name", department=code.department))


def take_name(
    connection: Connection,
    typed: str,
    *,
    account_id: int,
    premises: Premises,
    now: datetime,
) -> tuple[list[Reply], int] | None:
    """What an unknown account said next: the answers, and the person it became, 0 for none. None
    when it isn't joining."""
    invite_id = join_codes.waiting_code(connection, account_id)
    if invite_id is None:
        return None
    code = join_codes.hold(connection, invite_id, now=now)
    if code is None or typed == _STOP:
        join_codes.wait_for_name(connection, account_id, None)
        gone = "linking.how" if code else "linking.join_closed"
        return [Reply(templates.say(gone))], 0
    try:
        name = person_name(typed)
        _room(connection, code, premises=premises, now=now)
    except UserError as error:
        return [Reply(templates.say_error(error))], 0
    person_id = _join(connection, code, name=name, account_id=account_id, now=now)
    welcome = templates.say("linking.join_welcome", name=name, department=code.department)
    return [Reply(welcome)], person_id


def on_web(
    connection: Connection, code: JoinCode, *, name: str, premises: Premises, now: datetime
) -> tuple[int, int]:
    """Account and person. Raises NameWanted, NameUnusable, JoinsFull before it does anything."""
    if not name.strip():
        raise NameWanted(code.department)
    name = person_name(name)
    known = join_codes.known_on(
        connection, department_id=code.department_id, name=name, channel=WEB
    )
    if known is not None:
        web.end_sessions_of(connection, known[0], now=now)
        return known
    _room(connection, code, premises=premises, now=now)
    account_id = invites.add_account(
        connection, channel=WEB, external_id=secrets.token_urlsafe(18), now=now
    )
    return account_id, _join(connection, code, name=name, account_id=account_id, now=now)


def _room(connection: Connection, code: JoinCode, *, premises: Premises, now: datetime) -> None:
    midnight = datetime.combine(premises.today(now), time(), premises.zone)
    if join_codes.joined_since(connection, code.id, since=midnight) >= JOINS_A_DAY:
        raise JoinsFull


def _join(
    connection: Connection, code: JoinCode, *, name: str, account_id: int, now: datetime
) -> int:
    person_id = people.add_person(connection, name=name, now=now)
    people.grant_role(
        connection,
        person_id=person_id,
        role_name="member",
        department_id=code.department_id,
        now=now,
    )
    join_codes.note_joined(connection, person_id, code.id)
    invites.link(connection, account_id=account_id, person_id=person_id, prefer=True, now=now)
    audit.record(
        connection,
        now=now,
        action="person.join",
        object_=str(person_id),
        person_id=person_id,
        account_id=account_id,
        detail={"invite": code.id, "department": code.department_id},
    )
    return person_id


# ---------------------------------------------------------------- people who are linked already


def also(turn: Turn, code: JoinCode) -> None:
    """A linked person used the code: a member there too, unless they belong there already."""
    if turn.person.belongs_to(code.department_id):
        turn.say("linking.join_already", department=code.department)
        return
    people.grant_role(
        turn.connection,
        person_id=turn.person.id,
        role_name="member",
        department_id=code.department_id,
        now=turn.now,
    )
    turn.audit("role.join", str(turn.person.id), invite=code.id, department=code.department_id)
    turn.say("linking.join_also", department=code.department)


def may_become_another(connection: Connection, who: Person) -> bool:
    """Whether this person is only a name that was said, so that a personal code says better."""
    return who.roles <= {"member"} and join_codes.named_themselves(connection, who.id)


def become_now(turn: Turn, invite_id: int, person_id: int) -> None:
    become(
        turn,
        turn.person,
        account_id=turn.account.id,
        invite_id=invite_id,
        person_id=person_id,
    )
    turn.person = accounts.find_person(turn.connection, person_id) or turn.person
    turn.say("linking.moved", name=turn.person.name)


def become(
    occasion: Occasion, before: Person, *, account_id: int, invite_id: int, person_id: int
) -> None:
    """The account goes over to the invited person; who it was before is removed."""
    connection, now = occasion.connection, occasion.now
    invites.used_by(connection, invite_id, account_id=account_id)
    invites.link(connection, account_id=account_id, person_id=person_id, prefer=True, now=now)
    people.remove_person(connection, before.id, now=now)
    audit.record(
        connection,
        now=now,
        action="account.move",
        object_=str(account_id),
        person_id=person_id,
        account_id=account_id,
        detail={
            "invite": invite_id,
            "before": before.id,
            "to": person_id,
            "departments": list(before.departments("member")),
        },
    )
    tell_others(occasion, person_id, account_id)
