"""Codes, by which an account becomes a person's.

A personal code has 90 bits, is for one person, works once and until a date; a login code is the
same for ten minutes, made by who is in already, for the web or for another chat of theirs; a
department's join code makes a new member of whoever has it, see `handlers.joining`. Five wrong
ones lock the account (on the web: the remote address) for an hour. A wrong, used, expired and
revoked code are answered alike. The person's other accounts hear of each new one.
"""

from __future__ import annotations

import math
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from markupsafe import Markup
from sqlalchemy.engine import Connection

import templates
from handlers import joining
from handlers.messages import DocumentRef, Reply, Rows
from handlers.occasion import Occasion
from handlers.own_accounts import tell_others
from handlers.plain_text import clean
from handlers.premises import Premises, normal_code
from handlers.turn import Turn
from rubric.errors import UserError
from storage import accounts, audit, invites, join_codes
from storage.invites import LOGIN, PERSONAL, Invite
from storage.join_codes import JoinCode

WEB: Final = "web"
WEB_GUARD: Final = "web-guard"
KINDS: Final = (PERSONAL, LOGIN)  # whoever has the code gets in as its person
WRONG_CODES: Final = 5
LOCK: Final = timedelta(hours=1)
VALID: Final = timedelta(days=14)
LOGIN_VALID: Final = timedelta(minutes=10)
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


# ---------------------------------------------------------------- codes that linked people send


def offered(turn: Turn, typed: str) -> bool:
    """A linked person came with a code: say what it means. Another's own is left unused, except
    by who only joined so far: they become the person it is for. A join code makes a member there
    too. A wrong one counts. False if it is no code at all."""
    code = normal_code(typed)
    if not code:
        return False
    digest = turn.premises.digest(code)
    try:
        _unlocked(turn.connection, turn.account.id, now=turn.now)
        holder = invites.holder(turn.connection, digest=digest, kinds=KINDS, now=turn.now)
        join = None
        if holder is None:
            join = join_codes.usable(turn.connection, digest=digest, now=turn.now)
        if holder is None and join is None:
            raise wrong(turn.connection, turn.account.id, person_id=turn.person.id, now=turn.now)
    except (CodeRefused, CodesLocked) as error:
        # said, not raised: a raised one would take the count back
        turn.replies.append(Reply(templates.say_error(error)))
        return True
    mine = holder == turn.person.id
    if join is not None:
        joining.also(turn, join)
        return True
    found = None
    if not mine and joining.may_become_another(turn.connection, turn.person):
        found = invites.redeem(turn.connection, digest=digest, kinds=KINDS, now=turn.now)
    if found is not None:
        joining.become_now(turn, *found)
        return True
    turn.say("linking.yours" if mine else "linking.not_yours", name=turn.person.name)
    return True


def issued(turn: Turn, typed: str) -> bool:
    """Whether this text is a code that was once given out: such a text is never kept as content.
    Eighteen other characters, an identity card's number say, are a text like any."""
    code = normal_code(typed)
    return bool(code) and invites.issued(turn.connection, turn.premises.digest(code))


# ---------------------------------------------------------------- the web chat's login


def authenticate(
    connection: Connection,
    premises: Premises,
    *,
    code: str,
    name: str = "",
    guard: str,
    present: int | None = None,
    now: datetime,
) -> int:
    """The web account of whoever has this code; made if the person has none yet.

    `guard` is the remote address; wrong codes count against it; `name` is asked for with a join
    code; `present` is the web account that is logged in there at the moment. Raises CodeRefused
    and CodesLocked: catch them inside the transaction, or the count is rolled back with it; and
    what `joining.on_web` raises.
    """
    watched, _ = accounts.recognise(
        connection, channel=WEB_GUARD, external_id=guard[:_EXTERNAL_ID], name="", now=now
    )
    occasion = Occasion(connection, now, premises)
    found = redeem(occasion, normal_code(clean(code)), guard_id=watched.id)
    if isinstance(found, JoinCode):
        invite_id = found.id
        account_id, person_id = joining.on_web(
            connection, found, name=clean(name), premises=premises, now=now
        )
    else:
        invite_id, person_id = found
        account_id = _web_account(occasion, invite_id, person_id, present=present)
    invites.count_wrong(connection, watched.id, wrong=0, locked_until=None)
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


def _web_account(
    occasion: Occasion, invite_id: int, person_id: int, *, present: int | None
) -> int:
    """The person's; else the present one of who only joined so far; else a new one."""
    connection = occasion.connection
    known = invites.account_on(connection, person_id, channel=WEB)
    if known is not None:
        invites.used_by(connection, invite_id, account_id=known)
        return known
    before = accounts.person_of(connection, present) if present is not None else None
    if present is not None and before and joining.may_become_another(connection, before):
        joining.become(
            occasion, before, account_id=present, invite_id=invite_id, person_id=person_id
        )
        return present
    made = invites.add_account(
        connection, channel=WEB, external_id=secrets.token_urlsafe(18), now=occasion.now
    )
    bind(occasion, invite_id, account_id=made, person_id=person_id, prefer=False)
    return made


def bind(
    occasion: Occasion, invite_id: int, *, account_id: int, person_id: int, prefer: bool
) -> None:
    """By this invite, which was for this person, the account is theirs; their others hear it."""
    connection, now = occasion.connection, occasion.now
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
    tell_others(occasion, person_id, account_id)


# ---------------------------------------------------------------- trying a code


def redeem(occasion: Occasion, code: str, *, guard_id: int) -> tuple[int, int] | JoinCode:
    """Invite and person of a good code, which is used up by it, or a join code, which is not; the
    rest is counted and raised."""
    connection, now = occasion.connection, occasion.now
    _unlocked(connection, guard_id, now=now)
    digest = occasion.premises.digest(code)
    found = invites.redeem(connection, digest=digest, kinds=KINDS, now=now) or join_codes.usable(
        connection, digest=digest, now=now
    )
    if found is None:
        raise wrong(connection, guard_id, person_id=None, now=now)
    return found


def _unlocked(connection: Connection, account_id: int, *, now: datetime) -> None:
    until = invites.attempts(connection, account_id).locked_until
    if until is not None and now < until:
        raise CodesLocked(math.ceil((until - now) / timedelta(minutes=1)))


def wrong(
    connection: Connection, account_id: int, *, person_id: int | None, now: datetime
) -> CodeRefused | CodesLocked:
    """Count it, and what to say; the fifth locks."""
    count = invites.attempts(connection, account_id).wrong + 1
    locks = count >= WRONG_CODES
    invites.count_wrong(
        connection,
        account_id,
        wrong=0 if locks else count,
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
    expires_at: datetime | None = None,
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
        expires_at=expires_at or now + (LOGIN_VALID if kind == LOGIN else VALID),
        now=now,
    )


def say_login(turn: Turn, block: str, /, *, person_id: int, buttons: Rows, **facts: Any) -> None:
    """A login code of this person's, told with a block that also has `facts`."""
    invite_id = invite(
        turn.connection,
        turn.premises,
        person_id=person_id,
        created_by=turn.person.id,
        now=turn.now,
        kind=LOGIN,
    )
    turn.audit("invite.login", str(invite_id), person=person_id)
    turn.say(
        block,
        invite=invite_id,
        until=turn.now + LOGIN_VALID,
        web="web" in ways(turn.premises, kind=LOGIN),
        buttons=buttons,
        **facts,
    )


def just_made(found: Invite, now: datetime) -> bool:
    """Within the last minute: whoever presses again means the same."""
    return now - found.created_at < _TWICE


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
    found = invites.find(connection, invite_id) or join_codes.find(connection, invite_id)
    if found is None or not found.open(now):
        return ""
    return link(premises, premises.code(found.nonce), show=show)


def link(premises: Premises, code: str, *, show: str) -> str:
    """The code as it is opened (telegram, web) or typed (code)."""
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
