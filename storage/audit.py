"""The audit log: one row for every change, denial and failure, in the transaction it tells of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy.engine import Connection

from storage.models import audit
from storage.prepared import Prepared

Result: TypeAlias = Literal["ok", "denied", "failed"]
_INSERT = Prepared(
    audit.insert().inline(),
    keys=("at", "person_id", "account_id", "action", "object", "result", "detail"),
)


def record(
    connection: Connection,
    *,
    now: datetime,
    action: str,
    object_: str = "",
    result: Result = "ok",
    person_id: int | None = None,
    account_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """`detail` holds plain values; never message bodies, codes or names of citizens."""
    _INSERT.run(
        connection,
        {
            "at": now,
            "person_id": person_id,
            "account_id": account_id,
            "action": action,
            "object": object_,
            "result": result,
            "detail": dict(detail or {}),
        },
    )


def record_all(
    connection: Connection,
    acts: Sequence[tuple[str, str, Mapping[str, object]]],
    *,
    now: datetime,
    person_id: int | None,
    account_id: int | None,
) -> None:
    """Many acts of one person at one moment: each an action, its object and the detail."""
    if acts:
        connection.execute(
            audit.insert(),
            [
                {
                    "at": now,
                    "person_id": person_id,
                    "account_id": account_id,
                    "action": action,
                    "object": object_,
                    "result": "ok",
                    "detail": dict(detail),
                }
                for action, object_, detail in acts
            ],
        )
