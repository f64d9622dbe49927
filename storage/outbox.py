"""The outbox: everything the program says is a row here first, in the transaction that decided it.

    queued ─claim→ sending ─mark→ sent | failed | unknown          superseded: a newer panel came
                      └─ surely not executed → queued again        passed: a new row went elsewhere

Marks are compare-and-set on (row, attempt, worker): a worker that was paused and taken for dead
can't overwrite what another has done since, except to prove late that its own send went through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Integer, and_, bindparam, exists, func, or_, select, text, update
from sqlalchemy.engine import Connection

from storage import calls, quiet
from storage.db import insert_once, unindexed
from storage.models import account, outbox
from storage.prepared import Prepared

ANSWER_ATTEMPTS: Final = 2  # an answer in doubt is repeated once, a notice never
PROBLEM_LENGTH: Final = 200  # of the column


@dataclass(frozen=True, slots=True)
class Row:
    """An outbox row with the address it goes to."""

    id: int
    key: str
    account_id: int
    channel: str
    external_id: str
    lane: str
    body: dict[str, Any]
    panel: str
    typed: int
    attempt: int
    call_id: int | None = None  # the kept call by which it left, perhaps
    anew: bool = False  # known to follow something typed: no panel to edit can be there
    pressed: str = ""  # the message whose button was pressed: where the person looks
    of_file: bool = False  # known to follow a file, which seldom comes alone


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of one attempt. `state`: sent, failed, unknown, superseded or queued (again);
    `unsent`: given back before anything left, so it was no attempt. `fault`: what the channel
    says for good, `gone` of the account or `refused` of what was to go there. `doubtful`: the kept
    call that may have been made."""

    row_id: int
    attempt: int
    state: str
    message_ref: str | None = None
    problem: str | None = None
    not_before: datetime | None = None
    unsent: bool = False
    fault: str = ""
    doubtful: int | None = None


GONE: Final = "gone"
REFUSED: Final = "refused"

_INSERT = Prepared(
    outbox.insert().returning(outbox.c.id),
    keys=(
        "key",
        "account_id",
        "lane",
        "state",
        "body",
        "panel",
        "typed",
        "attempt",
        "worker",
        "claimed_at",
        "created_at",
    ),
)
# conditions on the state are written out where a partial index is to apply
_OPEN = text("outbox.state IN ('queued', 'sending')")
_COLUMNS = (
    outbox.c.id,
    outbox.c.key,
    outbox.c.account_id,
    account.c.channel,
    account.c.external_id,
    outbox.c.lane,
    outbox.c.body,
    outbox.c.panel,
    outbox.c.typed,
    outbox.c.attempt,
    outbox.c.call_id,
)
_FROM = outbox.join(account, outbox.c.account_id == account.c.id)
_MARK = Prepared(
    update(outbox)
    .where(
        outbox.c.id == bindparam("row"),
        outbox.c.attempt == bindparam("try"),
        or_(
            and_(outbox.c.state == "sending", outbox.c.worker == bindparam("by")),
            # late proof: the answer to a send that was given up came after all
            and_(
                outbox.c.state == "unknown",
                outbox.c.worker == bindparam("by"),
                bindparam("new_state") == "sent",
            ),
        ),
    )
    .values(
        state=bindparam("new_state"),
        attempt=outbox.c.attempt - bindparam("back"),
        message_ref=bindparam("ref"),
        problem=bindparam("why"),
        not_before=bindparam("later"),
        sent_at=bindparam("when"),
    )
)

_EARLIER = outbox.alias("earlier")
_CLAIM = (
    select(*_COLUMNS)
    .select_from(_FROM)
    .where(
        text("outbox.state = 'queued'"),
        # lest SQLite begin with the accounts and look through all they ever got
        unindexed(account.c.channel).in_(bindparam("channels", expanding=True)),
        outbox.c.account_id.not_in(bindparam("resting", expanding=True)),
        or_(outbox.c.not_before.is_(None), outbox.c.not_before <= bindparam("now")),
        # the first open row of its account and lane
        ~exists().where(
            _EARLIER.c.account_id == outbox.c.account_id,
            _EARLIER.c.lane == outbox.c.lane,
            _EARLIER.c.id < outbox.c.id,
            text("earlier.state IN ('queued', 'sending')"),
            # what waits for its hour holds up nobody; what is tried again stays in its place
            or_(
                _EARLIER.c.not_before.is_(None),
                _EARLIER.c.not_before <= bindparam("now"),
                _EARLIER.c.attempt > 0,
            ),
        ),
        ~quiet.held_back(bindparam("minute", type_=Integer)),
    )
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=outbox, skip_locked=True)
)


def _row(values: Sequence[Any]) -> Row:
    return Row(*values)


def answer(
    connection: Connection,
    *,
    key: str,
    account_id: int,
    body: dict[str, Any],
    panel: str,
    typed: int,
    worker: str,
    now: datetime,
) -> int:
    """An answer to the update in hand, already claimed for the worker that handles it."""
    return int(
        _INSERT.scalar(
            connection,
            {
                "key": key,
                "account_id": account_id,
                "lane": "answer",
                "state": "sending",
                "body": body,
                "panel": panel,
                "typed": typed,
                "attempt": 1,
                "worker": worker,
                "claimed_at": now,
                "created_at": now,
            },
        )
    )


def queue(
    connection: Connection,
    *,
    key: str,
    account_id: int,
    body: dict[str, Any],
    now: datetime,
    not_before: datetime | None = None,
    lane: str = "notice",
) -> bool:
    """A message for whichever worker claims it; False if one with this key was queued before."""
    return (
        insert_once(
            connection,
            outbox,
            key=("key",),
            values={
                "key": key,
                "account_id": account_id,
                "lane": lane,
                "state": "queued",
                "body": body,
                "not_before": not_before,
                "created_at": now,
            },
        )
        is not None
    )


def load(connection: Connection, ids: Sequence[int]) -> list[Row]:
    """The rows a turn has just written, in order."""
    rows = connection.execute(
        select(*_COLUMNS).select_from(_FROM).where(outbox.c.id.in_(ids)).order_by(outbox.c.id)
    )
    return [_row(row) for row in rows]


def claim(
    connection: Connection,
    *,
    worker: str,
    channels: Sequence[str],
    limit: int,
    now: datetime,
    resting: Sequence[int] = (),
    minute: int | None = None,
) -> list[Row]:
    """Up to `limit` queued rows, at most the first open one of each account and lane, so order
    holds also between processes. A row in doubt (`unknown`) does not hold up its lane.
    `resting` accounts have had their share for now. `minute` of the day at the centre: notices to
    whoever is not to be disturbed then stay; None disturbs everybody."""
    found = connection.execute(
        _CLAIM,
        {
            "channels": list(channels),
            "resting": list(resting),
            "now": now,
            "minute": minute,
            "most": limit,
        },
    ).all()
    if not found:
        return []
    connection.execute(
        update(outbox)
        .where(outbox.c.id.in_([row.id for row in found]))
        .values(state="sending", worker=worker, attempt=outbox.c.attempt + 1, claimed_at=now)
    )
    return [replace(_row(row), attempt=row.attempt + 1) for row in found]


def mark(connection: Connection, marks: Iterable[Mark], *, worker: str, now: datetime) -> None:
    """Write down outcomes; one whose row has been taken over meanwhile is dropped in silence."""
    for m in marks:
        _MARK.run(
            connection,
            {
                "row": m.row_id,
                "try": m.attempt,
                "by": worker,
                "new_state": m.state,
                "back": int(m.unsent),
                "ref": m.message_ref,
                "why": m.problem and m.problem[:PROBLEM_LENGTH],
                "later": m.not_before,
                "when": now if m.state == "sent" else None,
            },
        )


def panel_message(
    connection: Connection, *, account_id: int, panel: str
) -> tuple[str, int, int] | None:
    """Reference and `typed` of the message that shows this panel now, and the row it came from."""
    row = connection.execute(
        select(outbox.c.message_ref, outbox.c.typed, outbox.c.id)
        .where(
            outbox.c.account_id == account_id,
            outbox.c.panel == panel,
            outbox.c.state == "sent",
        )
        .order_by(outbox.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None or row.message_ref is None else (row[0], row[1], row[2])


def abandoned(
    connection: Connection,
    *,
    living: Sequence[str],
    windows: Mapping[str, timedelta],
    now: datetime,
) -> int:
    """Settle the rows of workers that died in mid-send: answers are resent once, what is in doubt
    a second time and every notice becomes `unknown`, but for those that a channel can repeat
    (`windows`, see `calls`). Returns how many rows there were. `now` is real time."""
    dead = and_(_OPEN, outbox.c.state == "sending", outbox.c.worker.not_in(living))
    again = connection.execute(
        update(outbox)
        .where(dead, outbox.c.lane == "answer", outbox.c.attempt < ANSWER_ATTEMPTS)
        .values(state="queued")
    ).rowcount
    if windows:
        again += calls.settle_abandoned(connection, living=living, windows=windows, now=now)
    unknown = connection.execute(
        update(outbox).where(dead).values(state="unknown", problem=calls.LOST)
    ).rowcount
    return int(again) + int(unknown)


def again(connection: Connection, *, worker: str, row: Row) -> bool:
    """Note that an answer in doubt is about to be sent a second time; False if it was settled.

    Only `worker` itself changes such a row, so a higher count means that an earlier call of this
    was committed though it failed.
    """
    return (
        connection.execute(
            update(outbox)
            .where(
                outbox.c.id == row.id,
                outbox.c.attempt.in_((row.attempt, row.attempt + 1)),
                outbox.c.worker == worker,
                outbox.c.state == "sending",
            )
            .values(attempt=row.attempt + 1)
            .returning(outbox.c.id)
        ).scalar()
        is not None
    )


def unseen(connection: Connection, *, key: str, worker: str) -> list[Row]:
    """Answers to the update `key` that `worker` wrote and has not marked yet."""
    rows = connection.execute(
        select(*_COLUMNS)
        .select_from(_FROM)
        .where(
            _OPEN,
            outbox.c.key.startswith(f"{key}#", autoescape=True),
            outbox.c.state == "sending",
            outbox.c.worker == worker,
        )
        .order_by(outbox.c.id)
    )
    return [_row(row) for row in rows]


def release(connection: Connection, *, worker: str, channel: str, held: Collection[int]) -> None:
    """Give back what a claim of this worker took without its learning of it (the commit went
    through, its answer did not come): rows that were claimed and are not among `held`."""
    theirs = select(account.c.id).where(account.c.channel == channel)
    connection.execute(
        update(outbox)
        .where(
            _OPEN,
            outbox.c.state == "sending",
            outbox.c.worker == worker,
            # the first attempt of an answer is no claim: its turn may just be handing it over
            or_(outbox.c.lane == "notice", outbox.c.attempt > 1),
            outbox.c.account_id.in_(theirs),
            outbox.c.id.not_in(held),
        )
        .values(state="queued", attempt=outbox.c.attempt - 1)
    )


def actions_of(connection: Connection, row_id: int, *, person_id: int) -> list[str]:
    """The actions of a message's buttons, in order, if it went to an account of this person."""
    body = connection.execute(
        select(outbox.c.body)
        .select_from(_FROM)
        .where(outbox.c.id == row_id, account.c.person_id == person_id)
    ).scalar()
    return [button[1] for row in (body or {}).get("buttons", ()) for button in row]


def counts(connection: Connection) -> dict[str, int]:
    """Rows by state, for the operator."""
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {state: count for state, count in rows}
