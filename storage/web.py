"""The web chat's memory: who is logged in, and what each account's page shows.

A session's token lies nowhere, only its SHA-256. The messages of an account have one growing
number, `seq`, given under the account's lock: whoever has seen everything up to a number misses
nothing by asking for what came after it, also on several connections at once. An edited message
keeps its place (`id`) and takes a new `seq`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.engine import Connection, Row

from storage.db import insert_once
from storage.models import account, person, role, web_message, web_session

CHANNEL: Final = "web"
STAY: Final = timedelta(days=30)  # since last seen
OFFICE_STAY: Final = timedelta(hours=12)  # since login, for those who decide about others
OFFICE_ROLES: Final = ("evaluator", "director", "admin")
_SEEN_STEP = timedelta(hours=1)  # how exactly `seen_at` is kept: a write at every look is no use


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever is at the page: an account with a person. `stale` asks for `note_seen`."""

    account_id: int
    external_id: str
    name: str
    stale: bool = False


@dataclass(frozen=True, slots=True)
class WebFile:
    blob: str
    name: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True)
class WebButton:
    label: str
    action: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class WebBody:
    """What a row shows. `text` is markup in what the program says, plain in what a person says.

    `label` stands for the text where that is a command of the menu; `press` is the action of a
    pressed button and `pressed_on` the message it stood on: kept, but shown as no bubble.
    """

    text: str = ""
    label: str = ""
    buttons: tuple[tuple[WebButton, ...], ...] = ()
    files: tuple[WebFile, ...] = ()
    press: str = ""
    pressed_on: int = 0
    silent: bool = False

    def dump(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> WebBody:
        plain = dict(stored)
        rows = plain.pop("buttons", ())
        files = plain.pop("files", ())
        return cls(
            buttons=tuple(tuple(WebButton(**button) for button in row) for row in rows),
            files=tuple(WebFile(**file) for file in files),
            **plain,
        )


@dataclass(frozen=True, slots=True)
class WebMessage:
    """`key` is the outbox key of what was said, or `web:` and the page's UUID."""

    id: int
    account_id: int
    seq: int
    key: str
    mine: bool
    body: WebBody
    at: datetime


# ---------------------------------------------------------------- sessions


def open_session(connection: Connection, *, digest: str, account_id: int, now: datetime) -> None:
    connection.execute(
        web_session.insert().values(
            digest=digest, account_id=account_id, created_at=now, seen_at=now
        )
    )


def end_session(connection: Connection, *, digest: str, now: datetime) -> None:
    connection.execute(
        update(web_session)
        .where(web_session.c.digest == digest, web_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_sessions_of(connection: Connection, account_id: int, *, now: datetime) -> None:
    connection.execute(
        update(web_session)
        .where(web_session.c.account_id == account_id, web_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def note_seen(connection: Connection, *, digest: str, now: datetime) -> None:
    """From here on the 30 days count anew."""
    connection.execute(
        update(web_session).where(web_session.c.digest == digest).values(seen_at=now)
    )


def visitor(connection: Connection, *, digest: str, now: datetime) -> Visitor | None:
    """Whose session this is, if it stands: neither ended nor over, the person still with us."""
    row = connection.execute(
        select(account.c.id, account.c.external_id, person.c.name, web_session.c.seen_at)
        .select_from(web_session.join(account).join(person, account.c.person_id == person.c.id))
        .where(web_session.c.digest == digest, _standing(now))
    ).one_or_none()
    if row is None:
        return None
    return Visitor(row.id, row.external_id, row.name, stale=now - row.seen_at > _SEEN_STEP)


def standing_sessions(
    connection: Connection, digests: Iterable[str], *, now: datetime
) -> frozenset[str]:
    """Which of these sessions stand."""
    rows = connection.execute(
        select(web_session.c.digest)
        .select_from(web_session.join(account).join(person, account.c.person_id == person.c.id))
        .where(web_session.c.digest.in_(list(digests)), _standing(now))
    )
    return frozenset(rows.scalars())


def visitor_of(connection: Connection, external_id: str) -> Visitor | None:
    """A web account by its own name, without any session: for the demonstration only."""
    row = connection.execute(
        select(account.c.id, account.c.external_id, person.c.name)
        .select_from(account.join(person, account.c.person_id == person.c.id))
        .where(
            account.c.channel == CHANNEL,
            account.c.external_id == external_id,
            person.c.removed_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else Visitor(row.id, row.external_id, row.name)


def _standing(now: datetime) -> ColumnElement[bool]:
    decides = exists().where(role.c.person_id == person.c.id, role.c.role.in_(OFFICE_ROLES))
    return and_(
        account.c.channel == CHANNEL,
        person.c.removed_at.is_(None),
        web_session.c.ended_at.is_(None),
        web_session.c.seen_at > now - STAY,
        or_(web_session.c.created_at > now - OFFICE_STAY, ~decides),
    )


# ---------------------------------------------------------------- messages


def account_id_of(connection: Connection, external_id: str) -> int | None:
    """The web account of this name, linked or not."""
    return connection.execute(
        select(account.c.id).where(
            account.c.channel == CHANNEL, account.c.external_id == external_id
        )
    ).scalar()


def post(
    connection: Connection, *, account_id: int, key: str, mine: bool, body: WebBody, now: datetime
) -> WebMessage:
    """Show a message, once for this key: a second call changes nothing and returns the first's.

    The caller checks `account_id` of what comes back: the key may be another account's.
    """
    seq = _next_seq(connection, account_id)
    message_id = insert_once(
        connection,
        web_message,
        key=("key",),
        values={
            "account_id": account_id,
            "seq": seq,
            "key": key,
            "mine": mine,
            "body": body.dump(),
            "at": now,
        },
    )
    if message_id is not None:
        return WebMessage(int(message_id), account_id, seq, key, mine, body, now)
    return _message(connection.execute(_COLUMNS.where(web_message.c.key == key)).one())


def rewrite(
    connection: Connection, *, message_id: int, account_id: int, body: WebBody
) -> WebMessage | None:
    """Change what the program said; None if this account has no such message."""
    seq = _next_seq(connection, account_id)
    old = find(connection, message_id=message_id, account_id=account_id)
    if old is None or old.mine or old.body == body:
        return None if old is None or old.mine else old
    row = connection.execute(
        update(web_message)
        .where(web_message.c.id == message_id)
        .values(body=body.dump(), seq=seq)
        .returning(*web_message.c)
    ).one()
    return _message(row)


def find(connection: Connection, *, message_id: int, account_id: int) -> WebMessage | None:
    """A message of this account and of no other."""
    row = connection.execute(
        _COLUMNS.where(web_message.c.id == message_id, web_message.c.account_id == account_id)
    ).one_or_none()
    return None if row is None else _message(row)


def newest_seq(connection: Connection, account_id: int) -> int:
    return newest_seqs(connection, [account_id]).get(account_id, 0)


def newest_seqs(connection: Connection, account_ids: Iterable[int]) -> dict[int, int]:
    rows = connection.execute(
        select(web_message.c.account_id, func.max(web_message.c.seq))
        .where(web_message.c.account_id.in_(list(account_ids)))
        .group_by(web_message.c.account_id)
    )
    return {account_id: seq for account_id, seq in rows}


def changed_after(
    connection: Connection, *, account_id: int, seq: int, limit: int
) -> list[WebMessage]:
    """New and edited messages, oldest change first."""
    rows = connection.execute(
        _COLUMNS.where(web_message.c.account_id == account_id, web_message.c.seq > seq)
        .order_by(web_message.c.seq)
        .limit(limit)
    )
    return [_message(row) for row in rows]


def history(
    connection: Connection, *, account_id: int, before: int | None, limit: int
) -> list[WebMessage]:
    """The last messages, or those before the message of that id; in the order of the page."""
    older = [] if before is None else [web_message.c.id < before]
    rows: Sequence[Row[Any]] = connection.execute(
        _COLUMNS.where(web_message.c.account_id == account_id, *older)
        .order_by(web_message.c.id.desc())
        .limit(limit)
    ).all()
    return [_message(row) for row in reversed(rows)]


_COLUMNS = select(*web_message.c)


def _next_seq(connection: Connection, account_id: int) -> int:
    """Under the account's lock, so that numbers become visible in their own order."""
    connection.execute(
        select(account.c.id).where(account.c.id == account_id).with_for_update(key_share=True)
    )
    newest = connection.execute(
        select(func.max(web_message.c.seq)).where(web_message.c.account_id == account_id)
    ).scalar()
    return (newest or 0) + 1


def _message(row: Row[Any]) -> WebMessage:
    return WebMessage(
        row.id, row.account_id, row.seq, row.key, row.mine, WebBody.load(row.body), row.at
    )
