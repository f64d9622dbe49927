"""Into the web chat without a code, for whoever a messenger of ours vouches for."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy.engine import Connection

from storage import audit, invites
from storage.accounts import Person
from storage.web import CHANNEL


def web_account(connection: Connection, person: Person, *, by: int, now: datetime) -> int:
    """The person's account of the web chat, made if there is none; `by` the account that says who
    it is. The preferred account stays what it was."""
    found = invites.account_on(connection, person.id, channel=CHANNEL)
    if found is None:
        found = invites.add_account(
            connection, channel=CHANNEL, external_id=secrets.token_urlsafe(18), now=now
        )
        invites.link(connection, account_id=found, person_id=person.id, prefer=False, now=now)
        audit.record(
            connection,
            now=now,
            action="account.link",
            object_=str(found),
            person_id=person.id,
            account_id=by,
        )
    audit.record(
        connection,
        now=now,
        action="account.enter",
        object_=str(found),
        person_id=person.id,
        account_id=by,
    )
    return found
