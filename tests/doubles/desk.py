"""Every control operation: what a test may do to, and ask of, the double.

Arguments and results are JSON, so that an in-process test (`api.desk.says(...)`) and one over HTTP
(`tests.doubles.client`) mean the same. `bot` is a token, the first one where it is left out;
`chat` a group's id, the private chat where it is left out. Times are seconds.
"""

from __future__ import annotations

import asyncio
import base64
import time
from typing import TYPE_CHECKING, Any

import orjson

from tests.doubles import people, profile, views
from tests.doubles.faults import Fault
from tests.doubles.updates import MESSAGE_SECONDS
from tests.doubles.world import Bot, Chat, Json, Message, User

if TYPE_CHECKING:
    from tests.doubles.botapi import BotApi

DEFAULT_WAIT = 10.0


class WaitedInVain(Exception):
    """A wait ran out; the text says what stood there instead."""


class Desk:
    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._next_person = 5_000_001

    def about(self) -> Json:
        api = self._api
        return {"base_url": api.base_url, "base_file_url": api.base_file_url,
                "control_url": api.control_url, "tokens": list(api.bots)}  # fmt: skip

    # ------------------------------------------------------------------ people

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
        person = self._api.people[user] = User(
            user, first_name, last_name=last_name, username=username, language_code=language_code
        )
        if contact != "none":
            chat = self._bot(bot).private_chat(person)
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
        it = self._bot(bot)
        fields = people.text_fields(it, text, entities=entities)
        return self._new(it, user, fields, chat=chat, reply_to=reply_to, ago=ago)

    def sends(
        self,
        user: int,
        kind: str,
        *,
        data: str | None = None,
        name: str | None = None,
        mime: str | None = None,
        size: int | None = None,
        caption: str | None = None,
        extra: Json | None = None,
        chat: int | None = None,
        reply_to: int | None = None,
        bot: str | None = None,
    ) -> Json:
        """A file. `data` is base64; without it the file has only a `size`."""
        it = self._bot(bot)
        content = None if data is None else base64.b64decode(data)
        fields, blob = people.file_fields(
            it, kind, content, name=name, mime=mime, size=size, extra=extra or {}
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
        it = self._bot(bot)
        group = it.next_group_id()
        made = []
        for n, item in enumerate(items):
            if n and pause:
                await asyncio.sleep(pause)
            given = dict(item)
            extra = {"media_group_id": group}
            content = given.get("data")
            fields, blob = people.file_fields(
                it, given["kind"], None if content is None else base64.b64decode(content),
                name=given.get("name"), mime=given.get("mime"), size=given.get("size"), extra={},
            )  # fmt: skip
            own = given.get("caption") or (caption if n == 0 else None)
            fields |= people.caption_fields(own) | extra
            made.append(self._new(it, user, fields, chat=chat, blob=blob))
        return made

    def sends_fields(
        self, user: int, fields: Json, *, chat: int | None = None, bot: str | None = None
    ) -> Json:
        """A message of any content, as the Bot API spells it: contact, location, poll, sticker…"""
        return self._new(self._bot(bot), user, fields, chat=chat)

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
        it = self._bot(bot)
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
        it, person = self._bot(bot), self._user(user)
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
        it, person = self._bot(bot), self._user(user)
        where = people.chat_of(it, person, chat)
        before = where.version
        made = people.press(it, person, where, message_id=message_id, button=button, forge=forge)
        return {"id": made.id, "message_id": made.message_id, "version": before}

    def presses_again(self, user: int, press: str, *, bot: str | None = None) -> Json:
        made = people.press_again(self._bot(bot), self._user(user), press)
        return {"id": made.id, "message_id": made.message_id}

    def deletes(
        self, user: int, message_id: int, *, chat: int | None = None, bot: str | None = None
    ) -> None:
        """The person deletes a message for both sides; bots are not told."""
        where = people.chat_of(self._bot(bot), self._user(user), chat)
        del where.messages[message_id]
        where.touch()

    def blocks(self, user: int, *, bot: str | None = None) -> None:
        people.block(self._bot(bot), self._user(user))

    def unblocks(self, user: int, *, bot: str | None = None) -> None:
        people.unblock(self._bot(bot), self._user(user))

    def deactivates(self, user: int) -> None:
        self._user(user).deactivated = True

    def add_group(
        self, chat: int, *, title: str, members: list[int], bot: str | None = None
    ) -> int:
        """The first of `members` adds the bot."""
        users = [self._user(u) for u in members]
        people.make_group(self._bot(bot), chat, title=title, members=users, by=users[0])
        return chat

    def group_status(self, chat: int, *, status: str, by: int, bot: str | None = None) -> None:
        """kicked, left or member: what happened to the bot in a group."""
        it = self._bot(bot)
        people.set_group_status(it, it.chats[chat], by=self._user(by), status=status)

    def migrate(self, chat: int, new: int, *, bot: str | None = None) -> int:
        it = self._bot(bot)
        return people.migrate(it, it.chats[chat], new).id

    # ------------------------------------------------------------------ looking

    def chat(self, chat: int, *, bot: str | None = None) -> Json:
        it = self._bot(bot)
        return views.chat_view(it, self._chat(it, chat))

    def messages(
        self, chat: int, *, since: int = 0, out: bool | None = None, bot: str | None = None
    ) -> list[Json]:
        """Messages that came or changed after version `since`, in the chat's order."""
        it = self._bot(bot)
        return [views.message_view(m) for m in _fresh(self._chat(it, chat), since, out)]

    def version(self, chat: int, *, bot: str | None = None) -> int:
        it = self._bot(bot)
        return self._chat(it, chat).version

    def menu(self, user: int, *, chat: int | None = None, bot: str | None = None) -> list[Json]:
        it, person = self._bot(bot), self._user(user)
        return profile.menu_of(it, people.chat_of(it, person, chat), person.language_code)

    def menu_button(self, user: int, *, bot: str | None = None) -> Json:
        buttons = self._bot(bot).menu_buttons
        return buttons.get(user) or buttons.get(0) or {"type": "commands"}

    def file(self, file_id: str, *, bot: str | None = None) -> str:
        """The content of a file by id, base64."""
        data = self._bot(bot).blobs[file_id].data
        if data is None:
            raise LookupError("that file has only a size")
        return base64.b64encode(data).decode()

    def answers(self, user: int, *, bot: str | None = None) -> list[Json]:
        """Presses of the person that were answered, oldest first."""
        return [views.press_view(p) for p in self._bot(bot).answers if p.user_id == user]

    def press(self, press: str, *, bot: str | None = None) -> Json:
        return views.press_view(self._bot(bot).presses[press])

    def calls(
        self,
        *,
        method: str = "*",
        chat_id: int | None = None,
        after: int = 0,
        executed: bool | None = None,
        limit: int = 1000,
        bot: str | None = None,
    ) -> list[Json]:
        """The last `limit` calls that fit, oldest first; getUpdates only if `log_polls` is set."""
        log = self._bot(bot).log
        found = list(log.find(method, chat_id=chat_id, after=after, executed=executed))
        return [views.call_view(c) for c in found[-limit:]]

    def counts(self, *, bot: str | None = None) -> Json:
        """`{"sendMessage 200": 12, ...}` and what the queue went through."""
        it = self._bot(bot)
        hook = self._api.listening[it.token].webhook
        return {
            "calls": dict(it.log.counts),
            "total": it.log.total,
            "pending": len(it.updates),
            "delivered": it.updates.delivered,
            "expired": it.updates.expired,
            "polling": it.updates.polling(),
            "limited": it.limits.refused,
            "posted": hook.posted if hook else 0,
        }

    def pending(self, *, bot: str | None = None) -> list[int]:
        """The ids of updates not confirmed yet."""
        it = self._bot(bot)
        it.updates.sweep()
        return list(it.updates.waiting)

    def bugs(self) -> list[str]:
        return list(self._api.bugs)

    # ------------------------------------------------------------------ waiting

    async def wait_message(
        self,
        chat: int,
        *,
        contains: str = "",
        after_id: int = 0,
        since: int = 0,
        count: int = 1,
        timeout: float = DEFAULT_WAIT,  # noqa: ASYNC109 - a control argument
        bot: str | None = None,
    ) -> list[Json]:
        """`count` messages of the bot with id > `after_id`, new or edited after version `since`,
        whose text, caption, file name or buttons contain `contains`."""
        it = self._bot(bot)
        where = self._chat(it, chat)
        end = time.monotonic() + timeout
        while True:
            found = [
                m for m in _fresh(where, since, True) if m.id > after_id and _has(m, contains)
            ]
            if len(found) >= count:
                return [views.message_view(m) for m in found]
            left = end - time.monotonic()
            if left <= 0:
                shown = [m.raw.get("text", m.raw.get("caption")) for m in where.messages.values()]
                raise WaitedInVain(f"no {contains!r} in chat {chat}; last there: {shown[-6:]}")
            await where.changed(left)

    async def wait_answer(
        self,
        press: str,
        *,
        timeout: float = DEFAULT_WAIT,  # noqa: ASYNC109 - a control argument
        bot: str | None = None,
    ) -> Json:
        it = self._bot(bot)
        found = it.presses[press]
        end = time.monotonic() + timeout
        while found.answer is None:
            left = end - time.monotonic()
            if left <= 0:
                raise WaitedInVain(f"press {found.data!r} was not answered")
            await self._chat(it, found.chat_id).changed(left)
        return found.answer

    async def wait_idle(
        self,
        *,
        quiet: float = 0.15,
        timeout: float = 30.0,  # noqa: ASYNC109 - a control argument
        bot: str | None = None,
    ) -> None:
        """Until every update is confirmed, no call is open and none came for `quiet` seconds."""
        it = self._bot(bot)
        end = time.monotonic() + timeout
        while True:
            it.updates.sweep()
            rest = quiet - (time.monotonic() - it.log.last_at)
            if not it.updates.waiting and not it.log.open and rest <= 0:
                return
            if time.monotonic() > end:
                raise WaitedInVain(
                    f"not idle: {len(it.updates)} updates pending, {it.log.open} calls open"
                )
            await asyncio.sleep(max(0.01, min(rest, 0.05)))

    async def wait_calls(
        self,
        *,
        method: str = "*",
        count: int = 1,
        after: int = 0,
        executed: bool | None = None,
        timeout: float = DEFAULT_WAIT,  # noqa: ASYNC109 - a control argument
        bot: str | None = None,
    ) -> list[Json]:
        """Until so many calls fit; calls under way count too, with outcome "open"."""
        log = self._bot(bot).log
        end = time.monotonic() + timeout
        while True:
            found = list(log.find(method, chat_id=None, after=after, executed=executed))
            if len(found) >= count:
                return [views.call_view(c) for c in found]
            if time.monotonic() > end:
                raise WaitedInVain(f"{len(found)} of {count} calls {method}: {dict(log.counts)}")
            await asyncio.sleep(0.01)

    # ------------------------------------------------------------------ trouble and time

    def fault(self, kind: str, **order: Any) -> int:
        """See `tests.doubles.faults.Fault` for the fields. The number is for `cancel_fault`."""
        return self._api.faults.order(Fault(kind, **order))

    def cancel_fault(self, number: int | None = None) -> None:
        self._api.faults.cancel(number)

    def faults(self) -> dict[str, int]:
        """How often each standing order has hit, by number."""
        return {str(n): f.hits for n, f in self._api.faults.standing.items()}

    def refuse(self, seconds: float) -> None:
        self._api.refuse(seconds)

    def limits(
        self, mode: str, *, window: float = 1.0, lockout: float = 1.0, bot: str | None = None
    ) -> None:
        self._bot(bot).limits.set(mode, window=window, lockout=lockout)

    def settings(self, *, bot: str | None = None, **numbers: float) -> None:
        """Fields of `world.Settings`, and `batch` (most updates in one answer), `log_polls`."""
        it = self._bot(bot)
        for name, value in numbers.items():
            if name == "batch":
                it.updates.batch = int(value)
            elif name == "log_polls":
                it.log.log_polls = bool(value)
            elif hasattr(self._api.settings, name):
                setattr(self._api.settings, name, value)
            else:
                raise ValueError(f"no setting {name!r}")

    def now(self) -> float:
        return self._api.clock.now()

    def clock(
        self,
        *,
        set: float | None = None,
        advance: float = 0.0,
        frozen: bool | None = None,
    ) -> float:
        clock = self._api.clock
        if set is not None:
            clock.set(set)
        if advance:
            clock.advance(advance)
        if frozen is not None:
            clock.freeze(frozen=frozen)
        return clock.now()

    def inject(
        self,
        payloads: list[Any],
        *,
        raw: bool = False,
        once: bool = False,
        key: int = 0,
        bot: str | None = None,
    ) -> list[int]:
        """Updates as given. An object gets its update_id unless it brings one; with `raw` each is
        a string that goes into the answer byte for byte (base64 after `b64:`), sound or not.
        `once` drops it after its first delivery."""
        it = self._bot(bot)
        made = []
        for payload in payloads:
            body = _raw(payload, it.updates.next_id) if raw else _whole(payload, it)
            kind = next((k for k in payload if k != "update_id"), "") if not raw else ""
            made.append(
                it.updates.push_whole(
                    body, kind=kind, expires=it.clock.now() + MESSAGE_SECONDS,
                    key=("injected", key), once=once,
                )
            )  # fmt: skip
        return [m for m in made if m is not None]

    def restart_ids(self, next_id: int, *, bot: str | None = None) -> None:
        """After a week without updates Telegram goes on from any number, even a lower one."""
        self._bot(bot).updates.next_id = next_id

    def drop_pending(self, *, bot: str | None = None) -> None:
        self._bot(bot).updates.clear()

    def revoke(self, *, revoked: bool = True, bot: str | None = None) -> None:
        """The token is worth nothing (401) until it is restored."""
        self._bot(bot).revoked = revoked

    # ------------------------------------------------------------------ inside

    def _bot(self, token: str | None) -> Bot:
        return self._api.bots[token or self._api.token]

    def _user(self, user: int) -> User:
        return self._api.people[user]

    def _chat(self, bot: Bot, chat_id: int) -> Chat:
        if chat_id not in bot.chats and chat_id in self._api.people:
            return bot.private_chat(self._api.people[chat_id])
        return bot.chats[chat_id]

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
        person = self._user(user)
        where = people.chat_of(bot, person, chat)
        message = people.new_message(
            bot, person, where, fields, blob=blob, reply_to=reply_to, ago=ago
        )
        return {"id": message.id, "version": where.version}


def _fresh(chat: Chat, since: int, out: bool | None) -> list[Message]:
    return [
        m
        for m in chat.messages.values()
        if m.version > since and (out is None or m.outgoing is out)
    ]


def _has(message: Message, part: str) -> bool:
    if not part:
        return True
    raw = message.raw
    if part in raw.get("text", "") or part in raw.get("caption", ""):
        return True
    if message.blob is not None and part in (message.blob.name or ""):
        return True
    rows = raw.get("reply_markup", {}).get("inline_keyboard", ())
    return any(part in b["text"] for row in rows for b in row)


def _whole(payload: Json, bot: Bot) -> bytes:
    return orjson.dumps(payload if "update_id" in payload else
                        {"update_id": bot.updates.next_id, **payload})  # fmt: skip


def _raw(payload: str, update_id: int) -> bytes:
    if payload.startswith("b64:"):
        return base64.b64decode(payload[4:])
    return payload.replace("{update_id}", str(update_id)).encode()
