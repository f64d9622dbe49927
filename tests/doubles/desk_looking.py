"""Control operations: seeing what stands, and waiting for it."""

from __future__ import annotations

import asyncio
import base64
import time

from tests.doubles import people, profile, views
from tests.doubles.reach import Reach, WaitedInVain
from tests.doubles.world import Json, Message

DEFAULT_WAIT = 10.0


class LookingDesk:
    def __init__(self, at: Reach) -> None:
        self._at = at

    def about(self) -> Json:
        return self._at.api.about()

    def chat(self, chat: int, *, bot: str | None = None) -> Json:
        it = self._at.bot(bot)
        return views.chat_view(it, self._at.chat(it, chat))

    def messages(
        self, chat: int, *, since: int = 0, out: bool | None = None, bot: str | None = None
    ) -> list[Json]:
        """Messages that came or changed after version `since`, in the chat's order."""
        it = self._at.bot(bot)
        return [
            views.message_view(m) for m in self._at.chat(it, chat).changed_since(since, out=out)
        ]

    def version(self, chat: int, *, bot: str | None = None) -> int:
        it = self._at.bot(bot)
        return self._at.chat(it, chat).version

    def menu(self, user: int, *, chat: int | None = None, bot: str | None = None) -> list[Json]:
        it, person = self._at.bot(bot), self._at.user(user)
        return profile.menu_of(it, people.chat_of(it, person, chat), person.language_code)

    def menu_button(self, user: int, *, bot: str | None = None) -> Json:
        buttons = self._at.bot(bot).menu_buttons
        return buttons.get(user) or buttons.get(0) or {"type": "commands"}

    def file(self, file_id: str, *, bot: str | None = None) -> str:
        """The content of a file by id, base64."""
        data = self._at.bot(bot).blobs[file_id].content.data
        if data is None:
            raise LookupError("that file has only a size")
        return base64.b64encode(data).decode()

    def answers(self, user: int, *, bot: str | None = None) -> list[Json]:
        """Presses of the person that were answered, oldest first."""
        return [views.press_view(p) for p in self._at.bot(bot).answers if p.user_id == user]

    def press(self, press: str, *, bot: str | None = None) -> Json:
        return views.press_view(self._at.bot(bot).presses[press])

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
        log = self._at.bot(bot).log
        found = list(log.find(method, chat_id=chat_id, after=after, executed=executed))
        return [views.call_view(c) for c in found[-limit:]]

    def counts(self, *, bot: str | None = None) -> Json:
        """`{"sendMessage 200": 12, ...}` and what the queue went through."""
        it = self._at.bot(bot)
        hook = self._at.api.listening[it.token].webhook
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
        it = self._at.bot(bot)
        it.updates.sweep()
        return list(it.updates.waiting)

    def bugs(self) -> list[str]:
        return list(self._at.api.bugs)

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
        it = self._at.bot(bot)
        where = self._at.chat(it, chat)
        end = time.monotonic() + timeout
        while True:
            found = [
                m
                for m in where.changed_since(since, out=True)
                if m.id > after_id and _has(m, contains)
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
        it = self._at.bot(bot)
        found = it.presses[press]
        end = time.monotonic() + timeout
        while found.answer is None:
            left = end - time.monotonic()
            if left <= 0:
                raise WaitedInVain(f"press {found.data!r} was not answered")
            await self._at.chat(it, found.chat_id).changed(left)
        return found.answer

    async def wait_idle(
        self,
        *,
        quiet: float = 0.15,
        timeout: float = 30.0,  # noqa: ASYNC109 - a control argument
        bot: str | None = None,
    ) -> None:
        """Until every update is confirmed, no call is open and none came for `quiet` seconds."""
        it = self._at.bot(bot)
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
        log = self._at.bot(bot).log
        end = time.monotonic() + timeout
        while True:
            found = list(log.find(method, chat_id=None, after=after, executed=executed))
            if len(found) >= count:
                return [views.call_view(c) for c in found]
            if time.monotonic() > end:
                raise WaitedInVain(f"{len(found)} of {count} calls {method}: {dict(log.counts)}")
            await asyncio.sleep(0.01)


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
