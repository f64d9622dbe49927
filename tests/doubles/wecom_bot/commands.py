"""Every command that a subscribed bot may send, and what it does to the conversations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.doubles.wecom_bot import cards, markdown
from tests.doubles.wecom_bot.uploads import Uploads
from tests.doubles.wecom_bot.world import (
    HOUR,
    MINUTE,
    BotError,
    Chat,
    Code,
    Json,
    Message,
    World,
)

MARKDOWN_BYTES: Final = 20_480
TEXT_BYTES: Final = 2048
REPLIES: Final = 24 * HOUR
STREAM: Final = 6 * MINUTE
MEDIA: Final = ("file", "image", "voice", "video")


@dataclass(slots=True)
class Asked:
    """A callback that was delivered on a connection, and what may still be answered to it.

    `kind`: message, enter_chat, card or other; `at` when it happened, which may be long before it
    was delivered. `answered`: the one answer to an event was given.
    """

    kind: str
    chat: Chat
    at: float
    userid: str = ""
    task_id: str = ""
    answered: bool = False
    streams: dict[str, tuple[Message | None, float, bool]] = field(default_factory=dict)


class Commands:
    def __init__(self, world: World, uploads: Uploads) -> None:
        self._world = world
        self._uploads = uploads
        self._known: dict[str, Callable[[Json], Json | None]] = {
            "aibot_send_msg": self._send,
            "aibot_upload_media_init": uploads.begin,
            "aibot_upload_media_chunk": uploads.chunk,
            "aibot_upload_media_finish": uploads.finish,
        }
        self._answers: dict[str, Callable[[Asked, Json], None]] = {
            "aibot_respond_msg": self._respond,
            "aibot_respond_welcome_msg": self._welcome,
            "aibot_respond_update_msg": self._update,
        }

    def run(self, cmd: str, body: Json, asked: Asked | None) -> Json | None:
        """The body of the ack. `asked` is what the command's req_id answers to. Raises
        BotError."""
        if cmd in self._known:
            return self._known[cmd](body)
        if cmd not in self._answers:
            raise BotError(Code.PARAMETER, f"unknown cmd {cmd}")
        if asked is None:
            raise BotError(Code.REQ_ID, "invalid req_id")
        self._answers[cmd](asked, body)
        return None

    # ------------------------------------------------------------------ into a conversation

    def _send(self, body: Json) -> None:
        kind = body.get("chat_type", 0)
        if kind not in (0, 1, 2):
            raise BotError(Code.PARAMETER, "invalid chat_type")
        chat = self._world.find_chat(body.get("chatid"), kind)
        self._show(chat, body, ("markdown", "template_card", *MEDIA))

    def _respond(self, asked: Asked, body: Json) -> None:
        if asked.kind != "message":
            raise BotError(Code.REQ_ID, "invalid req_id")
        if self._world.now() > asked.at + REPLIES:
            raise BotError(Code.EXPIRED, "response window closed")
        if body.get("msgtype") == "stream":
            self._stream(asked, body)
        else:
            self._show(asked.chat, body, ("markdown", "template_card", *MEDIA))

    def _welcome(self, asked: Asked, body: Json) -> None:
        self._once(asked, "enter_chat")
        self._show(asked.chat, body, ("text", "template_card"))
        asked.answered = True

    def _once(self, asked: Asked, kind: str) -> None:
        if asked.kind != kind or asked.answered:
            raise BotError(Code.REQ_ID, "invalid req_id")
        if self._world.now() > asked.at + self._world.settings.answer_seconds:
            raise BotError(Code.EXPIRED, "response window closed")

    def _show(self, chat: Chat, body: Json, kinds: tuple[str, ...]) -> None:
        message = self._made(body, kinds)
        if message.card is not None:
            self._take_task_id(chat, message)
        if self._world.may_show(chat):
            self._put(chat, message)

    def _put(self, chat: Chat, message: Message) -> None:
        """There it stands, new or changed."""
        chat.said.append(_read(message))
        chat.add(message)

    def _made(self, body: Json, kinds: tuple[str, ...]) -> Message:
        kind = body.get("msgtype")
        if kind not in kinds:
            raise BotError(Code.TYPE, "invalid message type")
        message = Message(self._world.next_id(), out=True, kind=kind, at=self._world.now())
        if kind in ("text", "markdown"):
            message.text, message.feedback = self._text(body, kind)
        elif kind == "template_card":
            message.card = cards.check(body.get(kind), self._world.note)
            message.feedback = _feedback(message.card)
        else:
            message.files = (self._uploads.given(body, kind),)
            message.text = _video(body[kind]) if kind == "video" else ""
        return message

    def _text(self, body: Json, kind: str) -> tuple[str, str]:
        part = body.get(kind)
        content = part.get("content") if isinstance(part, dict) else None
        if not isinstance(part, dict) or not isinstance(content, str) or not content.strip():
            raise BotError(Code.EMPTY, f"empty {kind} content")
        if len(content.encode()) > MARKDOWN_BYTES:
            raise BotError(Code.TOO_LONG, "content size out of limit")
        if kind == "text" and len(content.encode()) > TEXT_BYTES:
            self._world.note(f"a text of more than {TEXT_BYTES} bytes")
        return content, _feedback(part)

    def _take_task_id(self, chat: Chat, message: Message) -> None:
        task_id = (message.card or {}).get("task_id")
        if task_id is None:
            return
        if task_id in self._world.cards:
            raise BotError(Code.PARAMETER, "invalid template_card: task_id used before")
        self._world.cards[task_id] = chat, message

    # ------------------------------------------------------------------ streams

    def _stream(self, asked: Asked, body: Json) -> None:
        part = body.get("stream")
        if not isinstance(part, dict) or not isinstance(part.get("id"), str) or not part["id"]:
            raise BotError(Code.PARAMETER, "invalid stream")
        content, done = part.get("content", ""), bool(part.get("finish"))
        if not isinstance(content, str) or len(content.encode()) > MARKDOWN_BYTES:
            raise BotError(Code.TOO_LONG, "content size out of limit")
        if "msg_item" in part:
            self._world.note("msg_item is not for the long connection")
        now = self._world.now()
        message, begun, over = asked.streams.get(part["id"], (None, now, False))
        if over or now > begun + STREAM:
            raise BotError(Code.STREAM, "stream message update expired")
        if part["id"] not in asked.streams:
            message = self._begun(asked.chat, part)
        asked.streams[part["id"]] = message, begun, done
        if message is not None:
            message.text = content
            self._put(asked.chat, message)

    def _begun(self, chat: Chat, part: Json) -> Message | None:
        if not self._world.may_show(chat):
            return None
        now = self._world.now()
        made = Message(self._world.next_id(), out=True, kind="stream", at=now)
        made.feedback = _feedback(part)
        return made

    # ------------------------------------------------------------------ cards

    def _update(self, asked: Asked, body: Json) -> None:
        self._once(asked, "card")
        if body.get("response_type") != "update_template_card":
            raise BotError(Code.PARAMETER, "invalid response_type")
        card = cards.check(body.get("template_card"), self._world.note, updated=True)
        if card["task_id"] != asked.task_id:
            raise BotError(Code.PARAMETER, "task_id mismatch")
        if asked.task_id not in self._world.cards:
            raise BotError(Code.PARAMETER, "no such card")
        _, message = self._world.cards[asked.task_id]
        wanted = self._of(body.get("userids"))
        asked.answered = True
        if wanted is None:
            message.card, message.cards = card, {}
        else:
            message.cards |= dict.fromkeys(wanted, card)
        message.edited = True
        asked.chat.said.append(cards.words(card))
        asked.chat.touch(message)

    def _of(self, userids: Any) -> list[str] | None:
        """The userids of those whose card is renewed; None for all."""
        if userids is None:
            return None
        if not isinstance(userids, list) or not userids:
            raise BotError(Code.PARAMETER, "invalid userids")
        known = {self._world.shown_id(each): each for each in self._world.members}
        if any(each not in known for each in userids):
            raise BotError(Code.PARAMETER, "invalid userids")
        return [known[each] for each in userids]


def _read(message: Message) -> str:
    if message.card is not None:
        return cards.words(message.card)
    return message.text if message.kind == "text" else markdown.plain(message.text)


def _feedback(part: Json) -> str:
    feedback = part.get("feedback")
    if feedback is None:
        return ""
    found = feedback.get("id") if isinstance(feedback, dict) else None
    if not isinstance(found, str) or not found or len(found.encode()) > 256:
        raise BotError(Code.PARAMETER, "invalid feedback")
    return found


def _video(part: Json) -> str:
    title, words = str(part.get("title", "")), str(part.get("description", ""))
    if len(title.encode()) > 128 or len(words.encode()) > 512:
        raise BotError(Code.TOO_LONG, "content size out of limit")
    return "\n".join(filter(None, (title, words)))
