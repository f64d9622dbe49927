"""The queue of updates of one bot: ids, retention, confirmation by offset, the long poll.

Follows Telegram's own server: an update lives 24 h from its message's date, a press 150 s; an
offset confirms everything below it, a negative one forgets all but the last n; a second poller
ends the first with 409, later conflicts wait 3 s; the same offset again within half a second gives
one update at most and within 3 s waits 3 s. The webhook takes from the same queue.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MESSAGE_SECONDS = 86_400
PRESS_SECONDS = 150
NEVER = float("inf")
ANSWER_BYTES = 4 * 2**20
GATHER_SECONDS = 0.001
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
KNOWN = frozenset({
    "message", "edited_message", "channel_post", "edited_channel_post", "inline_query",
    "chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query", "poll",
    "poll_answer", "my_chat_member", "chat_member", "chat_join_request", "message_reaction",
    "message_reaction_count", "chat_boost", "removed_chat_boost", "business_connection",
    "business_message", "edited_business_message", "deleted_business_messages",
    "purchased_paid_media", "managed_bot", "guest_message",
})  # fmt: skip

OTHER_POLLER = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
BY_WEBHOOK = "Conflict: terminated by setWebhook request"


@dataclass(slots=True, eq=False)
class Update:
    """`body` is the JSON as it goes out. `key` names the webhook's serial queue. An update that is
    `once` leaves the queue with its first delivery, confirmed or not."""

    id: int
    kind: str
    body: bytes
    expires: float
    key: tuple[str, int]
    once: bool = False


class Terminated(Exception):
    """The long poll was ended by somebody else; `wait` is how long the 409 is held back."""

    def __init__(self, description: str, wait: float) -> None:
        super().__init__(description)
        self.description = description
        self.wait = wait


class UpdateQueue:
    def __init__(self, now: Callable[[], float], first_id: int = 846_210_001) -> None:
        self._now = now
        self.next_id = first_id
        self.waiting: OrderedDict[int, Update] = OrderedDict()
        self.confirmed: deque[Update] = deque(maxlen=200)
        self.delivered = 0
        self.expired = 0
        self.batch = 100
        self.allowed: frozenset[str] | None = None
        self.on_push: Callable[[Update], None] | None = None
        self.polled_at = 0.0
        self._poll: asyncio.Future[str | None] | None = None
        self._last_offset: int | None = None
        self._last_start = -100.0
        self._conflict_free_at = 0.0

    def __len__(self) -> int:
        return len(self.waiting)

    def accepts(self, kind: str) -> bool:
        if self.allowed is None:
            return kind not in NOT_BY_DEFAULT
        return kind in self.allowed

    def allow(self, kinds: Iterable[str] | None) -> None:
        """None keeps the last setting; an empty list means Telegram's default."""
        if kinds is None:
            return
        named = frozenset(k.lower() for k in kinds) & KNOWN
        self.allowed = named or None

    def push(
        self, kind: str, body: bytes, *, expires: float, key: tuple[str, int], once: bool = False
    ) -> int | None:
        """`body` is the payload's JSON alone. The id given, or None where the bot has not asked
        for updates of this kind or the update is already too old."""
        if not self.accepts(kind):
            return None
        whole = b'{"update_id":%d,"%s":%s}' % (self.next_id, kind.encode(), body)
        return self.push_whole(whole, kind=kind, expires=expires, key=key, once=once)

    def push_whole(
        self, body: bytes, *, kind: str, expires: float, key: tuple[str, int], once: bool = False
    ) -> int | None:
        """Anything at all, sound or not, as one element of the answer."""
        if expires <= self._now():
            return None
        update = Update(self.next_id, kind, body, expires, key, once)
        self.next_id += 1
        self.waiting[update.id] = update
        if self.on_push is not None:
            self.on_push(update)
        elif self._poll is not None:
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._wake)
        return update.id

    def sweep(self) -> None:
        now = self._now()
        gone = [u.id for u in self.waiting.values() if u.expires <= now]
        for update_id in gone:
            del self.waiting[update_id]
        self.expired += len(gone)

    def clear(self) -> None:
        self.waiting.clear()

    def forget(self, update: Update) -> None:
        if self.waiting.pop(update.id, None) is not None:
            self.confirmed.append(update)

    def confirm(self, offset: int) -> None:
        """What a getUpdates offset does to the queue before anything is read."""
        if offset < 0:
            for update_id in list(self.waiting)[:offset]:
                del self.waiting[update_id]
        elif offset > 0:
            if offset > self.next_id:  # beyond the end: Telegram starts from the head instead
                return
            while self.waiting:
                first = next(iter(self.waiting))
                if first >= offset:
                    break
                self.confirmed.append(self.waiting.pop(first))

    def read(self, limit: int) -> list[Update]:
        self.sweep()
        limit = min(limit, self.batch)
        batch: list[Update] = []
        size = 0
        for update in self.waiting.values():
            if len(batch) >= limit or (batch and size + len(update.body) > ANSWER_BYTES):
                break
            batch.append(update)
            size += len(update.body)
        for update in batch:
            if update.once:
                del self.waiting[update.id]
        self.delivered += len(batch)
        return batch

    async def poll(self, *, offset: int, limit: int, timeout: float, scale: float) -> list[Update]:  # noqa: ASYNC109 - Telegram's own parameter
        """One getUpdates. Raises Terminated where a later request takes over."""
        started = time.monotonic()
        self.polled_at = started
        if offset == self._last_offset:
            since = started - self._last_start
            if timeout < 3 * scale and since < 3 * scale:
                timeout = 3 * scale
            if since < 0.5 * scale:
                limit = 1
        self._last_offset, self._last_start = offset, started
        self.confirm(offset)
        batch = self.read(limit)
        if batch or timeout <= 0:
            return batch
        self.abort(OTHER_POLLER)
        mine: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._poll = mine
        try:
            await asyncio.wait((mine,), timeout=timeout)
        finally:
            if self._poll is mine:
                self._poll = None
        reason = mine.result() if mine.done() else None
        if reason is not None:
            raise Terminated(reason, self._conflict_wait(scale))
        self.polled_at = time.monotonic()
        return self.read(limit)

    def abort(self, reason: str) -> None:
        """Ends the poll that is waiting now with a conflict."""
        poll, self._poll = self._poll, None
        if poll is not None and not poll.done():
            poll.set_result(reason)

    def release(self) -> None:
        """Lets a waiting poll answer with what there is (the double is closing)."""
        self._wake()

    def polling(self) -> bool:
        return self._poll is not None

    def _wake(self) -> None:
        poll = self._poll
        if poll is not None and not poll.done():
            poll.set_result(None)

    def _conflict_wait(self, scale: float) -> float:
        now = time.monotonic()
        if now >= self._conflict_free_at:
            self._conflict_free_at = now + 3 * scale
            return 0.0
        return 3 * scale
