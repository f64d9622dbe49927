"""Persons and what they may do: made, changed and ended here, and in force from the next message.

Nothing is deleted: a removed person stays in what they did. Whoever changes people holds the
administrators' rows until the end of the transaction, so that what was checked still holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Date, Select, and_, bindparam, exists, func, select, true, update
from sqlalchemy.engine import Connection

from rubric.errors import UserError
from storage import leaves
from storage.accounts import PASSED_ON, Grant, Person, find_person
from storage.models import (
    account,
    department,
    invite,
    leave,
    person,
    role,
    section,
    web_session,
)
from storage.names import checked, one_at_a_time
from storage.prepared import Prepared

NAME_LENGTH = 40
IN_DEPARTMENT = ("liaison", "head", "member")
IN_SECTION = ("evaluator",)


@dataclass(eq=False)
class LastAdmin(UserError):
    """Nobody else who is linked could still administer."""

    code: ClassVar[str] = "people.last_admin"
    name: str


@dataclass(eq=False)
class RoleHeld(UserError):
    code: ClassVar[str] = "people.role_held"
    name: str
    role: str
    place: str


@dataclass(frozen=True, slots=True)
class Held:
    """A role as it is read: `place` is the department's short name or the section's, or ''."""

    id: int
    role: str
    place: str
    department_id: int | None = None
    section_id: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A person in a list; `linked` says whether any account is theirs yet."""

    person: Person
    linked: bool


# ---------------------------------------------------------------- reading


def find_listed(connection: Connection, person_id: int) -> Listed | None:
    """None when removed or unknown."""
    found = find_person(connection, person_id)
    return Listed(found, has_account(connection, person_id)) if found else None


def people(
    connection: Connection, *, search: str = "", offset: int = 0, limit: int = 1000
) -> tuple[list[Listed], int]:
    """Those whose name contains `search`, by name, and how many there are in all."""
    found = and_(person.c.removed_at.is_(None), person.c.name.contains(search, autoescape=True))
    total = connection.execute(select(func.count()).select_from(person).where(found)).scalar_one()
    linked = exists().where(account.c.person_id == person.c.id)
    rows = connection.execute(
        select(person.c.id, linked)
        .where(found)
        .order_by(person.c.name, person.c.id)
        .offset(offset)
        .limit(limit)
    ).all()
    known = {each.id: each for each in _load(connection, [row[0] for row in rows])}
    return [Listed(known[id_], bool(has)) for id_, has in rows], int(total)


def persons_named(connection: Connection, name: str) -> list[Person]:
    return _of(
        connection,
        select(person.c.id).where(person.c.name == name.strip(), person.c.removed_at.is_(None)),
    )


def holders_of(
    connection: Connection,
    *roles: str,
    department_id: int | None = None,
    day: date | None = None,
) -> list[Person]:
    """Everybody who holds one of these roles (for this department), in order of id; with a day
    also whoever stands in on it for one of them."""
    there = true() if department_id is None else role.c.department_id == department_id

    def holds(each: Person) -> bool:
        return any(
            grant.role in roles and department_id in (None, grant.department_id)
            for grant in each.grants
        )

    return _on_day(connection, and_(role.c.role.in_(roles), there), day=day, fits=holds)


def of_ids(connection: Connection, ids: Collection[int]) -> list[Person]:
    """Those of them who weren't removed, in order of id."""
    return _of(
        connection,
        select(person.c.id).where(person.c.id.in_(ids), person.c.removed_at.is_(None)),
    )


def belonging_to(connection: Connection, department_id: int) -> list[Person]:
    """Everybody whom any role ties to this department."""
    return _of(connection, _holding(role.c.department_id == department_id))


def departments_of(connection: Connection, person_id: int) -> frozenset[int]:
    """Every department that any role ties this person to."""
    found = find_person(connection, person_id)
    return (
        frozenset(g.department_id for g in found.grants if g.department_id)
        if found
        else frozenset()
    )


def evaluators_of(
    connection: Connection, section_id: int, *, day: date | None = None
) -> list[Person]:
    """The section's own evaluators, with a day also whoever stands in on it for one of them; its
    substitute is none of them."""
    theirs = and_(role.c.role == "evaluator", role.c.section_id == section_id)
    return _on_day(connection, theirs, day=day, fits=lambda each: section_id in each.sections)


def judges_of(
    connection: Connection, *, section_id: int, department_id: int, day: date | None = None
) -> list[Person]:
    """Who may review and score this department for the section (on this day): its evaluators who
    don't belong to the department; if there is none, the section's substitute, who must not
    either."""
    own = [
        each
        for each in evaluators_of(connection, section_id, day=day)
        if not each.belongs_to(department_id)
    ]
    if own:
        return own
    substitute = connection.execute(
        select(section.c.substitute_id).where(section.c.id == section_id)
    ).scalar()
    found = find_person(connection, substitute, day=day) if substitute else None
    return [found] if found and not found.belongs_to(department_id) else []


_elsewhere = role.alias("elsewhere")
_OWN_JUDGE = Prepared(
    select(role.c.person_id)
    .join(person, role.c.person_id == person.c.id)
    .where(
        role.c.role == "evaluator",
        role.c.section_id == bindparam("section"),
        person.c.removed_at.is_(None),
        ~exists().where(
            _elsewhere.c.person_id == role.c.person_id,
            _elsewhere.c.department_id == bindparam("department"),
        ),
        ~exists().where(
            leave.c.deputy_id == role.c.person_id,
            leaves.in_force(bindparam("day", type_=Date)),
            _elsewhere.c.person_id == leave.c.person_id,
            _elsewhere.c.department_id == bindparam("department"),
        ),
    )
    .limit(1)
)


def has_own_judge(
    connection: Connection, *, section_id: int, department_id: int, day: date
) -> bool:
    """Whether `judges_of` finds somebody in the section itself."""
    values = {"section": section_id, "department": department_id, "day": day}
    return _OWN_JUDGE.one(connection, values) is not None


def substituted_sections(connection: Connection, person_id: int) -> tuple[int, ...]:
    """Sections for which the admin named this person as the substitute."""
    return tuple(
        connection.execute(
            select(section.c.id)
            .where(section.c.substitute_id == person_id, section.c.removed_at.is_(None))
            .order_by(section.c.id)
        ).scalars()
    )


def held_roles(connection: Connection, person_id: int) -> list[Held]:
    rows = connection.execute(
        select(role, department.c.short_name, section.c.name)
        .select_from(
            role.outerjoin(department, role.c.department_id == department.c.id).outerjoin(
                section, role.c.section_id == section.c.id
            )
        )
        .where(role.c.person_id == person_id)
        .order_by(role.c.id)
    )
    return [Held(row.id, row.role, _place(row), row.department_id, row.section_id) for row in rows]


def _place(row: Any) -> str:
    return (row.name if row.role == "evaluator" else row.short_name) or ""


def has_account(connection: Connection, person_id: int) -> bool:
    linked = select(exists().where(account.c.person_id == person_id))
    return bool(connection.execute(linked).scalar())


def _holding(wanted: Any) -> Select[int]:
    return (
        select(person.c.id)
        .where(
            person.c.removed_at.is_(None), exists().where(role.c.person_id == person.c.id, wanted)
        )
        .order_by(person.c.id)
    )


def _of(connection: Connection, ids: Select[int]) -> list[Person]:
    return _load(connection, connection.execute(ids).scalars().all())


def _on_day(
    connection: Connection, wanted: Any, *, day: date | None, fits: Callable[[Person], bool]
) -> list[Person]:
    """Who holds such a role, or with a day stands in for one who does."""
    ids = connection.execute(_holding(wanted)).scalars().all()
    deputies = leaves.deputies_on(connection, day) if day else {}
    if not deputies:
        return _load(connection, ids)
    both = {*ids, *(deputies[each] for each in ids if each in deputies)}
    return [each for each in _load(connection, sorted(both), deputies) if fits(each)]


def _load(
    connection: Connection, ids: Sequence[int], deputies: Mapping[int, int] | None = None
) -> list[Person]:
    """These persons with their grants, and those of whoever they stand in for, in order of id."""
    grants: dict[int, list[Grant]] = {id_: [] for id_ in ids}
    for person_id, grant in _granted(connection, role.c.person_id.in_(ids)):
        grants[person_id].append(grant)
    absent = [each for each, stand_in in (deputies or {}).items() if stand_in in grants]
    if deputies and absent:
        for person_id, grant in _granted(
            connection, and_(role.c.person_id.in_(absent), PASSED_ON)
        ):
            grants[deputies[person_id]].append(replace(grant, for_person=person_id))
    names = connection.execute(
        select(person.c.id, person.c.name).where(person.c.id.in_(ids)).order_by(person.c.id)
    )
    return [Person(row.id, row.name, tuple(grants[row.id])) for row in names]


def _granted(connection: Connection, wanted: Any) -> list[tuple[int, Grant]]:
    rows = connection.execute(
        select(role.c.person_id, role.c.role, role.c.department_id, role.c.section_id)
        .where(wanted)
        .order_by(role.c.id)
    )
    return [(row.person_id, Grant(row.role, row.department_id, row.section_id)) for row in rows]


# ---------------------------------------------------------------- changing


def add_person(connection: Connection, *, name: str, now: datetime) -> int:
    """A person without any role yet. Two persons may have one name."""
    return int(
        connection.execute(
            person.insert().returning(person.c.id),
            {"name": checked(name, what="姓名", limit=NAME_LENGTH), "created_at": now},
        ).scalar_one()
    )


def rename_person(connection: Connection, person_id: int, *, name: str) -> None:
    connection.execute(
        update(person)
        .where(person.c.id == person_id)
        .values(name=checked(name, what="姓名", limit=NAME_LENGTH))
    )


def grant_role(
    connection: Connection,
    *,
    person_id: int,
    role_name: str,
    department_id: int | None = None,
    section_id: int | None = None,
    now: datetime,
) -> int:
    """A role, for the department or section that this kind of role needs.

    An evaluator may belong to a department besides, which then is not theirs to judge. Raises
    RoleHeld when the person has this very role already.
    """
    if (department_id is None and role_name in IN_DEPARTMENT and role_name != "member") or (
        section_id is None and role_name in IN_SECTION
    ):
        raise ValueError(f"{role_name} without the place it is held in")
    one_at_a_time(connection)
    same = (
        role.c.person_id == person_id,
        role.c.role == role_name,
        role.c.department_id.is_not_distinct_from(department_id)
        if role_name not in IN_SECTION
        else role.c.section_id == section_id,
    )
    held = connection.execute(select(role.c.id).where(*same)).scalar()
    if held is not None:
        known = next(each for each in held_roles(connection, person_id) if each.id == held)
        raise RoleHeld(name_of(connection, person_id), role_name, known.place)
    return int(
        connection.execute(
            role.insert().returning(role.c.id),
            {
                "person_id": person_id,
                "role": role_name,
                "department_id": department_id,
                "section_id": section_id,
                "created_at": now,
            },
        ).scalar_one()
    )


def revoke_role(connection: Connection, role_id: int, *, person_id: int) -> Held | None:
    """Take one role back; what it was, or None when the person doesn't hold it any more.

    An evaluator without a section left is nobody's substitute. Raises LastAdmin.
    """
    one_at_a_time(connection)
    held = next((h for h in held_roles(connection, person_id) if h.id == role_id), None)
    if held is None:
        return None
    if held.role == "admin":
        _keep_an_admin(connection, person_id)
    connection.execute(role.delete().where(role.c.id == role_id))
    if not any(h.role == "evaluator" for h in held_roles(connection, person_id)):
        _substitute_no_more(connection, person_id)
    return held


def remove_person(connection: Connection, person_id: int, *, now: datetime) -> bool:
    """No right, no invite and no session from now on; the accounts become unknown ones. False if
    it was so already. Raises LastAdmin."""
    one_at_a_time(connection)
    found = find_person(connection, person_id)
    if found is None:
        return False
    if found.has("admin"):
        _keep_an_admin(connection, person_id)
    connection.execute(update(person).where(person.c.id == person_id).values(removed_at=now))
    connection.execute(
        update(invite)
        .where(
            invite.c.person_id == person_id,
            invite.c.used_at.is_(None),
            invite.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    theirs = select(account.c.id).where(account.c.person_id == person_id)
    connection.execute(
        update(web_session)
        .where(web_session.c.account_id.in_(theirs), web_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    _substitute_no_more(connection, person_id)
    leaves.deputy_no_more(connection, person_id)
    return True


def name_of(connection: Connection, person_id: int) -> str:
    """Also of a removed person, for what they did before."""
    return str(
        connection.execute(select(person.c.name).where(person.c.id == person_id)).scalar_one()
    )


def _substitute_no_more(connection: Connection, person_id: int) -> None:
    connection.execute(
        update(section).where(section.c.substitute_id == person_id).values(substitute_id=None)
    )


def _keep_an_admin(connection: Connection, person_id: int) -> None:
    """Someone else must hold the role and have an account to use it with."""
    others = _holding(role.c.role == "admin").where(
        person.c.id != person_id, exists().where(account.c.person_id == person.c.id)
    )
    if connection.execute(others.limit(1)).scalar() is None:
        raise LastAdmin(name_of(connection, person_id))
