"""A person's accounts among each other: which there are, where notices go, which are let go, and
when nobody is to be disturbed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from rubric.quiet import Quiet
from storage.models import account, outbox, person, web_session

# both know a member of the directory by the same id: the app in lower case, the bot as it is
# written there, or by a code where its maker may not know it
SAME_DIRECTORY: Final = {"wecom_app": "wecom_bot", "wecom_bot": "wecom_app"}


@dataclass(frozen=True, slots=True)
class Linked:
    """`name` is what the channel calls its holder; `unreachable` why it can't be written to."""

    id: int
    channel: str
    name: str
    since: datetime
    unreachable: str | None
    preferred: bool


def accounts_of(connection: Connection, person_id: int) -> list[Linked]:
    """All of this person's, in the order they were linked. One of them is preferred: the one they
    chose, else the last."""
    rows = connection.execute(
        select(
            account.c.id,
            account.c.channel,
            account.c.name,
            func.coalesce(account.c.linked_at, account.c.created_at).label("since"),
            account.c.unreachable,
            person.c.preferred_account_id,
        )
        .select_from(account.join(person, account.c.person_id == person.c.id))
        .where(account.c.person_id == person_id)
        .order_by("since", account.c.id)
    ).all()
    ids = [row.id for row in rows]
    chosen = rows[0].preferred_account_id if rows else None
    first = chosen if chosen in ids else next(reversed(ids), 0)
    return [Linked(*row[:5], preferred=row.id == first) for row in rows]


def prefer(connection: Connection, person_id: int, account_id: int) -> None:
    """Notices go to this account from now on."""
    connection.execute(
        update(person).where(person.c.id == person_id).values(preferred_account_id=account_id)
    )


def let_go(
    connection: Connection, person_id: int, account_id: int, *, to: int, now: datetime
) -> None:
    """This account is nobody's any more and nobody is in by it; what still waits for it goes to
    another of the person's. It has been somebody's, so it comes back by a code only."""
    connection.execute(
        update(account)
        .where(account.c.id == account_id, account.c.person_id == person_id)
        .values(person_id=None)
    )
    connection.execute(
        update(person)
        .where(person.c.id == person_id, person.c.preferred_account_id == account_id)
        .values(preferred_account_id=to)
    )
    connection.execute(
        update(outbox)
        .where(
            outbox.c.account_id == account_id,
            outbox.c.state == "queued",
            outbox.c.lane == "notice",
            outbox.c.call_id.is_(None),  # one with a call may have arrived there
        )
        .values(account_id=to)
    )
    connection.execute(
        update(web_session)
        .where(web_session.c.account_id == account_id, web_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def same_member(connection: Connection, account_id: int) -> tuple[int, int] | None:
    """Account and person of whoever this account must be, since the messenger itself says that
    both are the same member's: None for an account that was ever linked, and where the other is
    not, or its person was removed."""
    this = connection.execute(
        select(account.c.channel, account.c.external_id, account.c.linked_at)
        .where(account.c.id == account_id)
        .with_for_update()
    ).one()
    if this.linked_at is not None or this.channel not in SAME_DIRECTORY:
        return None
    row = connection.execute(
        select(account.c.id, account.c.person_id)
        .join(person, account.c.person_id == person.c.id)
        .where(
            account.c.channel == SAME_DIRECTORY[this.channel],
            func.lower(account.c.external_id) == this.external_id.lower(),
            person.c.removed_at.is_(None),
        )
        .order_by(account.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def was_told(connection: Connection, account_id: int) -> bool:
    """Whether this account was ever sent anything, as far back as messages are kept."""
    sent = select(outbox.c.id).where(outbox.c.account_id == account_id).limit(1)
    return connection.execute(sent).scalar() is not None


# ---------------------------------------------------------------- 免打扰


def quiet_of(connection: Connection, person_id: int) -> Quiet | None:
    row = connection.execute(
        select(person.c.quiet_from, person.c.quiet_to).where(person.c.id == person_id)
    ).one()
    if row.quiet_from is None or row.quiet_to is None:
        return None
    return Quiet(row.quiet_from, row.quiet_to)


def keep_quiet(connection: Connection, person_id: int, quiet: Quiet | None) -> None:
    """None: notices come at any time."""
    connection.execute(
        update(person)
        .where(person.c.id == person_id)
        .values(quiet_from=quiet.first if quiet else None, quiet_to=quiet.until if quiet else None)
    )
