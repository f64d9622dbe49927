"""Outcomes of quarters: proposed, sent back or released, and what was published for ever.

A publication is the frozen report as canonical JSON with its digest; later changes of names,
scores or settings can't alter it. There is one publication a quarter and revision, whoever
releases first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from storage.accounts import reachable
from storage.db import insert_once
from storage.models import account, outbox, person, proposal, publication, report_draft

FIRST: Final = 1


@dataclass(frozen=True, slots=True)
class Proposal:
    """`picked` and `reason`: codes of the departments that got the places at a tie, and what the
    meeting said."""

    id: int
    quarter: str
    number: int
    picked: tuple[str, ...]
    reason: str
    person_id: int
    person: str
    at: datetime
    outcome: str
    remark: str


@dataclass(frozen=True, slots=True)
class Publication:
    id: int
    quarter: str
    revision: int
    report: str
    digest: str
    at: datetime


# ---------------------------------------------------------------- proposals

PREPARED: Final = "prepared"
WAITING: Final = ""
RELEASED: Final = "released"
RETURNED: Final = "returned"


def prepare(
    connection: Connection,
    *,
    quarter: str,
    picked: Sequence[str],
    reason: str,
    person_id: int,
    now: datetime,
) -> None:
    """Keep what the meeting decided about a tie, until the outcome is proposed."""
    before = latest_proposal(connection, quarter)
    values = {"picked": list(picked), "reason": reason, "person_id": person_id, "at": now}
    if before is not None and before.outcome == PREPARED:
        connection.execute(update(proposal).where(proposal.c.id == before.id).values(values))
        return
    number = before.number + 1 if before else 1
    connection.execute(
        proposal.insert().inline(),
        {"quarter": quarter, "number": number, "outcome": PREPARED} | values,
    )


def propose(connection: Connection, *, quarter: str, person_id: int, now: datetime) -> int:
    """Put the outcome before the director, with what was prepared; its id. The caller has the
    quarter locked."""
    before = latest_proposal(connection, quarter)
    if before is not None and before.outcome == PREPARED:
        connection.execute(
            update(proposal)
            .where(proposal.c.id == before.id)
            .values(outcome=WAITING, person_id=person_id, at=now)
        )
        return before.id
    number = before.number + 1 if before else 1
    return int(
        connection.execute(
            proposal.insert().returning(proposal.c.id),
            {
                "quarter": quarter,
                "number": number,
                "picked": [],
                "person_id": person_id,
                "at": now,
            },
        ).scalar_one()
    )


def decide(
    connection: Connection, proposal_id: int, *, picked: Sequence[str], reason: str
) -> None:
    """What the meeting decided about a tie, on an outcome that waits for its release."""
    connection.execute(
        update(proposal)
        .where(proposal.c.id == proposal_id)
        .values(picked=list(picked), reason=reason)
    )


def latest_proposal(connection: Connection, quarter: str) -> Proposal | None:
    row = connection.execute(
        select(
            proposal.c.id,
            proposal.c.number,
            proposal.c.picked,
            proposal.c.reason,
            proposal.c.person_id,
            person.c.name,
            proposal.c.at,
            proposal.c.outcome,
            proposal.c.remark,
        )
        .select_from(proposal.join(person, proposal.c.person_id == person.c.id))
        .where(proposal.c.quarter == quarter)
        .order_by(proposal.c.number.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Proposal(
        row.id,
        quarter,
        row.number,
        tuple(row.picked),
        row.reason,
        row.person_id,
        row.name,
        row.at,
        row.outcome,
        row.remark,
    )


def settle_proposal(
    connection: Connection,
    proposal_id: int,
    *,
    outcome: str,
    person_id: int,
    now: datetime,
    remark: str = "",
) -> None:
    """`outcome`: RELEASED, or RETURNED with a remark."""
    connection.execute(
        update(proposal)
        .where(proposal.c.id == proposal_id)
        .values(outcome=outcome, decided_by=person_id, decided_at=now, remark=remark)
    )


# ---------------------------------------------------------------- publications


def next_revision(connection: Connection, quarter: str) -> int:
    """1 for the first outcome of a quarter, one more for each correction."""
    found = find(connection, quarter)
    return FIRST if found is None else found.revision + 1


def publish(
    connection: Connection,
    *,
    quarter: str,
    revision: int,
    report: str,
    digest: str,
    person_id: int,
    now: datetime,
) -> int | None:
    """Its id; None when this revision has been published before."""
    found = insert_once(
        connection,
        publication,
        key=("quarter", "revision"),
        values={
            "quarter": quarter,
            "revision": revision,
            "report": report,
            "digest": digest,
            "person_id": person_id,
            "at": now,
        },
    )
    return None if found is None else int(found)


_COLUMNS = tuple(publication.c[name] for name in Publication.__dataclass_fields__)


def find(connection: Connection, quarter: str) -> Publication | None:
    """What stands for this quarter."""
    row = connection.execute(
        select(*_COLUMNS)
        .where(publication.c.quarter == quarter)
        .order_by(publication.c.revision.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Publication(*row)


def latest(connection: Connection) -> Publication | None:
    """The newest quarter's."""
    row = connection.execute(
        select(*_COLUMNS)
        .order_by(publication.c.quarter.desc(), publication.c.revision.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Publication(*row)


def published_quarters(connection: Connection) -> list[str]:
    """Codes, the newest first."""
    return list(
        connection.execute(
            select(publication.c.quarter).distinct().order_by(publication.c.quarter.desc())
        ).scalars()
    )


def report_text(connection: Connection, publication_id: int) -> str | None:
    """The frozen report's canonical JSON, for rendering."""
    return connection.execute(
        select(publication.c.report).where(publication.c.id == publication_id)
    ).scalar()


# ---------------------------------------------------------------- before there is a publication


def keep_draft(connection: Connection, *, digest: str, report: str, now: datetime) -> None:
    """An outcome as it would be published now, for test copies of its documents."""
    insert_once(
        connection,
        report_draft,
        key=("digest",),
        values={"digest": digest, "report": report, "at": now},
    )


def draft_text(connection: Connection, digest: str) -> str | None:
    return connection.execute(
        select(report_draft.c.report).where(report_draft.c.digest == digest)
    ).scalar()


# ---------------------------------------------------------------- who is told


def audience(connection: Connection, *, channels: Collection[str] = ()) -> list[int]:
    """Ids of everybody with an account that can be written to, on one of these channels if any are
    named; once each, whatever their roles."""
    return list(
        connection.execute(
            select(person.c.id)
            .join(account, account.c.person_id == person.c.id)
            .where(reachable(channels))
            .distinct()
            .order_by(person.c.id)
        ).scalars()
    )


def notice_key(publication_id: int, part: str) -> str:
    """The key of one part of a broadcast, before the person is added to it."""
    return f"publication:{publication_id}:{part}"


def send_now(connection: Connection, publication_id: int, *, now: datetime) -> int:
    """Let the notices that are held back go at once; how many there were."""
    rows = connection.execute(
        update(outbox)
        .where(
            outbox.c.key.startswith(notice_key(publication_id, ""), autoescape=True),
            outbox.c.state == "queued",
            outbox.c.not_before > now,
        )
        .values(not_before=None)
        .returning(outbox.c.id)
    )
    return len(rows.all())
