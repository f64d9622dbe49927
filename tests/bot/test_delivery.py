"""The outbox worker on a channel that does as it is told: order, panels, doubt, pace, the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from bot import delivery
from bot.channels.base import InDoubt, Pace, RecipientGone, Rejected, RetryLater
from bot.clock import Clock
from bot.presence import Presence
from handlers.premises import CENTRE_ZONE
from storage import outbox
from storage.models import account, lease, person
from storage.models import outbox as outbox_table
from storage.outbox import Row
from tests.bot.post import CLOCK, Post, ScriptedChannel, open_post


@pytest.fixture
async def post(database_url: str, tmp_path: Path) -> AsyncIterator[Post]:
    async with open_post(database_url, tmp_path) as opened:
        yield opened


async def test_answers_keep_their_order_and_accounts_do_not_wait_for_each_other(
    post: Post,
) -> None:
    post.channel.hold.clear()
    post.delivery.answers([post.answer("一"), post.answer("二")])
    post.delivery.answers([post.answer("三", to=2)])
    async with asyncio.timeout(5):
        while post.channel.running < 2:  # noqa: ASYNC110 - the first of each account is under way
            await asyncio.sleep(0.01)
    post.channel.hold.set()
    await post.until("sent", "sent", "sent")
    assert [text for _, to, text in post.channel.sent if to == "甲"] == ["一", "二"]


async def test_a_newer_panel_supersedes_the_older_that_has_not_left(post: Post) -> None:
    post.channel.hold.clear()
    shown = [post.answer(f"卡 {n}", panel="p", typed=1) for n in range(4)]
    post.delivery.answers(shown[:1])
    await asyncio.sleep(0)
    post.delivery.answers(shown[1:])
    post.channel.hold.set()
    await post.until("sent", "superseded", "superseded", "sent")
    assert post.channel.sent == [("send", "甲", "卡 0"), ("edit", "甲", "卡 3")]


async def test_what_files_do_to_a_panel_is_one_message(post: Post) -> None:
    post.channel.appends = True
    shown = [
        replace(post.answer(f"附件 {n}", panel="p", typed=n), of_file=True, anew=True)
        for n in range(1, 10)
    ]
    for row in shown:
        post.delivery.answers([row])
        await asyncio.sleep(0.01)
    typed = post.answer("已提交")
    post.delivery.answers([typed])
    await post.until(*["superseded"] * 8, "sent", "sent")
    assert post.channel.sent == [("send", "甲", "附件 9"), ("send", "甲", "已提交")]


async def test_what_waits_for_more_files_is_given_back_at_the_end(post: Post) -> None:
    post.channel.appends = True
    post.delivery.answers(
        [replace(post.answer("附件", panel="p"), of_file=True), post.answer("二")]
    )
    await asyncio.sleep(0.01)
    await post.delivery.close(5)
    assert (post.channel.sent, post.states()) == ([], ["queued", "queued"])


async def test_what_waits_for_more_files_waits_once(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "GATHERING", 3.0)
    post.channel.appends = True
    began = asyncio.get_running_loop().time()
    post.delivery.answers([replace(post.answer("收到", panel="p"), of_file=True)])
    await asyncio.sleep(0.3)
    post.delivery.answers([replace(post.answer("附件 1", panel="p"), of_file=True)])
    await post.until("superseded", "sent")
    assert asyncio.get_running_loop().time() - began < 4.5
    assert [text for _, _, text in post.channel.sent] == ["附件 1"]


async def test_a_panel_that_is_edited_shows_each_file_at_once(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "GATHERING", 60.0)
    post.delivery.answers([replace(post.answer("附件", panel="p"), of_file=True)])
    await post.until("sent")


async def test_a_panel_is_sent_anew_once_something_was_typed(post: Post) -> None:
    post.delivery.answers([post.answer("卡", panel="p", typed=1)])
    await post.until("sent")
    post.delivery.answers([post.answer("卡二", panel="p", typed=2)])
    await post.until("sent", "sent")
    assert [what for what, _, _ in post.channel.sent] == ["send", "send"]


async def test_what_surely_was_not_sent_is_sent_later(post: Post) -> None:
    post.channel.script = [RetryLater("refused", after=0.01)]
    post.delivery.answers([post.answer("一"), post.answer("二")])
    await post.until("sent", "sent")
    assert [text for _, _, text in post.channel.sent] == ["一", "二"]


async def test_an_answer_in_doubt_is_repeated_once_and_then_unknown(post: Post) -> None:
    post.channel.script = [InDoubt("lost"), None, InDoubt("lost"), InDoubt("lost")]
    post.delivery.answers([post.answer("一"), post.answer("二")])
    await post.until("sent", "unknown")
    assert [text for _, _, text in post.channel.sent] == ["一"]
    assert post.channel.again == ["一", "二"]


async def test_a_notice_in_doubt_is_never_repeated(post: Post) -> None:
    post.channel.script = [InDoubt("lost")]
    post.queue("一")
    post.queue("二")
    post.tasks.spawn(post.delivery.run())
    await post.until("unknown", "sent")
    assert [text for _, _, text in post.channel.sent] == ["二"]


async def test_who_can_not_be_written_to_is_noted(post: Post) -> None:
    post.channel.script = [RecipientGone("blocked"), Rejected("too long")]
    post.delivery.answers([post.answer("一")])
    await post.until("failed")
    post.delivery.answers([post.answer("二", to=2)])
    await post.until("failed", "failed")
    with post.database.read() as connection:
        marked = connection.execute(select(account.c.unreachable).order_by(account.c.id)).scalars()
        assert list(marked) == ["gone", None]


async def test_notices_of_one_account_stay_in_order(post: Post) -> None:
    for number in range(5):
        post.queue(f"{number}")
    post.tasks.spawn(post.delivery.run())
    await post.until(*["sent"] * 5)
    assert [text for _, _, text in post.channel.sent] == list("01234")


async def test_notices_hold_the_pace(database_url: str, tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with open_post(database_url, tmp_path, pace=Pace(overall=2, account=0)) as post:
        for number in range(5):
            post.queue(f"{number}", to=1 + number % 2)
        began = loop.time()
        post.tasks.spawn(post.delivery.run())
        await post.until(*["sent"] * 5)
        assert loop.time() - began > 1.8


async def test_the_end_finishes_what_is_under_way_and_gives_back_the_rest(post: Post) -> None:
    post.channel.hold.clear()
    post.delivery.answers([post.answer("一"), post.answer("二")])
    while not post.channel.running:  # noqa: ASYNC110 - one send has begun
        await asyncio.sleep(0.01)
    closing = asyncio.ensure_future(post.delivery.close(5))
    await asyncio.sleep(0.05)
    post.channel.hold.set()
    await closing
    assert post.states() == ["sent", "queued"]


async def test_what_a_dead_worker_left_is_settled(post: Post) -> None:
    with post.database.begin() as connection:
        connection.execute(
            lease.insert(),
            {
                "name": "worker:other",
                "holder": "other/1/x",
                "expires_at": CLOCK.wall() + timedelta(minutes=1),
            },
        )
    post.answer("一")  # claimed by "me", which has no lease
    post.queue("二")
    with post.database.begin() as connection:
        outbox.claim(connection, worker="dead", channels=["fake"], limit=9, now=CLOCK.now())
    third = post.answer("三")
    with post.database.begin() as connection:
        connection.execute(
            outbox_table.update().where(outbox_table.c.id == third.id).values(worker="other/1/x")
        )
    await Presence(work=post.work, clock=CLOCK, worker="new").beat()
    assert post.states() == ["queued", "unknown", "sending"]
    post.tasks.spawn(post.delivery.run())
    await post.until("sent", "unknown", "sending")


async def test_a_panel_that_comes_late_does_not_cover_a_newer_one(post: Post) -> None:
    older, newer = (post.answer(text, panel="p", typed=1) for text in ("旧", "新"))
    post.delivery.answers([newer])
    await post.until("sending", "sent")
    post.delivery.answers([older])
    await post.until("superseded", "sent")
    assert [text for _, _, text in post.channel.sent] == ["新"]


async def test_answers_of_a_commit_we_did_not_learn_of_are_sent_once(post: Post) -> None:
    post.channel.hold.clear()
    handed = post.answer("一", key="u1#0")
    post.delivery.answers([handed])
    post.answer("二", key="u2#0")
    await post.delivery.adopt("u1")
    await post.delivery.adopt("u2")
    await post.delivery.adopt("u2")
    post.channel.hold.set()
    await post.until("sent", "sent")
    assert [text for _, _, text in post.channel.sent] == ["一", "二"]


async def test_a_claim_we_did_not_learn_of_is_made_again(post: Post) -> None:
    post.queue("一")
    claim = outbox.claim
    failed: list[list[Row]] = []

    def unlucky(connection: Connection, **more: Any) -> list[Row]:
        rows = claim(connection, **more)
        if rows and not failed:
            failed.append(rows)
            connection.commit()
            raise OperationalError("COMMIT", {}, Exception("connection lost"))
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "claim", unlucky)
        post.tasks.spawn(post.delivery.run())
        await post.until("sent")
    assert len(failed) == 1
    assert [text for _, _, text in post.channel.sent] == ["一"]


async def test_what_is_given_back_was_no_attempt(post: Post) -> None:
    post.channel.hold.clear()
    post.delivery.answers([post.answer("一"), post.answer("二")])
    while not post.channel.running:  # noqa: ASYNC110 - one send has begun
        await asyncio.sleep(0.01)
    closing = asyncio.ensure_future(post.delivery.close(5))
    await asyncio.sleep(0.05)
    post.channel.hold.set()
    await closing
    with post.database.read() as connection:
        attempts = connection.execute(select(outbox_table.c.attempt).order_by(outbox_table.c.id))
        assert list(attempts.scalars()) == [1, 0]


async def test_what_can_not_leave_from_here_is_left_to_the_process_where_it_can(
    database_url: str, tmp_path: Path
) -> None:
    """The other one has the only connection that there is."""
    away = ScriptedChannel()
    away.here = False
    away.script = [RetryLater("not connected"), RetryLater("not connected")]
    async with (
        open_post(database_url, tmp_path, channel=away) as deaf,
        open_post(database_url, tmp_path, names=(), worker="here") as hears,
    ):
        for post in (deaf, hears):
            post.tasks.spawn(post.delivery.run())
        deaf.delivery.answers([deaf.answer("回执", key="answer")])
        hears.queue("提醒", to=2)
        await hears.until("sent", "sent")
        assert {text for _, _, text in hears.channel.sent} == {"回执", "提醒"}
        assert away.sent == []


async def test_a_clock_that_stands_still_holds_up_no_second_try(
    database_url: str, tmp_path: Path
) -> None:
    still = tmp_path / "clock"
    still.write_text("2026-11-03T10:00")
    async with open_post(database_url, tmp_path, clock=Clock(CENTRE_ZONE, still)) as post:
        post.channel.script = [RetryLater("busy", after=0.3)]
        began = asyncio.get_running_loop().time()
        post.queue("一", now=post.clock.now())
        post.queue("二", now=post.clock.now())
        post.tasks.spawn(post.delivery.run())
        await post.until("sent", "sent")
        assert [text for _, _, text in post.channel.sent] == ["一", "二"]
        assert post.channel.again == []  # a notice is tried again only if none of it left
        assert asyncio.get_running_loop().time() - began > 0.3


async def test_notices_wait_for_the_end_of_quiet_hours(database_url: str, tmp_path: Path) -> None:
    hand = tmp_path / "clock"
    hand.write_text("2026-11-03T23:30")
    async with open_post(database_url, tmp_path, clock=Clock(CENTRE_ZONE, hand)) as post:
        rests = post.person("李敏", 1)
        with post.database.begin() as connection:
            hours = {"quiet_from": 22 * 60, "quiet_to": 7 * 60}
            connection.execute(person.update().where(person.c.id == rests).values(**hours))
        for to in (1, 2):
            post.queue("一", to=to, now=post.clock.now())
        post.delivery.answers([post.answer("答")])
        post.tasks.spawn(post.delivery.run())
        await post.until("queued", "sent", "sent")
        assert sorted(post.channel.sent) == sorted([("send", "乙", "一"), ("send", "甲", "答")])
        hand.write_text("2026-11-04T07:00")
        await post.until("sent", "sent", "sent")
        assert post.channel.sent[-1] == ("send", "甲", "一")
