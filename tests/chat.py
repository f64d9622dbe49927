"""A fake user on a fake channel, over the real dispatch and a real database.

    centre = Centre(url)                                  # tables, a section, departments
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/submit")
    li.clicks("帮办案例")
    assert li.hears == ["…"]                              # plain texts since last asked

The channel behaves as a messenger does: panels are edited in place while nothing was typed,
notices arrive in order, several accounts keep apart. `restart=True` forgets everything that is
held in memory between two lines, as a restart of the program does.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from bot.panels import in_place
from bot.reading_child import read
from handlers import discovery, linking, upload_link
from handlers.dispatch import Desk, handle
from handlers.imports.book import to_json
from handlers.messages import (
    Attachment,
    Download,
    Inbound,
    Kind,
    Marks,
    Receipt,
    marks_of,
    notice_marks,
)
from handlers.premises import Premises
from rubric import edition as editions
from storage import imports, linked, outbox
from storage.db import Database, metadata, sqlite_url
from storage.models import account, department, person, role, section, section_row
from storage.outbox import Mark, Row
from storage.quiet import minute_of
from templates.markup import plain

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 3, 10, 0, tzinfo=ZONE)  # a working Tuesday in 2026Q4
WORKER = "test-worker"
DEPARTMENTS = {
    "SCJG": ("市场监督管理局", "市场监管局"),
    "GA": ("公安分局", "公安"),
    "YB": ("医疗保障局", "医保局"),
    "RS": ("人力资源和社会保障局", "人社局"),
    "MZ": ("民政局", "民政局"),
    "SW": ("税务局", "税务"),
}


OPEN: list[Centre] = []  # closed after each test, see conftest.py


@cache
def _empty_database() -> bytes:
    """A SQLite file with all tables: making them for each test costs more than most tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.sqlite"
        database = Database(sqlite_url(path))
        metadata.create_all(database.writer)
        database.close()
        return path.read_bytes()


def _make_tables(database: Database) -> None:
    path = Path(database.url.database or "")
    if database.sqlite and not path.exists():
        path.write_bytes(_empty_database())
    else:
        metadata.create_all(database.writer)


@dataclass(slots=True)
class Message:
    """A message as the person sees it now; `number` and `marks` say what may be typed in the place
    of its buttons, `turn` what it answers, '' if nothing."""

    ref: str
    text: str
    buttons: list[list[tuple[str, str]]]
    panel: str = ""
    typed: int = 0
    file: dict[str, str] | None = None
    silent: bool = False
    edited: int = 0
    number: int = 0
    marks: str = ""
    turn: str = ""

    def mark(self, label: str) -> str:
        """What is typed for this button by who sees no buttons."""
        labels = [shown for row in self.buttons for shown, _ in row]
        found = (
            marks_of(labels, Marks(self.marks))
            if self.marks
            else notice_marks(self.number, len(labels))
        )
        return found[labels.index(label)] or label


@dataclass(slots=True)
class File:
    """A file a person sends. `stored`: the channel has the bytes already (as the web chat)."""

    name: str
    content: bytes = b"%PDF-1.4 evidence"
    mime: str = ""
    stored: bool = False


class Centre:
    """One installation. `now` moves by one second a message, or as the test sets it."""

    def __init__(
        self,
        url: str,
        *,
        now: datetime = MORNING,
        restart: bool = False,
        departments: tuple[str, ...] = ("SCJG", "GA", "YB"),
        public_url: str = "",
    ) -> None:
        self.url = url
        self.public_url = public_url
        self.now = now
        self.restart = restart
        self.database = Database(url)
        OPEN.append(self)
        _make_tables(self.database)
        self.desk = self._desk()
        self.people: dict[str, User] = {}
        self._by_account: dict[int, User] = {}
        self._keys = itertools.count(1)
        self.pending: list[int] = []
        self.workbooks: dict[int, bytes] = {}  # announced, by attachment
        self.departments: dict[str, int] = {}
        with self.database.begin() as connection:
            self.section_id = connection.execute(
                section.insert().returning(section.c.id),
                {"name": "考核办公室", "contact": "周老师", "phone": "021-56001234"},
            ).scalar_one()
            for row in editions.find("2023-17").indicators:
                connection.execute(
                    section_row.insert(), {"indicator": row.id, "section_id": self.section_id}
                )
            for code in departments:
                name, short = DEPARTMENTS[code]
                self.departments[code] = connection.execute(
                    department.insert().returning(department.c.id),
                    {"code": code, "name": name, "short_name": short},
                ).scalar_one()

    def _desk(self) -> Desk:
        return Desk(
            discovery.discover(pages=bool(self.public_url)),
            Premises(
                b"test key of the server",
                public_url=self.public_url,
                telegram_name="kaohe_bot",
            ),
            WORKER,
        )

    def person(
        self,
        name: str,
        *roles: str,
        department: str = "",
        section: int | None = None,
        channel: str = "fake",
        numbered: bool = False,
        appends: bool = False,
    ) -> User:
        """A linked person with these roles; evaluators join the centre's section by default."""
        with self.database.begin() as connection:
            person_id = connection.execute(
                person.insert().returning(person.c.id), {"name": name, "created_at": self.now}
            ).scalar_one()
            for each in roles or ("member",):
                connection.execute(
                    role.insert(),
                    {
                        "person_id": person_id,
                        "role": each,
                        "department_id": self.departments[department]
                        if department and each in ("liaison", "head", "member", "evaluator")
                        else None,
                        "section_id": (section or self.section_id)
                        if each == "evaluator"
                        else None,
                        "created_at": self.now,
                    },
                )
            account_id = connection.execute(
                account.insert().returning(account.c.id),
                {
                    "channel": channel,
                    "external_id": name,
                    "person_id": person_id,
                    "linked_at": self.now,
                    "created_at": self.now,
                },
            ).scalar_one()
            linked.prefer(connection, person_id, account_id)
        user = User(self, name, channel, person_id, account_id, numbered, appends)
        self.people[name] = user
        self._by_account[account_id] = user
        return user

    def stranger(self, name: str, *, channel: str = "fake") -> User:
        """An account nobody knows yet."""
        user = User(self, name, channel, 0, 0)
        self.people[name] = user
        return user

    def group(self, name: str) -> User:
        """A group chat with this id, whose members hear what is sent there."""
        return self.people.get(name) or self.stranger(name)

    # ------------------------------------------------------------ what the shell does

    def receive(self, inbound: Inbound) -> Receipt:
        """Handle in one transaction, then deliver all there is to deliver."""
        if self.restart:
            self.database.close()
            self.database = Database(self.url)
            self.desk = self._desk()
        self.now += timedelta(seconds=1)
        with self.database.begin() as connection:
            receipt = handle(connection, inbound, desk=self.desk, now=self.now)
        self.pending.extend(receipt.downloads)
        user = self.people.get(inbound.account)
        if user is not None and receipt.account_id:
            user.account_id = user.account_id or receipt.account_id
            self._by_account[receipt.account_id] = user
        self._deliver(list(receipt.answers))
        if user is not None and inbound.kind is Kind.PRESS:
            user.toast = receipt.toast.text if receipt.toast else ""
        self.deliver_notices()
        return receipt

    def deliver_notices(self) -> None:
        while True:
            with self.database.begin() as connection:
                rows = outbox.claim(
                    connection,
                    worker=WORKER,
                    channels=["fake", "web", "telegram", "wecom_app", "wecom_bot"],
                    limit=100,
                    now=self.now,
                    minute=minute_of(self.now.astimezone(self.desk.premises.zone)),
                )
            if not rows:
                return
            self._deliver(rows)

    def _deliver(self, rows: list[Row]) -> None:
        for row in rows:
            ref = self._show(row)
            with self.database.begin() as connection:
                outbox.mark(
                    connection,
                    [Mark(row.id, row.attempt, "sent", message_ref=ref)],
                    worker=WORKER,
                    now=self.now,
                )

    def _show(self, row: Row) -> str:
        user = self._by_account[row.account_id]
        with self.database.read() as connection:
            text = upload_link.filled_in(
                row.body["text"],
                premises=self.desk.premises,
                account_id=row.account_id,
                channel=row.channel,
                now=self.now,
            )
            text = linking.revealed(connection, text, premises=self.desk.premises, now=self.now)
            shown = row.panel and outbox.panel_message(
                connection, account_id=row.account_id, panel=row.panel
            )
        buttons = [
            [(label, action) for label, action, _ in r] for r in row.body.get("buttons", [])
        ]
        file = row.body.get("file") or row.body.get("document")
        turn = row.key.rpartition("#")[0] if row.lane == "answer" else ""
        marks = row.body.get("marks", "")
        if turn:
            user.replaced(turn)
        if shown and not row.anew and in_place(row, shown[0], shown[1]):
            message = next(m for m in user.chat if m.ref == shown[0])
            message.text, message.buttons = plain(text), buttons
            message.number, message.marks, message.turn = row.id, marks, turn
            message.edited += 1
            user.heard.append(message.text)
            return message.ref
        message = Message(
            str(next(self._keys)),
            plain(text),
            buttons,
            row.panel,
            row.typed,
            file,
            bool(row.body.get("silent")),
            number=row.id,
            marks=marks,
            turn=turn,
        )
        user.chat.append(message)
        user.heard.append(message.text)
        return message.ref

    def finish_downloads(self, *, problem: str = "") -> None:
        """Every announced file arrives on disk now, or is refused with this code."""
        waiting, self.pending = self.pending, []
        for attachment_id in waiting:
            if attachment_id in self.workbooks and not problem:
                continue  # see finish_readings
            self.workbooks.pop(attachment_id, None)
            content = f"content of {attachment_id}".encode()
            blob = "" if problem else hashlib.sha256(content).hexdigest()
            self.receive(
                Inbound(
                    key=f"file:{attachment_id}:{next(self._keys)}",
                    channel="internal",
                    account="",
                    kind=Kind.REFUSED if problem else Kind.STORED,
                    download=Download(
                        attachment_id, blob or None, 0 if problem else len(content), problem
                    ),
                )
            )

    def wait_for_downloads(self) -> None:
        """None of the announced files is here, though it takes long."""
        for attachment_id in self.pending:
            self._told(attachment_id, Kind.SLOW, Download(attachment_id))

    def finish_readings(self, *, problem: str = "") -> None:
        """Every workbook that was announced is on disk and read now, as the child would, or can't
        be read for this reason. What is no workbook is read as one with these rows."""
        for attachment_id, content in list(self.workbooks.items()):
            del self.workbooks[attachment_id]
            self._told(attachment_id, Kind.STORED, Download(attachment_id, "f" * 64, 1))
            with self.database.begin() as connection:
                found = imports.of_attachment(connection, attachment_id)
                if found is not None and not problem:
                    imports.keep_rows(connection, found, content=to_json(read(content)))
            self._told(attachment_id, Kind.READ, Download(attachment_id, "f" * 64, 1, problem))

    def _told(self, attachment_id: int, kind: Kind, download: Download) -> None:
        self.receive(
            Inbound(
                key=f"{kind}:{attachment_id}:{next(self._keys)}",
                channel="internal",
                account="",
                kind=kind,
                download=download,
            )
        )


@dataclass(slots=True)
class User:
    centre: Centre
    name: str
    channel: str
    person_id: int
    account_id: int
    numbered: bool = False
    appends: bool = False
    chat: list[Message] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    toast: str = ""

    @property
    def hears(self) -> list[str]:
        """What was said since last asked, in order, without markup."""
        heard, self.heard = self.heard, []
        return heard

    @property
    def card(self) -> str:
        """The text of the message that was sent or edited last with buttons, else the last."""
        return self._last().text

    @property
    def buttons(self) -> list[str]:
        """Labels of all buttons of the last message that has any."""
        return [label for row in self._last().buttons for label, _ in row]

    def _last(self) -> Message:
        return next((m for m in reversed(self.chat) if m.buttons), self.chat[-1])

    def says(self, text: str, **more: Any) -> Receipt:
        return self._send(text=text, **more)

    def sends(self, *files: File, text: str = "", group: str = "") -> Receipt:
        """Files in one message; their download stays open until `centre.finish_downloads()`."""
        receipt = self._send(text=text, group=group, attachments=tuple(_announced(files)))
        if len(files) == len(receipt.downloads) == 1 and files[0].name.endswith(".xlsx"):
            self.centre.workbooks[receipt.downloads[0]] = files[0].content
        return receipt

    def joins(self, *, title: str = "", by: str = "") -> Receipt:
        """The bot is in this group from now on, or the group has another title."""
        return self._send(kind=Kind.JOINED, name=title or self.name, by=by)

    def leaves(self) -> Receipt:
        """The bot is removed from this group."""
        return self._send(kind=Kind.LEFT)

    def moves(self, to: str) -> Receipt:
        return self._send(kind=Kind.MOVED, moved_to=to)

    def opens(self) -> Receipt:
        """The chat with the bot is opened, and nothing said."""
        return self._send(kind=Kind.OPENED)

    def edits(self, source: str, text: str) -> Receipt:
        return self._send(text=text, kind=Kind.EDITED, source=source)

    def replaced(self, turn: str) -> None:
        """Another answer is here: what earlier ones offer can be typed by its number only."""
        for message in self.chat:
            if message.turn != turn:
                message.marks = ""

    def clicks(self, label: str, *, on: Message | None = None) -> Receipt:
        """Press the button of this label on the newest message that has it."""
        message = on or self._with(label)
        return self.presses(self._action(message, label), source=message.ref)

    def types(self, label: str) -> Receipt:
        """The same by typing the mark that stands there for it."""
        return self.says(self._with(label).mark(label))

    def _with(self, label: str) -> Message:
        """The newest message with this button."""
        for message in reversed(self.chat):
            if any(shown == label for row in message.buttons for shown, _ in row):
                return message
        raise AssertionError(f"no button {label}; there are {self.buttons}")

    @staticmethod
    def _action(message: Message, label: str) -> str:
        return next(action for row in message.buttons for shown, action in row if shown == label)

    def clicks_containing(self, part: str) -> Receipt:
        """Press the first button of the last card whose label contains this."""
        return self.clicks(self.label(part))

    def label(self, part: str) -> str:
        """The first label of the last card that contains this."""
        for label in self.buttons:
            if part in label:
                return label
        raise AssertionError(f"no button with {part}; there are {self.buttons}")

    def presses(self, action: str, *, source: str = "") -> Receipt:
        """Press with raw data, as a forged client can."""
        return self._send(kind=Kind.PRESS, action=action, source=source, acknowledge="1")

    def button(self, label: str) -> str:
        """The action behind the newest button of this label, to press it later."""
        return self._action(self._with(label), label)

    def _send(self, *, kind: Kind = Kind.MESSAGE, key: str = "", **values: object) -> Receipt:
        number = next(self.centre._keys)
        values.setdefault("source", f"{self.name}:{number}")
        values.setdefault("name", self.name)
        return self.centre.receive(
            Inbound(
                key=key or f"{self.channel}:{number}",
                channel=self.channel,
                account=self.name,
                kind=kind,
                numbered=self.numbered,
                appends=self.appends,
                **values,  # type: ignore[arg-type]
            )
        )


def _announced(files: tuple[File, ...]) -> Iterator[Attachment]:
    for file in files:
        digest = hashlib.sha256(file.content).hexdigest()
        yield Attachment(
            reference=f"ref-{digest[:12]}",
            name=file.name,
            mime=file.mime,
            size=len(file.content),
            blob=digest if file.stored else None,
        )


Script = Callable[[Centre], None]
