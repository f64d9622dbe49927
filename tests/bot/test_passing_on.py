"""A notice that fails for good on one account goes to the next of that person, each once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.base import InDoubt, RecipientGone, Rejected
from storage.models import account
from storage.models import outbox as outbox_table
from tests.bot.post import Post, ScriptedChannel, ScriptedCircular, open_post

NAMES = ("甲", "乙", "丙")


@pytest.fixture
async def post(database_url: str, tmp_path: Path) -> AsyncIterator[Post]:
    async with open_post(database_url, tmp_path, names=NAMES) as opened:
        yield opened


def unreachable(post: Post) -> list[str | None]:
    with post.database.read() as connection:
        query = select(account.c.unreachable).order_by(account.c.id)
        return list(connection.execute(query).scalars())


@pytest.mark.parametrize(
    ("error", "marked"), [(RecipientGone("blocked"), "gone"), (Rejected("no cards"), None)]
)
async def test_it_goes_to_the_next_account_as_a_new_row(
    post: Post, error: RecipientGone | Rejected, marked: str | None
) -> None:
    post.person("李敏", 1, 2)
    post.channel.script = [error]
    post.queue("一", to=2, silent=True)
    post.tasks.spawn(post.delivery.run())
    await post.until("passed", "sent")
    assert post.rows() == [("k1", 2, "passed"), ("k1~2", 1, "sent")]
    assert post.channel.sent == [("send", "甲", "一")]
    assert unreachable(post) == [None, marked, None]
    with post.database.read() as connection:
        first, second = connection.execute(select(outbox_table).order_by(outbox_table.c.id))
    assert (first.problem, first.message_ref) == (str(error), None)
    assert (second.body, second.lane, second.not_before) == (first.body, "notice", None)
    assert second.problem is None


async def test_each_account_is_tried_once_and_then_it_has_failed(post: Post) -> None:
    post.person("李敏", 1, 2, 3, preferred=2)
    post.channel.script = [Rejected("one"), Rejected("two"), Rejected("three")]
    post.queue("一", to=2)
    post.tasks.spawn(post.delivery.run())
    await post.until("passed", "passed", "failed")
    assert post.rows() == [
        ("k1", 2, "passed"), ("k1~2", 3, "passed"), ("k1~3", 1, "failed"),
    ]  # fmt: skip
    assert post.channel.sent == []


async def test_doubt_is_passed_on_to_nobody(post: Post) -> None:
    post.person("李敏", 1, 2)
    post.channel.script = [InDoubt("lost")]
    post.queue("一")
    post.tasks.spawn(post.delivery.run())
    await post.until("unknown")


async def test_neither_are_answers(post: Post) -> None:
    post.person("李敏", 1, 2)
    post.channel.script = [RecipientGone("blocked")]
    post.delivery.answers([post.answer("一")])
    await post.until("failed")
    assert unreachable(post) == ["gone", None, None]


async def test_nor_what_could_not_be_made(post: Post) -> None:
    post.person("李敏", 1, 2)
    document = {
        "document": "annex_sheet", "arguments": {"publication": 77, "department": "GA"},
        "name": "a.docx", "mime": "", "secret": False,
    }  # fmt: skip
    post.queue("表", document=document)
    post.tasks.spawn(post.delivery.run())
    await post.until("failed")


async def test_only_channels_that_are_switched_on_count(post: Post) -> None:
    with post.database.begin() as connection:
        connection.execute(account.update().where(account.c.id == 2).values(channel="off"))
    post.person("李敏", 1, 2)
    post.channel.script = [RecipientGone("blocked")]
    post.queue("一")
    post.tasks.spawn(post.delivery.run())
    await post.until("failed")


async def test_it_goes_from_one_channel_to_the_other(database_url: str, tmp_path: Path) -> None:
    circular = ScriptedCircular()
    circular.faults = {"甲": RecipientGone("not in scope")}
    first = ScriptedChannel(circular=circular)
    second = ScriptedChannel(name="web")
    async with open_post(
        database_url, tmp_path, names=NAMES, channel=first, others=[second]
    ) as post:
        with post.database.begin() as connection:
            connection.execute(account.update().where(account.c.id == 3).values(channel="web"))
        post.person("李敏", 3, 1)
        post.queue("一")
        post.queue("一", to=2)
        post.tasks.spawn(post.delivery.run())
        await post.until("passed", "sent", "sent")
        assert post.rows()[2] == ("k1~2", 3, "sent")
        assert second.sent == [("send", "丙", "一")]
        assert circular.seen == {("乙", "一"): 1}


async def test_its_lane_is_not_held_up(post: Post) -> None:
    post.person("李敏", 1, 2)
    post.channel.script = [Rejected("one")]
    post.queue("一")
    post.queue("二")
    post.tasks.spawn(post.delivery.run())
    await post.until("passed", "sent", "sent")
    assert sorted(post.channel.sent) == sorted([("send", "乙", "一"), ("send", "甲", "二")])
