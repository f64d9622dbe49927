"""Roles as they are typed, carried by a button, granted and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from handlers.access import NotAllowed
from handlers.turn import Turn
from rubric.errors import UserError
from storage import departments, people, sections
from storage.people import IN_DEPARTMENT, IN_SECTION
from templates import words

_KEYS: Final = {
    "l": "liaison",
    "h": "head",
    "e": "evaluator",
    "d": "director",
    "a": "admin",
    "u": "auditor",
    "m": "member",
}
MOST_ROLES: Final = 6
_LETTERS: Final = {role: key for key, role in _KEYS.items()}
ROLE_WORDS: Final = {label: role for role, label in words.ROLES.items()} | {
    "负责人": "head",
    "首席代表": "head",
}


@dataclass(eq=False)
class WordUnknown(UserError):
    """Neither a role, nor a department, nor a section."""

    code: ClassVar[str] = "admin.word_unknown"
    typed: str


@dataclass(eq=False)
class RoleMissing(UserError):
    """A place was named, but not as what."""

    code: ClassVar[str] = "admin.role_missing"
    name: str


@dataclass(eq=False)
class PlaceMissing(UserError):
    """This role is held in a department or a section, and none was named."""

    code: ClassVar[str] = "admin.place_missing"
    name: str
    role: str
    where: str


@dataclass(eq=False)
class TooManyRoles(UserError):
    """More than a button can carry."""

    code: ClassVar[str] = "admin.too_many_roles"
    name: str
    limit: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A role to be granted. An evaluator may belong to a department besides."""

    role: str
    department_id: int | None = None
    section_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A typed line: a name, and what they shall be if that was said."""

    name: str
    wanted: tuple[Wanted, ...]


# ---------------------------------------------------------------- in a button


def pack(wanted: Sequence[Wanted]) -> str:
    """l12,e3.12: liaison of department 12, evaluator of section 3 who belongs to department 12."""
    return ",".join(
        _LETTERS[each.role]
        + ".".join(str(place) for place in (each.section_id, each.department_id) if place)
        for each in wanted
    )


def unpack(turn: Turn, text: str) -> tuple[Wanted, ...]:
    """NotAllowed for what no button of ours carries, or for a place that is no more."""
    return tuple(_unpacked(turn, part) for part in text.split(",") if part)


def _unpacked(turn: Turn, part: str) -> Wanted:
    role = _KEYS.get(part[:1], "")
    first, _, second = part[1:].partition(".")
    if role in IN_SECTION:
        return Wanted(role, _department(turn, second), _section(turn, first))
    if role in IN_DEPARTMENT and (first or role != "member"):
        return Wanted(role, _department(turn, first or "0"))
    if not role or first or second:
        raise NotAllowed
    return Wanted(role)


def _department(turn: Turn, digits: str) -> int | None:
    if not digits:
        return None
    found = departments.find_department(turn.connection, _number(digits))
    if found is None or found.removed_at is not None:
        raise NotAllowed
    return found.id


def _section(turn: Turn, digits: str) -> int:
    found = sections.find_section(turn.connection, _number(digits))
    if found is None or found.removed_at is not None:
        raise NotAllowed
    return found.id


def _number(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


# ---------------------------------------------------------------- as typed


def read_entry(
    turn: Turn, line: Sequence[str], *, department_id: int = 0, section_id: int = 0
) -> Entry:
    """A name, then roles and places in any order; a role is held in each department named.
    `department_id` and `section_id` are what the card was about, 0 for none; in a section an
    evaluator is meant."""
    name, *rest = line
    roles: list[str] = []
    named: dict[int, None] = {}
    for word in rest:
        if word in ROLE_WORDS:
            roles.append(ROLE_WORDS[word])
        elif department := departments.match_department(turn.connection, word):
            named[department.id] = None
        elif section := sections.match_section(turn.connection, word):
            section_id = section.id
        else:
            raise WordUnknown(word[:20])
    if not roles and section_id:
        roles.append("evaluator")
    if not roles and rest:
        raise RoleMissing(name)
    places = list(named) or [department_id]
    wanted = dict.fromkeys(
        _placed(turn, name, role, department_id=place, section_id=section_id)
        for role in dict.fromkeys(roles)
        for place in (places if role in IN_DEPARTMENT else places[:1])
    )
    if set(roles) <= set(IN_SECTION):
        # an evaluator belongs to every department named, so that none of them is theirs to judge
        wanted |= dict.fromkeys(Wanted("member", place) for place in places[1:])
    if len(wanted) > MOST_ROLES:
        raise TooManyRoles(name, MOST_ROLES)
    return Entry(name, tuple(wanted))


def _placed(turn: Turn, name: str, role: str, *, department_id: int, section_id: int) -> Wanted:
    if role in IN_SECTION:
        found = sections.sections(turn.connection)
        if not section_id and len(found) == 1:
            section_id = found[0].id
        if not section_id:
            raise PlaceMissing(name, role, "科室")
        return Wanted(role, department_id or None, section_id)
    if role in IN_DEPARTMENT:
        if not department_id and role != "member":
            raise PlaceMissing(name, role, "部门")
        return Wanted(role, department_id or None)
    return Wanted(role)


# ---------------------------------------------------------------- granting


def grant(turn: Turn, person_id: int, wanted: Sequence[Wanted]) -> None:
    """All of these roles; in force from the person's next message, who is told if linked."""
    told = people.has_account(turn.connection, person_id) and person_id != turn.person.id
    for each in wanted:
        role_id = people.grant_role(
            turn.connection,
            person_id=person_id,
            role_name=each.role,
            department_id=each.department_id,
            section_id=each.section_id,
            now=turn.now,
        )
        turn.audit(
            "role.grant",
            str(person_id),
            role=each.role,
            department=each.department_id,
            section=each.section_id,
        )
        if told:
            held = next(
                h for h in people.held_roles(turn.connection, person_id) if h.id == role_id
            )
            # SQLite gives the id of a role that was taken back out again
            key = f"role:{role_id}:{turn.inbound.key}"
            turn.notify(person_id, "admin.role_granted", key=key, held=held)
