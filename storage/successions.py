"""Departments merged or split: who carries on what another one did, and from which day on.

Nothing of the past changes: the department that ends gets its last day and keeps its evidence,
scores and results; the succession only says where to look on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.engine import Connection

from rubric.errors import UserError
from rubric.quarter import Quarter
from storage import departments, people
from storage.departments import DatesReversed
from storage.models import department, evidence, quarter, role, score, succession
from storage.names import one_at_a_time

MERGE: Final = "merge"
SPLIT: Final = "split"
_DECIDED: Final = ("proposed", "published")


@dataclass(eq=False)
class AlreadyLeaving(UserError):
    """It has its last day already."""

    code: ClassVar[str] = "succession.already_leaving"
    name: str
    last: date


@dataclass(eq=False)
class SuccessorGone(UserError):
    """The other one isn't in the centre on that day."""

    code: ClassVar[str] = "succession.successor_gone"
    name: str
    day: date


@dataclass(eq=False)
class StillAwaited(UserError):
    """Another department is to be merged into this one afterwards."""

    code: ClassVar[str] = "succession.still_awaited"
    name: str
    other: str
    day: date


@dataclass(eq=False)
class QuarterDecided(UserError):
    """That day lies in a quarter whose outcome is proposed or published."""

    code: ClassVar[str] = "succession.quarter_decided"
    day: date
    quarter: str


@dataclass(eq=False)
class TooFew(UserError):
    """One department can't be split into fewer than two."""

    code: ClassVar[str] = "succession.too_few"


@dataclass(eq=False)
class CannotUndo(UserError):
    """The new department has something of its own already."""

    code: ClassVar[str] = "succession.cannot_undo"
    name: str


@dataclass(frozen=True, slots=True)
class Succession:
    """From `day` on, `to` carries on what `from_` did; both by their short names now."""

    id: int
    kind: str
    from_id: int
    to_id: int
    day: date
    at: datetime
    from_name: str
    to_name: str


_from, _to = department.alias("from_department"), department.alias("to_department")
_ALL = (
    select(
        succession.c.id,
        succession.c.kind,
        succession.c.from_id,
        succession.c.to_id,
        succession.c.day,
        succession.c.at,
        _from.c.short_name,
        _to.c.short_name,
    )
    .join(_from, succession.c.from_id == _from.c.id)
    .join(_to, succession.c.to_id == _to.c.id)
    .order_by(succession.c.day, succession.c.id)
)


# ---------------------------------------------------------------- looking


def successors_of(connection: Connection, department_id: int) -> list[Succession]:
    """What this department was merged into or split into; one step, days ahead included."""
    return _found(connection, succession.c.from_id == department_id)


def predecessors_of(connection: Connection, *department_ids: int) -> list[Succession]:
    """Whose work these departments carry on; one step, days ahead included."""
    return _found(connection, succession.c.to_id.in_(department_ids))


def lineage(
    connection: Connection, department_ids: tuple[int, ...], *, on: date
) -> tuple[int, ...]:
    """These departments and all whose work they carry on by that day, however far back."""
    found = list(dict.fromkeys(department_ids))
    for each in found:
        for earlier in predecessors_of(connection, each):
            if earlier.day <= on and earlier.from_id not in found:
                found.append(earlier.from_id)
    return tuple(found)


def _found(connection: Connection, wanted: Any) -> list[Succession]:
    return [Succession(*row) for row in connection.execute(_ALL.where(wanted))]


# ---------------------------------------------------------------- merging and splitting


def check_day(connection: Connection, department_id: int, *, day: date) -> None:
    """That the department can end before that day. Raises AlreadyLeaving, DatesReversed,
    StillAwaited, QuarterDecided."""
    found = departments.find_department(connection, department_id)
    if found is None:
        raise LookupError(f"no department {department_id}")
    if found.resident_to is not None:
        raise AlreadyLeaving(found.short_name, found.resident_to)
    if found.resident_from is not None and found.resident_from >= day:
        raise DatesReversed(found.resident_from, day_before(day))
    for each in predecessors_of(connection, department_id):
        if each.day >= day:
            raise StillAwaited(found.short_name, each.from_name, each.day)
    _require_undecided(connection, day)


def check_merger(connection: Connection, *, from_id: int, to_id: int, day: date) -> None:
    """As `check_day`, and that the other one is there then: SuccessorGone."""
    check_day(connection, from_id, day=day)
    successor = departments.find_department(connection, to_id)
    if successor is None or successor.removed_at is not None or to_id == from_id:
        raise LookupError(f"no department {to_id} to merge into")
    gone = successor.resident_to is not None and successor.resident_to < day
    if gone or (successor.resident_from is not None and successor.resident_from > day):
        raise SuccessorGone(successor.short_name, day)


def day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _require_undecided(connection: Connection, day: date) -> None:
    code = Quarter.containing(day).code
    state = connection.execute(select(quarter.c.state).where(quarter.c.code >= code)).scalars()
    if any(each in _DECIDED for each in state):
        raise QuarterDecided(day, code)


def merge(
    connection: Connection,
    *,
    from_id: int,
    to_id: int,
    day: date,
    person_id: int,
    with_people: bool,
    now: datetime,
) -> int:
    """The first department ends on the day before, the second carries it on. `with_people`: who
    holds a role in the first holds it in the second too; how many roles that gave. They keep
    the old ones as long as the old department's last quarter is open, see `give_up_old_roles`.

    Raises what `check_merger` raises.
    """
    one_at_a_time(connection)
    check_merger(connection, from_id=from_id, to_id=to_id, day=day)
    _begin(connection, MERGE, from_id, [to_id], day=day, person_id=person_id, now=now)
    return _copy_roles(connection, from_id, to_id, now=now) if with_people else 0


def split(
    connection: Connection,
    *,
    from_id: int,
    to_ids: list[int],
    day: date,
    person_id: int,
    now: datetime,
) -> None:
    """The department ends on the day before; these, just entered, carry it on. Raises TooFew
    besides what `check_day` raises."""
    one_at_a_time(connection)
    check_day(connection, from_id, day=day)
    if len(to_ids) < 2:
        raise TooFew
    _begin(connection, SPLIT, from_id, to_ids, day=day, person_id=person_id, now=now)


def _begin(
    connection: Connection,
    kind: str,
    from_id: int,
    to_ids: list[int],
    *,
    day: date,
    person_id: int,
    now: datetime,
) -> None:
    known = departments.find_department(connection, from_id)
    first = known.resident_from if known else None
    departments.set_residence(
        connection, from_id, resident_from=first, resident_to=day_before(day)
    )
    connection.execute(
        succession.insert(),
        [
            {
                "kind": kind, "from_id": from_id, "to_id": to_id, "day": day,
                "person_id": person_id, "at": now,
            }
            for to_id in to_ids
        ],
    )  # fmt: skip


def _copy_roles(connection: Connection, from_id: int, to_id: int, *, now: datetime) -> int:
    """An evaluator of the old department becomes one of the new one's people as well, so that
    they judge neither."""
    held = connection.execute(
        select(role.c.person_id, role.c.role)
        .where(role.c.department_id == from_id)
        .order_by(role.c.id)
    ).all()
    given = 0
    for person_id, name in held:
        wanted = name if name in people.IN_DEPARTMENT else "member"
        try:
            people.grant_role(
                connection, person_id=person_id, role_name=wanted, department_id=to_id, now=now
            )
            given += 1
        except people.RoleHeld:
            continue
    return given


def give_up_old_roles(connection: Connection) -> list[tuple[int, int, str]]:
    """Where a department that ended has its last quarter published, whoever holds a role in one
    of its successors needs none in it any more. (person, department, role) of each that went."""
    other = role.alias("other")
    rows = connection.execute(
        select(
            role.c.id,
            role.c.person_id,
            role.c.department_id,
            role.c.role,
            department.c.resident_to,
        )
        .join(department, role.c.department_id == department.c.id)
        .where(
            department.c.resident_to.is_not(None),
            exists().where(
                succession.c.from_id == role.c.department_id,
                other.c.department_id == succession.c.to_id,
                other.c.person_id == role.c.person_id,
            ),
        )
        .order_by(role.c.id)
    ).all()
    given_up = []
    for row in rows:
        if not _published(connection, row.resident_to):
            continue
        if row.role in people.IN_DEPARTMENT:
            connection.execute(role.delete().where(role.c.id == row.id))
        else:  # an evaluator stays one
            connection.execute(update(role).where(role.c.id == row.id).values(department_id=None))
        given_up.append((row.person_id, row.department_id, row.role))
    return given_up


def _published(connection: Connection, day: date) -> bool:
    code = Quarter.containing(day).code
    state = connection.execute(select(quarter.c.state).where(quarter.c.code == code)).scalar()
    return state == "published"


# ---------------------------------------------------------------- undoing


def undoable(connection: Connection, department_id: int) -> bool:
    """Whether `undo` would work now."""
    try:
        for each in successors_of(connection, department_id):
            _check_undo(connection, each)
    except UserError:
        return False
    return True


def _check_undo(connection: Connection, each: Succession) -> None:
    _require_undecided(connection, each.day)
    if each.kind == SPLIT and _has_own(connection, each.to_id):
        raise CannotUndo(each.to_name)


def undo(connection: Connection, department_id: int, *, now: datetime) -> list[Succession]:
    """As if the department had not been merged or split: the roles that it gave go, departments
    that a split made are removed, the last day is taken back. Raises QuarterDecided, and
    CannotUndo when a new department has people, evidence or scores of its own."""
    one_at_a_time(connection)
    found = successors_of(connection, department_id)
    for each in found:
        _check_undo(connection, each)
        if each.kind == SPLIT:
            departments.remove_department(connection, each.to_id, now=now)
        connection.execute(
            role.delete().where(
                role.c.department_id == each.to_id,
                role.c.created_at == each.at,
                role.c.person_id.in_(
                    select(role.c.person_id).where(role.c.department_id == department_id)
                ),
            )
        )
    connection.execute(succession.delete().where(succession.c.from_id == department_id))
    known = departments.find_department(connection, department_id)
    first = known.resident_from if known else None
    departments.set_residence(connection, department_id, resident_from=first, resident_to=None)
    return found


def _has_own(connection: Connection, department_id: int) -> bool:
    return any(
        connection.execute(select(exists().where(table.c.department_id == department_id))).scalar()
        for table in (role, evidence, score)
    )


# ---------------------------------------------------------------- what is left to complete


@dataclass(frozen=True, slots=True)
class Open:
    """Drafts and returned items."""

    drafts: int
    returned: int


def left_open(connection: Connection, department_id: int) -> Open:
    """What the department has begun and not completed."""
    rows = connection.execute(
        select(evidence.c.state, func.count())
        .where(
            evidence.c.department_id == department_id,
            or_(
                evidence.c.state == "returned",
                and_(evidence.c.state == "draft", evidence.c.title != ""),
            ),
        )
        .group_by(evidence.c.state)
    )
    counts = {state: count for state, count in rows}
    return Open(counts.get("draft", 0), counts.get("returned", 0))
