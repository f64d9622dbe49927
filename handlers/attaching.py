"""A file that came with a message, before anybody has fetched it."""

from __future__ import annotations

from handlers.messages import Attachment
from handlers.turn import Turn
from storage import attachments


def announce(
    turn: Turn,
    file: Attachment,
    *,
    name: str,
    evidence_id: int | None = None,
    source: str = "",
) -> int:
    """Its row's id. `evidence_id` is None for what is no evidence; `source` names what brought it,
    if that was no message."""
    return attachments.announce(
        turn.connection,
        evidence_id=evidence_id,
        account_id=turn.account.id,
        person_id=turn.person.id,
        reference=file.reference,
        name=name,
        mime=file.mime,
        size=file.size,
        stored=file.blob,
        source=source or turn.inbound.source,
        now=turn.now,
    )
