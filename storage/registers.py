"""Lines of the centre's 信息录用台账 that became evidence: which are known, and what of them a
department has reported by itself.

A line is known by its digest, so that the same register can be sent again and again and each line
is taken in once, whatever became of its item since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.engine import Connection

from storage import evidence as items
from storage.evidence import LIVE, Item
from storage.models import evidence, register_line
from storage.submission import plain_text

_AT_ONCE: Final = 500
_T = TypeVar("_T")


def digest(*, day: date, department_id: int, title: str, outlet: str) -> str:
    """Equal for lines that differ only in width, case, blanks and punctuation."""
    parts = (day.isoformat(), str(department_id), plain_text(title), plain_text(outlet))
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()


def known(connection: Connection, digests: Iterable[str]) -> set[str]:
    """Which of these lines were taken in before."""
    found: set[str] = set()
    for some in _portions(digests):
        wanted = select(register_line.c.digest).where(register_line.c.digest.in_(some))
        found |= set(connection.execute(wanted).scalars())
    return found


def note(connection: Connection, lines: Mapping[str, int], *, now: datetime) -> None:
    """These lines, by digest, are these items. None of them may be known."""
    if lines:
        connection.execute(
            register_line.insert(),
            [
                {"digest": line, "evidence_id": evidence_id, "at": now}
                for line, evidence_id in lines.items()
            ],
        )


def reported(
    connection: Connection, department_ids: Iterable[int], *, first: date, last: date
) -> list[Item]:
    """What these departments have reported of this time and still stands, by receipt."""
    found: list[Item] = []
    for some in _portions(department_ids):
        found += items.items(
            connection,
            items.statement()
            .where(
                evidence.c.department_id.in_(some),
                evidence.c.state.in_(LIVE),
                evidence.c.number.is_not(None),
                evidence.c.event_date.between(first, last),
            )
            .order_by(evidence.c.department_id, evidence.c.quarter, evidence.c.number),
        )
    return found


def _portions(values: Iterable[_T]) -> Iterator[list[_T]]:
    """No database takes any number of values at once."""
    rest = iter(values)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
