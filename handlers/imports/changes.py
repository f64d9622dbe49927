"""What importers do alike when they change something: who did it stands in the audit log."""

from __future__ import annotations

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
