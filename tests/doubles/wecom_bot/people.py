"""What people do: each act changes the conversation as their client would, and tells the bot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tests.doubles.people import NotPossible
from tests.doubles.wecom_bot import cards
from tests.doubles.wecom_bot.cards import Target
from tests.doubles.wecom_bot.commands import Asked
from tests.doubles.wecom_bot.links import Callback, Links
from tests.doubles.wecom_bot.offers import Offers
from tests.doubles.wecom_bot.world import (
    GROUP,
    Chat,
    File,
    Json,
    Member,
    Message,
    World,
)

BOT_NAME: Final = "考核助手"
TEXT_CHARACTERS: Final = 4000
IN_GROUPS: Final = ("text", "mixed")


class People:
    def __init__(self, world: World, links: Links, offers: Offers) -> None:
        self._world = world
        self._links = links
        self._offers = offers

    def chat_of(self, member: Member, group: str | None) -> Chat:
        if group is None:
            return self._world.single(member.userid)
        chat = self._world.chats.get(group)
        if chat is None or chat.kind != GROUP or member.userid not in chat.members:
            raise NotPossible(f"{member.userid} is in no group {group}")
        return chat

    # ------------------------------------------------------------------ writing

    def says(self, member: Member, text: str, *, group: str | None, quoted: int | None) -> Message:
        if not text.strip():
            raise NotPossible("a client sends no blank message")
        if len(text) > TEXT_CHARACTERS:
            raise NotPossible(f"a client sends no text of more than {TEXT_CHARACTERS} characters")
        content = text if group is None else f"@{BOT_NAME} {text}"
        body: Json = {"msgtype": "text", "text": {"content": content}}
        if quoted is not None:
            body["quote"] = self._quote(self.chat_of(member, group), quoted)
        return self._new(member, group, body, Message(0, out=False, kind="text", at=0, text=text))

    def speaks(self, member: Member, text: str) -> Message:
        """A voice message: the bot gets what was understood of it."""
        body: Json = {"msgtype": "voice", "voice": {"content": text}}
        return self._new(member, None, body, Message(0, out=False, kind="voice", at=0, text=text))

    def sends(self, member: Member, file: File, *, disposition: str, wrong_key: bool) -> Message:
        """A picture, video or file, as its kind says."""
        offered = self._offers.offer(file, disposition=disposition, wrong_key=wrong_key)
        body: Json = {"msgtype": file.kind, file.kind: offered}
        message = Message(0, out=False, kind=file.kind, at=0, files=(file,))
        return self._new(member, None, body, message)

    def sends_mixed(
        self, member: Member, items: Sequence[str | File], *, group: str | None
    ) -> Message:
        """Text and pictures in one message."""
        listed = [self._item(each) for each in items]
        if group is not None:
            listed.insert(0, self._item(f"@{BOT_NAME} "))
        body: Json = {"msgtype": "mixed", "mixed": {"msg_item": listed}}
        text = "\n".join(each for each in items if isinstance(each, str))
        files = tuple(each for each in items if isinstance(each, File))
        message = Message(0, out=False, kind="mixed", at=0, text=text, files=files)
        return self._new(member, group, body, message)

    def _item(self, item: str | File) -> Json:
        if isinstance(item, str):
            return {"msgtype": "text", "text": {"content": item}}
        return {"msgtype": "image", "image": self._offers.offer(item, disposition="none")}

    def _quote(self, chat: Chat, quoted: int) -> Json:
        found = chat.messages.get(quoted)
        if found is None:
            raise NotPossible(f"there is no message {quoted} to quote")
        if found.kind in ("file", "image", "video"):
            return {"msgtype": found.kind, found.kind: self._offers.offer(found.files[0])}
        if found.kind == "voice":
            return {"msgtype": "voice", "voice": {"content": found.text}}
        text = found.text if found.card is None else cards.words(found.card)
        return {"msgtype": "text", "text": {"content": text}}

    def _new(self, member: Member, group: str | None, content: Json, message: Message) -> Message:
        if member.left:
            raise NotPossible(f"{member.userid} has left")
        if group is not None and content["msgtype"] not in IN_GROUPS:
            raise NotPossible(f"no {content['msgtype']} reaches a bot from a group")
        chat = self.chat_of(member, group)
        now = self._world.now()
        message.id, message.at, message.author = self._world.next_id(), now, member.userid
        chat.wrote = now
        chat.add(message)
        body = self._from(member, chat, content) | {"msgid": self._world.fresh("ms")}
        about = Asked("message", chat, now, userid=member.userid)
        self._links.tell(Callback("aibot_msg_callback", body, about))
        return message

    def _from(self, member: Member, chat: Chat, content: Json) -> Json:
        body: Json = {
            "aibotid": self._world.bot_id,
            "chattype": chat.kind,
            "from": {"userid": self._world.shown_id(member.userid)},
            "create_time": int(self._world.now()),
        }
        if chat.kind == GROUP:
            body["chatid"] = chat.id
        return body | content

    # ------------------------------------------------------------------ events

    def _event(self, member: Member, chat: Chat, kind: str, content: Json | None) -> Json:
        return self._from(member, chat, self._links.event(kind, content))

    def opens_chat(self, member: Member) -> bool:
        """Whether the bot is told: once a day."""
        chat, today = self._world.single(member.userid), self._world.today()
        if chat.entered == today:
            return False
        chat.entered = today
        about = Asked("enter_chat", chat, self._world.now(), userid=member.userid)
        body = self._event(member, chat, "enter_chat", None)
        self._links.tell(Callback("aibot_event_callback", body, about))
        return True

    def gives_feedback(self, member: Member, kind: int, words: str) -> None:
        """On the latest message that asks for it: 1 good, 2 bad, 3 taken back."""
        chat = self._world.single(member.userid)
        found = next((m for m in reversed(chat.messages.values()) if m.feedback), None)
        if found is None:
            raise NotPossible("nothing here asks for feedback")
        content: Json = {"id": found.feedback, "type": kind}
        if words:
            content["content"] = words
        about = Asked("other", chat, self._world.now(), userid=member.userid)
        body = self._event(member, chat, "feedback_event", content)
        self._links.tell(Callback("aibot_event_callback", body, about))

    def presses(
        self, member: Member, labels: Sequence[str], *, group: str | None, message_id: int | None
    ) -> Message:
        """A button, an entry of a card's menu, or choices of one card which are then submitted;
        on the latest card that has them all if none is named."""
        chat = self.chat_of(member, group)
        message, chosen = _found(chat, member.userid, labels, message_id)
        card = message.card_for(member.userid) or {}
        event = cards.pressed(card, chosen[-1].key, chosen)
        self._click(member, chat, event)
        return message

    def forges(self, member: Member, event: Json) -> None:
        """A template_card_event as no client sends it."""
        self._click(member, self._world.single(member.userid), event)

    def _click(self, member: Member, chat: Chat, event: Json) -> None:
        about = Asked(
            "card", chat, self._world.now(), userid=member.userid,
            task_id=str(event.get("task_id", "")),
        )  # fmt: skip
        body = self._event(member, chat, "template_card_event", event)
        self._links.tell(Callback("aibot_event_callback", body, about))

    # ------------------------------------------------------------------ who is there

    def add_group(self, chatid: str, members: Sequence[Member]) -> None:
        self._world.chats[chatid] = Chat(chatid, GROUP, {each.userid for each in members})

    def add(self, userid: str, name: str) -> Member:
        member = self._world.members[userid] = Member(userid, name)
        return member


def _found(
    chat: Chat, userid: str, labels: Sequence[str], message_id: int | None
) -> tuple[Message, list[Target]]:
    named = [chat.messages[message_id]] if message_id in chat.messages else []
    for message in named if message_id is not None else list(_newest(chat)):
        card = message.card_for(userid)
        if card is None:
            continue
        there = list(cards.targets(card))
        chosen = [_first(there, label) for label in labels]
        if chosen and None not in chosen:
            return message, [each for each in chosen if each is not None]
    raise NotPossible(f"no card here shows {' and '.join(map(repr, labels))}")


def _first(targets: Sequence[Target], label: str) -> Target | None:
    return next((each for each in targets if label in (each.label, each.option or each.key)), None)


def _newest(chat: Chat) -> Iterator[Message]:
    return (message for message in reversed(chat.messages.values()) if message.out)
