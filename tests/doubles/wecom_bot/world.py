"""What the double knows of one bot: people, conversations, messages, files, and what is odd.

Nothing here speaks websocket. Times (windows, lives of files and ids, limits) obey the clock,
which a test can advance; only the wait for a ping takes real time.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import Counter, deque
from dataclasses import dataclass, field, fields
from typing import Any, Final

from tests.doubles.changes import Changes
from tests.doubles.world import Clock

Json = dict[str, Any]

SINGLE, GROUP = "single", "group"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
SHANGHAI = 8 * HOUR
ODDITIES_KEPT = 1000


class Code:
    """Answers other than 0. Those that no source confirms are marked: a client that looks at more
    than zero or not must not rely on them."""

    BUSY: Final = -1
    MEDIA: Final = 40007
    TYPE: Final = 40008
    PARAMETER: Final = 40058  # for cards and uploads: unconfirmed
    EMPTY: Final = 44004
    TOO_BIG: Final = 45001
    TOO_LONG: Final = 45002
    TOO_OFTEN: Final = 45009
    CHAT: Final = 93006
    EXPIRED: Final = 846604  # after 5 s or 24 h: unconfirmed
    REQ_ID: Final = 846605
    SUBSCRIBES: Final = 846607  # subscribing too often: unconfirmed
    STREAM: Final = 846608
    NOT_SUBSCRIBED: Final = 846609
    SECRET: Final = 853000  # unconfirmed


class BotError(Exception):
    """An answer with an errcode."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(slots=True)
class Settings:
    """What the reference leaves open, or what a test wants otherwise. Seconds, unless said.

    `kept`: what happens while no connection is there comes after the next subscribe; else it is
    lost. `encrypted`: people are shown under an id that is not their userid. `limited`: 30 a
    minute and 1,000 an hour to a conversation, the rest is answered 0 and never shown; uploads
    too, which are refused. `push_seconds`: how long after a person's last word a push still goes
    (0: for ever). `subscribes_a_minute`: more are refused (0: never).
    """

    ping_seconds: float = 120.0
    ack_seconds: float = 0.0
    answer_seconds: float = 5.0
    protocol_pings: float = 0.0
    push_seconds: float = 0.0
    url_seconds: float = 300.0
    subscribes_a_minute: int = 0
    index_base: int = 0
    kept: bool = True
    encrypted: bool = False
    limited: bool = True

    def set(self, name: str, value: float | bool) -> None:
        if name not in {each.name for each in fields(self)}:
            raise ValueError(f"no setting {name!r}")
        setattr(self, name, type(getattr(self, name))(value))


@dataclass(slots=True)
class Member:
    """Somebody of the enterprise who may see the bot, as long as they have not left."""

    userid: str
    name: str
    left: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file in a conversation, whoever sent it."""

    name: str
    kind: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(slots=True)
class Message:
    """`card` is what the bot sent; `cards` what single people have got in its place."""

    id: int
    out: bool
    kind: str
    at: float
    text: str = ""
    files: tuple[File, ...] = ()
    card: Json | None = None
    cards: dict[str, Json] = field(default_factory=dict)
    feedback: str = ""
    author: str = ""
    edited: bool = False
    version: int = 0

    def card_for(self, userid: str) -> Json | None:
        return self.cards.get(userid, self.card)


@dataclass(slots=True)
class Chat:
    """`wrote`: when somebody last wrote to the bot here, None for never; `said` all that the bot
    ever showed, also what was changed since."""

    id: str
    kind: str
    members: set[str]
    messages: dict[int, Message] = field(default_factory=dict)
    wrote: float | None = None
    entered: int = -1
    said: list[str] = field(default_factory=list)
    sent: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    changes: Changes = field(default_factory=Changes)

    @property
    def version(self) -> int:
        return self.changes.version

    def add(self, message: Message) -> Message:
        self.messages[message.id] = message
        self.touch(message)
        return message

    def touch(self, message: Message) -> None:
        message.version = self.changes.change()

    def changed_since(self, version: int) -> list[Message]:
        return [each for each in self.messages.values() if each.version > version]


class World:
    def __init__(self, *, bot_id: str, secret: str, settings: Settings) -> None:
        self.bot_id = bot_id
        self.secret = secret
        self.settings = settings
        self.clock = Clock()
        self.members: dict[str, Member] = {}
        self.chats: dict[str, Chat] = {}
        self.cards: dict[str, tuple[Chat, Message]] = {}  # by task_id, for ever
        self.dropped: Counter[str] = Counter()
        self.oddities: deque[str] = deque(maxlen=ODDITIES_KEPT)
        self.bugs: list[str] = []
        self._next = 1

    def now(self) -> float:
        return self.clock.now()

    def today(self) -> int:
        return int((self.now() + SHANGHAI) // DAY)

    def note(self, oddity: str) -> None:
        """Something the real service would let pass, but a sound client would not do."""
        self.oddities.append(oddity)

    def next_id(self) -> int:
        taken, self._next = self._next, self._next + 1
        return taken

    def shown_id(self, userid: str) -> str:
        """The id under which the bot knows a person."""
        if not self.settings.encrypted:
            return userid
        digest = hashlib.sha256(f"{self.bot_id} {userid}".encode()).digest()
        return "wo" + base64.urlsafe_b64encode(digest)[:30].decode()

    def single(self, userid: str) -> Chat:
        chat = self.chats.get(userid)
        if chat is None:
            chat = self.chats[userid] = Chat(userid, SINGLE, {userid})
        return chat

    def find_chat(self, chatid: object, kind: int = 0) -> Chat:
        """The conversation that the bot may push into: where somebody wrote, spelt exactly so."""
        if not isinstance(chatid, str) or not chatid:
            raise BotError(Code.PARAMETER, "chatid missing")
        found = self.chats.get(chatid)
        if found is None or found.kind != GROUP or kind == 1:
            found = None if kind == 2 else self._person_chat(chatid)
        if found is None or found.wrote is None:
            raise BotError(Code.CHAT, "invalid chatid")
        life = self.settings.push_seconds
        if life and self.now() > found.wrote + life:
            raise BotError(Code.CHAT, "invalid chatid")
        return found

    def _person_chat(self, chatid: str) -> Chat | None:
        for member in self.members.values():
            if not member.left and self.shown_id(member.userid) == chatid:
                return self.chats.get(member.userid)
        return None

    def may_show(self, chat: Chat) -> bool:
        """Counts one message to the conversation; False where it is over the limits, which the
        service tells nobody."""
        if not self.settings.limited:
            return True
        now = self.now()
        within = [at for at in chat.sent if at > now - HOUR]
        if len(within) >= 1000 or sum(at > now - MINUTE for at in within) >= 30:
            self.dropped[chat.id] += 1
            return False
        chat.sent.append(now)
        return True

    def fresh(self, prefix: str) -> str:
        return prefix + secrets.token_hex(12)
