"""Something is wrong with the service itself: the administrators are told, once a day and kind.

The facts come from the shell, which alone sees the machine and the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.occasion import Occasion
from storage import people
from templates import words


@dataclass(frozen=True, slots=True)
class Trouble:
    """`kind`: database, deaf, refused, outbox, disk, clock; `detail` is for the operator's log,
    and what a refused channel itself says of it, a sentence for people; `channel` is the deaf or
    refused one."""

    kind: str
    detail: str
    channel: str = ""


def raise_alarms(occasion: Occasion, troubles: Sequence[Trouble]) -> None:
    """Queue one notice an administrator for each kind that was not told of today."""
    today = occasion.premises.today(occasion.now)
    for trouble in troubles:
        what = ":".join(filter(None, (trouble.kind, trouble.channel)))
        key = f"alarm:{what}:{today}"
        admins = people.holders_of(occasion.connection, "admin")
        # every administrator is told, so no short cut at the first
        told = [
            admin.id
            for admin in admins
            if occasion.notify(
                admin.id,
                f"alarms.{trouble.kind}",
                key=key,
                channel=words.channel(trouble.channel),
                said=trouble.detail,
            )
        ]
        if told:
            occasion.note(
                "alarm.raised", trouble.kind, result="failed", detail={"why": trouble.detail}
            )
