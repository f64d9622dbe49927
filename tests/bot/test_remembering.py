"""What channels are told after a restart comes from the database, and counts by the minute."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.remembering import Memories
from storage.models import outbox
from tests.bot.post import CLOCK, open_post


async def test_what_any_process_took_in_hand_in_the_last_minute(database_url: str, tmp_path: Path):
    async with open_post(database_url, tmp_path) as post:
        memories = Memories(work=post.work, clock=CLOCK)
        long_ago = post.answer("昨天")
        with post.database.begin() as connection:
            connection.execute(
                outbox.update()
                .where(outbox.c.id == long_ago.id)
                .values(claimed_at=datetime(2026, 1, 1, tzinfo=UTC))
            )
        post.answer("一")
        post.answer("二")
        post.answer("三", to=2)
        post.queue("还没有发")
        assert await memories.lately("fake", seconds=60) == {"甲": 2, "乙": 1}
        assert await memories.lately("wecom_app", seconds=60) == {}


async def test_a_short_text_is_there_after_a_restart(database_url: str, tmp_path: Path):
    async with open_post(database_url, tmp_path) as post:
        memories = Memories(work=post.work, clock=CLOCK)
        assert await memories.recall("wecom_app.cards") == ""
        await memories.remember("wecom_app.cards", "textcard")
        await memories.remember("wecom_app.cards", "text")
        restarted = Memories(work=post.work, clock=CLOCK)
        assert await restarted.recall("wecom_app.cards") == "text"
