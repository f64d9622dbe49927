"""What channels have learnt of their messengers, kept over restarts in the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from sqlalchemy.engine import Connection

from bot.clock import Clock
from bot.database import Work
from storage import marks, told


class Memories:
    """`bot.channels.base.Memory` over the marks of timed rules, one short text a name, and the
    outbox; `worker` is this process's name in it, `others` says whether there are more."""

    def __init__(
        self, *, work: Work, clock: Clock, worker: str, others: Callable[[], bool]
    ) -> None:
        self._work = work
        self._clock = clock
        self._worker = worker
        self._others = others

    async def recall(self, name: str) -> str:
        return await self._work.read(lambda c: marks.read(c, name))

    async def remember(self, name: str, text: str) -> None:
        now = self._clock.now()

        def job(connection: Connection) -> None:
            marks.hold(connection, name, now=now)
            marks.set_mark(connection, name, text, now=now)

        await self._work.write(job)

    async def elsewhere(
        self, channel: str, accounts: Collection[str], *, seconds: float
    ) -> Mapping[str, int]:
        if not self._others():
            return {}
        since = self._clock.now() - timedelta(seconds=seconds)
        return await self._work.read(
            lambda c: told.elsewhere(
                c, channel=channel, accounts=accounts, since=since, worker=self._worker
            )
        )

    async def lately(self, channel: str, *, seconds: float) -> Mapping[str, int]:
        since = self._clock.now() - timedelta(seconds=seconds)
        return await self._work.read(lambda c: told.lately(c, channel=channel, since=since))
