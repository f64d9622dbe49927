"""One conversation a person: which dialog waits for what. Locked first, saved last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from storage.db import insert_once
from storage.models import conversation
from storage.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Conversation:
    """`choices` are the buttons shown last, as [label, action] pairs; `typed` counts what the
    person typed, so that a panel is only edited while it is still the last thing said."""

    person_id: int
    dialog: str = ""
    step: str = ""
    draft: dict[str, Any] | None = None
    draft_version: int = 0
    choices: list[list[str]] | None = None
    typed: int = 0
    typed_group: str = ""


_COLUMNS = (
    conversation.c.dialog,
    conversation.c.step,
    conversation.c.draft,
    conversation.c.draft_version,
    conversation.c.choices,
    conversation.c.typed,
    conversation.c.typed_group,
)
_LOCK = Prepared(
    select(*_COLUMNS).where(conversation.c.person_id == bindparam("person")).with_for_update()
)
_SAVE = Prepared(
    conversation.update()
    .where(conversation.c.person_id == bindparam("person"))
    .values(
        {
            column.name: bindparam(f"new_{column.name}")
            for column in (*_COLUMNS, conversation.c.updated_at)
        }
    )
)


def lock(connection: Connection, person_id: int) -> Conversation:
    """Holds the person's row until the transaction ends, so their updates run one by one."""
    row = _LOCK.one(connection, {"person": person_id})
    if row is None:
        insert_once(connection, conversation, key=("person_id",), values={"person_id": person_id})
        row = _LOCK.one(connection, {"person": person_id})
    return Conversation(person_id, *row)


def save(connection: Connection, state: Conversation, *, now: datetime) -> None:
    _SAVE.run(
        connection,
        {
            "person": state.person_id,
            "new_dialog": state.dialog,
            "new_step": state.step,
            "new_draft": state.draft,
            "new_draft_version": state.draft_version,
            "new_choices": state.choices,
            "new_typed": state.typed,
            "new_typed_group": state.typed_group,
            "new_updated_at": now,
        },
    )
