"""Something happens: a person acts, or a moment comes. Either may tell people what it means.

What is told is a row of the outbox in the same transaction, so it is told if and only if it
happened, and once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy.engine import Connection

import templates
from handlers.messages import DocumentRef, FileRef, Lane, Reply, Rows
from handlers.premises import Premises
from rubric.quarter import WorkCalendar
from rubric.settings import HOURS_END, HOURS_START
from storage import accounts, audit, outbox
from storage.audit import Result
from storage.calendar import read_calendar
from storage.groups import Group
from storage.settings import read_settings


@dataclass(slots=True)
class Occasion:
    """`notices` counts the messages queued for others; `now` is the only present there is."""

    connection: Connection
    now: datetime
    premises: Premises
    notices: int = field(default=0, kw_only=True)
    _calendar: WorkCalendar | None = field(default=None, kw_only=True)

    @property
    def calendar(self) -> WorkCalendar:
        if self._calendar is None:
            self._calendar = read_calendar(self.connection)
        return self._calendar

    @property
    def today(self) -> date:
        return self.premises.today(self.now)

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
        address = accounts.address_of(self.connection, person_id, channels=self.premises.channels)
        if address is None:
            return False
        reply = Reply(templates.say(block, **facts), buttons, "", file)
        return self._queue(reply, key=f"{key}:{person_id}", to=address.id, not_before=not_before)

    def notify_account(
        self, account_id: int, block: str, /, *, key: str, buttons: Rows = (), **facts: object
    ) -> bool:
        """Tell this very account what concerns it, whichever its person prefers."""
        reply = Reply(templates.say(block, **facts), buttons)
        return self._queue(reply, key=f"{key}:account{account_id}", to=account_id, not_before=None)

    def notify_group(
        self,
        group: Group,
        block: str,
        /,
        *,
        key: str,
        buttons: Rows = (),
        file: FileRef | DocumentRef | None = None,
        not_before: datetime | None = None,
        **facts: object,
    ) -> bool:
        """The same into a group chat, which must be one of `groups.confirmed_groups`."""
        reply = Reply(templates.say(block, **facts), buttons, "", file)
        to = group.account_id
        return self._queue(reply, key=f"{key}:group{to}", to=to, not_before=not_before)

    def _queue(self, reply: Reply, *, key: str, to: int, not_before: datetime | None) -> bool:
        # what waits for office hours is heard then
        silent = not_before is None and not self.office_hours()
        queued = outbox.queue(
            self.connection,
            key=key,
            account_id=to,
            body=body_of(replace(reply, silent=silent)),
            now=self.now,
            not_before=not_before,
            lane=Lane.NOTICE,
        )
        self.notices += queued
        return queued

    def office_hours(self) -> bool:
        local = self.now.astimezone(self.premises.zone)
        first, last = self.hours()
        return first <= local.time() < last and self.calendar.is_workday(local.date())

    def hours(self) -> tuple[time, time]:
        """From when to when reminders and notices are heard on a working day."""
        values = read_settings(self.connection)
        first, last = HOURS_START.of(values), HOURS_END.of(values)
        return time.fromisoformat(first), time.fromisoformat(last)

    def later(self, **span: float) -> datetime:
        return self.now + timedelta(**span)

    @property
    def actor(self) -> tuple[int | None, int | None]:
        """Person and account that act; nobody where the program does by itself."""
        return None, None

    def audit(
        self,
        action: str,
        object_: str = "",
        *,
        result: Result = "ok",
        acting_for: int = 0,
        **detail: object,
    ) -> None:
        """An audit row of whoever acts. `acting_for` is a person in whose place this was done."""
        person_id, account_id = self.actor
        audit.record(
            self.connection,
            now=self.now,
            action=action,
            object_=object_,
            result=result,
            person_id=person_id,
            account_id=account_id,
            detail=with_whom(detail, acting_for),
        )

    def note(
        self,
        action: str,
        object_: str = "",
        *,
        result: Result = "ok",
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """An audit row of the program's own act."""
        audit.record(
            self.connection,
            now=self.now,
            action=action,
            object_=object_,
            result=result,
            detail=detail,
        )


def with_whom(detail: Mapping[str, object], acting_for: int) -> Mapping[str, object]:
    return {**detail, "for": acting_for} if acting_for else detail


@dataclass(slots=True)
class Deed(Occasion):
    """A person acts without a turn: a workbook of theirs is taken in."""

    person_id: int | None = field(kw_only=True)
    account_id: int | None = field(default=None, kw_only=True)

    @property
    def actor(self) -> tuple[int | None, int | None]:
        return self.person_id, self.account_id


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
