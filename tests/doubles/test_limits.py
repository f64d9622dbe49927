"""The rate limits as a sender meets them."""

from __future__ import annotations

import asyncio
import time

import pytest
from telegram.error import RetryAfter

from tests.doubles.client import Control
from tests.doubles.limits import RateLimits, TooMany
from tests.doubles.person import Person


async def test_off_by_default(bot, li: Person):
    await asyncio.gather(*[bot.send_message(li.id, str(n)) for n in range(40)])
    assert len(await li.chat()) == 40


async def test_strict_is_one_a_second_in_a_chat(bot, control: Control, li: Person, wang: Person):
    await control.limits("strict")
    sent = await bot.send_message(li.id, "一")
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(li.id, "二")
    assert str(caught.value) == "Flood control exceeded. Retry in 0:00:01"
    with pytest.raises(RetryAfter):
        await bot.edit_message_text("改", li.id, sent.message_id)
    await bot.send_message(wang.id, "别人")
    await bot.send_chat_action(li.id, "typing")
    (call,) = [c for c in await control.calls("editMessageText") if c.outcome == "429"]
    assert call.executed is False
    start = time.monotonic()
    await asyncio.sleep(1.05 - (time.monotonic() - start))
    await bot.send_message(li.id, "三")
    assert [m.text for m in await li.chat()] == ["一", "三"]


async def test_burst_lets_three_through(bot, control: Control, li: Person):
    await control.limits("burst")
    for n in range(3):
        await bot.send_message(li.id, str(n))
    with pytest.raises(RetryAfter):
        await bot.send_message(li.id, "3")
    assert (await control.counts())["limited"] == 1


async def test_the_answer_names_the_wait_twice(bot, control: Control, li: Person):
    import aiohttp

    await control.limits("strict", lockout=7)
    await bot.send_message(li.id, "一")
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{control.base_url}{control.token}/sendMessage",
            data={"chat_id": li.id, "text": "二"},
        ) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
        assert await answer.json() == {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 7",
            "parameters": {"retry_after": 7},
        }


def refused(limits: RateLimits, chat: int, n: int = 1) -> bool:
    try:
        limits.take(chat, n)
    except TooMany:
        return True
    return False


def test_thirty_in_any_second_over_all():
    limits = RateLimits()
    limits.set("strict", window=1, lockout=0.05)
    assert [refused(limits, chat) for chat in range(1, 32)] == [False] * 30 + [True]
    assert refused(limits, 99)  # the whole bot is locked out
    time.sleep(0.06)
    assert refused(limits, 99)  # and the second is not over
    time.sleep(1)
    assert not refused(limits, 99)


def test_a_group_has_twenty_a_minute():
    limits = RateLimits()
    limits.set("strict", window=0.02, lockout=0.001)
    sent = 0
    while not refused(limits, -5):
        sent += 1
        time.sleep(0.021)
    assert sent == 20


def test_an_album_counts_each_item():
    limits = RateLimits()
    limits.set("strict")
    assert [refused(limits, chat, 10) for chat in (1, 2, 3, 4)] == [False, False, False, True]
