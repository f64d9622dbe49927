"""What the double knows: one enterprise with one app, its members and their chats, media, group
robots. Nothing here speaks HTTP."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.calls import CallLog
from tests.doubles.changes import Changes
from tests.doubles.wecom.cipher import Lock
from tests.doubles.wecom.limits import Windows
from tests.doubles.world import Clock

Json = dict[str, Any]

DAY = 86_400
CODE_SECONDS = 3 * DAY  # of a response_code
MEDIA_SECONDS = 3 * DAY
MESSAGES_KEPT = 5_000
SEEN_FROM = "203.0.113.7"  # the address that WeCom sees the program at


class WecomError(Exception):
    """An answer with this errcode; WeCom sends it with HTTP status 200."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def bad(what: str) -> WecomError:
    """The code for faults of a card and other parameters is not documented: a stand-in."""
    return WecomError(40058, f"invalid Request Parameter, {what}")


@dataclass(slots=True)
class Settings:
    """What WeCom does not document, what a test wants smaller, and what a deployment may lack.

    `scale` multiplies the waits between retries; a time-out is `callback_seconds` as it stands.
    `limits`: whether messages beyond 30 a minute and 1,000 an hour to a member vanish.
    `refused`: msgtypes answered 40008. `lacks`: API paths that do not exist there (404).
    `closed`: "calls" answers 60020 to all but gettoken, "all" to that too.
    `until_taken`: a callback is sent until it is answered 200, not three times more only.
    `enters`: whether 进入应用 is ticked in the console, so that enter_agent is told.
    """

    scale: float = 1.0
    latency: float = 0.0
    limits: bool = True
    minute: float = 60.0
    refused: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    closed: str = ""
    callback_seconds: float = 5.0
    check_seconds: float = 1.0
    retry_seconds: float = 1.0
    retries: int = 3
    until_taken: bool = False
    enters: bool = True
    token_seconds: int = 7200
    trusted_domain: str = ""


@dataclass(slots=True, eq=False)
class Message:
    """One message in one chat. `fields` is the body of its msgtype as sent or as shown now; of a
    card `state` is live, updated (another in its place), grey (as it was, but for its buttons) or
    closed (another without buttons); `label` stands in the place of the buttons then."""

    id: int
    out: bool
    kind: str
    fields: Json
    at: float
    msgid: str = ""
    call: int = 0
    media: Media | None = None
    state: str = ""
    label: str = ""
    version: int = 0

    @property
    def live(self) -> bool:
        """Whether its buttons, if it has any, can be pressed."""
        return self.state in ("live", "updated")

    @property
    def text(self) -> str:
        """What is read on it, but for its buttons."""
        body = self.fields
        if self.kind == "template_card":
            main = body.get("main_title", {})
            lines = [main.get("title"), main.get("desc"), body.get("sub_title_text")]
        elif self.kind == "news":
            lines = [each["title"] for each in body["articles"]]
        else:
            lines = [body.get("content"), body.get("title"), body.get("description")]
        return "\n".join(line for line in lines if line)


@dataclass(slots=True, eq=False)
class Media:
    id: str
    kind: str
    name: str
    data: bytes
    until: float


class Chat(Changes):
    """One member's conversation with the app, or a group that a robot writes to."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self.said: list[str] = []  # every text that was ever shown of the app's
        self.dropped = 0
        self._ids = itertools.count(1)

    def add(self, message: Message) -> Message:
        message.id = next(self._ids)
        self.messages.append(message)
        del self.messages[:-MESSAGES_KEPT]
        self.touch(message)
        return message

    def touch(self, message: Message) -> None:
        message.version = self.change()
        if message.out:
            self.said.append(message.text)

    def since(self, version: int) -> list[Message]:
        return [m for m in self.messages if m.version > version]


@dataclass(slots=True, eq=False)
class Member:
    """`in_scope`: within the app's 可见范围; `licensed`: has an interface licence."""

    userid: str
    name: str
    in_scope: bool = True
    licensed: bool = True
    left: bool = False
    chat: Chat = field(default_factory=Chat)
    windows: Windows = field(default_factory=Windows)

    @property
    def openid(self) -> str:
        """The encrypted id that an AI bot made by an ordinary member is told."""
        return f"wo{self.userid.encode().hex()[:60]}"


@dataclass(slots=True, eq=False)
class Code:
    """A response_code: good once for the copies of one card, for 72 hours."""

    copies: dict[str, Message]  # by lower-cased userid
    until: float
    used: bool = False


@dataclass(slots=True, eq=False)
class Robot:
    key: str
    chat: Chat = field(default_factory=Chat)
    windows: Windows = field(default_factory=Windows)
    media: dict[str, Media] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that was answered 0 with enable_duplicate_check, to know it again."""

    at: float
    answer: Json


class Corp:
    def __init__(
        self, *, corp_id: str, agent_id: int, secret: str, lock: Lock, settings: Settings
    ) -> None:
        self.corp_id, self.agent_id, self.secret = corp_id, agent_id, secret
        self.lock = lock
        self.settings = settings
        self.clock = Clock()
        self.log = CallLog()
        self.members: dict[str, Member] = {}  # by lower-cased userid
        self.robots: dict[str, Robot] = {}
        self.tokens: dict[str, float] = {}
        self.media: dict[str, Media] = {}
        self.codes: dict[str, Code] = {}
        self.tasks: set[str] = set()
        self.cards: dict[str, dict[str, Message]] = {}  # copies by task_id and userid
        self.sent: dict[str, list[tuple[Member, Message]]] = {}  # by msgid
        self.answered: dict[bytes, Answered] = {}
        self.menu: list[Json] = []
        self.logins: dict[str, tuple[str, float]] = {}
        self.visitor = ""
        self.callback_url = ""
        self.base_url = ""
        self.notes: list[str] = []
        self.dropped = 0
        self.repeated = 0
        self._msgids: Iterator[int] = itertools.count(7_432_101_234_567_890_123)

    def now(self) -> float:
        return self.clock.now()

    def next_msgid(self) -> str:
        return str(next(self._msgids))

    def member(self, userid: str) -> Member | None:
        return self.members.get(userid.lower())

    def reachable(self, userid: str) -> Member | None:
        """Who the app may write to; None also for who is in the directory but out of scope."""
        found = self.member(userid)
        return None if found is None or found.left or not found.in_scope else found

    def new_token(self) -> str:
        token = secrets.token_urlsafe(160)
        self.tokens[token] = self.now() + self.settings.token_seconds
        return token

    def new_code(self, copies: dict[str, Message]) -> str:
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(copies, self.now() + CODE_SECONDS)
        return code

    def keep(self, kind: str, name: str, data: bytes) -> Media:
        made = Media(
            secrets.token_urlsafe(32), kind, name, data, self.now() + MEDIA_SECONDS
        )  # fmt: skip
        self.media[made.id] = made
        return made

    def find_media(self, media_id: object) -> Media:
        found = self.media.get(str(media_id))
        if found is None or self.now() >= found.until:
            raise WecomError(40007, "invalid media_id")
        return found
