"""What importers do alike when they change something: who did it stands in the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handlers.imports import By
from handlers.occasion import Occasion
from storage import audit


def record(
    occasion: Occasion, by: By, action: str, object_: str = "", /, **detail: object
) -> None:
    """An audit row of something that was changed by a workbook."""
    audit.record(
        occasion.connection,
        now=occasion.now,
        action=action,
        object_=object_,
        person_id=by.person_id,
        account_id=by.account_id,
        detail={**detail, "by": "import"},
    )


def record_all(
    occasion: Occasion, by: By, acts: Sequence[tuple[str, str, Mapping[str, object]]]
) -> None:
    """The same for many: each an action, its object and the detail."""
    audit.record_all(
        occasion.connection,
        [(action, object_, {**detail, "by": "import"}) for action, object_, detail in acts],
        now=occasion.now,
        person_id=by.person_id,
        account_id=by.account_id,
    )
