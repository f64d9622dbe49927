"""How an account becomes a person's: by a one-time code, and in no other way.

A code has 90 bits, is for one person, works once and until a date. Five wrong ones lock the
account (on the web: the remote address) for an hour. A wrong, used, expired and revoked code are
answered alike. An unknown account learns how to get a code and nothing else.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from markupsafe import Markup
from sqlalchemy.engine import Connection

import templates
from handlers.messages import DocumentRef, Inbound, Kind, Reply
from handlers.plain_text import clean
from handlers.premises import Premises, normal_code
from handlers.turn import Turn
from rubric.errors import UserError
from storage import accounts, audit, invites, people
from storage.accounts import Account, Person
from storage.invites import LOGIN, PERSONAL, Invite

WEB: Final = "web"
WEB_GUARD: Final = "web-guard"
WRONG_CODES: Final = 5
LOCK: Final = timedelta(hours=1)
VALID: Final = timedelta(days=14)
LOGIN_VALID: Final = timedelta(minutes=10)
_HUSH: Final = timedelta(minutes=1)
_TWICE: Final = timedelta(minutes=1)
_GROUP: Final = 6
_EXTERNAL_ID: Final = 128
CLOSED: Final = "（已失效）"


@dataclass(eq=False)
class CodeRefused(UserError):
    """Wrong, used, expired or revoked: deliberately not said which."""

    code: ClassVar[str] = "linking.code_refused"


@dataclass(eq=False)
class CodesLocked(UserError):
    code: ClassVar[str] = "linking.locked"
    minutes: int


# ---------------------------------------------------------------- unknown accounts


def stranger(
    connection: Connection,
    inbound: Inbound,
    *,
    account: Account,
    premises: Premises,
    now: datetime,
) -> tuple[list[Reply], Person | None]:
    """What an unknown account is told; the person, if the message held a good code."""
    if inbound.kind not in (Kind.MESSAGE, Kind.PRESS):
        return [], None
    head, _, rest = clean(inbound.text).partition(" ")
    started = head.lower().split("@")[0] == "/start"
    code = normal_code(rest if started else inbound.text)
    if not code:
        lately = invites.answered_since(connection, account.id, since=now - _HUSH)
        hushed = lately and not started and account.person_id is None
        return ([] if hushed else [Reply(templates.say("linking.how"))]), None
    if invites.attempts(connection, account.id).person_id != account.person_id:
        return [], None  # linked a moment ago by another message, which is answered
    try:
        invite_id, person_id = _redeem(
            connection, premises, code=code, kinds=(PERSONAL,), guard_id=account.id, now=now
        )
    except (CodeRefused, CodesLocked) as error:
        return [Reply(templates.say_error(error))], None
    _link(connection, invite_id, account_id=account.id, person_id=person_id, prefer=True, now=now)
    welcome = templates.say("linking.welcome", name=people.name_of(connection, person_id))
    return [Reply(welcome)], accounts.find_person(connection, person_id, day=premises.today(now))


def offered(turn: Turn, typed: str) -> bool:
    """A linked person came with a code: say what it means. Nothing is used up or changed, but a
    wrong one counts. False if it is no code at all."""
    code = normal_code(typed)
    if not code:
        return False
    digest = turn.premises.digest(code)
    try:
        _unlocked(turn.connection, turn.account.id, now=turn.now)
        holder = invites.holder(
            turn.connection, digest=digest, kinds=(PERSONAL, LOGIN), now=turn.now
        )
        if holder is None:
            raise _wrong(turn.connection, turn.account.id, person_id=turn.person.id, now=turn.now)
    except (CodeRefused, CodesLocked) as error:
        # said, not raised: a raised one would take the count back
        turn.replies.append(Reply(templates.say_error(error)))
        return True
    mine = holder == turn.person.id
    turn.say("linking.yours" if mine else "linking.not_yours", name=turn.person.name)
    return True


def issued(turn: Turn, typed: str) -> bool:
    """Whether this text is a code that was once given out: such a text is never kept as content.
    Eighteen other characters, an identity card's number say, are a text like any."""
    code = normal_code(typed)
    return bool(code) and invites.issued(turn.connection, turn.premises.digest(code))


# ---------------------------------------------------------------- the web chat's login


def authenticate(
    connection: Connection, premises: Premises, *, code: str, guard: str, now: datetime
) -> int:
    """The web account of whoever has this code; made if the person has none yet.

    `guard` is the remote address; wrong codes count against it. Raises CodeRefused and
    CodesLocked: catch them inside the transaction, or the count is rolled back with it.
    """
    watched, _ = accounts.recognise(
        connection, channel=WEB_GUARD, external_id=guard[:_EXTERNAL_ID], name="", now=now
    )
    invite_id, person_id = _redeem(
        connection,
        premises,
        code=normal_code(clean(code)),
        kinds=(PERSONAL, LOGIN),
        guard_id=watched.id,
        now=now,
    )
    invites.count_wrong(connection, watched.id, wrong=0, locked_until=None)
    account_id = invites.account_on(connection, person_id, channel=WEB)
    if account_id is None:
        account_id = invites.add_account(
            connection, channel=WEB, external_id=secrets.token_urlsafe(18), now=now
        )
        _link(
            connection,
            invite_id,
            account_id=account_id,
            person_id=person_id,
            prefer=False,
            now=now,
        )
    else:
        invites.used_by(connection, invite_id, account_id=account_id)
    audit.record(
        connection,
        now=now,
        action="account.login",
        object_=str(account_id),
        person_id=person_id,
        account_id=account_id,
        detail={"invite": invite_id},
    )
    return account_id


def _link(
    connection: Connection,
    invite_id: int,
    *,
    account_id: int,
    person_id: int,
    prefer: bool,
    now: datetime,
) -> None:
    invites.link(connection, account_id=account_id, person_id=person_id, prefer=prefer, now=now)
    invites.used_by(connection, invite_id, account_id=account_id)
    audit.record(
        connection,
        now=now,
        action="account.link",
        object_=str(account_id),
        person_id=person_id,
        account_id=account_id,
        detail={"invite": invite_id},
    )


# ---------------------------------------------------------------- trying a code


def _redeem(
    connection: Connection,
    premises: Premises,
    *,
    code: str,
    kinds: Sequence[str],
    guard_id: int,
    now: datetime,
) -> tuple[int, int]:
    """Invite and person of a good code, which is used up by it; the rest is counted and raised."""
    _unlocked(connection, guard_id, now=now)
    found = invites.redeem(connection, digest=premises.digest(code), kinds=kinds, now=now)
    if found is None:
        raise _wrong(connection, guard_id, person_id=None, now=now)
    return found


def _unlocked(connection: Connection, account_id: int, *, now: datetime) -> None:
    until = invites.attempts(connection, account_id).locked_until
    if until is not None and now < until:
        raise CodesLocked(math.ceil((until - now) / timedelta(minutes=1)))


def _wrong(
    connection: Connection, account_id: int, *, person_id: int | None, now: datetime
) -> CodeRefused | CodesLocked:
    """Count it, and what to say; the fifth locks."""
    wrong = invites.attempts(connection, account_id).wrong + 1
    locks = wrong >= WRONG_CODES
    invites.count_wrong(
        connection,
        account_id,
        wrong=0 if locks else wrong,
        locked_until=now + LOCK if locks else None,
    )
    error = CodesLocked(LOCK // timedelta(minutes=1)) if locks else CodeRefused()
    audit.record(
        connection,
        now=now,
        action="account.code",
        object_=str(account_id),
        result="denied",
        person_id=person_id,
        account_id=account_id,
        detail={"code": error.code},
    )
    return error


# ---------------------------------------------------------------- giving codes out


def invite(
    connection: Connection,
    premises: Premises,
    *,
    person_id: int,
    created_by: int | None,
    now: datetime,
    kind: str = PERSONAL,
) -> int:
    """A new invite in place of any earlier open one of this kind. 14 days; a login, 10 minutes,
    and the same again within its first minute, for buttons are pressed twice."""
    if kind == LOGIN:
        waiting = invites.open_of(connection, person_id, kind=kind, now=now)
        if waiting is not None and just_made(waiting, now):
            return waiting.id
    invites.revoke_all(connection, person_id, kind=kind, now=now)
    nonce = invites.new_nonce()
    return invites.issue(
        connection,
        kind=kind,
        nonce=nonce,
        digest=premises.digest(premises.code(nonce)),
        person_id=person_id,
        created_by=created_by,
        expires_at=now + (LOGIN_VALID if kind == LOGIN else VALID),
        now=now,
    )


def just_made(found: Invite, now: datetime) -> bool:
    """Within the last minute: whoever presses again means the same."""
    valid = LOGIN_VALID if found.kind == LOGIN else VALID
    return now - (found.expires_at - valid) < _TWICE


def ways(premises: Premises, *, kind: str = PERSONAL) -> tuple[str, ...]:
    """Which links there are to a code here: telegram, web."""
    telegram = ("telegram",) if premises.telegram_name and kind == PERSONAL else ()
    web = ("web",) if premises.public_url and premises.web_chat else ()
    return telegram + web


def qr_code(invite_id: int, *, show: str) -> DocumentRef:
    """A picture of the link; delivery asks `address` for what stands in it."""
    return DocumentRef(
        "invite_qr",
        (("invite", invite_id), ("show", show)),
        name="邀请二维码.png",
        mime="image/png",
        secret=True,
    )


def grouped(code: str) -> str:
    return "-".join(code[i : i + _GROUP] for i in range(0, len(code), _GROUP))


def address(
    connection: Connection, *, premises: Premises, invite_id: int, show: str, now: datetime
) -> str:
    """The link of this kind with the code in it, or the bare code; '' when it can't be used."""
    found = invites.find(connection, invite_id)
    if found is None or not found.open(now):
        return ""
    code = premises.code(found.nonce)
    if show == "telegram":
        return f"https://t.me/{premises.telegram_name}?start={code}"
    if show == "web":
        return f"{premises.public_url.rstrip('/')}/login#code={code}"
    return grouped(code)


def reveal(
    connection: Connection, *, premises: Premises, invite_id: int, show: str, now: datetime
) -> str:
    """Markup for a `secret` placeholder, made on the way out: the code, or a link with it."""
    text = address(connection, premises=premises, invite_id=invite_id, show=show, now=now)
    if not text:
        return CLOSED
    shown = '<a href="{0}">{0}</a>' if show in ("telegram", "web") else "<code>{0}</code>"
    return str(Markup(shown).format(text))  # noqa: S704 - one of two constants


def revealed(connection: Connection, text: str, *, premises: Premises, now: datetime) -> str:
    """A text with every `secret` placeholder filled in; for the way out, never for a row."""

    def fill(found: re.Match[str]) -> str:
        return reveal(
            connection, premises=premises, invite_id=int(found[1]), show=found[2], now=now
        )

    return templates.SECRET.sub(fill, text)
