"""What channels are told after a restart comes from the database, and counts by the minute."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.remembering import Memories
from storage.models import outbox
from tests.bot.post import CLOCK, open_post


async def test_what_any_process_sent_in_the_last_minute(database_url: str, tmp_path: Path):
    async with open_post(database_url, tmp_path) as post:
        memories = Memories(work=post.work, clock=CLOCK, worker="me", others=lambda: True)
        post.delivery.answers(
            [*(post.answer(text) for text in ("昨天", "一", "二")), post.answer("三", to=2)]
        )
        await post.until(*["sent"] * 4)
        with post.database.begin() as connection:
            long_ago = datetime(2026, 1, 1, tzinfo=UTC)
            first = outbox.c.key == "k1"
            connection.execute(outbox.update().where(first).values(sent_at=long_ago))
        post.queue("还没有发")
        assert await memories.lately("fake", seconds=60) == {"甲": 2, "乙": 1}
        assert await memories.lately("wecom_app", seconds=60) == {}
        other = Memories(work=post.work, clock=CLOCK, worker="other", others=lambda: True)
        assert await memories.elsewhere("fake", ["甲", "乙"], seconds=60) == {}
        assert await other.elsewhere("fake", ["甲"], seconds=60) == {"甲": 2}
        assert await other.elsewhere("wecom_app", ["甲"], seconds=60) == {}
        alone = Memories(work=post.work, clock=CLOCK, worker="other", others=lambda: False)
        assert await alone.elsewhere("fake", ["甲"], seconds=60) == {}


async def test_a_short_text_is_there_after_a_restart(database_url: str, tmp_path: Path):
    async with open_post(database_url, tmp_path) as post:
        memories = Memories(work=post.work, clock=CLOCK, worker="me", others=lambda: True)
        assert await memories.recall("wecom_app.cards") == ""
        await memories.remember("wecom_app.cards", "textcard")
        await memories.remember("wecom_app.cards", "text")
        restarted = Memories(work=post.work, clock=CLOCK, worker="me", others=lambda: True)
        assert await restarted.recall("wecom_app.cards") == "text"
