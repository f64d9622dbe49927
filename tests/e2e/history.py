"""What people did, held against what is there afterwards: lost, unexpected, duplicated, recovered.

In the manner of Jepsen: the people write down what they mean to do before they do it and what they
were told after it; the checker reads the database, the files and the double's own record of what
the bot really sent, and never asks the program. What a double has recorded each channel says in
its own way (`Record`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import select

from storage.db import Database
from storage.models import account, attachment, evidence, inbox, outbox
from templates.markup import plain
from tests.doubles.client import Control
from tests.e2e.ground import Ground
from tests.e2e.hands import Liaison
from tests.e2e.invariants import violations

UNCHANGED = "message is not modified"
Row = Mapping[str, Any]  # of the outbox, with its account's external_id
Told = tuple[str, str]  # an account, and a text as it reads there


@dataclass(slots=True)
class Meant:
    """One piece of evidence as its liaison meant it. `confirmed`: 「确认提交」 was pressed, so it
    must be there; `receipt` is the number that the liaison was told. `in_order`: whether the
    channel hands on what is said in the order in which it is said."""

    who: Liaison
    title: str
    texts: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    confirmed: bool = False
    receipt: str = ""
    in_order: bool = True


@dataclass(slots=True)
class History:
    """`updates` counts what the double gave the bot to handle, on Telegram from id `first` on."""

    first: int = 0
    updates: int = 0
    meant: list[Meant] = field(default_factory=list)
    interrupted: set[int] = field(default_factory=set)
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def begin(cls, control: Control) -> History:
        """An update that no bot has asked for tells which id comes next."""
        [before] = await control.inject({"poll": {}}, once=True)
        return cls(before + 1)

    def sent(self, count: int = 1) -> None:
        self.updates += count
        self._grown.set()

    async def reaches(self, count: int) -> None:
        while self.updates < count:
            self._grown.clear()
            await self._grown.wait()

    async def interrupts(self, control: Control) -> None:
        """Called at a kill: what is unconfirmed now will have to be recovered."""
        self.interrupted.update(await control.pending())


@dataclass(frozen=True, slots=True)
class Finding:
    """`recovered` counts updates that were open at a kill and were handled after it, `repeated`
    messages that somebody got twice, `unknown` messages that nobody is sure about."""

    lost: tuple[str, ...]
    unexpected: tuple[str, ...]
    duplicated: tuple[str, ...]
    unsound: tuple[str, ...]
    recovered: int
    repeated: int
    unknown: int

    @property
    def faults(self) -> list[str]:
        return [
            *(f"lost: {each}" for each in self.lost),
            *(f"unexpected: {each}" for each in self.unexpected),
            *(f"duplicated: {each}" for each in self.duplicated),
            *(f"unsound: {each}" for each in self.unsound),
        ]


class Record(Protocol):
    """What a double knows. `shown`: how often each text really appeared with each account."""

    @property
    def shown(self) -> Counter[Told]: ...

    def keys(self, got: set[str]) -> Iterator[tuple[str, str]]:
        """What is wrong with the keys in the inbox: lost, unexpected or duplicated, and what."""

    def recovered(self, got: set[str]) -> int: ...

    def read(self, row: Row) -> str:
        """How a row's text reads in the chat."""

    def panels(self, rows: Iterable[Row]) -> Iterator[str]:
        """Where a panel does not show what was said about it last."""


async def examine(history: History, ground: Ground) -> Finding:
    """Of an installation on Telegram whose program has been stopped."""
    record = await TelegramRecord.of(history, ground)
    return held_against(
        record, history.meant, database_url=ground.database_url, files=ground.files
    )


def held_against(record: Record, meant: list[Meant], *, database_url: str, files: Path) -> Finding:
    database = Database(database_url)
    try:
        with database.read() as connection:
            keys = {row.key for row in connection.execute(select(inbox.c.key))}
            parked = [
                f"{row.key} was parked: {row.problem}"
                for row in connection.execute(select(inbox).where(inbox.c.parked.is_not(None)))
            ]
            rows = [
                row._asdict()
                for row in connection.execute(
                    select(outbox, account.c.external_id).join(
                        account, outbox.c.account_id == account.c.id
                    )
                )
            ]
            there = _items(connection)
    finally:
        database.close()
    found: dict[str, list[str]] = {"lost": [], "unexpected": parked, "duplicated": []}
    for kind, what in (
        *record.keys(keys),
        *_compared(meant, there),
        *_said(rows, record),
    ):
        found[kind].append(what)
    written = Counter((row["external_id"], record.read(row)) for row in rows)
    return Finding(
        lost=tuple(found["lost"]),
        unexpected=tuple(found["unexpected"]),
        duplicated=tuple(found["duplicated"]),
        unsound=(*violations(database_url, files), *record.panels(rows)),
        recovered=record.recovered(keys),
        repeated=(record.shown - written).total(),
        unknown=sum(row["state"] == "unknown" for row in rows),
    )


# ---------------------------------------------------------------- evidence


def _items(connection: Any) -> dict[str, list[dict[str, Any]]]:
    """What was submitted, by title."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(select(evidence).where(evidence.c.number.is_not(None))):
        item = row._asdict()
        item["files"] = [
            each.blob
            for each in connection.execute(
                select(attachment.c.blob).where(
                    attachment.c.evidence_id == row.id,
                    attachment.c.removed_at.is_(None),
                    attachment.c.state != "refused",
                )
            )
        ]
        found.setdefault(row.title, []).append(item)
    return found


def _compared(
    meant: list[Meant], there: dict[str, list[dict[str, Any]]]
) -> Iterator[tuple[str, str]]:
    for each in meant:
        found = there.get(each.title, [])
        if not each.confirmed:
            if found:
                yield "unexpected", f"{each.title} was submitted, nobody confirmed it"
            continue
        if len(found) != 1:
            yield ("duplicated" if found else "lost"), f"{each.title}: {len(found)} items"
            continue
        item = found[0]
        if item["department_id"] != each.who.department_id:
            yield "unexpected", f"{each.title} in another department"
        for what, wanted, got in (
            ("text", Counter(each.texts), Counter(item["description"].split("\n"))),
            ("file", Counter(each.files), Counter(item["files"])),
        ):
            yield from ((("lost"), f"{what} {x} of {each.title}") for x in wanted - got)
            for x in got - wanted:
                yield ("duplicated" if x in wanted else "unexpected"), f"{what} {x} ({each.title})"
        if each.in_order and each.texts != item["description"].split("\n"):
            yield "unexpected", f"{each.title}: its texts stand in another order"
        if each.receipt != str(item["number"]):
            yield "lost", f"{each.title}: told {each.receipt!r}, not {item['number']}"
    titles = {each.title for each in meant}
    yield from (("unexpected", f"item {title!r}") for title in there if title not in titles)


# ---------------------------------------------------------------- messages


def _said(rows: list[dict[str, Any]], record: Record) -> Iterator[tuple[str, str]]:
    """An answer may be repeated once, if that was written down first; a notice never."""
    sure: Counter[Told] = Counter()
    allowed: Counter[Told] = Counter()
    for row in rows:
        key = (row["external_id"], record.read(row))
        sure[key] += row["state"] == "sent"
        # superseded: not sent this time, perhaps the time before
        allowed[key] += row["attempt"] - (row["state"] == "superseded")
        if row["state"] == "failed":
            yield "lost", f"message {row['id']} failed: {row['problem']}"
        if row["lane"] == "answer" and row["attempt"] > 2:
            yield "duplicated", f"message {row['id']} was tried {row['attempt']} times"
    for key, count in sure.items():
        if record.shown[key] < count:
            yield "lost", f"a message to {key[0]} marked as sent: {plain(key[1])[:40]!r}"
    for key, count in record.shown.items():
        if count > allowed[key]:
            what = f"{count} times to {key[0]} instead of {allowed[key]}: {plain(key[1])[:40]!r}"
            yield "duplicated", what


@dataclass(frozen=True, slots=True)
class TelegramRecord:
    """`wanted` are the keys of the updates there were, `open_` of those that a kill met."""

    shown: Counter[Told]
    wanted: frozenset[str]
    open_: frozenset[str]
    chats: Mapping[int, Mapping[int, str]]

    @classmethod
    async def of(cls, history: History, ground: Ground) -> TelegramRecord:
        calls = [
            call
            for method in ("send*", "editMessageText")
            for call in await ground.control.ask("calls", method=method, limit=20_000)
        ]
        bot = ground.control.token.partition(":")[0]
        updates = range(history.first, history.first + history.updates)
        return cls(
            _shown(calls),
            frozenset(f"tg:{bot}:{number}" for number in updates),
            frozenset(f"tg:{bot}:{number}" for number in history.interrupted),
            {
                each.person.id: {m.id: m.text for m in await each.person.chat()}
                for each in ground.liaisons
            },
        )

    def keys(self, got: set[str]) -> Iterator[tuple[str, str]]:
        updates = {key for key in got if key.startswith("tg:")}
        yield from (("lost", f"update {key}") for key in sorted(self.wanted - updates))
        yield from (("unexpected", f"update {key}") for key in sorted(updates - self.wanted))

    def recovered(self, got: set[str]) -> int:
        return len(self.open_ & got)

    def read(self, row: Row) -> str:
        return str(row["body"]["text"])

    def panels(self, rows: Iterable[Row]) -> Iterator[str]:
        for (who, panel), row in last_of_panels(rows).items():
            if int(who) not in self.chats:
                continue
            message = int(row["message_ref"].rpartition(":")[2])
            seen = self.chats[int(who)].get(message)
            if seen != plain(row["body"]["text"]).strip():
                yield f"panel {panel} of {who} shows {(seen or '')[:60]!r}"


def last_of_panels(rows: Iterable[Row]) -> dict[tuple[str, str], Row]:
    """By account and panel what was said last, where it surely was."""
    last: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda each: int(each["id"])):
        if row["panel"] and row["state"] in ("sent", "unknown"):
            last[row["external_id"], row["panel"]] = row
    return {place: row for place, row in last.items() if row["state"] == "sent"}


def _shown(calls: list[dict[str, Any]]) -> Counter[Told]:
    return Counter(
        (str(call["params"].get("chat_id")), _text(call["params"]))
        for call in calls
        if call["executed"] or UNCHANGED in (call["error"] or "")
    )


def _text(params: dict[str, Any]) -> str:
    return str(params.get("text") or params.get("caption") or "")


def total(folder: Path) -> int:
    """Bytes below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
