"""What a check-up finds: a line each, good, to be noted, or bad; with the remedy if it has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.clock import Clock
from bot.config import Config, Examined
from storage.db import Database

GOOD: Final = "好"
NOTE: Final = "注意"
BAD: Final = "不行"
_WIDTH: Final = 2


@dataclass(frozen=True, slots=True)
class Finding:
    level: str
    what: str
    said: str

    def __str__(self) -> str:
        return f"{self.level.ljust(_WIDTH, '　')}  {self.what}：{self.said}"


def good(what: str, said: str) -> Finding:
    return Finding(GOOD, what, said)


def note(what: str, said: str) -> Finding:
    return Finding(NOTE, what, said)


def bad(what: str, said: str) -> Finding:
    return Finding(BAD, what, said)


@dataclass(slots=True)
class Site:
    """What is examined. `database` is there once it could be opened, `serving` whether our own
    program answers at its port."""

    examined: Examined
    clock: Clock
    database: Database | None = None
    serving: bool = field(default=False)

    @property
    def config(self) -> Config:
        return self.examined.config

    @property
    def files(self) -> Path:
        return self.config.data_dir / "files"


def some(names: Sequence[str], *, most: int = 3) -> str:
    """A few of them, and how many there are."""
    shown = "、".join(names[:most])
    return f"{shown}等 {len(names)} 个" if len(names) > most else shown
