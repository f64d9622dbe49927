"""What a step is given: the person, their message, the transaction, and a voice.

A turn collects what will be said; `dispatch` writes it to the outbox in the same transaction. So
a step that fails has said nothing, and what was said is never lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import templates
from handlers.discovery import Registry
from handlers.messages import (
    DocumentRef,
    FileRef,
    Inbound,
    Kind,
    Reply,
    Rows,
    Toast,
)
from handlers.occasion import Occasion
from storage.accounts import Account, Person


@dataclass(slots=True)
class Turn(Occasion):
    """One update being handled. `say` answers `account`, the one that asked unless a step knows
    better, `notify` writes to another person; both only after the commit. `words` is the text
    after a command, or the whole text; `running` the dialog one of whose steps waits, or '';
    `afresh` has panels sent anew, since what was pressed stands below them; `unread` says that
    nothing waits for what was typed, and no word names it."""

    person: Person
    account: Account
    inbound: Inbound
    words: str
    registry: Registry = field(default_factory=Registry)
    running: str = ""
    afresh: bool = False
    unread: bool = False
    replies: list[Reply] = field(default_factory=list)
    answer_with: Toast | None = None
    downloads: list[int] = field(default_factory=list)

    @property
    def pressed(self) -> bool:
        return self.inbound.kind is Kind.PRESS

    def say(
        self,
        block: str,
        /,
        *,
        buttons: Rows = (),
        panel: str = "",
        file: FileRef | DocumentRef | None = None,
        **facts: object,
    ) -> None:
        """Answer with a block of the templates. With `panel`, the message is edited in place as
        long as the person has typed nothing since."""
        self.replies.append(Reply(templates.say(block, **facts), buttons, panel, file))

    def toast(self, text: str, *, alert: bool = False) -> None:
        """A word beside a pressed button; it must stand on the card too."""
        self.answer_with = Toast(text, alert)

    def fetch(self, attachment_id: int) -> None:
        """Have the shell download an attachment after the commit."""
        self.downloads.append(attachment_id)

    @property
    def actor(self) -> tuple[int | None, int | None]:
        return self.person.id, self.account.id


def choices_of(replies: Sequence[Reply]) -> list[list[str]]:
    """Label and action of the buttons shown last, for people who type instead of pressing."""
    for reply in reversed(replies):
        if reply.buttons:
            return [[button.label, str(button.action)] for row in reply.buttons for button in row]
    return []
