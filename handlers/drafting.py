"""Who may work on which draft, and how one is begun or found again."""

from __future__ import annotations

from handlers.access import NotAllowed, on_behalf
from handlers.evidence_rows import PROPOSED
from handlers.turn import Turn
from storage import evidence, submission
from storage.accounts import Person
from storage.evidence import Item

REPORTERS = ("liaison", "head")
RECORDERS = ("evaluator", "admin")


def may_write(person: Person, item: Item) -> bool:
    """The department's own people; who recorded it on the department's behalf (代录)."""
    if item.department_id in person.departments(*REPORTERS):
        return True
    return item.proxy and item.created_by == person.id and person.has(*RECORDERS)


def reported_for(turn: Turn, item: Item) -> int:
    """For the audit of what is done with the item: for whom, if the person stands in for somebody
    on leave; else 0."""
    if item.department_id in turn.person.departments(*REPORTERS):
        return on_behalf(turn.person, *REPORTERS, department_id=item.department_id)
    return on_behalf(turn.person, *RECORDERS)


def writable(turn: Turn, item_id: int) -> Item:
    """The item, locked. Raises NotAllowed alike for another's and for none."""
    item = evidence.lock(turn.connection, item_id)
    if item is None or not may_write(turn.person, item):
        raise NotAllowed
    return item


def writable_whole(turn: Turn, item_id: int) -> Item:
    """As `writable`, with the open working copy locked before the item: the order in which a
    confirmation takes them, so that neither can wait for the other for ever."""
    copy = evidence.working_copy(turn.connection, item_id)
    if copy is not None:
        evidence.lock(turn.connection, copy)
    return writable(turn, item_id)


def begin(turn: Turn, department_id: int, *, kind: str = "") -> Item:
    """A new draft for a department that this person may report for, or their empty one."""
    proxy = department_id not in turn.person.departments(*REPORTERS)
    id_, fresh = evidence.start_draft(
        turn.connection,
        department_id=department_id,
        person_id=turn.person.id,
        proxy=proxy,
        now=turn.now,
        kind=kind,
        indicator=first_row(kind),
    )
    turn.audit("evidence.begin" if fresh else "evidence.resume", str(id_), kind=kind)
    return writable(turn, id_)


def first_row(kind: str) -> str:
    """The row that is chosen for a kind as long as nobody chooses another."""
    return PROPOSED[kind][0] if kind in PROPOSED else ""


def amend(turn: Turn, item: Item) -> Item:
    """The working copy of a submitted or returned item: the open one, whoever began it, or a
    new one."""
    found = evidence.working_copy(turn.connection, item.id)
    if found is None:
        found = submission.copy_of(
            turn.connection,
            item,
            person_id=turn.person.id,
            amends=True,
            proxy=item.proxy,
            now=turn.now,
        )
        turn.audit("evidence.amend", str(item.id), copy=found, acting_for=reported_for(turn, item))
    return evidence.locked(turn.connection, found)
