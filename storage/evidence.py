"""Evidence: what a department reports, from the first words of a draft to the decision.

    draft → submitted → accepted | returned → (a working copy) → submitted | rejected
      └ discarded           └ withdrawn            └ expired: rejected

Facts of a draft are saved as they are given. What was submitted is changed by way of a working
copy only (a draft that `amends` it), so that it stands until the change is confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.engine import Connection

from storage.models import attachment, department, evidence, evidence_text, person
from storage.prepared import Prepared

LIVE: Final = ("submitted", "accepted", "returned")
HIDDEN: Final = ("discarded", "merged")


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of evidence with the names that go with its ids. See `storage.models.evidence`."""

    id: int
    department_id: int
    quarter: str | None
    number: int | None
    kind: str
    indicator: str
    title: str
    event_date: date | None
    description: str
    outlet: str
    level: str
    state: str
    revision: int
    late: bool
    carried: bool
    proxy: bool
    confirming: bool
    returns: int
    reason: str
    complete_until: datetime | None
    created_by: int
    submitted_by: int | None
    submitted_at: datetime | None
    decided_by: int | None
    decided_at: datetime | None
    content_key: str
    amends_id: int | None
    created_at: datetime
    updated_at: datetime
    department: str
    department_code: str
    creator: str
    decider: str | None

    @property
    def receipt(self) -> str:
        """市场监管局3号, for people; '' before there is one."""
        return f"{self.department}{self.number}号" if self.number else ""

    @property
    def file_number(self) -> str:
        """2026Q4-SCJG-003, on file."""
        return f"{self.quarter}-{self.department_code}-{self.number:03d}" if self.number else ""

    @property
    def open_draft(self) -> bool:
        return self.state == "draft"

    @property
    def name(self) -> str:
        """How the item is called where there may be no title yet."""
        return self.title or "（未写标题）"


_decider = person.alias("decider")
_OWN = tuple(evidence.c[name] for name in list(Item.__dataclass_fields__)[:-4])
_ITEMS: Select[Any] = select(
    *_OWN, department.c.short_name, department.c.code, person.c.name, _decider.c.name
).select_from(
    evidence.join(department, evidence.c.department_id == department.c.id)
    .join(person, evidence.c.created_by == person.c.id)
    .outerjoin(_decider, evidence.c.decided_by == _decider.c.id)
)
_BY_ID = _ITEMS.where(evidence.c.id == bindparam("id"))
_FIND = Prepared(_BY_ID)
_LOCK = Prepared(select(evidence.c.id).where(evidence.c.id == bindparam("id")).with_for_update())
_NEW = (
    "department_id",
    "kind",
    "indicator",
    "state",
    "proxy",
    "created_by",
    "created_at",
    "updated_at",
)
_INSERT = Prepared(evidence.insert().returning(evidence.c.id), keys=_NEW)
_CHANGES: dict[tuple[str, ...], Prepared] = {}
FILLED = or_(
    evidence.c.title != "",
    evidence.c.description != "",
    evidence.c.event_date.is_not(None),
    exists().where(attachment.c.evidence_id == evidence.c.id, attachment.c.removed_at.is_(None)),
)
_EMPTY = Prepared(
    select(evidence.c.id)
    .where(
        evidence.c.department_id == bindparam("department"),
        evidence.c.created_by == bindparam("person"),
        evidence.c.state == "draft",
        evidence.c.amends_id.is_(None),
        ~FILLED,
    )
    .order_by(evidence.c.id)
    .limit(1)
)
_DRAFTS = Prepared(
    _ITEMS.where(
        evidence.c.department_id == bindparam("department"),
        evidence.c.state == "draft",
        FILLED,
    ).order_by(evidence.c.updated_at.desc(), evidence.c.id.desc())
)
_NOTE = Prepared(
    evidence_text.insert().inline(),
    keys=("evidence_id", "account_id", "source", "field", "text"),
)


def find(connection: Connection, item_id: int) -> Item | None:
    row = _FIND.one(connection, {"id": item_id})
    return None if row is None else Item(*row)


def lock(connection: Connection, item_id: int) -> Item | None:
    """As `find`, and nobody else changes it until this transaction ends."""
    # two statements: one that had to wait for the lock sees the new row, but the names that
    # were joined to the old one
    _LOCK.one(connection, {"id": item_id})
    return find(connection, item_id)


def locked(connection: Connection, item_id: int) -> Item:
    """As `lock`, for an id that a row holds or that was just made."""
    found = lock(connection, item_id)
    if found is None:
        raise LookupError(f"no evidence {item_id}")
    return found


def items(connection: Connection, wanted: Select[Any]) -> list[Item]:
    return [Item(*row) for row in connection.execute(wanted)]


def statement() -> Select[Any]:
    """What `items` runs, to be narrowed."""
    return _ITEMS


# ---------------------------------------------------------------- drafts


def start_draft(
    connection: Connection,
    *,
    department_id: int,
    person_id: int,
    proxy: bool,
    now: datetime,
    kind: str = "",
    indicator: str = "",
) -> tuple[int, bool]:
    """A new draft, and True; or the one that this person began for this department and left empty,
    and False, so that a button pressed twice makes one draft."""
    empty: int | None = _EMPTY.scalar(
        connection, {"department": department_id, "person": person_id}
    )
    if empty is not None:
        change(connection, locked(connection, empty), now=now, kind=kind, indicator=indicator)
        return empty, False
    made: int = _INSERT.scalar(
        connection,
        {
            "department_id": department_id,
            "kind": kind,
            "indicator": indicator,
            "state": "draft",
            "proxy": proxy,
            "created_by": person_id,
            "created_at": now,
            "updated_at": now,
        },
    )
    return made, True


def change(connection: Connection, item: Item, *, now: datetime, **values: Any) -> Item:
    """Set columns of an item that this transaction has locked (or just made); the item as it is
    then. The names that go with ids are not read again."""
    names = tuple(sorted(values))
    statement = _CHANGES.get(names)
    if statement is None:
        columns: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in ("updated_at", *names)
        }
        statement = _CHANGES[names] = Prepared(
            update(evidence).where(evidence.c.id == bindparam("item")).values(columns)
        )
    new = {f"new_{name}": value for name, value in values.items()}
    statement.run(connection, {"item": item.id, "new_updated_at": now, **new})
    return replace(item, updated_at=now, **values)


def drafts(connection: Connection, department_id: int) -> list[Item]:
    """The department's drafts that hold anything, working copies among them; the one touched last
    first."""
    return [Item(*row) for row in _DRAFTS.all(connection, {"department": department_id})]


def own_drafts(connection: Connection, person_id: int) -> list[Item]:
    """Those that this person began, for whichever department (代录)."""
    return items(
        connection,
        _ITEMS.where(
            evidence.c.created_by == person_id, evidence.c.state == "draft", FILLED
        ).order_by(evidence.c.updated_at.desc(), evidence.c.id.desc()),
    )


def working_copy(connection: Connection, item_id: int) -> int | None:
    """The open draft that amends this item, whoever began it."""
    return connection.execute(
        select(evidence.c.id).where(evidence.c.amends_id == item_id, evidence.c.state == "draft")
    ).scalar()


def release_copies(connection: Connection, item_id: int) -> int:
    """Make the open working copies of an item drafts of their own, with a new revision, since
    to confirm them means something else now; how many there were."""
    return connection.execute(
        update(evidence)
        .where(evidence.c.amends_id == item_id, evidence.c.state == "draft")
        .values(amends_id=None, confirming=False, carried=False, revision=evidence.c.revision + 1)
    ).rowcount


# ---------------------------------------------------------------- which message gave which text


@dataclass(frozen=True, slots=True)
class Given:
    """`field`: first (title and perhaps description), description, outlet or event_date."""

    id: int
    evidence_id: int
    field: str
    text: str


def note_text(
    connection: Connection,
    *,
    evidence_id: int,
    account_id: int,
    source: str,
    field: str,
    text: str,
) -> None:
    _NOTE.run(
        connection,
        {
            "evidence_id": evidence_id,
            "account_id": account_id,
            "source": source[:200],
            "field": field,
            "text": text,
        },
    )


def given_by(connection: Connection, *, account_id: int, source: str) -> Given | None:
    """What the message `source` of this account gave to a draft."""
    row = connection.execute(
        select(
            evidence_text.c.id,
            evidence_text.c.evidence_id,
            evidence_text.c.field,
            evidence_text.c.text,
        )
        .where(evidence_text.c.account_id == account_id, evidence_text.c.source == source[:200])
        .order_by(evidence_text.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Given(*row)


def renew_text(connection: Connection, given_id: int, *, field: str, text: str) -> None:
    connection.execute(
        update(evidence_text).where(evidence_text.c.id == given_id).values(field=field, text=text)
    )


def move_texts(connection: Connection, *, from_id: int, to_id: int) -> None:
    """What gave a draft its texts gave them to another, which has them in its description."""
    connection.execute(
        update(evidence_text)
        .where(evidence_text.c.evidence_id == from_id)
        .values(evidence_id=to_id, field="description")
    )


# ---------------------------------------------------------------- looking

_LISTED = and_(
    evidence.c.state.not_in(HIDDEN),
    # a working copy shows on the card of what it amends
    evidence.c.amends_id.is_(None),
    or_(evidence.c.state != "draft", FILLED),
)


def page(
    connection: Connection,
    department_ids: Sequence[int],
    *,
    states: Sequence[str] = (),
    offset: int = 0,
    limit: int = 6,
) -> list[Item]:
    """The departments' items, newest first."""
    wanted = _ITEMS.where(evidence.c.department_id.in_(department_ids), _LISTED)
    if states:
        wanted = wanted.where(evidence.c.state.in_(states))
    return items(
        connection,
        wanted.order_by(
            func.coalesce(evidence.c.submitted_at, evidence.c.created_at).desc(),
            evidence.c.id.desc(),
        )
        .offset(offset)
        .limit(limit),
    )


def state_counts(connection: Connection, department_ids: Sequence[int]) -> dict[str, int]:
    """How many of the departments' items are in which state; states without any are left out."""
    rows = connection.execute(
        select(evidence.c.state, func.count())
        .where(evidence.c.department_id.in_(department_ids), _LISTED)
        .group_by(evidence.c.state)
    )
    return {state: count for state, count in rows}


# ---------------------------------------------------------------- for scores and the outcome


_ACCEPTED = _ITEMS.where(
    evidence.c.quarter == bindparam("quarter"), evidence.c.state == "accepted"
).order_by(evidence.c.department_id, evidence.c.number)
_ACCEPTED_IN_ROW = _ACCEPTED.where(evidence.c.indicator == bindparam("indicator"))
_OF_QUARTER = Prepared(_ACCEPTED)
_OF_ROW = Prepared(_ACCEPTED_IN_ROW)
_OF_CELL = Prepared(_ACCEPTED_IN_ROW.where(evidence.c.department_id == bindparam("department")))


def accepted(connection: Connection, quarter: str, *, indicator: str | None = None) -> list[Item]:
    """Accepted items of a quarter, or of one row, by receipt."""
    if indicator is None:
        return [Item(*row) for row in _OF_QUARTER.all(connection, {"quarter": quarter})]
    values = {"quarter": quarter, "indicator": indicator}
    return [Item(*row) for row in _OF_ROW.all(connection, values)]


def accepted_in_cell(
    connection: Connection, quarter: str, *, department_id: int, indicator: str
) -> list[Item]:
    """What a score may rest on: accepted items of one department for one row, by receipt."""
    values = {"quarter": quarter, "indicator": indicator, "department": department_id}
    return [Item(*row) for row in _OF_CELL.all(connection, values)]


def quarter_counts(connection: Connection, quarter: str) -> dict[str, int]:
    """Items of the quarter by state, drafts not among them."""
    rows = connection.execute(
        select(evidence.c.state, func.count())
        .where(evidence.c.quarter == quarter, evidence.c.number.is_not(None))
        .group_by(evidence.c.state)
    )
    return {state: count for state, count in rows}


def blocking(connection: Connection, quarter: str, *, now: datetime) -> list[Item]:
    """What keeps the quarter from being proposed: 待审核, and 退回补充 whose days still run."""
    return items(
        connection,
        _ITEMS.where(
            evidence.c.quarter == quarter,
            or_(
                evidence.c.state == "submitted",
                and_(evidence.c.state == "returned", evidence.c.complete_until > now),
            ),
        ).order_by(evidence.c.department_id, evidence.c.number),
    )
