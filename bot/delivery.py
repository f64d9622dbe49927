"""The outbox worker: what was committed is sent, once, in order, and its outcome written down.

Answers come straight from the turn that wrote them, already claimed; notices are claimed when
there is a slot to send them in, as many at once as the channel tells together. Each account has
two lanes, in which order holds. A newer panel supersedes an older one that has not left yet. What
one send comes to is `sending`'s to find out, and `circulars`'. While the database is away whatever
needs it waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from bot.channels.base import Channel, Circular
from bot.circulars import Batch, Circulars, batches
from bot.clock import Clock
from bot.database import Work, once_there
from bot.ending import Ending
from bot.envelope import Envelopes
from bot.marking import Marker
from bot.pacing import Pacer, Pacers
from bot.sending import Means, Sending, given_back
from handlers.messages import Inbound, Receipt
from storage import outbox
from storage.outbox import Mark, Row
from storage.quiet import minute_of

log = logging.getLogger(__name__)

Spawn = Callable[[Coroutine[Any, Any, None]], object]
POLL = 1.0  # seconds between looks for rows that another process queued
LOOK = 0.05  # the shortest such pause
SLOTS = 30  # that are taken at once
GATHERING = 1.0  # seconds in which another file is likely to follow
LAST_WORDS = 3.0  # seconds for the outcomes at the end, should the database be away


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
        self._channels = channels
        self._spawn = spawn
        self._pacers = Pacers(lambda name: channels[name].pace)
        self._lanes: dict[int, deque[Row]] = {}
        # rows in our hands, with their lanes: waiting, under way, or to be marked
        self._held: dict[int, str] = {}
        self._doubted: set[str] = set()  # channels whose last claim failed, perhaps after all done
        self._wake = asyncio.Event()
        self._ending = Ending()
        self._marker = Marker(
            work=work,
            clock=clock,
            worker=worker,
            spawn=spawn,
            channels=lambda: tuple(channels),
            written=self._written,
        )
        means = Means(work, clock, worker, envelopes, self._pacers, self._ending)
        self._redirected = redirect is not None
        self._sending = Sending(means, channels, redirect=redirect)
        self._circulars = Circulars(means, channels)

    # ------------------------------------------------------------ answers

    def answers(self, rows: Sequence[Row]) -> None:
        """Send the answers of one committed turn, after those of earlier turns."""
        for row in rows:
            self._held[row.id] = row.lane
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
        rows = await once_there(
            lambda: self._work.read(lambda c: outbox.unseen(c, key=key, worker=self._worker))
        )
        for row in rows:
            if row.id in self._held:
                continue
            self._held[row.id] = row.lane
            ours = await self._sending.counted(row)
            if ours is None:
                del self._held[row.id]
            else:
                self.answers((ours,))

    async def _drain(self, account_id: int, lane: deque[Row]) -> None:
        old: list[Mark] = []  # written down with the outcome of what came instead
        gathered = False
        while lane and not self._ending.has_begun():
            row = lane.popleft()
            if row.panel and any(later.panel == row.panel for later in lane):
                old.append(Mark(row.id, row.attempt, "superseded"))
                continue
            if not gathered and self._gathers(row):
                gathered = True
                lane.appendleft(row)
                await self._ending.begins_within(GATHERING)
                continue
            gathered = False
            await self._deliver(Batch((row,)), besides=old)
            old = []
            if row.attempt > 1:
                self.wake()  # others that were claimed late may wait behind it
        self._mark(old, at_once=False)
        if lane:
            self._give_back(lane)
        del self._lanes[account_id]

    def _gathers(self, row: Row) -> bool:
        """Whether it would soon be said again, in one more message, as further files arrive."""
        channel = self._channels.get(row.channel)
        return bool(row.panel) and row.of_file and channel is not None and channel.appends

    def _give_back(self, rows: Sequence[Row] | deque[Row]) -> None:
        self._mark([given_back(row) for row in rows], at_once=True)

    def _mark(self, marks: Iterable[Mark], *, at_once: bool) -> None:
        for mark in marks:
            self._marker.add(mark, at_once=at_once)

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
        pacer = self._pacers.of(name)
        while not self._ending.has_begun():
            if not (self._redirected or self._channels[name].here):
                await self._idle(pacer)
                continue
            slots = await pacer.slots(SLOTS)
            circular = self._circular(name)
            most = circular.most if circular else slots
            with self._ending.under_way():
                rows = await self._claim(name, most, pacer)
                self._held.update((row.id, row.lane) for row in rows)
                if self._ending.has_begun():
                    self._give_back(rows)
                    return
            notices = batches((row for row in rows if row.lane == "notice"), circular)
            pacer.give_back(max(0, slots - len(notices)))
            self.answers([row for row in rows if row.lane != "notice"])
            for number, batch in enumerate(notices):
                self._spawn(self._notice(batch, pacer, slot=number < slots))
            if len(rows) < most:
                await self._idle(pacer)

    def _circular(self, name: str) -> Circular | None:
        """In test mode all go to one account, each alone."""
        return None if self._redirected else self._channels[name].circular

    async def _idle(self, pacer: Pacer) -> None:
        self._wake.clear()
        # accounts that rest now become due within their second; look a little more often then
        pause = min(max(LOOK, pacer.soonest()), POLL)
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
                minute=minute_of(now),
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

    async def _notice(self, batch: Batch, pacer: Pacer, *, slot: bool) -> None:
        """`slot`: one is in hand already."""
        if not slot and not await self._takes_slot(batch, pacer):
            return
        async with pacer.sending([row.account_id for row in batch.rows]):
            await self._deliver(batch)

    def _written(self, row_id: int) -> None:
        """Its outcome is in the database: what stands behind a notice may be claimed now."""
        if self._held.pop(row_id, "") == "notice":
            self.wake()

    async def _takes_slot(self, batch: Batch, pacer: Pacer) -> bool:
        """False if the end came first."""
        with self._ending.under_way(), self._ending.preparing():
            try:
                await pacer.slots(1)
            except asyncio.CancelledError:
                if not self._ending.was_recalled():
                    raise
            else:
                if not self._ending.has_begun():
                    return True
                pacer.give_back(1)
            self._give_back(batch.rows)
            return False

    async def _deliver(self, batch: Batch, besides: Sequence[Mark] = ()) -> None:
        with self._ending.under_way():
            try:
                if batch.circular is not None:
                    marks = await self._circulars.outcomes(batch.rows, batch.circular)
                else:
                    marks = [await self._sending.outcome(row) for row in batch.rows]
            except Exception as error:
                # the one broad catch on the way out: one message's fault must not stop the others
                log.exception("message %s could not be prepared", batch.rows[0].id)
                why = type(error).__name__
                marks = [Mark(row.id, row.attempt, "failed", problem=why) for row in batch.rows]
            self._mark((*besides, *marks), at_once=batch.rows[0].lane == "notice")

    # ------------------------------------------------------------ stopping

    async def close(self, patience: float) -> None:
        """Start nothing more, wait up to `patience` seconds for what is under way, write it down.

        What was claimed and surely not sent is given back to whoever comes next.
        """
        self._ending.begin()
        self._wake.set()
        if not await self._ending.quiet(patience):
            log.warning("%s messages still under way at the end", self._ending.in_flight)
            await self._ending.recall(LAST_WORDS)
        for lane in self._lanes.values():
            self._give_back(lane)
            lane.clear()
        try:
            async with asyncio.timeout(LAST_WORDS):
                await self._marker.flushed()
        except TimeoutError:
            log.warning("the last outcomes could not be written")
