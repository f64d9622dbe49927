"""What the double knows: people, chats, messages, presses and files of one bot.

Nothing here speaks HTTP. A message is kept as the very JSON object the Bot API would show (`raw`),
so that sending it costs no translation; everything the API hides (the reply keyboard, silence, the
content's hash) stands beside it.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.calls import CallLog
from tests.doubles.changes import Changes
from tests.doubles.limits import RateLimits
from tests.doubles.updates import UpdateQueue

Json = dict[str, Any]

DAY = 86_400
PRIVATE, GROUP, SUPERGROUP = "private", "group", "supergroup"
MESSAGES_KEPT_A_CHAT = 5_000
PRESSES_KEPT = 20_000


class ApiError(Exception):
    """An answer with ok=false; the HTTP status is its error code."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(text: str) -> ApiError:
    return ApiError(400, f"Bad Request: {text}")


class Clock:
    """Telegram's wall clock as the test sets it; runs on unless frozen.

    Dates, retention and the life of presses and links obey it. Waits (long polls, webhook
    back-off, rate limits) do not: they take real time, see `Settings.scale`.
    """

    def __init__(self) -> None:
        self._shift = 0.0
        self._frozen: float | None = None

    def now(self) -> float:
        return self._frozen if self._frozen is not None else time.time() + self._shift

    def set(self, unix: float) -> None:
        if self._frozen is not None:
            self._frozen = unix
        self._shift = unix - time.time()

    def advance(self, seconds: float) -> None:
        self.set(self.now() + seconds)

    def freeze(self, *, frozen: bool) -> None:
        now = self.now()
        self._frozen = now if frozen else None
        self._shift = now - time.time()


@dataclass(slots=True)
class Settings:
    """Numbers Telegram does not document, or that a test wants smaller.

    `scale` multiplies every wait the server imposes of itself: the 3 s of a poller conflict, the
    0.5 s and 3 s of repeated offsets, the webhook's back-off. `answer_seconds` is how long a press
    may be answered (reports range from 15 to 60 s).
    """

    scale: float = 1.0
    latency: float = 0.0
    answer_seconds: float = 60.0
    webhook_timeout: float = 60.0
    upload_limit: int = 50 * 2**20
    download_limit: int = 20 * 2**20
    photo_limit: int = 10 * 2**20


@dataclass(slots=True)
class User:
    """A person, shared by all bots of the double."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = "zh-hans"
    deactivated: bool = False
    is_bot: bool = False

    def raw(self) -> Json:
        shown: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.last_name:
            shown["last_name"] = self.last_name
        if self.username:
            shown["username"] = self.username
        if self.language_code and not self.is_bot:
            shown["language_code"] = self.language_code
        return shown


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of files, kept once however often sent; None when only the size counts."""

    sha256: str
    size: int
    data: bytes | None


def sized(name: str | None, size: int) -> Content:
    """A file too big to be worth making: it has a size, and cannot be downloaded."""
    return Content(hashlib.sha256(f"{name}:{size}".encode()).hexdigest(), size, None)


@dataclass(slots=True)
class Blob:
    """One uploaded file as the server keeps it. `size` is the content's, less for small photos."""

    number: int
    file_id: str
    unique_id: str
    kind: str
    size: int
    content: Content
    name: str | None = None
    mime: str | None = None
    width: int = 0
    height: int = 0


@dataclass(slots=True)
class Message:
    """`raw` is what the API shows; `blob` the attached file; `editable` false for messages that
    carried a reply keyboard or are forwards."""

    raw: Json
    outgoing: bool
    blob: Blob | None = None
    editable: bool = True
    silent: bool = False
    reply_keyboard: list[list[Any]] | None = None
    reaction: list[Json] = field(default_factory=list)
    version: int = 0

    @property
    def id(self) -> int:
        return int(self.raw["message_id"])


@dataclass(slots=True)
class Press:
    """A callback query. `answers` holds what the presser saw; at most one is ever accepted."""

    id: str
    user_id: int
    chat_id: int
    message_id: int
    data: str
    at: float
    raw: Json
    answer: Json | None = None


class Chat(Changes):
    """One conversation as the bot sees it."""

    __slots__ = (
        "_next_id",
        "action",
        "alive",
        "bot_status",
        "id",
        "kind",
        "latest",
        "members",
        "messages",
        "migrated_to",
        "pinned",
        "raw",
        "reply_keyboard",
        "started",
    )  # fmt: skip

    def __init__(self, chat_id: int, kind: str, raw: Json) -> None:
        super().__init__()
        self.id = chat_id
        self.kind = kind
        self.raw = raw
        self.messages: OrderedDict[int, Message] = OrderedDict()
        self.latest: OrderedDict[int, Message] = OrderedDict()  # by their last change
        self.members: set[int] = set()
        self.started = kind != PRIVATE
        self.bot_status = "member"
        self.alive = True
        self.migrated_to: int | None = None
        self.pinned: list[int] = []
        self.reply_keyboard: list[list[Any]] | None = None
        self.action: tuple[str, float] | None = None
        self._next_id = 1

    def take_id(self) -> int:
        taken = self._next_id
        self._next_id += 1
        return taken

    def skip_ids(self, n: int) -> None:
        self._next_id += n

    def add(self, message: Message) -> Message:
        self.messages[message.id] = message
        if len(self.messages) > MESSAGES_KEPT_A_CHAT:
            self.remove(next(iter(self.messages)))
        self.touch(message)
        return message

    def remove(self, message_id: int) -> None:
        del self.messages[message_id]
        del self.latest[message_id]
        if message_id in self.pinned:
            self.pinned.remove(message_id)
        self.touch()

    def changed_since(self, version: int, *, out: bool | None = None) -> list[Message]:
        """New and edited messages, in the chat's order; `out`: only the bot's, or only others'."""
        found = []
        for message in reversed(self.latest.values()):
            if message.version <= version:
                break
            if out is None or message.outgoing is out:
                found.append(message)
        return sorted(found, key=lambda m: m.id)

    def touch(self, message: Message | None = None) -> None:
        version = self.change()
        if message is not None:
            message.version = version
            self.latest[message.id] = message
            self.latest.move_to_end(message.id)


class Bot:
    """One token's world: its chats, updates, files, settings at BotFather and its limits."""

    def __init__(self, token: str, *, clock: Clock, settings: Settings, people: dict[int, User]):
        number = int(token.partition(":")[0])
        self.token = token
        self.clock = clock
        self.settings = settings
        self.people = people
        self.user = User(number, "考核测试", username=f"kaohe_{number}_bot", is_bot=True)
        self.revoked = False
        self.chats: dict[int, Chat] = {}
        self.presses: OrderedDict[str, Press] = OrderedDict()
        self.blobs: dict[str, Blob] = {}
        self.contents: dict[str, Content] = {}
        self.paths: dict[str, tuple[Blob, float]] = {}
        self.limits = RateLimits()
        self.log = CallLog()
        self.updates = UpdateQueue(clock.now)
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.texts: dict[tuple[str, str], str] = {}
        self.menu_buttons: dict[int, Json] = {}
        self._press_ids = iter(range(4_000_000_000_001, 2**62, 7))
        self._group_ids = iter(range(13_500_000_000_001, 2**62))
        self.answers: deque[Press] = deque(maxlen=PRESSES_KEPT)

    def now(self) -> int:
        return int(self.clock.now())

    def next_press_id(self) -> str:
        return str(next(self._press_ids))

    def next_group_id(self) -> str:
        return str(next(self._group_ids))

    def keep(self, data: bytes) -> Content:
        digest = hashlib.sha256(data).hexdigest()
        found = self.contents.get(digest)
        if found is None:
            found = self.contents[digest] = Content(digest, len(data), data)
        return found

    def remember(self, press: Press) -> None:
        self.presses[press.id] = press
        if len(self.presses) > PRESSES_KEPT:
            self.presses.popitem(last=False)

    def private_chat(self, user: User) -> Chat:
        """The chat with one person, made on first sight; not yet started by it."""
        chat = self.chats.get(user.id)
        if chat is None:
            raw: Json = {"id": user.id, "first_name": user.first_name, "type": PRIVATE}
            if user.last_name:
                raw["last_name"] = user.last_name
            if user.username:
                raw["username"] = user.username
            chat = self.chats[user.id] = Chat(user.id, PRIVATE, raw)
            chat.members.add(user.id)
        return chat

    def find_chat(self, chat_id: object) -> Chat:
        """Raises `chat not found` for anything that names no chat the bot has met."""
        text = str(chat_id).strip() if chat_id is not None else ""
        if not text:
            raise bad("chat_id is empty")
        if text.startswith("@"):
            for chat in self.chats.values():
                if chat.raw.get("username") == text[1:] and chat.kind != PRIVATE:
                    return chat
            raise bad("chat not found")
        try:
            found = self.chats.get(int(text))
        except ValueError:
            found = None
        if found is None:
            raise bad("chat not found")
        return found

    def writable(self, chat_id: object) -> Chat:
        """The chat if the bot may write into it, else the error Telegram gives."""
        chat = self.find_chat(chat_id)
        if chat.kind == PRIVATE:
            user = self.people.get(chat.id)
            if user is not None and user.deactivated:
                raise ApiError(403, "Forbidden: user is deactivated")
            if chat.bot_status == "kicked":
                raise ApiError(403, "Forbidden: bot was blocked by the user")
            if not chat.started:
                raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
            return chat
        if chat.migrated_to is not None:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": chat.migrated_to},
            )
        kind = "supergroup" if chat.kind == SUPERGROUP else "group"
        if chat.bot_status == "kicked":
            raise ApiError(403, f"Forbidden: bot was kicked from the {kind} chat")
        if chat.bot_status == "left":
            raise ApiError(403, f"Forbidden: bot is not a member of the {kind} chat")
        if not chat.alive:
            raise ApiError(403, "Forbidden: the group chat was deleted")
        if chat.bot_status == "restricted":
            raise bad("not enough rights to send text messages to the chat")
        return chat
