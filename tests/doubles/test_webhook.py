"""Webhook delivery: the secret, the queues, retries, duplicates, the method in the answer."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from telegram.error import BadRequest, RetryAfter

from tests.doubles.client import Control
from tests.doubles.person import Person

Answer = Callable[[dict[str, Any]], web.Response]


def fine(_update: dict[str, Any]) -> web.Response:
    return web.Response()


@dataclass
class Receiver:
    """The bot's end: keeps what came, with its time, and answers as told."""

    url: str = ""
    answer: Answer = fine
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    got: list[tuple[float, dict[str, Any], str]] = field(default_factory=list)
    open: int = 0
    most_open: int = 0

    async def take(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        self.got.append(
            (time.monotonic(), update, request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""))
        )
        assert request.headers["Content-Type"] == "application/json"
        await self.hold.wait()
        self.open -= 1
        return self.answer(update)

    @property
    def words(self) -> list[str]:
        return [
            u["message"]["text"] if "message" in u else u["callback_query"]["data"]
            for _, u, _ in self.got
        ]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.got) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.005)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    it = Receiver()
    it.hold.set()
    app = web.Application()
    app.router.add_post("/telegram", it.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    it.url = f"http://127.0.0.1:{port}/telegram"
    yield it
    it.hold.set()
    await runner.cleanup()


async def test_delivery_with_the_secret(bot, control: Control, li: Person, receiver: Receiver):
    await li.says("早")
    await bot.set_webhook(receiver.url, secret_token="S-1_x", max_connections=5)
    await li.says("晚")
    await receiver.until(2)
    assert [(u["update_id"], secret) for _, u, secret in receiver.got] == [
        (846210001, "S-1_x"),
        (846210002, "S-1_x"),
    ]
    await control.wait_idle()
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count, info.max_connections) == (receiver.url, 0, 5)
    assert info.last_error_message is None


async def test_one_at_a_time_in_a_chat_and_presses_beside(
    bot, control: Control, li: Person, wang: Person, receiver: Receiver
):
    import telegram

    keyboard = telegram.InlineKeyboardMarkup.from_button(
        telegram.InlineKeyboardButton("甲", callback_data="press")
    )
    await bot.send_message(li.id, "选", reply_markup=keyboard)
    await bot.set_webhook(receiver.url)
    receiver.hold.clear()
    for word in "一二三":
        await li.says(word)
    await li.presses("甲")
    await wang.says("别人")
    await receiver.until(3)
    await asyncio.sleep(0.05)
    assert sorted(receiver.words) == ["press", "一", "别人"]
    receiver.hold.set()
    await control.wait_idle()
    assert [w for w in receiver.words if w in "一二三"] == ["一", "二", "三"]
    assert receiver.most_open == 3


async def test_max_connections(bot, control: Control, receiver: Receiver):
    await bot.set_webhook(receiver.url, max_connections=2)
    receiver.hold.clear()
    for n in range(6):
        await (await control.person(f"人{n}")).says(str(n))
    await receiver.until(2)
    await asyncio.sleep(0.05)
    assert len(receiver.got) == 2
    receiver.hold.set()
    await receiver.until(6)


async def test_retries_with_growing_delay_hold_only_their_own_queue(
    bot, control: Control, li: Person, wang: Person, receiver: Receiver
):
    await control.settings(scale=0.05)
    failures = iter([500, 500, 503])

    def answer(update: dict[str, Any]) -> web.Response:
        if update["message"]["from"]["id"] == li.id:
            return web.Response(status=next(failures, 200))
        return web.Response()

    receiver.answer = answer
    await bot.set_webhook(receiver.url)
    await li.says("一")
    await li.says("二")
    await wang.says("别人")
    await control.wait_idle()
    assert [w for w in receiver.words if w != "别人"] == ["一", "一", "一", "一", "二"]
    at = [t for t, u, _ in receiver.got if u["message"].get("text") == "一"]
    gaps = [b - a for a, b in itertools.pairwise(at)]
    assert gaps[0] < gaps[1] < gaps[2]
    assert gaps[1] >= 2 * 0.05  # after the first retry, which comes at once
    assert gaps[2] >= 4 * 0.05
    info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 503 Service Unavailable"


async def test_retry_after_is_honoured(bot, control: Control, li: Person, receiver: Receiver):
    await control.settings(scale=0.1)
    answers = iter([web.Response(status=503, headers={"Retry-After": "3"})])
    receiver.answer = lambda _: next(answers, None) or web.Response()
    await bot.set_webhook(receiver.url)
    await li.says("一")
    await receiver.until(2)
    assert receiver.got[1][0] - receiver.got[0][0] >= 0.3


async def test_a_dead_receiver_and_expiry(bot, control: Control, li: Person):
    await control.settings(scale=0.02)
    await bot.set_webhook("http://127.0.0.1:9/telegram")
    await li.says("一")
    await control.wait_calls("setWebhook")
    async with asyncio.timeout(5):
        while (await bot.get_webhook_info()).last_error_message is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (await bot.get_webhook_info()).pending_update_count == 1
    await control.clock(advance=86_401)
    assert (await bot.get_webhook_info()).pending_update_count == 0


async def test_an_unanswered_update_comes_again(
    bot, control: Control, li: Person, receiver: Receiver
):
    await control.settings(scale=0.01, webhook_timeout=0.1)
    receiver.hold.clear()
    await bot.set_webhook(receiver.url)
    await li.says("一")
    await receiver.until(2)
    receiver.hold.set()
    await control.wait_idle()
    assert set(receiver.words) == {"一"}


async def test_duplicates_on_order(bot, control: Control, li: Person, receiver: Receiver):
    await control.fault("duplicate", "webhook")
    await bot.set_webhook(receiver.url)
    await li.says("一")
    await li.says("二")
    await receiver.until(3)
    assert receiver.words == ["一", "一", "二"]


async def test_a_method_in_the_answer_is_carried_out(
    bot, control: Control, li: Person, receiver: Receiver
):
    receiver.answer = lambda u: web.json_response(
        {"method": "sendMessage", "chat_id": u["message"]["chat"]["id"], "text": "收到"}
    )
    await bot.set_webhook(receiver.url)
    await li.says("一")
    await li.waits_for("收到")
    assert [c.via for c in await control.calls("sendMessage")] == ["webhook"]


async def test_410_for_a_day_removes_the_webhook(
    bot, control: Control, li: Person, receiver: Receiver
):
    await control.settings(scale=0.001)
    receiver.answer = lambda _: web.Response(status=410)
    await bot.set_webhook(receiver.url)
    await li.says("一")
    await receiver.until(2)
    await control.clock(advance=23 * 3600 + 1)
    async with asyncio.timeout(5):
        while (await bot.get_webhook_info()).url:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert len(await bot.get_updates()) == 1


async def test_what_setting_a_webhook_refuses(bot, control: Control, receiver: Receiver):
    await bot.set_webhook(receiver.url)
    with pytest.raises(RetryAfter):
        await bot.set_webhook(receiver.url)
    await control.settings(scale=0)
    await bot.get_me()
    for url, secret, words in (
        ("http://example.org/t", "", "an https url must be provided for webhook"),
        ("https://example.org:8080/t", "", "webhook can be set up only on ports 80, 88, 443 or"),
        (receiver.url, "a b", "secret token contains unallowed characters"),
        (receiver.url, "a" * 257, "secret token is too long"),
        ("ftp://example.org", "", "invalid webhook url specified"),
    ):
        await asyncio.sleep(0)
        with pytest.raises(BadRequest) as caught:
            await bot.set_webhook(url, secret_token=secret or None)
        assert words in str(caught.value).lower()


async def test_dropping_and_going_back_to_polling(
    bot, control: Control, li: Person, receiver: Receiver
):
    await li.says("旧")
    await bot.set_webhook(receiver.url, drop_pending_updates=True)
    receiver.answer = lambda _: web.Response(status=500)
    await li.says("新")
    await receiver.until(1)
    await bot.delete_webhook()
    (update,) = await bot.get_updates()
    assert update.message.text == "新"
    assert receiver.words[0] == "新"
