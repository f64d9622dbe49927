"""What the audit says was done; denials and failures are read by the tests that mean them."""

from __future__ import annotations

from sqlalchemy import select

from storage.models import audit
from tests.chat import Centre


def audited(centre: Centre) -> list[tuple[str, str, dict[str, object]]]:
    """Action, object and detail of each, oldest first."""
    with centre.database.read() as connection:
        rows = connection.execute(
            select(audit.c.action, audit.c.object, audit.c.detail)
            .where(audit.c.result == "ok")
            .order_by(audit.c.id)
        )
        return [(row.action, row.object, row.detail) for row in rows]


def acted(centre: Centre) -> list[str]:
    """The actions alone."""
    return [action for action, _, _ in audited(centre)]
