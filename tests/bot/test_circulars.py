"""Notices of equal content in one call: what is kept, repeated, and seen once whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import circulars
from bot.channels.base import InDoubt, Pace, RecipientGone, Rejected, RetryLater, Unavailable
from bot.clock import Clock
from bot.presence import Presence
from handlers.premises import CENTRE_ZONE
from storage import channel_files
from storage.models import account, channel_call
from storage.models import outbox as outbox_table
from tests.bot.post import CLOCK, Post, ScriptedChannel, ScriptedCircular, open_post

NAMES = ("甲", "乙", "丙", "丁", "戊")
EACH_ONCE = {(name, "同"): 1 for name in NAMES}


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circulars, "RETRY_FIRST", 0.01)


@pytest.fixture
async def post(database_url: str, tmp_path: Path) -> AsyncIterator[Post]:
    channel = ScriptedChannel(circular=ScriptedCircular())
    async with open_post(database_url, tmp_path, names=NAMES, channel=channel) as opened:
        yield opened


def messenger(post: Post) -> ScriptedCircular:
    assert isinstance(post.channel.circular, ScriptedCircular)
    return post.channel.circular


def tell_all(post: Post, text: str = "同") -> None:
    for number in range(len(NAMES)):
        post.queue(text, to=number + 1)


def kept(post: Post) -> list[str]:
    with post.database.read() as connection:
        query = select(channel_call.c.body).order_by(channel_call.c.id)
        return list(connection.execute(query).scalars())


def calls_of_rows(post: Post) -> list[int | None]:
    with post.database.read() as connection:
        query = select(outbox_table.c.call_id).order_by(outbox_table.c.id)
        return list(connection.execute(query).scalars())


async def beat(post: Post, *, window: timedelta = timedelta(hours=3)) -> None:
    """Another process looks for the dead: whoever was named before has no lease."""
    await Presence(
        work=post.work, clock=CLOCK, worker="new", windows=lambda: {"fake": window}
    ).beat()


# ---------------------------------------------------------------- what goes together


async def test_equal_content_is_one_call_and_other_content_another(post: Post) -> None:
    tell_all(post)
    post.queue("异", to=1)  # behind the first, in its lane
    post.tasks.spawn(post.delivery.run())
    await post.until(*["sent"] * 6)
    assert messenger(post).told == [sorted(NAMES), ["甲"]]
    assert messenger(post).seen == EACH_ONCE | {("甲", "异"): 1}
    assert kept(post) == messenger(post).made == messenger(post).prepared
    assert calls_of_rows(post) == [1] * 5 + [2]
    assert post.channel.sent == []


async def test_buttons_and_silence_are_content_too(post: Post) -> None:
    post.queue("同", to=1)
    post.queue("同", to=2, silent=True)
    post.queue("同", to=3, buttons=[[["看", "cmd:result", ""]]])
    post.queue("同", to=4, silent=True)
    post.tasks.spawn(post.delivery.run())
    await post.until(*["sent"] * 4)
    assert sorted(messenger(post).told) == sorted([["甲"], sorted(["乙", "丁"]), ["丙"]])


async def test_what_a_file_is_called_is_remembered(post: Post) -> None:
    blob = post.blobs.put(b"picture").sha256
    post.tasks.spawn(post.delivery.run())
    for number, text in enumerate("一二"):
        post.queue(text, file={"blob": blob, "name": "a.png", "mime": "image/png"})
        await post.until(*["sent"] * (number + 1))
    assert messenger(post).brought == [blob]
    with post.database.read() as connection:
        assert channel_files.known(connection, channel="fake", blob=blob) == f"id of {blob}"


async def test_a_call_takes_no_more_than_the_messenger_does(post: Post) -> None:
    messenger(post).most = 2
    tell_all(post)
    post.tasks.spawn(post.delivery.run())
    await post.until(*["sent"] * 5)
    assert sorted(len(told) for told in messenger(post).told) == [1, 2, 2]
    assert messenger(post).seen == EACH_ONCE


async def test_answers_and_secrets_go_alone(post: Post) -> None:
    post.channel.reveals = True
    post.queue('码 <secret kind="invite" id="1"/>', to=2)
    post.delivery.answers([post.answer("答")])
    post.tasks.spawn(post.delivery.run())
    await post.until("sent", "sent")
    assert sorted(text for _, _, text in post.channel.sent) == sorted(
        ["答", '码 <secret kind="invite" id="1"/>']
    )
    assert (messenger(post).prepared, kept(post)) == ([], [])


async def test_calls_keep_the_pace(database_url: str, tmp_path: Path) -> None:
    circular = ScriptedCircular()
    channel = ScriptedChannel(Pace(overall=2), circular=circular)
    loop = asyncio.get_running_loop()
    async with open_post(database_url, tmp_path, names=NAMES, channel=channel) as post:
        for number in range(5):
            post.queue(f"{number}", to=number + 1)
        began = loop.time()
        post.tasks.spawn(post.delivery.run())
        await post.until(*["sent"] * 5)
        assert loop.time() - began > 1.8


async def test_an_account_rests_after_a_call_too(database_url: str, tmp_path: Path) -> None:
    channel = ScriptedChannel(Pace(account=2), circular=ScriptedCircular())
    loop = asyncio.get_running_loop()
    async with open_post(database_url, tmp_path, names=NAMES, channel=channel) as post:
        tell_all(post)
        tell_all(post, "又")
        began = loop.time()
        post.tasks.spawn(post.delivery.run())
        await post.until(*["sent"] * 10)
        assert loop.time() - began > 0.45
        assert messenger(post).told == [sorted(NAMES)] * 2


# ---------------------------------------------------------------- in doubt


async def test_doubt_is_repeated_with_the_same_call(post: Post) -> None:
    messenger(post).script = [InDoubt("lost"), InDoubt("lost")]
    tell_all(post)
    post.tasks.spawn(post.delivery.run())
    await post.until(*["sent"] * 5)
    assert messenger(post).made == kept(post) * 3
    assert messenger(post).seen == EACH_ONCE


async def test_those_of_one_call_stay_together(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a steered clock too, when the next look comes at the very moment one of them is due."""
    monkeypatch.setattr(circulars, "RETRY_FIRST", 0.2)
    names, circular = [f"第{number}位" for number in range(200)], ScriptedCircular()
    circular.script = [InDoubt("lost"), RetryLater("busy", after=0.01), InDoubt("lost")]
    channel, clock = ScriptedChannel(circular=circular), Clock(CENTRE_ZONE, CLOCK.now())
    async with open_post(
        database_url, tmp_path, names=names, channel=channel, clock=clock
    ) as post:
        for number in range(len(names)):
            post.queue("同", to=number + 1)
        post.tasks.spawn(post.delivery.run())
        await post.until(*["sent"] * len(names))
    assert circular.told == [sorted(names)] * 4


async def test_doubt_that_lasts_too_long_is_for_the_administrator(post: Post) -> None:
    messenger(post).script = [InDoubt("lost")]
    messenger(post).window = timedelta(0)
    tell_all(post)
    post.tasks.spawn(post.delivery.run())
    await post.until(*["unknown"] * 5)
    assert len(messenger(post).made) == 1


async def test_what_surely_was_not_made_is_made_as_it_is_kept(post: Post) -> None:
    messenger(post).script = [RetryLater("busy", after=0.01), Unavailable("no token")]
    post.queue("同")
    post.tasks.spawn(post.delivery.run())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.sending.RETRY_MOST", 0.01)
        await post.until("sent")
    assert len(messenger(post).prepared) == 1
    assert messenger(post).seen == {("甲", "同"): 1}


async def test_a_call_that_surely_never_left_is_prepared_anew_when_it_is_old(post: Post) -> None:
    messenger(post).script = [RetryLater("busy", after=0.01)]
    messenger(post).window = timedelta(0)
    post.queue("同")
    post.tasks.spawn(post.delivery.run())
    await post.until("sent")
    assert len(kept(post)) == 2
    assert messenger(post).made == kept(post)[1:]


async def test_what_fails_before_anything_left_is_tried_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, failed = messenger(post).prepare, [InDoubt("upload lost")]

    async def unlucky(messages: object) -> str:
        if failed:
            raise failed.pop()
        return await prepare(messages)  # type: ignore[arg-type]

    monkeypatch.setattr(messenger(post), "prepare", unlucky)
    post.queue("同")
    post.tasks.spawn(post.delivery.run())
    await post.until("sent")
    assert messenger(post).seen == {("甲", "同"): 1}


# ---------------------------------------------------------------- by account


async def test_each_account_has_its_own_outcome(post: Post) -> None:
    messenger(post).faults = {
        "乙": RecipientGone("not in scope"),
        "丙": Rejected("too long"),
        "丁": RetryLater("busy", after=0.01),
    }
    tell_all(post)
    post.tasks.spawn(post.delivery.run())
    await post.until("sent", "failed", "failed", "queued", "sent")
    del messenger(post).faults["丁"]
    await post.until("sent", "failed", "failed", "sent", "sent")
    # again by the whole call that was kept, though only one was asked for
    assert set(messenger(post).made) == set(kept(post))
    assert messenger(post).told[-1] == ["丁"]
    with post.database.read() as connection:
        found = select(account.c.unreachable).order_by(account.c.id)
        assert list(connection.execute(found).scalars()) == [None, "gone", None, None, None]


async def test_all_fail_with_a_call_that_is_refused(post: Post) -> None:
    messenger(post).script = [Rejected("no such type")]
    tell_all(post)
    post.tasks.spawn(post.delivery.run())
    await post.until(*["failed"] * 5)


async def test_of_whom_nothing_is_said_nobody_knows(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_all, failed = messenger(post).send_all, [True]

    async def silent(messages: object, calls: str) -> object:
        said = dict(await send_all(messages, calls))  # type: ignore[arg-type]
        if failed:
            failed.clear()
            del said["乙"]
        return said

    monkeypatch.setattr(messenger(post), "send_all", silent)
    tell_all(post)
    post.tasks.spawn(post.delivery.run())
    await post.until(*["sent"] * 5)
    assert messenger(post).told == [sorted(NAMES), ["乙"]]
    assert messenger(post).seen == EACH_ONCE


# ---------------------------------------------------------------- killed


@pytest.mark.parametrize("moment", ["prepare", "before", "after"])
async def test_killed_at_any_moment_everybody_sees_it_once(
    post: Post, database_url: str, tmp_path: Path, moment: str
) -> None:
    told = messenger(post)
    told.stop_at = moment
    tell_all(post)
    post.tasks.spawn(post.delivery.run())
    async with asyncio.timeout(5):
        await told.there.wait()
    await post.tasks.cancel_all()  # dead, with everything in hand
    assert post.states() == ["sending"] * 5
    told.stop_at = ""
    async with open_post(
        database_url, tmp_path, names=(), channel=post.channel, worker="new"
    ) as heir:
        await beat(heir)
        assert heir.states() == ["queued"] * 5
        heir.tasks.spawn(heir.delivery.run())
        await heir.until(*["sent"] * 5)
    assert told.seen == EACH_ONCE
    assert set(told.made) == {kept(post)[0]}


async def test_killed_too_long_ago_nobody_knows(post: Post) -> None:
    messenger(post).stop_at = "after"
    tell_all(post)
    post.tasks.spawn(post.delivery.run())
    async with asyncio.timeout(5):
        await messenger(post).there.wait()
    await post.tasks.cancel_all()
    await beat(post, window=timedelta(0))
    assert post.states() == ["unknown"] * 5


async def test_killed_with_a_secret_on_its_way_nobody_knows(post: Post) -> None:
    post.channel.reveals = True
    post.channel.hold.clear()
    post.queue("码 <secret >")
    post.queue("同", to=2)
    messenger(post).stop_at = "prepare"
    post.tasks.spawn(post.delivery.run())
    async with asyncio.timeout(5):
        await messenger(post).there.wait()
        while not post.channel.running:  # noqa: ASYNC110 - the other one has begun too
            await asyncio.sleep(0.01)
    await post.tasks.cancel_all()
    await beat(post)
    assert post.states() == ["unknown", "queued"]


async def test_one_taken_for_dead_makes_no_call_beside_its_heirs(
    post: Post, database_url: str, tmp_path: Path
) -> None:
    messenger(post).stop_at = "prepare"
    tell_all(post)
    post.tasks.spawn(post.delivery.run())
    async with asyncio.timeout(5):
        await messenger(post).there.wait()
    circular = ScriptedCircular()
    other = ScriptedChannel(circular=circular)
    async with open_post(database_url, tmp_path, names=(), channel=other, worker="new") as heir:
        await beat(heir)
        heir.tasks.spawn(heir.delivery.run())
        await heir.until(*["sent"] * 5)
    messenger(post).go_on.set()
    await post.delivery.close(5)
    assert post.states() == ["sent"] * 5
    assert (messenger(post).seen, circular.seen) == ({}, EACH_ONCE)
    assert kept(post) == circular.made


# ---------------------------------------------------------------- the end


async def test_at_the_end_what_waits_for_a_slot_is_given_back(
    database_url: str, tmp_path: Path
) -> None:
    circular = ScriptedCircular()
    circular.stop_at = "before"
    channel = ScriptedChannel(Pace(overall=1), circular=circular)
    async with open_post(database_url, tmp_path, names=NAMES, channel=channel) as post:
        for number in range(5):
            post.queue(f"{number}", to=number + 1)
        post.tasks.spawn(post.delivery.run())
        async with asyncio.timeout(5):
            await circular.there.wait()
        closing = asyncio.ensure_future(post.delivery.close(5))
        await asyncio.sleep(0)
        circular.go_on.set()
        await closing
        assert post.states() == ["sent", *["queued"] * 4]
        with post.database.read() as connection:
            attempts = select(outbox_table.c.attempt).order_by(outbox_table.c.id)
            assert list(connection.execute(attempts).scalars()) == [1, 0, 0, 0, 0]
