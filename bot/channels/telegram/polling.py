"""Long polling: nothing is confirmed to Telegram before it is committed or parked.

A batch is worked account by account, side by side; the offset moves when all of it is done, so a
kill at any moment only makes Telegram send the batch again, and the intake's keys make that
harmless. Once the first half of a batch is done, the next is asked for while the rest is worked;
what comes twice by that is dropped here.

Every trouble is one log line and a pause: a bad token, a second poller, no network, a
database that is away, even a fault of our own.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from bot.channels.base import (
    Busy,
    DeliveryError,
    Hearing,
    InDoubt,
    Intake,
    RetryLater,
    Unavailable,
)
from bot.channels.telegram.cursor import Cursor, usable_id
from bot.channels.telegram.parse import ALLOWED
from bot.channels.telegram.receiving import Parked, Receiver, take
from bot.channels.telegram.transport import Client
from bot.channels.telegram.verdict import Conflict, Unreadable, mentions
from bot.episodes import Episode
from handlers.messages import Inbound

log = logging.getLogger(__name__)

POLL_SECONDS = 30
_BATCH = 100
_GRACE_SECONDS = 15.0
PAUSE_SECONDS = 1.0  # Telegram punishes the same offset twice within half a second
EVERY_SECONDS = 60.0  # a call lasts at most POLL and GRACE
QUIET_SECONDS = 24 * 3600.0  # after this Telegram has nothing old left; ids may begin anew
# an answer that Telegram has given, to its end, whatever the update in it is like
_WHOLE = re.compile(rb'\s*\{\s*"ok"\s*:\s*true\s*,\s*"result"\s*:\s*\[.+\]\s*\}\s*', re.DOTALL)
_ID = re.compile(rb'"update_id"\s*:\s*(\d{1,10})\b')

_Placed: TypeAlias = tuple[int, Inbound | Parked]  # its place in the batch


class Poller:
    """`last_ok` is the monotonic time of Telegram's last answer to getUpdates, for watchdogs."""

    def __init__(self, client: Client, receiver: Receiver) -> None:
        self._client = client
        self._receiver = receiver
        self._cursor = Cursor()
        self._limit = _BATCH
        self._asked = 0.0
        self._ahead: list[Any] | BaseException | None = None  # what was asked for ahead
        self._trouble = Episode("telegram polling", log)
        self._crash = Episode("telegram polling", log)
        self._database = Episode("telegram intake", log)
        self.last_ok = 0.0

    def hearing(self) -> Hearing:
        pauses = (self._trouble.until, self._crash.until, self._database.until)
        return Hearing(self.last_ok, max(self.last_ok, *pauses), EVERY_SECONDS)

    async def run(self, intake: Intake) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._poll(intake)
            except Exception as error:
                # the edge of the channel: a poller that died without a word is the worst of all
                name = type(error).__name__
                await self._crash.wait(f"stopped by {name}", first=1, most=60, error=error)

    async def _poll(self, intake: Intake) -> None:
        self._cursor.reset()
        self._ahead = None
        while not await self._without_webhook():
            pass
        seen = time.monotonic()
        while True:
            try:
                updates = await self._next()
            except Unreadable as error:
                await self._narrow(error, intake)
                continue
            except DeliveryError as error:
                await self._pause(error)
                if isinstance(error, Conflict) and mentions(error, "webhook"):
                    await self._without_webhook()
                continue
            now = time.monotonic()
            if updates:
                seen = now
                await self._take(updates, intake)
            elif now - seen > QUIET_SECONDS:
                seen = now
                self._cursor.reset()

    async def _without_webhook(self) -> bool:
        """False after a pause if Telegram can't be told."""
        try:
            await self._client.call("deleteWebhook", {"drop_pending_updates": False})
        except DeliveryError as error:
            await self._pause(error)
            return False
        return True

    async def _next(self) -> list[Any]:
        """The updates behind the last batch. Raises DeliveryError."""
        ahead, self._ahead = self._ahead, None
        if isinstance(ahead, BaseException):
            raise ahead
        return await self._ask() if ahead is None else ahead

    async def _ask(self) -> list[Any]:
        """One getUpdates. Raises DeliveryError."""
        await asyncio.sleep(self._asked + PAUSE_SECONDS - time.monotonic())
        asked = time.monotonic()
        fields = {"timeout": POLL_SECONDS, "limit": self._limit, "allowed_updates": ALLOWED}
        if self._cursor.offset is not None:
            fields["offset"] = self._cursor.offset
        updates = await self._client.call(
            "getUpdates", fields, read_timeout=POLL_SECONDS + _GRACE_SECONDS
        )
        if not isinstance(updates, list):
            raise InDoubt("answer without updates")
        if not updates:
            self._limit = _BATCH
        self._asked = asked
        self.last_ok = time.monotonic()
        self._trouble.over()
        return updates

    async def _take(self, updates: Sequence[Any], intake: Intake) -> None:
        """Returns when every update of the batch is committed or parked."""
        ids = [usable_id(raw) for raw in updates]
        waiting: defaultdict[str, deque[_Placed]] = defaultdict(deque)
        for place, raw in enumerate(updates):
            item = self._receiver.read(raw)
            if item is not None:
                waiting[getattr(item, "account", "")].append((place, item))
        lines = list(waiting.values())
        half = _Half(self._cursor.offset, ids, lines)
        ends: tuple[BaseException | None, list[Any] | BaseException | None]
        ends = await asyncio.gather(
            self._commit(lines, intake, half), self._ask_ahead(half), return_exceptions=True
        )
        fault, ahead = ends
        if fault is not None:
            raise fault
        if self._cursor.pass_over(ids):
            self._asked = 0.0
        if isinstance(ahead, list):
            ahead = [raw for raw in ahead if usable_id(raw) not in ids]
        self._ahead = ahead or None
        self._crash.over()

    async def _ask_ahead(self, half: _Half) -> list[Any] | None:
        """None where the batch is done before its half was. Raises DeliveryError."""
        offset = await half.offset
        if offset is None:
            return None
        self._cursor.offset, self._asked = offset, 0.0
        return await self._ask()

    async def _commit(self, waiting: list[deque[_Placed]], intake: Intake, half: _Half) -> None:
        try:
            await self._all_of(waiting, intake, half)
        finally:
            half.end()

    async def _all_of(self, waiting: list[deque[_Placed]], intake: Intake, half: _Half) -> None:
        while waiting:
            work = asyncio.gather(
                *(_in_order(items, intake, half) for items in waiting), return_exceptions=True
            )
            try:
                ends = await asyncio.shield(work)
            except asyncio.CancelledError:
                await work  # one cut off in the middle could be committed and never answered
                raise
            faults = [end for end in ends if end is not None and not isinstance(end, Busy)]
            if faults:
                raise faults[0]
            waiting = [items for items in waiting if items]
            if waiting:
                await self._database.wait("busy", "nothing is confirmed", first=0.5, most=2)
        self._database.over()

    async def _narrow(self, error: Unreadable, intake: Intake) -> None:
        """What is no JSON: ask for single updates, and park the one that can't be read."""
        if self._limit > 1 or not _WHOLE.fullmatch(error.payload):
            self._limit = 1
            await self._pause(error)
            return
        found = _ID.search(error.payload)
        id_ = int(found[1]) if found else None  # without one, the way past it is guessed
        text = error.payload.decode(errors="replace").replace("\0", "\ufffd")
        item = self._receiver.parked(text, id_=id_, problem="unparsable: JSON")
        await self._commit([deque([(0, item)])], intake, _Half(None, [], []))
        self._cursor.pass_over([id_])
        self._limit = _BATCH

    async def _pause(self, error: DeliveryError) -> None:
        match error:
            case Unavailable():
                reason = f"{error}: please check KAOHE_TELEGRAM_TOKEN"
                await self._trouble.wait("refused", reason, first=5, most=60)
            case Conflict():
                await self._trouble.wait("conflict", str(error), first=3, most=30)
            case RetryLater() if error.everyone:
                await self._trouble.wait("too many calls", exact=error.after)
            case _:
                await self._trouble.wait("no answer", str(error), first=1, most=30)


async def _in_order(items: deque[_Placed], intake: Intake, half: _Half) -> None:
    """Takes off what is committed. Raises Busy."""
    while items:
        place, item = items[0]
        await take(item, intake)
        items.popleft()
        half.committed(place)


class _Half:
    """The first half of a batch. `offset` is what confirms it, once it is committed; None when
    the batch ends before, is short, or leaves a doubt: ids must run on from the offset without
    a gap.
    """

    def __init__(
        self, first: int | None, ids: Sequence[int | None], lines: Sequence[Iterable[_Placed]]
    ) -> None:
        self.offset: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        half = len(ids) // 2
        self._behind: int | None = None
        if first is not None and half and list(ids) == list(range(first, first + len(ids))):
            self._behind = first + half
        self._left = {place for line in lines for place, _ in line if place < half}

    def committed(self, place: int) -> None:
        self._left.discard(place)
        if not self._left:
            self.end(self._behind)

    def end(self, offset: int | None = None) -> None:
        if not self.offset.done():
            self.offset.set_result(offset)
