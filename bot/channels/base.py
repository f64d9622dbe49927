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

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from handlers.messages import Inbound, Marks, Receipt, Rows, Toast

if TYPE_CHECKING:
    from aiohttp import web

MOST_BYTES = 20 * 1024 * 1024  # of one file that a messenger brings


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
    in; `key` is the outbox row's, the same at every attempt, and `number` its id.

    `marks` says what may be typed in the place of its buttons. Those of a notice have no marks:
    what is typed for them is `#number`, and a letter after it where there are several (#41, #41b).
    `again` says that some of it may have been shown, by this process or by another.
    """

    key: str
    account: str
    text: str
    buttons: Rows = ()
    file: OutFile | None = None
    silent: bool = False
    marks: Marks = Marks.NONE
    number: int = 0
    again: bool = False


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


class Circular(Protocol):
    """Telling many the same by one call, of a messenger that knows a repeated one by its content.

    What `prepare` gives is kept before anything leaves, and `send_all` makes exactly these calls,
    now or after a crash: within `window` of the first time a person sees each of them once. Later
    than that they are not made any more; new ones are prepared if the old never were in doubt.
    """

    most: int  # accounts of one call
    window: timedelta

    async def prepare(self, messages: Sequence[Outgoing]) -> str:
        """The calls that show these messages, of equal content, to all their accounts. Uploads
        what is to be uploaded. Raises DeliveryError."""

    async def send_all(
        self, messages: Sequence[Outgoing], calls: str
    ) -> Mapping[str, Sent | DeliveryError]:
        """By account, also of accounts that are not among `messages` (any more). Raises
        DeliveryError where nothing is known of any of them: RetryLater if not one of the calls was
        made, else InDoubt, both repeated with the same `calls` while the window lasts."""


class Memory(Protocol):
    """What a channel must know after a restart: what it has learnt of its messenger, a short text
    (80 characters) under a short name (40), and what was just said."""

    async def recall(self, name: str) -> str:
        """'' for nothing. Raises DBAPIError."""

    async def remember(self, name: str, text: str) -> None:
        """Raises DBAPIError."""

    async def lately(self, channel: str, *, seconds: float) -> Mapping[str, int]:
        """How many messages of any process left for each account of this channel in the last so
        many seconds, as far as is known. Raises DBAPIError."""

    async def elsewhere(
        self, channel: str, accounts: Collection[str], *, seconds: float
    ) -> Mapping[str, int]:
        """As `lately`, of these accounts and by other processes. Raises DBAPIError."""


class Channel(Protocol):
    """One messenger. `exclusive` channels run `listen` in one process at a time (a lease).

    One that `reveals` keeps texts with their placeholders and fills the secrets in when it shows
    them; the others are given texts with the secrets in. Where it `appends`, a panel that changes
    is one more message, which its `Inbound`s say too; so what a file does to it is shown when the
    file is here, and waits a moment then, for files seldom come alone.
    """

    name: str
    reveals: bool
    appends: bool
    pace: Pace

    @property
    def circular(self) -> Circular | None:
        """How notices of equal content go out together; None where each goes alone."""

    @property
    def exclusive(self) -> bool: ...

    @property
    def here(self) -> bool:
        """Whether messages can leave from this process: one that sends over the connection it
        listens on leaves them to the process that does."""

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

    def trouble(self) -> str:
        """What the operator has to mend at the messenger, in one Chinese sentence; '' if nothing.
        Never holds a secret."""

    async def close(self) -> None: ...
