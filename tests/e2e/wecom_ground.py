"""What the grounds of both ways to WeCom have in common: liaisons there, the real program, and how
what WeCom has shown is compared with what the program meant to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import select

from storage.db import Database
from storage.models import inbox
from templates import wecom_words as words
from templates.markup import plain
from tests.e2e.hands import Hands
from tests.e2e.history import Row, Told, last_of_panels
from tests.e2e.on_wecom import LISTED
from tests.support.program import Program

# a text that stands in another message, or the way to answer: not what a card says
HINTS = (words.BELOW, words.NUMBER, words.NUMBER_ONLY)
C = TypeVar("C")
H = TypeVar("H", bound=Hands)


@dataclass(frozen=True, slots=True)
class WecomLiaison(Generic[H]):
    hands: H
    person_id: int
    department_id: int


@dataclass(slots=True)
class WecomGround(Generic[C, H]):
    control: C
    program: Program
    database_url: str
    liaisons: list[WecomLiaison[H]]

    @property
    def files(self) -> Path:
        return self.program.data / "files"

    def another(self, folder: Path) -> Program:
        """A second process on the same installation."""
        made = Program(folder, environment=self.program.environment, entry=self.program.entry)
        made.data = self.program.data
        return made


@dataclass(frozen=True, slots=True)
class WecomRecord:
    """`stands`: the texts that each account sees now."""

    shown: Counter[Told]
    stands: dict[str, set[str]]

    def read(self, row: Row) -> str:
        return reads(plain(row["body"]["text"]))

    def panels(self, rows: Iterable[Row]) -> Iterator[str]:
        for (who, panel), row in last_of_panels(rows).items():
            if who in self.stands and self.read(row) not in self.stands[who]:
                yield f"panel {panel} of {who} is not shown: {self.read(row)[:60]!r}"


def keys_in(database_url: str) -> set[str]:
    database = Database(database_url)
    try:
        with database.read() as connection:
            return {row.key for row in connection.execute(select(inbox.c.key))}
    finally:
        database.close()


def card_says(card: dict[str, Any]) -> list[str]:
    main = card["main_title"]
    below = card.get("sub_title_text") or main.get("desc") or ""
    if below.startswith(HINTS):
        return []
    # the facts that a long text begins with stand below the others, as rows
    rows = card.get("horizontal_content_list", ())
    facts = [f"{row['keyname']}：{row['value']}" for row in rows]
    return [reads("\n".join((main.get("title", ""), *facts, below)))]


def reads(text: str) -> str:
    """However it is set: without empty lines, and without the list of what may be typed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    while lines and LISTED.fullmatch(lines[-1]):
        lines.pop()
    return "\n".join(lines)
