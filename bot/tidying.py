"""Bytes that no row names any more: looked for once a day, and removed when they are old.

They are left by a kill between a file and its row, by files that were refused, and by what
retention took out of the database.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.database import Work
from storage import retention
from storage.blobs import Blobs

log = logging.getLogger(__name__)

FIRST = 3600.0  # seconds after the start
EVERY = 24 * 3600.0
OLD = timedelta(days=90)


async def keep_tidy(*, work: Work, blobs: Blobs, clock: Clock) -> None:
    """For ever."""
    await asyncio.sleep(FIRST)
    while True:
        try:
            await tidy(work=work, blobs=blobs, clock=clock)
        except (DBAPIError, OSError) as error:
            log.warning("files were not looked through: %s", type(error).__name__)
        await asyncio.sleep(EVERY)


async def tidy(*, work: Work, blobs: Blobs, clock: Clock) -> int:
    """How many files were removed. Raises DBAPIError, OSError."""
    known = await work.read(retention.known_blobs)
    before = clock.wall() - OLD
    removed = await asyncio.to_thread(blobs.remove_unknown, known, before=before)
    swept = await asyncio.to_thread(blobs.sweep)
    if removed or swept:
        log.info("%s files removed that nothing rests on, %s unfinished ones", removed, swept)
    return removed
