"""People of the demonstration at work before it begins: each act goes through `dispatch`.

So what they leave behind obeys every rule. Nothing is delivered: what they were told is written
down as sent, and shown in their tabs only if it belongs to the last day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from sqlalchemy.engine import Connection

from handlers import jobs
from handlers.dispatch import Desk, handle
from handlers.jobs import Job
from handlers.messages import Attachment, Inbound, Kind
from handlers.occasion import Occasion
from storage import outbox, web
from storage.outbox import Mark, Row
from storage.web import CHANNEL, WebBody, WebButton

PAUSE: Final = timedelta(seconds=12)  # between two acts of a person
_CLAIMED: Final = 100


class Unanswered(Exception):
    """The program did not offer what the demonstration was to press."""


@dataclass(slots=True)
class Stage:
    """`now` is set by the script and moves on with each act; notices from `shown_from` on are
    shown in the tabs."""

    connection: Connection
    desk: Desk
    now: datetime
    shown_from: datetime
    numbers: Iterator[int] = field(default_factory=count)
    jobs: Mapping[str, Job] = field(default_factory=jobs.discover)

    def handle(self, inbound: Inbound) -> tuple[Row, ...]:
        self.now += PAUSE
        receipt = handle(self.connection, inbound, desk=self.desk, now=self.now)
        marks = [Mark(row.id, row.attempt, "sent") for row in receipt.answers]
        outbox.mark(self.connection, marks, worker=self.desk.worker, now=self.now)
        if receipt.notices:
            self._deliver_notices()
        return receipt.answers

    def tick(self) -> None:
        """The timed rules, as of now."""
        for job in self.jobs.values():
            job(Occasion(self.connection, self.now, self.desk.premises))
            self.now += PAUSE
        self._deliver_notices()

    def _deliver_notices(self) -> None:
        while rows := outbox.claim(
            self.connection,
            worker=self.desk.worker,
            channels=[CHANNEL],
            limit=_CLAIMED,
            now=self.now,
        ):
            for row in rows:
                shown = self.show(row) if self.now >= self.shown_from else None
                mark = Mark(row.id, row.attempt, "sent", message_ref=shown)
                outbox.mark(self.connection, [mark], worker=self.desk.worker, now=self.now)

    def show(self, row: Row) -> str:
        """Put it into the tab; the message's reference."""
        body = WebBody(
            text=row.body["text"],
            buttons=tuple(
                tuple(WebButton(*button) for button in line)
                for line in row.body.get("buttons", ())
            ),
            silent=bool(row.body.get("silent")),
        )
        shown = web.post(
            self.connection,
            account_id=row.account_id,
            key=row.key,
            mine=False,
            body=body,
            now=self.now,
        )
        return str(shown.id)


@dataclass(slots=True)
class Visitor:
    """One person at the page. `heard` is what the last act was answered with."""

    stage: Stage
    name: str
    person_id: int
    heard: tuple[Row, ...] = ()

    def say(self, text: str, files: Sequence[Attachment] = ()) -> None:
        self._act(replace(self._inbound(), text=text, attachments=tuple(files)))

    def press(self, action: str) -> None:
        self._act(replace(self._inbound(), kind=Kind.PRESS, action=action))

    def click(self, label: str) -> None:
        """Press a button of the last answer. Raises Unanswered."""
        actions = [action for shown, action in self.offered() if shown == label]
        if not actions:
            raise Unanswered(f"{self.name}: no button {label}")
        self.press(actions[0])

    def offered(self) -> list[tuple[str, str]]:
        """Labels and actions of the last answer's buttons."""
        return [
            (button[0], button[1])
            for row in self.heard
            for line in row.body.get("buttons", ())
            for button in line
        ]

    def _act(self, inbound: Inbound) -> None:
        self.heard = self.stage.handle(inbound)

    def _inbound(self) -> Inbound:
        key = f"demo:{next(self.stage.numbers)}"
        return Inbound(key=key, channel=CHANNEL, account=self.name, name=self.name)
