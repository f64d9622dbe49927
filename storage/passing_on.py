"""A notice that fails for good on one account goes to the next of that person, as a new row.

The rows of one notice are a chain: the key of the first, then the same with `~2`, `~3` and so on.
All but the last are `passed`, each with what was the matter with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from storage import accounts, calls, outbox
from storage.models import account
from storage.models import outbox as rows
from storage.outbox import GONE, Mark

PASSED = "passed"


def first_of(key: str) -> str:
    """The key of the first row of the chain that this one is in."""
    return _parted(key)[0]


def next_of(key: str) -> str:
    first, number = _parted(key)
    return f"{first}~{number + 1}"


def before(key: str) -> list[str]:
    """The keys of the chain's rows before this one, in order."""
    first, number = _parted(key)
    return [first, *(f"{first}~{each}" for each in range(2, number))] if number > 1 else []


def _parted(key: str) -> tuple[str, int]:
    first, mark, number = key.rpartition("~")
    return (first, int(number)) if mark and number.isdigit() else (key, 1)


def settle(
    connection: Connection,
    marks: Iterable[Mark],
    *,
    worker: str,
    channels: Collection[str],
    now: datetime,
) -> int:
    """Write down outcomes, and pass on what failed for good; how many new rows there are.
    `channels`: those that are switched on."""
    marks = list(marks)
    outbox.mark(connection, marks, worker=worker, now=now)
    doubtful = {mark.doubtful for mark in marks if mark.doubtful is not None}
    if doubtful:
        calls.doubt(connection, doubtful)
    return sum(
        _pass_on(connection, mark, worker=worker, channels=channels, now=now)
        for mark in marks
        if mark.fault
    )


def _pass_on(
    connection: Connection,
    mark: Mark,
    *,
    worker: str,
    channels: Collection[str],
    now: datetime,
) -> bool:
    """False if there is nobody else to send it to, if it is no notice, or if this worker has it no
    more."""
    row = connection.execute(
        select(
            rows.c.key,
            rows.c.lane,
            rows.c.state,
            rows.c.attempt,
            rows.c.worker,
            rows.c.body,
            rows.c.not_before,
            rows.c.account_id,
            account.c.person_id,
        )
        .join(account, rows.c.account_id == account.c.id)
        .where(rows.c.id == mark.row_id)
    ).one_or_none()
    if row is None or (row.state, row.attempt, row.worker) != ("failed", mark.attempt, worker):
        return False
    if mark.fault == GONE:
        accounts.mark_unreachable(connection, row.account_id, GONE)
    if row.lane != "notice" or row.person_id is None:
        return False
    tried = connection.execute(
        select(rows.c.account_id).where(rows.c.key.in_(before(row.key)))
    ).scalars()
    other = accounts.address_of(
        connection, row.person_id, channels=channels, without={row.account_id, *tried}
    )
    if other is None or not outbox.queue(
        connection,
        key=next_of(row.key),
        account_id=other.id,
        body=row.body,
        now=now,
        not_before=row.not_before,
    ):
        return False
    connection.execute(update(rows).where(rows.c.id == mark.row_id).values(state=PASSED))
    return True
