"""Odd requests get Telegram's kind of refusal; none of them breaks the double itself."""

from __future__ import annotations

import itertools

import aiohttp
import pytest

from tests.doubles import methods
from tests.doubles.botapi import BotApi
from tests.doubles.client import Control
from tests.doubles.forms import Params
from tests.doubles.person import Person
from tests.doubles.world import ApiError

LISTENING_FIELDS = ("url", "offset", "limit", "allowed_updates", "secret_token")
ODD = ["", "0", "-1", "null", "[]", "{}", "[[]]", "[1]", '{"type":"chat"}', "<b>", "🙂" * 50, "{"]
FIELDS = (
    "text", "parse_mode", "entities", "reply_markup", "reply_parameters", "caption", "media",
    "photo", "document", "message_id", "message_ids", "from_chat_id", "callback_query_id",
    "action", "commands", "scope", "language_code", "menu_button", "name", "description",
    "reaction", "file_id", "user_id", "phone_number", "first_name", "latitude", "longitude",
    "link_preview_options",
)  # fmt: skip


@pytest.mark.parametrize("method", methods.SYNC)
async def test_values_of_the_wrong_kind(api: BotApi, li: Person, method: str):
    await li.says("一")
    bot = api.bots[api.token]
    sound = {"chat_id": str(li.id), "message_id": "1", "text": "一", "from_chat_id": str(li.id)}
    for field, value in itertools.product(FIELDS, ODD):
        try:
            methods.SYNC[method][1](bot, Params(sound | {field: value}))
        except ApiError as refusal:
            assert refusal.code == 400, (field, value)  # noqa: PT017


@pytest.mark.parametrize("method", methods.LISTENING)
async def test_listening_with_values_of_the_wrong_kind(control: Control, method: str):
    await control.settings(scale=0)
    url = f"{control.base_url}{control.token}/{method}"
    async with aiohttp.ClientSession() as session:
        for field, value in itertools.product(LISTENING_FIELDS, ODD):
            async with session.post(url, data={field: value}) as answer:
                given = await answer.json()
            assert (given["ok"], given.get("error_code", 200)) == (
                answer.status == 200,
                answer.status,
            )
            assert answer.status in (200, 400), (field, value)
    assert await control.bugs() == []


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "application/json"}, b"{"),
        ({"Content-Type": "application/json"}, b"[1]"),
        ({"Content-Type": "multipart/form-data"}, b"x"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\nno end"),
        ({"Content-Type": "text/plain"}, b"\xff\xfe"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=%ff&&=&b"),
    ],
)
async def test_bodies_of_the_wrong_kind(control: Control, headers: dict[str, str], body: bytes):
    url = f"{control.base_url}{control.token}/sendMessage"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as answer,
    ):
        assert answer.status == 400
        assert (await answer.json())["ok"] is False
    assert await control.bugs() == []
