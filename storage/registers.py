"""Lines of the centre's 信息录用台账 that became evidence: which are known, and what of them a
department has reported by itself.

A line is known by its digest, so that the same register can be sent again and again and each line
is taken in once, whatever became of its item since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.engine import Connection

from storage import evidence as items
from storage.db import insert_once
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


def note(connection: Connection, digest_: str, *, evidence_id: int, now: datetime) -> bool:
    """The line is this item's; False if it was taken in meanwhile."""
    values = {"digest": digest_, "evidence_id": evidence_id, "at": now}
    return insert_once(connection, register_line, key=("digest",), values=values) is not None


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


@dataclass(frozen=True, slots=True)
class News:
    """What a draft of 信息录用 holds from the start."""

    department_id: int
    day: date
    title: str
    outlet: str
    level: str
    description: str
    carried: bool


def draft(
    connection: Connection, news: News, *, indicator: str, person_id: int, now: datetime
) -> Item:
    """A complete draft on the department's behalf (代录), locked until this transaction ends."""
    made = connection.execute(
        evidence.insert().returning(evidence.c.id),
        {
            "department_id": news.department_id,
            "kind": "news",
            "indicator": indicator,
            "title": news.title,
            "event_date": news.day,
            "description": news.description,
            "outlet": news.outlet,
            "level": news.level,
            "state": "draft",
            "proxy": True,
            "carried": news.carried,
            "created_by": person_id,
            "created_at": now,
            "updated_at": now,
        },
    ).scalar_one()
    return items.locked(connection, int(made))


def _portions(values: Iterable[_T]) -> Iterator[list[_T]]:
    """No database takes any number of values at once."""
    rest = iter(values)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
