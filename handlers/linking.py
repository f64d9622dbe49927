"""How an account becomes a person's: by a one-time code, and in no other way."""

from __future__ import annotations

from datetime import datetime, timedelta

from markupsafe import Markup
from sqlalchemy.engine import Connection

import templates
from handlers.messages import Inbound, Reply
from handlers.premises import Premises, normal_code
from handlers.turn import clean
from storage import accounts, audit, invites
from storage.accounts import Account, Person

WRONG_CODES = 5
LOCK = timedelta(hours=1)


def stranger(
    connection: Connection,
    inbound: Inbound,
    *,
    account: Account,
    premises: Premises,
    now: datetime,
) -> tuple[list[Reply], Person | None]:
    """What an unknown account is told; the person, if the message held a good code."""
    text = clean(inbound.text)
    if text.startswith("/start"):
        text = text.removeprefix("/start").strip()
    code = normal_code(text)
    if not code:
        return [Reply(templates.say("linking.how"))], None
    if account.locked_until is not None and now < account.locked_until:
        return [Reply(templates.say("linking.locked"))], None
    person_id = invites.redeem(
        connection, digest=premises.digest(code), account_id=account.id, now=now
    )
    person = None if person_id is None else accounts.find_person(connection, person_id)
    if person is None:
        _wrong(connection, account, now=now)
        return [Reply(templates.say("linking.refused"))], None
    invites.link(connection, account_id=account.id, person_id=person.id, now=now)
    audit.record(
        connection,
        now=now,
        action="account.link",
        object_=str(account.id),
        person_id=person.id,
        account_id=account.id,
    )
    return [Reply(templates.say("linking.welcome", name=person.name))], person


def _wrong(connection: Connection, account: Account, *, now: datetime) -> None:
    audit.record(
        connection, now=now, action="account.link", result="denied", account_id=account.id
    )
    if invites.count_wrong(connection, account_id=account.id) >= WRONG_CODES:
        invites.lock_account(connection, account_id=account.id, until=now + LOCK)


def reveal(
    connection: Connection, *, premises: Premises, invite_id: int, show: str, now: datetime
) -> str:
    """Markup for a `secret` placeholder, made on the way out: the code, or a link with it."""
    found = invites.find(connection, invite_id)
    if found is None or not found.open(now):
        return "（已失效）"
    code = premises.code(found.nonce)
    if show == "telegram":
        address = f"https://t.me/{premises.telegram_name}?start={code}"
        return str(Markup('<a href="{0}">{0}</a>').format(address))
    if show == "web":
        address = f"{premises.public_url}/login#code={code}"
        return str(Markup('<a href="{0}">{0}</a>').format(address))
    return str(Markup("<code>{}</code>").format("-".join(code[i : i + 6] for i in (0, 6, 12))))
