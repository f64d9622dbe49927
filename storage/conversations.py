"""One conversation a person: which dialog waits for what. Locked first, saved last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from storage.db import insert_once
from storage.models import conversation
from storage.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Offered:
    """The buttons shown last in one chat, as (label, action) pairs, and how they were marked
    there."""

    marks: str = ""
    choices: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """`choices` are what each account of the person was offered last, as marks and pairs: what is
    typed in one chat means what stands there; `typed` counts what the person typed, so that a
    panel is only edited while it is still the last thing said."""

    person_id: int
    dialog: str = ""
    step: str = ""
    draft: dict[str, Any] | None = None
    draft_version: int = 0
    choices: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    typed: int = 0
    typed_group: str = ""

    def offered(self, account_id: int) -> Offered:
        return Offered(*self.choices.get(str(account_id), ()))

    def offering(self, account_id: int, offered: Offered) -> Conversation:
        """The same with what this account is offered from now on."""
        others = {key: each for key, each in self.choices.items() if key != str(account_id)}
        if offered.choices:
            others[str(account_id)] = [offered.marks, offered.choices]
        return replace(self, choices=others)


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
    dialog, step, draft, version, choices, typed, group = row
    return Conversation(person_id, dialog, step, draft, version, choices or {}, typed, group)


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
