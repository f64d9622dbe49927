"""Outcomes of answers share a commit; none is held back that others wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from bot import marking
from tests.bot.post import Post, open_post


@pytest.fixture
async def post(database_url: str, tmp_path: Path) -> AsyncIterator[Post]:
    async with open_post(database_url, tmp_path) as opened:
        yield opened


@contextmanager
def commits(post: Post) -> Iterator[list[object]]:
    found: list[object] = []
    note = found.append
    event.listen(post.database.writer, "commit", note)
    try:
        yield found
    finally:
        event.remove(post.database.writer, "commit", note)


async def said(post: Post, text: str, *, to: int = 1) -> None:
    there = len(post.channel.sent)
    post.delivery.answers([post.answer(text, to=to)])
    async with asyncio.timeout(5):
        while len(post.channel.sent) == there:  # noqa: ASYNC110 - a send wakes nobody
            await asyncio.sleep(0.01)


async def test_answers_share_a_commit(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "LINGER", 1.0)
    for text in ("一", "二", "三"):
        await said(post, text)
    assert post.states() == ["sending"] * 3
    with commits(post) as found:
        await post.until("sent", "sent", "sent")
        assert len(found) == 1


async def test_a_notice_waits_for_nobody(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "LINGER", 60.0)
    await said(post, "答")
    post.queue("提醒", to=2)
    post.tasks.spawn(post.delivery.run())
    await post.until("sent", "sent")


async def test_at_the_end_none_lingers(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "LINGER", 60.0)
    await said(post, "答")
    await post.delivery.close(5)
    assert post.states() == ["sent"]


def test_it_is_no_long_time():
    """Whoever is killed in it lets an answer be seen twice."""
    assert marking.LINGER <= 0.02
