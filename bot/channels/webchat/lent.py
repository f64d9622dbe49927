"""What the program lends to the web chat, and on which terms it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from bot.database import Work
from bot.receiving import FILE_BYTES
from rubric.errors import UserError
from storage.blobs import Blobs


@dataclass(frozen=True, slots=True)
class Persona:
    """One tab of the demonstration: acts as this web account, without a login."""

    account: str
    label: str


@dataclass(frozen=True, slots=True)
class Knock:
    """What somebody at the login page said: a code, a name if they were asked for one; from which
    address, and as which account they are logged in, if they are."""

    code: str
    name: str
    remote: str
    account_id: int | None


@dataclass(frozen=True, slots=True)
class Lent:
    """`authenticate` redeems a code and returns the id of the web account, or raises a UserError
    that sounds the same for wrong, used and expired ones.

    `menu` gives (command, title) pairs for an account id. `may_see` is asked besides the rule that
    a file must stand in a message of that account. `reveal` fills in the secrets of a text when
    this account is shown it, so that rows keep placeholders only. `say_error` returns markup.
    """

    work: Work
    blobs: Blobs
    now: Callable[[], datetime]
    say_error: Callable[[UserError], str]
    authenticate: Callable[[Knock], Awaitable[int]]
    menu: Callable[[int], Awaitable[Sequence[tuple[str, str]]]]
    may_see: Callable[[int, str], Awaitable[bool]] | None = None
    reveal: Callable[[Connection, int, str], str] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """`key` is the server's secret; `file_bytes` the most one file may have; `poll_seconds` how
    long another process's message may go unnoticed. With `personas` the page is the demonstration:
    it needs no login and answers on a loopback address only.
    """

    key: bytes
    zone: ZoneInfo
    public_url: str | None = None
    file_bytes: int = FILE_BYTES
    personas: tuple[Persona, ...] = ()
    poll_seconds: float = 1.0
