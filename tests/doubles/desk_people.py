"""Control operations: what people do.

Arguments and results are JSON, so that an in-process test (`api.desk.people.says(...)`) and one
over HTTP (`tests.doubles.client`) mean the same. `bot` is a token, the first one where it is left
out; `chat` a group's id, the private chat where it is left out.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from tests.doubles import people
from tests.doubles.reach import Reach
from tests.doubles.world import Bot, Content, Json, User, sized


class PeopleDesk:
    def __init__(self, at: Reach) -> None:
        self._at = at
        self._next_person = 5_000_001

    def add_person(
        self,
        first_name: str = "某某",
        *,
        user: int | None = None,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = "zh-hans",
        contact: str = "none",
        bot: str | None = None,
    ) -> int:
        """`contact`: none (the bot cannot find the person), seen (403 until /start), started."""
        if user is None:
            user, self._next_person = self._next_person, self._next_person + 1
        person = self._at.api.people[user] = User(
            user, first_name, last_name=last_name, username=username, language_code=language_code
        )
        if contact != "none":
            chat = self._at.bot(bot).private_chat(person)
            chat.started = contact == "started"
        return user

    def says(
        self,
        user: int,
        text: str,
        *,
        chat: int | None = None,
        reply_to: int | None = None,
        entities: list[Json] | None = None,
        ago: float = 0.0,
        bot: str | None = None,
    ) -> Json:
        it = self._at.bot(bot)
        fields = people.text_fields(it, text, entities=entities)
        return self._new(it, user, fields, chat=chat, reply_to=reply_to, ago=ago)

    def keep(self, data: str, *, bot: str | None = None) -> str:
        """Stores base64 content; the name it returns can be sent again and again."""
        return self._at.bot(bot).keep(base64.b64decode(data)).sha256

    def sends(
        self,
        user: int,
        kind: str,
        *,
        data: str | None = None,
        kept: str | None = None,
        size: int = 0,
        name: str | None = None,
        mime: str | None = None,
        caption: str | None = None,
        extra: Json | None = None,
        chat: int | None = None,
        reply_to: int | None = None,
        bot: str | None = None,
    ) -> Json:
        """A file: `data` in base64, or what `keep` made of it, or nothing but a `size`."""
        it = self._at.bot(bot)
        content = _content(it, data=data, kept=kept, size=size, name=name)
        fields, blob = people.file_fields(
            it, kind, content, name=name, mime=mime, extra=extra or {}
        )
        fields |= people.caption_fields(caption)
        return self._new(it, user, fields, chat=chat, reply_to=reply_to, blob=blob)

    async def sends_album(
        self,
        user: int,
        items: list[Json],
        *,
        caption: str | None = None,
        pause: float = 0.0,
        chat: int | None = None,
        bot: str | None = None,
    ) -> list[Json]:
        """`items` as for `sends`; `pause` between them makes the album straddle batches."""
        it = self._at.bot(bot)
        group = it.next_group_id()
        made = []
        for n, item in enumerate(items):
            if n and pause:
                await asyncio.sleep(pause)
            content = _content(
                it, data=item.get("data"), kept=item.get("kept"), size=item.get("size", 0),
                name=item.get("name"),
            )  # fmt: skip
            fields, blob = people.file_fields(
                it, item["kind"], content, name=item.get("name"), mime=item.get("mime"), extra={}
            )
            own = item.get("caption") or (caption if n == 0 else None)
            fields |= people.caption_fields(own) | {"media_group_id": group}
            made.append(self._new(it, user, fields, chat=chat, blob=blob))
        return made

    def sends_fields(
        self, user: int, fields: Json, *, chat: int | None = None, bot: str | None = None
    ) -> Json:
        """A message of any content, as the Bot API spells it: contact, location, poll, sticker…"""
        return self._new(self._at.bot(bot), user, fields, chat=chat)

    def forwards(
        self,
        user: int,
        message_id: int,
        *,
        from_chat: int,
        hidden: bool = False,
        chat: int | None = None,
        bot: str | None = None,
    ) -> Json:
        """Forwards a message of `from_chat` (a person's id or a group's) into the own chat."""
        it = self._at.bot(bot)
        source = it.chats[from_chat].messages[message_id]
        fields = people.forward_fields(source, hidden=hidden)
        return self._new(it, user, fields, chat=chat, blob=source.blob)

    def edits(
        self,
        user: int,
        message_id: int,
        *,
        text: str | None = None,
        caption: str | None = None,
        chat: int | None = None,
        bot: str | None = None,
    ) -> int:
        it, person = self._at.bot(bot), self._at.user(user)
        where = people.chat_of(it, person, chat)
        fields = (
            people.text_fields(it, text) if text is not None else people.caption_fields(caption)
        )
        people.edit(it, person, where, message_id, fields)
        return where.version

    def presses(
        self,
        user: int,
        button: str,
        *,
        message_id: int | None = None,
        forge: bool = False,
        chat: int | None = None,
        bot: str | None = None,
    ) -> Json:
        it, person = self._at.bot(bot), self._at.user(user)
        where = people.chat_of(it, person, chat)
        before = where.version
        made = people.press(it, person, where, message_id=message_id, button=button, forge=forge)
        return {"id": made.id, "message_id": made.message_id, "version": before}

    def presses_again(self, user: int, press: str, *, bot: str | None = None) -> Json:
        made = people.press_again(self._at.bot(bot), self._at.user(user), press)
        return {"id": made.id, "message_id": made.message_id}

    def deletes(
        self, user: int, message_id: int, *, chat: int | None = None, bot: str | None = None
    ) -> None:
        """The person deletes a message for both sides; bots are not told."""
        where = people.chat_of(self._at.bot(bot), self._at.user(user), chat)
        where.remove(message_id)

    def blocks(self, user: int, *, bot: str | None = None) -> None:
        people.block(self._at.bot(bot), self._at.user(user))

    def unblocks(self, user: int, *, bot: str | None = None) -> None:
        people.unblock(self._at.bot(bot), self._at.user(user))

    def deactivates(self, user: int) -> None:
        self._at.user(user).deactivated = True

    def add_group(
        self, chat: int, *, title: str, members: list[int], bot: str | None = None
    ) -> int:
        """The first of `members` adds the bot."""
        users = [self._at.user(u) for u in members]
        people.make_group(self._at.bot(bot), chat, title=title, members=users, by=users[0])
        return chat

    def group_status(self, chat: int, *, status: str, by: int, bot: str | None = None) -> None:
        """kicked, left, member, restricted (muted) or administrator: what happened to the bot."""
        it = self._at.bot(bot)
        people.set_group_status(it, it.chats[chat], by=self._at.user(by), status=status)

    def rename_group(self, chat: int, *, title: str, by: int, bot: str | None = None) -> None:
        it = self._at.bot(bot)
        people.rename_group(it, it.chats[chat], by=self._at.user(by), title=title)

    def migrate(self, chat: int, new: int, *, bot: str | None = None) -> int:
        """One of its members makes it a supergroup."""
        it = self._at.bot(bot)
        by = self._at.user(min(it.chats[chat].members))
        return people.migrate(it, it.chats[chat], new, by=by).id

    def _new(
        self,
        bot: Bot,
        user: int,
        fields: Json,
        *,
        chat: int | None,
        reply_to: int | None = None,
        blob: Any = None,
        ago: float = 0.0,
    ) -> Json:
        person = self._at.user(user)
        where = people.chat_of(bot, person, chat)
        message = people.new_message(
            bot, person, where, fields, blob=blob, reply_to=reply_to, ago=ago
        )
        return {"id": message.id, "version": where.version}


def _content(
    bot: Bot, *, data: str | None, kept: str | None, size: int, name: str | None
) -> Content:
    if kept is not None:
        return bot.contents[kept]
    return sized(name, size) if data is None else bot.keep(base64.b64decode(data))
