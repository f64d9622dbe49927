"""A broadcast to hundreds on WeCom's self-built app: who sees which part, by the double's record.

A part may be several messages there: a text, then a file or a card with the buttons. Each must
stand in a chat exactly once if its row is `sent`, and not at all if it has failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

from storage import departments
from storage.blobs import Blobs
from storage.db import Database
from storage.people import grant_role
from templates.markup import plain
from tests.doubles.wecom.person import Person
from tests.doubles.wecom.seen import Seen
from tests.e2e.app_ground import SIGNS, AppGround, app_installed
from tests.e2e.invariants import violations
from tests.e2e.told import PATIENCE, ends, rows_of, states
from tests.e2e.wecom_ground import HINTS, reads
from tests.support.broadcasting import HOURS, Audience, link, publish, queue

FIRST = 2  # the id of the first of all people, behind the admin who founded it


@dataclass(frozen=True, slots=True)
class AppTold:
    """`calls` that showed something; `uploads` of any file; `again`: calls that WeCom knew from
    before and showed to nobody; `dropped` what it lets vanish beyond its limits."""

    faults: tuple[str, ...]
    states: Counter[str]
    calls: int
    uploads: int
    again: int
    dropped: int


@dataclass(slots=True)
class AppBroadcast:
    ground: AppGround
    persons: list[Person]
    heads: int
    rows: int

    async def makes(self, calls: int) -> None:
        """Until the program has begun so many more."""
        control = self.ground.control
        before = len(await control.calls("message/send", limit=20_000))
        await control.wait_calls("message/send", count=before + calls, timeout=PATIENCE)

    def states(self) -> Counter[str]:
        return states(self.ground.database_url)

    async def ends(self) -> None:
        await ends(self.ground.database_url)

    async def told(self) -> AppTold:
        rows = [
            row
            for row in rows_of(self.ground.database_url)
            if row["key"].startswith("publication")
        ]
        first = sum("~" not in row["key"] for row in rows)  # not what was passed on
        chats = {
            each.id.lower(): [message for message in await each.chat() if message.out]
            for each in self.persons
        }
        counts = await self.ground.control.counts()
        return AppTold(
            (
                *(fault for who, chat in chats.items() for fault in _faults(rows, who, chat)),
                *([] if first == self.rows else [f"{first} rows, not {self.rows}"]),
                *violations(self.ground.database_url, self.ground.files),
            ),
            Counter(row["state"] for row in rows),
            len({message.call for chat in chats.values() for message in chat}),
            sum(
                count
                for name, count in counts["calls"].items()
                if name.startswith("media/upload ")
            ),
            counts["repeated"],
            counts["dropped"],
        )


def _faults(rows: list[dict[str, Any]], who: str, chat: list[Seen]) -> Iterator[str]:
    ours = [row for row in rows if (row["channel"], row["external_id"]) == ("wecom_app", who)]
    sent = [row for row in ours if row["state"] == "sent"]
    texts = Counter(part for row in sent for part in [reads(plain(row["body"]["text"]))])
    shown = Counter(text for message in chat for text in _says(message))
    for text in texts | shown:
        if texts[text] != shown[text]:
            yield f"{who} sees {shown[text]} times instead of {texts[text]}: {text[:40]!r}"
    files = Counter(m.file.sha256 for m in chat if m.file is not None)
    wanted = sum("document" in row["body"] or "file" in row["body"] for row in sent)
    if files.total() != wanted or any(count > 1 for count in files.values()):
        yield f"{who} has {files.total()} files ({len(files)} different) instead of {wanted}"
    cards = sum(m.card is not None for m in chat)
    wanted = sum(bool(row["body"].get("buttons")) for row in sent)
    if cards != wanted:
        yield f"{who} sees {cards} cards instead of {wanted}"


def _says(message: Seen) -> list[str]:
    """[] for a file, and for a card that only belongs to a text."""
    card = message.card
    if card is not None:
        below = card.sub_title or card.desc
        facts = [f"{name}：{value}" for name, value in card.rows]
        return [] if below.startswith(HINTS) else [reads("\n".join((card.title, *facts, below)))]
    return [reads(SIGNS.sub("", message.text))] if message.kind in ("text", "markdown") else []


@asynccontextmanager
async def app_broadcasting(
    folder: Path,
    *,
    people: int,
    heads: int = 10,
    elsewhere: dict[int, str] | None = None,
    of_all: Sequence[int] = (),
    environment: dict[str, str] | None = None,
    **settings: Any,
) -> AsyncIterator[AppBroadcast]:
    """Published to so many, nothing sent yet; the program is not started. `elsewhere`: accounts
    on Telegram of some of them, by their place; `of_all`: who gets every department's sheet."""
    async with app_installed(folder, environment=environment, **settings) as ground:
        persons = [
            await ground.control.person(f"Member{number:03}", name=f"人员{number:03}")
            for number in range(people)
        ]
        users = [each.id.lower() for each in persons]
        database = Database(ground.database_url)
        try:
            with database.begin() as connection:
                audience = Audience.of(users, departments=heads, channel="wecom_app")
                id_ = publish(connection, audience)
                for place, account in (elsewhere or {}).items():
                    before = HOURS - timedelta(days=1)  # what was linked last comes first
                    link(connection, FIRST + place, "telegram", account, now=before)
                for place, department in product(of_all, departments.departments(connection)):
                    grant_role(
                        connection,
                        person_id=FIRST + place,
                        role_name="head",
                        department_id=department.id,
                        now=HOURS,
                    )
                rows = queue(
                    connection, id_, Blobs(ground.files), user=users[0], channel="wecom_app"
                )
        finally:
            database.close()
        yield AppBroadcast(ground, persons, heads, rows)
