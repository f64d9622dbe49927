"""What a step is given: the person, their message, the transaction, and a voice.

A turn collects what will be said; `dispatch` writes it to the outbox in the same transaction. So
a step that fails has said nothing, and what was said is never lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

import templates
from handlers.discovery import Registry
from handlers.messages import (
    DocumentRef,
    FileRef,
    Inbound,
    Kind,
    Lane,
    Reply,
    Rows,
    Toast,
)
from handlers.premises import Premises
from rubric.quarter import WorkCalendar
from storage import accounts, audit, outbox
from storage.accounts import Account, Person
from storage.audit import Result
from storage.calendar import read_calendar

# control characters (kept: newline, tab) and the marks that turn text around on a screen
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
OFFICE_HOURS = (9, 17)


def clean(text: str) -> str:
    """Text as it is kept: no controls, no direction marks, one kind of newline, trimmed."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


@dataclass(slots=True)
class Turn:
    """One update being handled. `say` answers the account that asked, `notify` writes to another
    person; both only after the commit. `words` is the text after a command, or the whole text;
    `running` the dialog one of whose steps waits, or ''."""

    connection: Connection
    now: datetime
    premises: Premises
    person: Person
    account: Account
    inbound: Inbound
    words: str
    registry: Registry = field(default_factory=Registry)
    running: str = ""
    replies: list[Reply] = field(default_factory=list)
    answer_with: Toast | None = None
    downloads: list[int] = field(default_factory=list)
    notices: int = 0
    _calendar: WorkCalendar | None = None

    @property
    def calendar(self) -> WorkCalendar:
        if self._calendar is None:
            self._calendar = read_calendar(self.connection)
        return self._calendar

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

    def notify(
        self,
        person_id: int,
        block: str,
        /,
        *,
        key: str,
        buttons: Rows = (),
        file: FileRef | DocumentRef | None = None,
        not_before: datetime | None = None,
        **facts: object,
    ) -> bool:
        """Tell another person what this act means for them: at once, silently outside hours.

        `key` names the occasion, so that it is told once. False if nobody could be told (no
        reachable account, or told before); the fact stays in the database either way.
        """
        address = accounts.address_of(self.connection, person_id)
        if address is None:
            return False
        reply = Reply(
            templates.say(block, **facts), buttons, "", file, silent=not self.office_hours()
        )
        queued = outbox.queue(
            self.connection,
            key=f"{key}:{person_id}",
            account_id=address.id,
            body=body_of(reply),
            now=self.now,
            not_before=not_before,
            lane=Lane.NOTICE,
        )
        self.notices += queued
        return queued

    def office_hours(self) -> bool:
        local = self.now.astimezone(self.premises.zone)
        first, last = OFFICE_HOURS
        return first <= local.hour < last and self.calendar.is_workday(local.date())

    def fetch(self, attachment_id: int) -> None:
        """Have the shell download an attachment after the commit."""
        self.downloads.append(attachment_id)

    def audit(
        self, action: str, object_: str = "", *, result: Result = "ok", **detail: object
    ) -> None:
        audit.record(
            self.connection,
            now=self.now,
            action=action,
            object_=object_,
            result=result,
            person_id=self.person.id,
            account_id=self.account.id,
            detail=detail,
        )

    def later(self, **span: float) -> datetime:
        return self.now + timedelta(**span)


def body_of(reply: Reply) -> dict[str, object]:
    """A reply as an outbox row's body: plain values."""
    body: dict[str, object] = {"text": reply.text}
    if reply.buttons:
        body["buttons"] = [
            [[button.label, str(button.action), button.style.value] for button in row]
            for row in reply.buttons
        ]
    if isinstance(reply.file, FileRef):
        body["file"] = {
            "blob": reply.file.blob,
            "name": reply.file.name,
            "mime": reply.file.mime,
        }
    elif reply.file is not None:
        body["document"] = {
            "document": reply.file.document,
            "arguments": dict(reply.file.arguments),
            "name": reply.file.name,
            "mime": reply.file.mime,
            "secret": reply.file.secret,
        }
    if reply.silent:
        body["silent"] = True
    return body


def choices_of(replies: Sequence[Reply]) -> list[list[str]]:
    """Label and action of the buttons shown last, for people who type instead of pressing."""
    for reply in reversed(replies):
        if reply.buttons:
            return [[button.label, str(button.action)] for row in reply.buttons for button in row]
    return []
