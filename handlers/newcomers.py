"""Accounts that nobody knows yet: how one becomes a person's when it writes or opens the chat.

By a code (see `handlers.linking`), or because the messenger itself vouches that it is the same
member as an account we know. Until then it learns how to get a code and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import templates
from handlers import joining, linking
from handlers.linking import CodeRefused, CodesLocked
from handlers.messages import Inbound, Kind, Reply
from handlers.occasion import Occasion
from handlers.own_accounts import tell_others
from handlers.plain_text import clean
from handlers.premises import normal_code
from storage import accounts, audit, invites, linked, people
from storage.accounts import Account, Person
from storage.invites import PERSONAL
from storage.join_codes import JoinCode

_HUSH: Final = timedelta(minutes=1)
_HEARD: Final = (Kind.MESSAGE, Kind.PRESS, Kind.OPENED)


@dataclass(frozen=True, slots=True)
class Met:
    """What an account is told first, who it is now, and what they are given an answer to."""

    replies: tuple[Reply, ...] = ()
    person: Person | None = None
    inbound: Inbound | None = None


def meet(occasion: Occasion, inbound: Inbound, account: Account, person: Person | None) -> Met:
    """Whoever it is, known or not; nobody to answer where nothing is to be done."""
    if person is None:
        return _unknown(occasion, inbound, account)
    if inbound.kind is not Kind.OPENED:
        return Met((), person, inbound)
    if linked.was_told(occasion.connection, account.id):
        return Met()
    return Met((_known(person.name),), person, _menu(inbound))


def _unknown(occasion: Occasion, inbound: Inbound, account: Account) -> Met:
    """An account that is nobody's, or whose person was removed."""
    if inbound.kind not in _HEARD:
        return Met()
    if (met := _same_member(occasion, inbound, account)) is not None:
        return met
    if inbound.kind is Kind.OPENED:
        return Met(_how(occasion, account))
    return _heard(occasion, inbound, account)


def _known(name: str) -> Reply:
    return Reply(templates.say("linking.known", name=name))


def _menu(inbound: Inbound) -> Inbound:
    return replace(inbound, text="/start", kind=Kind.MESSAGE, attachments=())


def _how(occasion: Occasion, account: Account) -> tuple[Reply, ...]:
    """How to get a code; once a minute is enough for who knows no other answer."""
    since = occasion.now - _HUSH
    lately = invites.answered_since(occasion.connection, account.id, since=since)
    if lately and account.person_id is None:
        return ()
    return (Reply(templates.say("linking.how")),)


def _same_member(occasion: Occasion, inbound: Inbound, account: Account) -> Met | None:
    """WeCom calls a member of the directory by one id in the app and in the bot's chat, so that
    whoever is known in the one is known in the other."""
    if account.channel not in linked.SAME_DIRECTORY:
        return None
    connection, now = occasion.connection, occasion.now
    found = linked.same_member(connection, account.id)
    if found is None:
        # another message of theirs may have linked it just now
        person = accounts.person_of(connection, account.id, day=occasion.today)
        return Met((), person, inbound) if person else None
    known_id, person_id = found
    invites.link(connection, account_id=account.id, person_id=person_id, prefer=False, now=now)
    audit.record(
        connection,
        now=now,
        action="account.join",
        object_=str(account.id),
        person_id=person_id,
        account_id=account.id,
        detail={"account": known_id},
    )
    tell_others(occasion, person_id, account.id)
    known = accounts.find_person(connection, person_id, day=occasion.today)
    greeting = _known(people.name_of(connection, person_id))
    return Met((greeting,), known, _menu(inbound) if inbound.kind is Kind.OPENED else inbound)


# ---------------------------------------------------------------- what an unknown account says


def _heard(occasion: Occasion, inbound: Inbound, account: Account) -> Met:
    head, _, rest = clean(inbound.text).partition(" ")
    started = head.lower().split("@")[0] == "/start"
    code = normal_code(rest if started else inbound.text)
    if code:
        return _with_code(occasion, inbound, code, account=account)
    if started:
        return Met((Reply(templates.say("linking.how")),))
    named = joining.take_name(
        occasion.connection,
        clean(inbound.text),
        account_id=account.id,
        premises=occasion.premises,
        now=occasion.now,
    )
    if named is None:
        return Met(_how(occasion, account))
    replies, person_id = named
    found = accounts.find_person(occasion.connection, person_id)
    return Met(tuple(replies), found, _menu(inbound) if found else None)


def _with_code(occasion: Occasion, inbound: Inbound, code: str, *, account: Account) -> Met:
    connection, now = occasion.connection, occasion.now
    if invites.attempts(connection, account.id).person_id != account.person_id:
        return Met()  # linked a moment ago by another message, which is answered
    try:
        found = linking.redeem(occasion, code, guard_id=account.id)
        if isinstance(found, JoinCode):
            if account.person_id is not None:  # who was removed comes back by invitation only
                raise linking.wrong(connection, account.id, person_id=None, now=now)
            return Met((joining.ask_name(connection, found, account_id=account.id),))
    except (CodeRefused, CodesLocked) as error:
        return Met((Reply(templates.say_error(error)),))
    return _linked(occasion, inbound, *found, account=account)


def _linked(
    occasion: Occasion, inbound: Inbound, invite_id: int, person_id: int, *, account: Account
) -> Met:
    """Whoever is invited has this chat for what they are told; one they link themselves is one
    more."""
    connection = occasion.connection
    used = invites.find(connection, invite_id)
    invited = used is not None and used.kind == PERSONAL
    linking.bind(occasion, invite_id, account_id=account.id, person_id=person_id, prefer=invited)
    there = [each for each in linked.accounts_of(connection, person_id) if each.preferred]
    elsewhere = there[0].channel if there[0].id != account.id else ""
    welcome = templates.say(
        "linking.welcome", name=people.name_of(connection, person_id), elsewhere=elsewhere
    )
    found = accounts.find_person(connection, person_id, day=occasion.today)
    return Met((Reply(welcome),), found, _menu(inbound))
