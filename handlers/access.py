"""Who may do what, decided at the moment of the write, in its transaction.

A refusal says the same whether the object is another's or does not exist.
"""

from __future__ import annotations

from handlers.turn import Turn
from rubric.errors import UserError
from storage import people
from storage.accounts import Person
from templates import words


class NotAllowed(UserError):
    """The person has no right to this, or it does not exist: deliberately the same answer."""

    code = "access.not_allowed"


class NotLinked(UserError):
    """An unknown account asked for something only a linked person may have."""

    code = "access.not_linked"


def require_role(turn: Turn, *roles: str) -> None:
    if not turn.person.has(*roles):
        raise NotAllowed


def require_department(turn: Turn, department_id: int, *roles: str) -> None:
    """The person must hold one of these roles for this very department."""
    if department_id not in turn.person.departments(*roles):
        raise NotAllowed


def signature(turn: Turn, acting_for: int) -> str:
    """The person's name, with whose place they act in."""
    whose = people.name_of(turn.connection, acting_for) if acting_for else ""
    return words.signed(turn.person.name, whose)


def on_behalf(
    person: Person, *roles: str, section_id: int | None = None, department_id: int | None = None
) -> int:
    """For the audit: whose right it was, where the person has it only because they stand in for
    somebody on leave; else 0."""
    found = [
        grant
        for grant in person.grants
        if grant.role in roles
        and section_id in (None, grant.section_id)
        and department_id in (None, grant.department_id)
    ]
    if not found or not all(grant.for_person for grant in found):
        return 0
    return found[0].for_person
