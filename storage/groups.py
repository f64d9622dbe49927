"""Group chats that the bot is in: which of them get what is published.

A group has an account, as its address, that never becomes anybody's. What an administrator said of
it stays when the bot is removed; that it can't be written to any more stands on the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, case, delete, func, select, update
from sqlalchemy.engine import Connection

from storage.accounts import mark_unreachable, recognise
from storage.models import account, chat_group, outbox, person
from storage.names import one_at_a_time

WAITING: Final = "waiting"
CONFIRMED: Final = "confirmed"
REFUSED: Final = "refused"
LEFT: Final = "left"
TITLE_LENGTH: Final = 128
_ASIDE: Final = ":moved"  # for a moment: two accounts change their places on the channel


@dataclass(frozen=True, slots=True)
class Group:
    """`decision` is what an administrator said last, waiting if nothing yet; `added_by` the name
    of the linked person who added the bot, '' for anybody else."""

    account_id: int
    title: str
    decision: str
    reachable: bool
    added_by: str
    added_at: datetime
    decided_by: str
    decided_at: datetime | None

    @property
    def state(self) -> str:
        """waiting, confirmed, refused, or left: removed from it, or refused by the channel."""
        return self.decision if self.reachable else LEFT


_ADDER, _DECIDER = person.alias("adder"), person.alias("decider")
_ALL = (
    select(
        chat_group.c.account_id,
        chat_group.c.title,
        chat_group.c.state,
        account.c.unreachable,
        _ADDER.c.name.label("added_by"),
        chat_group.c.added_at,
        _DECIDER.c.name.label("decided_by"),
        chat_group.c.decided_at,
    )
    .join(account, chat_group.c.account_id == account.c.id)
    .outerjoin(_ADDER, chat_group.c.added_by == _ADDER.c.id)
    .outerjoin(_DECIDER, chat_group.c.decided_by == _DECIDER.c.id)
)
_ORDER = (
    # what waits comes first, what is gone last
    account.c.unreachable.is_not(None),
    case((chat_group.c.state == WAITING, 0), (chat_group.c.state == CONFIRMED, 1), else_=2),
    chat_group.c.added_at,
    chat_group.c.account_id,
)


# ---------------------------------------------------------------- reading


def groups(
    connection: Connection, *, offset: int = 0, limit: int = 1000
) -> tuple[list[Group], int]:
    """A part of all there are, the waiting ones first, and how many there are in all."""
    total = connection.execute(select(func.count()).select_from(chat_group)).scalar_one()
    return _read(connection, _ALL.order_by(*_ORDER).offset(offset).limit(limit)), int(total)


def waiting_groups(connection: Connection) -> int:
    """How many an administrator has still to decide on."""
    return connection.execute(
        select(func.count())
        .select_from(chat_group.join(account, chat_group.c.account_id == account.c.id))
        .where(chat_group.c.state == WAITING, account.c.unreachable.is_(None))
    ).scalar_one()


def confirmed_groups(connection: Connection) -> list[Group]:
    """Those that get what is published: registered, and the bot is still in them."""
    there = (chat_group.c.state == CONFIRMED, account.c.unreachable.is_(None))
    return _read(connection, _ALL.where(*there).order_by(*_ORDER))


def find(connection: Connection, account_id: int) -> Group | None:
    found = _read(connection, _ALL.where(chat_group.c.account_id == account_id))
    return found[0] if found else None


def find_by_address(connection: Connection, *, channel: str, external_id: str) -> Group | None:
    there = (account.c.channel == channel, account.c.external_id == external_id)
    found = _read(connection, _ALL.where(*there))
    return found[0] if found else None


def is_group(connection: Connection, account_id: int) -> bool:
    return find(connection, account_id) is not None


def _read(connection: Connection, statement: Select[Any]) -> list[Group]:
    return [
        Group(
            account_id=row.account_id,
            title=row.title,
            decision=row.state,
            reachable=row.unreachable is None,
            added_by=row.added_by or "",
            added_at=row.added_at,
            decided_by=row.decided_by or "",
            decided_at=row.decided_at,
        )
        for row in connection.execute(statement)
    ]


# ---------------------------------------------------------------- coming and going


def join(
    connection: Connection,
    *,
    channel: str,
    external_id: str,
    title: str,
    added_by: int | None,
    now: datetime,
) -> Group | None:
    """The bot is in this group, which is called so. The group if it was not in it, as far as we
    knew: then one that is not registered waits to be decided on (again)."""
    one_at_a_time(connection)
    found, _ = recognise(connection, channel=channel, external_id=external_id, name=title, now=now)
    if found.person_id is not None:
        return None  # a person's address; no channel that keeps its word says so
    before = find(connection, found.id)
    shown = title[:TITLE_LENGTH]
    if before is not None and before.reachable:
        _write(connection, found.id, {"title": shown})
        return None
    values: dict[str, object] = {"title": shown, "added_by": added_by, "added_at": now}
    if before is None or before.decision != CONFIRMED:
        values |= {"state": WAITING, "decided_by": None, "decided_at": None}
    if before is None:
        connection.execute(chat_group.insert().inline(), {"account_id": found.id} | values)
    else:
        _write(connection, found.id, values)
    mark_unreachable(connection, found.id, None)
    return find(connection, found.id)


def _write(connection: Connection, account_id: int, values: Mapping[str, object]) -> None:
    connection.execute(
        update(chat_group).where(chat_group.c.account_id == account_id).values(dict(values))
    )


def leave(connection: Connection, account_id: int) -> None:
    """The bot was removed from this group. What was decided on it is kept."""
    one_at_a_time(connection)
    mark_unreachable(connection, account_id, LEFT)


def move(connection: Connection, account_id: int, *, to: str) -> bool:
    """The group has another id on its channel from now on; False if it has had it before.

    What was decided and what is queued for it goes along. If the channel has told of the group
    under its new id before, the two accounts change places, and the other one is no group's.
    """
    one_at_a_time(connection)
    here = connection.execute(
        select(account.c.channel, account.c.external_id).where(account.c.id == account_id)
    ).one()
    if here.external_id == to:
        return False
    other = connection.execute(
        select(account.c.id, account.c.person_id).where(
            account.c.channel == here.channel, account.c.external_id == to
        )
    ).one_or_none()
    if other is not None and other.person_id is not None:
        return False  # a person's address; no channel that keeps its word says so
    if other is not None:
        _take_over(connection, account_id, other.id)
        _address(connection, other.id, here.external_id + _ASIDE)
    _address(connection, account_id, to)
    if other is not None:
        _address(connection, other.id, here.external_id)
        mark_unreachable(connection, other.id, LEFT)
    mark_unreachable(connection, account_id, None)
    return True


def _take_over(connection: Connection, account_id: int, other_id: int) -> None:
    """What an administrator has said meanwhile of the group under its new id counts."""
    found = connection.execute(
        select(chat_group.c.title, chat_group.c.state, chat_group.c.decided_by,
               chat_group.c.decided_at).where(chat_group.c.account_id == other_id)
    ).one_or_none()  # fmt: skip
    if found is not None and found.state != WAITING:
        _write(connection, account_id, dict(found._mapping))
        if found.state == REFUSED:
            _keep_back(connection, account_id)
    connection.execute(delete(chat_group).where(chat_group.c.account_id == other_id))


def _address(connection: Connection, account_id: int, external_id: str) -> None:
    connection.execute(
        update(account).where(account.c.id == account_id).values(external_id=external_id)
    )


# ---------------------------------------------------------------- deciding


def decide(
    connection: Connection, account_id: int, *, state: str, person_id: int, now: datetime
) -> None:
    """Register the group, or not (any more): then what still waits to go there stays here."""
    one_at_a_time(connection)
    _write(connection, account_id, {"state": state, "decided_by": person_id, "decided_at": now})
    if state == REFUSED:
        _keep_back(connection, account_id)


def _keep_back(connection: Connection, account_id: int) -> None:
    connection.execute(
        update(outbox)
        .where(outbox.c.account_id == account_id, outbox.c.state == "queued")
        .values(state="superseded", problem="group taken off")
    )
