"""Into the web chat without a code, for whoever a messenger of ours vouches for."""

from __future__ import annotations

import secrets

from handlers.occasion import Occasion
from handlers.own_accounts import tell_others
from storage import audit, invites
from storage.accounts import Person
from storage.web import CHANNEL


def web_account(occasion: Occasion, person: Person, *, by: int) -> int:
    """The person's account of the web chat, made if there is none, of which the other accounts
    hear; `by` the account that says who it is. The preferred account stays what it was."""
    connection, now = occasion.connection, occasion.now
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
        tell_others(occasion, person.id, found)
    audit.record(
        connection,
        now=now,
        action="account.enter",
        object_=str(found),
        person_id=person.id,
        account_id=by,
    )
    return found
