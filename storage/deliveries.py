"""What became of notices: who got which part of a publication, who did not and why, once more.

Only notices are sent once more: an answer is for whoever asks, and they can ask again. That is
compare-and-set on the state and the attempt, so of two presses one has its effect; and the row is
taken from the worker that had it, so a late proof of the earlier attempt says nothing about the
new one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Integer, Select, and_, bindparam, case, func, or_, select, update
from sqlalchemy.engine import Connection

from storage import groups
from storage.accounts import address_of
from storage.models import account, chat_group, outbox, person, publication
from storage.passing_on import PASSED, before, first_of
from storage.publications import notice_key
from storage.quiet import undisturbed

FAILED: Final = "failed"
UNKNOWN: Final = "unknown"
OPEN: Final = (FAILED, UNKNOWN)
_PUBLICATION: Final = "publication:"


@dataclass(frozen=True, slots=True)
class Published:
    """A publication without what was published."""

    id: int
    quarter: str
    revision: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """`name` is the person's or the group's, '' for an account of nobody's; `since` when it was
    claimed last, or queued; `held` while the person is not to be disturbed."""

    id: int
    key: str
    lane: str
    state: str
    attempt: int
    channel: str
    name: str
    problem: str
    not_before: datetime | None
    since: datetime
    held: bool = False

    @property
    def part(self) -> str:
        """Which part of its publication it is: picture, ranking, sheet, summary."""
        return self.key.split(":")[2].partition(".")[0]

    @property
    def open(self) -> bool:
        """Not sent, or nobody knows."""
        return self.state in OPEN

    @property
    def last(self) -> bool:
        """Whether this is where the notice went in the end."""
        return self.state != PASSED


@dataclass(frozen=True, slots=True)
class Missed:
    """Somebody for whom there was nowhere to write to: no account, or one linked later."""

    name: str
    linked: bool
    later: bool


_ALL = (
    select(
        outbox.c.id,
        outbox.c.key,
        outbox.c.lane,
        outbox.c.state,
        outbox.c.attempt,
        account.c.channel,
        func.coalesce(person.c.name, chat_group.c.title, account.c.name).label("name"),
        outbox.c.problem,
        outbox.c.not_before,
        func.coalesce(outbox.c.claimed_at, outbox.c.created_at).label("since"),
        case(
            (
                and_(
                    outbox.c.state == "queued",
                    outbox.c.lane == "notice",
                    undisturbed(bindparam("minute", type_=Integer)),
                ),
                1,
            ),
            else_=0,
        ).label("held"),
    )
    .join(account, outbox.c.account_id == account.c.id)
    .outerjoin(person, account.c.person_id == person.c.id)
    .outerjoin(chat_group, chat_group.c.account_id == account.c.id)
)
_OTHERS = and_(
    outbox.c.state.in_(OPEN),
    outbox.c.lane == "notice",
    ~outbox.c.key.startswith(_PUBLICATION, autoescape=True),
)


def _read(
    connection: Connection, statement: Select[Any], *, minute: int | None = None
) -> list[Notice]:
    return [
        Notice(
            **(
                row._asdict()
                | {
                    "name": row.name or "",
                    "problem": row.problem or "",
                    "held": bool(row.held),
                }
            )
        )
        for row in connection.execute(statement, {"minute": minute})
    ]


# ---------------------------------------------------------------- reading


def published(connection: Connection) -> list[Published]:
    """All that was ever published, the newest first."""
    rows = connection.execute(
        select(
            publication.c.id, publication.c.quarter, publication.c.revision, publication.c.at
        ).order_by(publication.c.id.desc())
    )
    return [Published(*row) for row in rows]


def of_publication(
    connection: Connection, publication_id: int, *, minute: int | None = None
) -> list[Notice]:
    """Every part for everybody; what failed first, then what is in doubt. One that was passed on
    is there with all its rows. `minute` of the day at the centre, for who is not to be
    disturbed."""
    mine = outbox.c.key.startswith(notice_key(publication_id, ""), autoescape=True)
    order = case({FAILED: 0, UNKNOWN: 1}, value=outbox.c.state, else_=2)
    return _read(connection, _ALL.where(mine).order_by(order, outbox.c.id), minute=minute)


def missed(connection: Connection, outcome: Published) -> list[Missed]:
    """Whoever was there when it was published and has no message of it at all."""
    keys = connection.execute(
        select(outbox.c.key).where(
            outbox.c.key.startswith(notice_key(outcome.id, ""), autoescape=True)
        )
    ).scalars()
    told = {first_of(key).rpartition(":")[2] for key in keys}
    rows = connection.execute(
        select(person.c.id, person.c.name, func.min(account.c.linked_at).label("linked_at"))
        .outerjoin(account, account.c.person_id == person.c.id)
        .where(person.c.removed_at.is_(None), person.c.created_at <= outcome.at)
        .group_by(person.c.id, person.c.name)
        .order_by(person.c.id)
    )
    return [
        Missed(
            row.name,
            linked=row.linked_at is not None,
            later=row.linked_at is not None and row.linked_at > outcome.at,
        )
        for row in rows
        if str(row.id) not in told
    ]


def others(
    connection: Connection, *, offset: int = 0, limit: int = 1000
) -> tuple[list[tuple[Notice, str]], int]:
    """Notices of no publication that failed or are in doubt, the newest first, each with its
    text (markup); and how many there are in all."""
    total = connection.execute(
        select(func.count()).select_from(outbox).where(_OTHERS)
    ).scalar_one()
    chosen = _ALL.where(_OTHERS).order_by(outbox.c.id.desc()).offset(offset).limit(limit)
    found = _read(connection, chosen)
    texts = connection.execute(
        select(outbox.c.id, outbox.c.body).where(outbox.c.id.in_([each.id for each in found]))
    )
    said = {row.id: str(row.body["text"]) for row in texts}
    return [(each, said[each.id]) for each in found], int(total)


def open_rows(connection: Connection) -> list[Notice]:
    """All that failed or is in doubt, answers too, for the operator."""
    return _read(connection, _ALL.where(outbox.c.state.in_(OPEN)).order_by(outbox.c.id))


def find(connection: Connection, ids: Sequence[int]) -> list[Notice]:
    return _read(connection, _ALL.where(outbox.c.id.in_(ids)).order_by(outbox.c.id))


def tried_before(connection: Connection, found: Sequence[Notice]) -> dict[int, list[Notice]]:
    """Where each of these notices was sent in vain before it was passed on, in order."""
    keys = {each.id: before(each.key) for each in found}
    wanted = sorted({key for chain in keys.values() for key in chain})
    if not wanted:
        return {}
    rows = {each.key: each for each in _read(connection, _ALL.where(outbox.c.key.in_(wanted)))}
    return {id_: [rows[key] for key in chain if key in rows] for id_, chain in keys.items()}


# ---------------------------------------------------------------- once more


def send_again(
    connection: Connection,
    notice: Notice,
    *,
    not_before: datetime | None = None,
    channels: Collection[str] = (),
) -> bool:
    """Queue it once more, for an account on one of these channels that can be reached if there is
    one; False if it isn't any more as it was read, is no notice, or was for a group that is not
    registered any more."""
    to = _address(connection, notice.id, channels)
    if to is None:
        return False
    return (
        connection.execute(
            update(outbox)
            .where(
                outbox.c.id == notice.id,
                outbox.c.attempt == notice.attempt,
                outbox.c.state == notice.state,
                outbox.c.state.in_(OPEN),
                outbox.c.lane == "notice",
            )
            .values(
                state="queued",
                account_id=to,
                worker=None,
                problem=None,
                not_before=not_before,
                call_id=None,  # it is another call, which the messenger is not to take for the old
            )
            .returning(outbox.c.id)
        ).scalar()
        is not None
    )


def _address(connection: Connection, notice_id: int, channels: Collection[str]) -> int | None:
    row = connection.execute(
        select(account.c.id, account.c.person_id)
        .join(outbox, outbox.c.account_id == account.c.id)
        .outerjoin(chat_group, chat_group.c.account_id == account.c.id)
        .where(
            outbox.c.id == notice_id,
            or_(chat_group.c.state.is_(None), chat_group.c.state == groups.CONFIRMED),
        )
    ).one_or_none()
    if row is None:
        return None
    if row.person_id is None:
        return int(row.id)
    found = address_of(connection, row.person_id, channels=channels)
    return int(row.id) if found is None else found.id
