"""How the program is: what /readyz, the watchdog and the daily alarm are told.

Two questions, kept apart. *Is everything well* (`troubles`): can updates be committed, does the
messenger answer and let us in, do messages leave, is there room. *Is the program itself stuck*
(`stuck`): does nothing move any more, so that only a new start helps. A network or a database that
is away is a trouble, but no reason to start anew: whoever waits for it tries again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError

from bot.channels.base import Channel
from bot.clock import Clock
from bot.database import Work
from bot.presence import Presence
from handlers.alarms import Trouble
from storage import outbox_age
from storage.blobs import Blobs
from storage.quiet import minute_of

BEAT_AGE = 20.0  # seconds since the last heartbeat that was written
OUTBOX_AGE = 300.0  # seconds that a message which is due may wait
HEAD_AGE = 50.0  # seconds that one may be the first in line: a long broadcast moves on
STEP = 60.0  # seconds by which the system's clock may differ from time that passed
STUCK = 120.0  # seconds without a sign of life, good or bad
DEAF = 2  # times its limit that a channel may be without an answer before people are told
LOOK_SECONDS = 5.0
_KEPT = 1.0  # seconds that a look counts: anybody may ask for it


class Health:
    def __init__(
        self,
        *,
        work: Work,
        clock: Clock,
        presence: Presence,
        channels: Mapping[str, Channel],
        blobs: Blobs,
    ) -> None:
        self._work = work
        self._clock = clock
        self._presence = presence
        self._channels = channels
        self._blobs = blobs
        self._retried: dict[int, float] = {}
        self._head: tuple[int, float] | None = None
        self._looked: tuple[float, tuple[Trouble, ...]] | None = None
        self._ticked: tuple[datetime, float] | None = None

    async def troubles(self) -> tuple[Trouble, ...]:
        """What is in the way of the service now; nothing when all is well."""
        now = self._clock.monotonic()
        if self._looked is None or now - self._looked[0] > _KEPT:
            found = [
                *self._database(),
                *self._channel(patience=1),
                *self._refused(),
                *self._disk(),
            ]
            if not found or found[0].kind != "database":
                found += await self._outbox()
            self._looked = (now, tuple(found))
        return self._looked[1]

    async def alarms(self) -> tuple[Trouble, ...]:
        """What the administrators are to hear of, at a tick. A database that is away can't be
        told of in a row of it; /readyz and the log say so."""
        return (
            *self._channel(patience=DEAF),
            *self._refused(),
            *self._disk(),
            *self._stepped(),
            *await self._outbox(),
        )

    def stuck(self) -> tuple[str, ...]:
        """What has shown no sign of life for too long."""
        now = self._clock.monotonic()
        signs = {"database": self._presence.last_try}
        for name, channel, since in self._listening():
            hearing = channel.hearing()
            if hearing is not None:
                signs[name] = max(hearing.tried, since)
        return tuple(name for name, sign in signs.items() if now - sign > STUCK)

    # ------------------------------------------------------------ each thing

    def _database(self) -> Iterator[Trouble]:
        age = self._clock.monotonic() - self._presence.last_beat
        if age > BEAT_AGE:
            yield Trouble("database", f"nothing written for {age:.0f} s")

    def _channel(self, *, patience: int) -> Iterator[Trouble]:
        now = self._clock.monotonic()
        for name, channel, since in self._listening():
            hearing = channel.hearing()
            if hearing is None:
                continue
            age = now - max(hearing.answered, since)
            if age > hearing.every * patience:
                yield Trouble("deaf", f"{name}: no answer for {age:.0f} s", channel=name)

    def _refused(self) -> Iterator[Trouble]:
        """What somebody has to mend at the messenger, in the words of the channel."""
        for name, channel in self._channels.items():
            if said := channel.trouble():
                yield Trouble("refused", said, channel=name)

    def _listening(self) -> Iterator[tuple[str, Channel, float]]:
        """Those that this process listens on: of an exclusive one another process may."""
        for name, channel in self._channels.items():
            since = self._presence.since(f"channel:{name}") if channel.exclusive else 0.0
            if since is not None:
                yield name, channel, max(since, self._presence.began)

    def _disk(self) -> Iterator[Trouble]:
        try:
            free = self._blobs.free()
        except OSError as error:
            yield Trouble("disk", f"not readable ({type(error).__name__})")
            return
        if not free:
            yield Trouble("disk", f"less than {self._blobs.reserve // 1024**2} MiB free")

    def _stepped(self) -> Iterator[Trouble]:
        wall, passed = self._clock.wall(), self._clock.monotonic()
        before, self._ticked = self._ticked, (wall, passed)
        if before is None:
            return
        step = (wall - before[0]).total_seconds() - (passed - before[1])
        if abs(step) > STEP:
            yield Trouble("clock", f"stepped by {step:.0f} s")

    async def _outbox(self) -> Sequence[Trouble]:
        now = self._clock.now()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                due, retried = await self._work.read(
                    lambda c: outbox_age.look(
                        c, channels=tuple(self._channels), now=now, minute=minute_of(now)
                    )
                )
        except (DBAPIError, TimeoutError) as error:
            return (Trouble("database", f"not readable ({type(error).__name__})"),)
        moment = self._clock.monotonic()
        # how long one is tried again and again no column says: since we have seen it for the first
        self._retried = {row_id: self._retried.get(row_id, moment) for row_id in retried}
        ages = [moment - since for since in self._retried.values()]
        if due is None:
            self._head = None
        else:
            if self._head is None or self._head[0] != due[0]:
                self._head = (due[0], moment)
            if moment - self._head[1] > HEAD_AGE:
                ages.append((now - due[1]) / timedelta(seconds=1))
        oldest = max(ages, default=0.0)
        if oldest <= OUTBOX_AGE:
            return ()
        return (Trouble("outbox", f"a message waits for {oldest:.0f} s"),)


def lines(troubles: Sequence[Trouble]) -> list[str]:
    """For machines and whoever reads over their shoulder; no names of people, no secrets."""
    return [f"{trouble.kind}: {trouble.detail}" for trouble in troubles]
