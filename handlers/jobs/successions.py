"""Where a department that was merged or split has its last quarter published, its people work for
the successor only."""

from __future__ import annotations

from handlers.occasion import Occasion
from storage import successions


def run(occasion: Occasion) -> None:
    for person_id, department_id, role in successions.give_up_old_roles(occasion.connection):
        detail = {"role": role, "department": department_id}
        occasion.note("role.lapse", str(person_id), detail=detail)
