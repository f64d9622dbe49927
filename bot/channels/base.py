"""What the shell asks of a channel, and what it may be told when a send fails.

The error says what is known about execution, since that decides everything after it:
`RetryLater` was surely not executed, `InDoubt` may have been, the others never will be.

    DeliveryError
    ├── RetryLater      nothing was sent; again after `after` seconds
    ├── InDoubt         the call left, its answer did not come
    ├── RecipientGone   this account can't be written to (blocked, left, never began)
    ├── Rejected        the channel refuses this content for good
    └── Unavailable     the channel itself refuses us (revoked token)
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from handlers.messages import Inbound, Receipt, Rows, Toast

if TYPE_CHECKING:
    from aiohttp import web


class DeliveryError(Exception):
    """Base of all that a channel may raise from `send`, `edit` and `fetch`."""


class RetryLater(DeliveryError):
    def __init__(self, reason: str, *, after: float = 1.0, everyone: bool = False) -> None:
        """`after` in seconds; `everyone` when the limit is the bot's, not this account's."""
        super().__init__(reason)
        self.after = after
        self.everyone = everyone


class InDoubt(DeliveryError):
    pass


class RecipientGone(DeliveryError):
    pass


class Rejected(DeliveryError):
    pass


class Unavailable(DeliveryError):
    pass


class Busy(Exception):
    """The database is away or locked: the update was not taken and must be offered again."""


@dataclass(frozen=True, slots=True)
class OutFile:
    """A file to send: bytes lie at `path`; `known` is the channel's id of an earlier upload."""

    path: Path
    name: str
    mime: str
    blob: str
    known: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as the channel is given it. `text` is markup (see `templates`), secrets filled
    in; `key` is the outbox row's, the same at every attempt."""

    key: str
    account: str
    text: str
    buttons: Rows = ()
    file: OutFile | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """`message_ref` names the message for a later edit; `known` the uploaded file, if one was."""

    message_ref: str
    known: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """Most messages a second, in all and to one account; 0 = not limited."""

    overall: float = 0
    account: float = 0


class Park(Protocol):
    def __call__(self, *, key: str, raw: str, problem: str) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True)
class Intake:
    """How a channel hands in what it got. Both return only after the commit.

    `receive` raises Busy when nothing could be committed: then the update must not be
    acknowledged, and is offered again (or the webhook answers 503).
    `park` keeps what can't be parsed, once, with an audit row.
    """

    receive: Callable[[Inbound], Awaitable[Receipt]]
    park: Park


@dataclass(frozen=True, slots=True)
class Hearing:
    """How a channel hears its messenger, in monotonic seconds. `answered`: the last time that
    went well, 0 before the first; `tried`: its last sign of life, good or bad, or when it means
    to try again; at most `every` seconds lie between two good answers."""

    answered: float
    tried: float
    every: float


class Channel(Protocol):
    """One messenger. `exclusive` channels run `listen` in one process at a time (a lease).

    One that `reveals` keeps texts with their placeholders and fills the secrets in when it shows
    them; the others are given texts with the secrets in.
    """

    name: str
    reveals: bool
    pace: Pace

    @property
    def exclusive(self) -> bool: ...

    def routes(self) -> list[web.RouteDef]:
        """HTTP handlers this channel needs on the program's own server."""

    async def listen(self, intake: Intake) -> None:
        """Receive until cancelled; returns only if there is nothing to listen for."""

    async def send(self, message: Outgoing) -> Sent: ...

    async def edit(self, message: Outgoing, message_ref: str) -> Sent:
        """Replace the text and buttons of an own message; sends anew where it can't be edited."""

    async def acknowledge(self, inbound: Inbound, toast: Toast | None) -> None:
        """Stop a pressed button's spinner. Best effort: raises nothing."""

    def fetch(self, reference: str) -> AsyncGenerator[bytes]:
        """The bytes of an announced attachment, in pieces. Raises DeliveryError."""

    def hearing(self) -> Hearing | None:
        """None where nobody has to be asked for messages."""

    async def close(self) -> None: ...
