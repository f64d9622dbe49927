"""A person's work passes to another: roles move, what was done stays with the name of who did it.

Drafts and returned items belong to the department, so they pass with the role.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.engine import Connection

from storage import people
from storage.models import role, row_seat, section
from storage.names import one_at_a_time
from storage.people import Held, RoleHeld


def hand_over(
    connection: Connection, *, from_id: int, to_id: int, role_ids: list[int], now: datetime
) -> list[Held]:
    """These roles of one person are the other's from now on; those that aren't held any more are
    left out. With the last role as an evaluator, substitution and further seats pass too.

    Raises LastAdmin.
    """
    one_at_a_time(connection)
    moved = [each for each in people.held_roles(connection, from_id) if each.id in role_ids]
    for each in moved:
        _grant(connection, to_id, each, now=now)
        if each.role == "evaluator":
            _pass_on_judging(connection, from_id, to_id)
        people.revoke_role(connection, each.id, person_id=from_id)
    return moved


def _grant(connection: Connection, person_id: int, held: Held, *, now: datetime) -> None:
    try:
        people.grant_role(
            connection,
            person_id=person_id,
            role_name=held.role,
            department_id=held.department_id,
            section_id=held.section_id,
            now=now,
        )
    except RoleHeld:  # as it should be already
        return


def _pass_on_judging(connection: Connection, from_id: int, to_id: int) -> None:
    """Before the last role as an evaluator goes: who stands in, and who scores besides."""
    left = connection.execute(
        select(role.c.id).where(role.c.person_id == from_id, role.c.role == "evaluator")
    ).all()
    if len(left) > 1:
        return
    connection.execute(
        update(section).where(section.c.substitute_id == from_id).values(substitute_id=to_id)
    )
    other = row_seat.alias("other")
    connection.execute(
        update(row_seat)
        .where(
            row_seat.c.person_id == from_id,
            ~exists().where(other.c.indicator == row_seat.c.indicator, other.c.person_id == to_id),
        )
        .values(person_id=to_id)
    )
