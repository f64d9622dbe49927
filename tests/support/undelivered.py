"""Publications and notices as they stand after their first attempt, put there past the dialogs."""

from __future__ import annotations

from storage import outbox, publications
from storage.models import outbox as outbox_table
from tests.chat import WORKER, Centre, User

BLOCKED = "Forbidden: bot was blocked by the user"
LOST = "worker lost"


def publish(centre: Centre, code: str = "2026Q4", revision: int = 1) -> int:
    with centre.database.begin() as connection:
        made = publications.publish(
            connection,
            quarter=code,
            revision=revision,
            report="{}",
            digest="",
            person_id=1,
            now=centre.now,
        )
    assert made is not None
    return made


def row(
    centre: Centre,
    key: str,
    to: User | int,
    state: str = "sent",
    problem: str | None = None,
    **more: object,
) -> int:
    """A notice as it stands after its attempt."""
    account_id = to if isinstance(to, int) else to.account_id
    tail = f"group{to}" if isinstance(to, int) else to.person_id
    values = {"state": state, "problem": problem, "attempt": 1, "worker": WORKER}
    if state == "queued":
        values |= {"attempt": 0, "worker": None}
    with centre.database.begin() as connection:
        outbox.queue(
            connection,
            key=f"{key}:{tail}",
            account_id=account_id,
            body={"text": "<b>结果</b>\n第一名"},
            now=centre.now,
        )
        made = connection.execute(
            outbox_table.update()
            .where(outbox_table.c.key == f"{key}:{tail}")
            .values(values | more)
            .returning(outbox_table.c.id)
        ).scalar_one()
    return int(made)
