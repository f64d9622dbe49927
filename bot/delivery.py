"""The outbox worker: what was committed is sent, once, in order, and its outcome written down.

Answers come straight from the turn that wrote them, already claimed; notices are claimed when
there is a slot to send them in. Each account has two lanes, in which order holds. A newer panel
supersedes an older one that has not left yet. What may have been sent is never sent again, except
an answer, once; what surely was not is tried until it goes through. While the database is away
whatever needs it waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot.channels.base import (
    Channel,
    InDoubt,
    Outgoing,
    RecipientGone,
    Rejected,
    RetryLater,
    Sent,
    Unavailable,
)
from bot.clock import Clock
from bot.database import Work
from bot.envelope import Envelopes
from bot.marking import Marker
from bot.pacing import Pacer
from bot.panels import Panels, Superseded
from handlers.messages import Inbound, Receipt
from storage import accounts, deliveries, outbox
from storage.db import passing
from storage.outbox import ANSWER_ATTEMPTS, Mark, Row

log = logging.getLogger(__name__)

T = TypeVar("T")
Spawn = Callable[[Coroutine[Any, Any, None]], object]
POLL = 1.0  # seconds between looks for rows that another process queued
RETRY_FIRST, RETRY_MOST = 1.0, 60.0  # seconds
LAST_WORDS = 3.0  # seconds for the outcomes at the end, should the database be away


def given_back(row: Row) -> Mark:
    """To whoever comes next: nothing of it has left."""
    return Mark(row.id, row.attempt, "queued", problem="stopped", unsent=True)


class Delivery:
    """`spawn` starts a task of the program's task group; `worker` is this process's name."""

    def __init__(
        self,
        *,
        work: Work,
        clock: Clock,
        worker: str,
        channels: Mapping[str, Channel],
        envelopes: Envelopes,
        spawn: Spawn,
        redirect: str | None = None,
    ) -> None:
        """`redirect` (`telegram:123`): test mode, every message goes to this account."""
        self._work = work
        self._clock = clock
        self._worker = worker
        self._redirect = tuple(redirect.split(":", 1)) if redirect else None
        self._channels = channels
        self._envelopes = envelopes
        self._spawn = spawn
        self._pacers: dict[str, Pacer] = {}
        self._lanes: dict[int, deque[Row]] = {}
        self._held: set[int] = set()  # rows in our hands: in a lane, under way, or to be marked
        self._doubted: set[str] = set()  # channels whose last claim failed, perhaps after all done
        self._panels = Panels(work)
        self._wake = asyncio.Event()
        self._marker = Marker(
            work=work, clock=clock, worker=worker, spawn=spawn, written=self._held.discard
        )
        self._unsent: set[asyncio.Task[Any] | None] = set()  # preparing: nothing has left yet
        self._recalled: set[asyncio.Task[Any]] = set()
        self._in_flight = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._closing = asyncio.Event()

    def _pacer(self, channel: str) -> Pacer:
        """One a channel; channels may come up after the delivery."""
        if channel not in self._pacers:
            self._pacers[channel] = Pacer(self._channels[channel].pace)
        return self._pacers[channel]

    # ------------------------------------------------------------ answers

    def answers(self, rows: Sequence[Row]) -> None:
        """Send the answers of one committed turn, after those of earlier turns."""
        for row in rows:
            self._held.add(row.id)
            lane = self._lanes.get(row.account_id)
            if lane is None:
                lane = self._lanes[row.account_id] = deque((row,))
                self._spawn(self._drain(row.account_id, lane))
            else:
                place = len(lane)
                while place and lane[place - 1].id > row.id:
                    place -= 1  # one that a dead process left comes late
                lane.insert(place, row)

    async def adopt(self, key: str) -> None:
        """Send the answers to an update whose turn was committed without our learning of it. Those
        in our hands are left alone, and so are those that were settled meanwhile."""
        rows = await self._there(
            lambda: self._work.read(lambda c: outbox.unseen(c, key=key, worker=self._worker))
        )
        for row in rows:
            if row.id in self._held:
                continue
            self._held.add(row.id)
            ours = await self._counted(row)
            if ours is None:
                self._held.discard(row.id)
            else:
                self.answers((ours,))

    async def _drain(self, account_id: int, lane: deque[Row]) -> None:
        while lane and not self._closing.is_set():
            row = lane.popleft()
            if row.panel and any(later.panel == row.panel for later in lane):
                self._marker.add(Mark(row.id, row.attempt, "superseded"))
                continue
            await self._deliver(row)
            if row.attempt > 1:
                self.wake()  # others that were claimed late may wait behind it
        if lane:
            self._give_back(lane)
        del self._lanes[account_id]

    def _give_back(self, rows: Sequence[Row] | deque[Row]) -> None:
        for row in rows:
            self._marker.add(given_back(row))

    def pressed(self, inbound: Inbound, receipt: Receipt) -> None:
        """Stop the spinner of a pressed button; the answer itself stands on the card."""
        channel = self._channels.get(inbound.channel)
        if channel is not None and inbound.acknowledge:
            self._spawn(channel.acknowledge(inbound, receipt.toast))

    # ------------------------------------------------------------ notices

    def wake(self) -> None:
        """Rows were queued: look now rather than at the next second."""
        self._wake.set()

    async def run(self) -> None:
        """Claim and send what is queued, for each channel at its own pace, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in self._channels:
                group.create_task(self._notices(name))

    async def _notices(self, name: str) -> None:
        pacer = self._pacer(name)
        while not self._closing.is_set():
            slots = await pacer.slots(30)
            with self._under_way():
                rows = await self._claim(name, slots, pacer)
                self._held.update(row.id for row in rows)
                if self._closing.is_set():
                    self._give_back(rows)
                    return
            notices = [row for row in rows if row.lane == "notice"]
            pacer.give_back(slots - len(notices))
            self.answers([row for row in rows if row.lane != "notice"])
            for row in notices:
                self._spawn(self._notice(row, pacer))
            if len(rows) < slots:
                await self._idle(pacer)

    async def _idle(self, pacer: Pacer) -> None:
        self._wake.clear()
        # accounts that rest now become due within their second; look a little more often then
        pause = 0.05 if pacer.resting() else POLL
        try:
            async with asyncio.timeout(pause):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _claim(self, name: str, limit: int, pacer: Pacer) -> list[Row]:
        now = self._clock.now()
        resting = pacer.resting()
        doubted = frozenset(self._held) if name in self._doubted else None

        def job(connection: Connection) -> list[Row]:
            if doubted is not None:
                outbox.release(connection, worker=self._worker, channel=name, held=doubted)
            return outbox.claim(
                connection,
                worker=self._worker,
                channels=(name,),
                limit=limit,
                now=now,
                resting=resting,
            )

        try:
            rows = await self._work.write(job)
        except Exception as error:
            log.debug("outbox not readable: %s", type(error).__name__)
            self._doubted.add(name)
            await asyncio.sleep(POLL)
            return []
        self._doubted.discard(name)
        return rows

    async def _notice(self, row: Row, pacer: Pacer) -> None:
        async with pacer.sending(row.account_id):
            await self._deliver(row)
        self.wake()

    # ------------------------------------------------------------ one row

    async def _deliver(self, row: Row) -> None:
        with self._under_way():
            try:
                mark = await self._outcome(row)
            except Exception as error:
                # the one broad catch on the way out: one message's fault must not stop the others
                log.exception("message %s could not be prepared", row.id)
                mark = Mark(row.id, row.attempt, "failed", problem=type(error).__name__)
            self._marker.add(mark)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        self._in_flight += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._quiet.set()

    async def _outcome(self, row: Row) -> Mark:
        """Send until the outcome is known, in doubt, or we stop."""
        pause = RETRY_FIRST
        while True:
            try:
                sent = await self._send(row)
            except (RetryLater, Unavailable) as error:
                after = getattr(error, "after", RETRY_MOST)
                if getattr(error, "everyone", False):
                    self._pacer(row.channel).shut(after)
                if row.lane != "notice" and not await self._closes_within(max(after, pause)):
                    pause = min(pause * 2, RETRY_MOST)
                    continue
                # its lane is free meanwhile for nobody: the row stays first in it
                later = None  # whoever comes after us may try at once
                if not self._closing.is_set():
                    later = self._clock.now() + timedelta(seconds=max(after, pause))
                return Mark(row.id, row.attempt, "queued", problem=str(error), not_before=later)
            except InDoubt as error:
                if row.lane == "notice" or row.attempt >= ANSWER_ATTEMPTS:
                    return Mark(row.id, row.attempt, "unknown", problem=str(error))
                if self._closing.is_set():  # the second time is left to whoever comes next
                    return Mark(row.id, row.attempt, "queued", problem=str(error))
                again = await self._counted(row)
                if again is None:
                    return Mark(row.id, row.attempt, "unknown", problem=str(error))
                row = again
            except Superseded:
                return Mark(row.id, row.attempt, "superseded")
            except RecipientGone as error:
                state = "queued" if await self._gone(row) else "failed"
                return Mark(row.id, row.attempt, state, problem=str(error))
            except Rejected as error:
                log.warning("message %s refused by %s: %s", row.id, row.channel, error)
                return Mark(row.id, row.attempt, "failed", problem=str(error))
            except asyncio.CancelledError:
                if not self._was_recalled():
                    raise
                return given_back(row)
            else:
                return Mark(row.id, row.attempt, "sent", message_ref=sent.message_ref)

    async def _send(self, row: Row) -> Sent:
        if self._redirect is not None:
            row = replace(row, channel=self._redirect[0], external_id=self._redirect[1])
        channel = self._channels[row.channel]
        with ExitStack() as held:
            self._unsent.add(asyncio.current_task())
            held.callback(self._unsent.discard, asyncio.current_task())
            await self._pacer(row.channel).passable()
            message = await self._there(lambda: self._envelopes.pack(row, channel, held))
            sent = await self._envelopes.uploads.send(
                message,
                channel=row.channel,
                send=lambda message: self._hand_over(row, channel, message),
            )
        self._panels.remember(row, sent.message_ref)
        return sent

    async def _hand_over(self, row: Row, channel: Channel, message: Outgoing) -> Sent:
        """Edit the panel if the person looks at it, else send: after a press that is the message
        with the button, else the panel's as long as nothing was typed since."""
        message_ref = await self._there(lambda: self._panels.to_edit(row))
        self._unsent.discard(asyncio.current_task())
        if message_ref is not None:
            return await channel.edit(message, message_ref)
        return await channel.send(message)

    async def _there(self, work: Callable[[], Awaitable[T]]) -> T:
        """`work` with the database, again and again while it is away: nothing that was committed
        may fail for that."""
        while True:
            try:
                return await work()
            except DBAPIError as error:
                if not passing(error):
                    raise
                await asyncio.sleep(POLL)

    async def _closes_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._closing.wait()
        except TimeoutError:
            return False

    async def _counted(self, row: Row) -> Row | None:
        """An answer in doubt may be sent a second time, if that is written down first."""
        noted = await self._there(
            lambda: self._work.write(lambda c: outbox.again(c, worker=self._worker, row=row))
        )
        return replace(row, attempt=row.attempt + 1) if noted else None

    async def _gone(self, row: Row) -> bool:
        """Note it; whether the notice has another account of that person to go to."""
        if self._redirect is not None:
            return False

        def job(connection: Connection) -> bool:
            accounts.mark_unreachable(connection, row.account_id, "gone")
            return deliveries.readdress(connection, row, worker=self._worker)

        return await self._there(lambda: self._work.write(job))

    # ------------------------------------------------------------ stopping

    async def close(self, patience: float) -> None:
        """Start nothing more, wait up to `patience` seconds for what is under way, write it down.

        What was claimed and surely not sent is given back to whoever comes next.
        """
        self._closing.set()
        self._wake.set()
        try:
            async with asyncio.timeout(patience):
                await self._quiet.wait()
        except TimeoutError:
            log.warning("%s messages still under way at the end", self._in_flight)
            await self._recall()
        for lane in self._lanes.values():
            self._give_back(lane)
            lane.clear()
        try:
            async with asyncio.timeout(LAST_WORDS):
                await self._marker.flushed()
        except TimeoutError:
            log.warning("the last outcomes could not be written")

    async def _recall(self) -> None:
        """Stop whatever only waits or prepares: for a document, an upload, the messenger's gate,
        the database. It surely was not sent."""
        self._recalled = {task for task in self._unsent if task is not None}
        for task in self._recalled:
            task.cancel()
        if self._recalled:
            await asyncio.wait(set(self._recalled), timeout=LAST_WORDS)

    def _was_recalled(self) -> bool:
        task = asyncio.current_task()
        if task is None or task not in self._recalled:
            return False
        task.uncancel()
        return True
