"""Callbacks become `Inbound` values, and nothing but `Unparsable` is raised over any JSON."""

from __future__ import annotations

import copy
from dataclasses import fields
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.wecom_bot.frames import decode
from bot.channels.wecom_bot.parse import Heard, Media, displaces, parse
from bot.fields import Unparsable
from handlers.messages import Inbound, Kind
from tests.bot.distorting import distorted, two_thousand
from tests.bot.wecom_bot.callbacks import (
    BOT_ID,
    CHOICE,
    FILE,
    GOOD,
    KEY,
    PRESS,
    Json,
    chosen,
    event,
    message,
)

URL = FILE["url"]


def inbound(**more: Any) -> Inbound:
    said = more.get("kind", Kind.MESSAGE) is Kind.MESSAGE
    key = "wb:aib0T:m1" if said else "wb:aib0T:e1"
    return Inbound(key, "wecom_bot", "LiQian", numbered=True, appends=said, **more)


def media(kind: str) -> Media:
    return Media(kind, URL, KEY)


PRESSED = {"kind": Kind.PRESS, "source": "abc"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("text", Heard(inbound(text="您好"))),
        ("voice", Heard(inbound(text="语音的字"))),
        ("image", Heard(inbound(), (media("image"),))),
        ("file", Heard(inbound(), (media("file"),))),
        ("video", Heard(inbound(), (media("video"),))),
        ("mixed", Heard(inbound(text="看图\n完"), (media("image"),))),
        ("quote", Heard(inbound(text="是这个"))),
        ("group", None),
        ("enter_chat", Heard(inbound(kind=Kind.OPENED), req_id="r2")),
        (
            "press",
            Heard(inbound(action="accept:41:4", **PRESSED), req_id="r2", task_id="abc-0"),
        ),
        ("choice", Heard(inbound(action="row:2", **PRESSED), req_id="r2", task_id="abc-1")),
        ("feedback", None),
    ],
)
def test_each_callback(name, expected):
    assert parse(GOOD[name], bot_id=BOT_ID) == expected


def test_there_is_a_row_for_each():
    assert len(GOOD) == 12


@pytest.mark.parametrize("ids", ["row:2", ["row:2"]])
def test_what_was_chosen_may_come_alone(ids):
    (item,) = chosen(ids)["selected_item"]
    card = CHOICE | {"selected_items": {"selected_item": item}}
    heard = parse(event("template_card_event", card), bot_id=BOT_ID)
    assert heard is not None
    assert heard.inbound.action == "row:2"


@pytest.mark.parametrize("selected", [None, {}, {"selected_item": []}, chosen([]), chosen(None)])
def test_nothing_chosen_is_no_action(selected):
    card = CHOICE | {"selected_items": selected}
    heard = parse(event("template_card_event", card), bot_id=BOT_ID)
    assert heard is not None
    assert heard.inbound.action == ""


def test_a_kind_that_cannot_be_taken_is_handed_on_for_an_answer():
    for kind in ("location", "link", "stream"):
        assert parse(message(kind, {"x": 1}), bot_id=BOT_ID) == Heard(inbound())


def test_in_groups_nothing_is_heard():
    for name, frame in GOOD.items():
        there = copy.deepcopy(frame)
        there["body"] |= {"chattype": "group", "chatid": "wrX"}
        assert parse(there, bot_id=BOT_ID) is None, name
        del there["body"]["chattype"]
        assert parse(there, bot_id=BOT_ID) is None, name


def test_ids_that_are_too_long_make_short_keys():
    heard = parse(message("text", {"content": "x"}, msgid="m" * 500), bot_id="b" * 128)
    assert heard is not None
    assert len(heard.inbound.key) < 100


@pytest.mark.parametrize(
    "frame",
    [
        None, [], "x", {}, {"cmd": 1}, {"cmd": "aibot_msg_callback"},
        message("text", {}), message("text", {"content": "\0"}),
        message("text", {"content": "x"}, msgid=""), message("text", {"content": "x"}, msgid=7),
        message("text", {"content": "x"}, **{"from": {}}),
        message("text", {"content": "x"}, **{"from": {"userid": "u" * 129}}),
        message("file", {"url": "ftp://files.example/a", "aeskey": KEY}),
        message("file", {"url": "https://files.example/a b", "aeskey": KEY}),
        message("file", {"url": URL, "aeskey": "a key"}), message("file", {"url": URL}),
        message("mixed", {"msg_item": [{"msgtype": "text"}]}),
        message("mixed", {"msg_item": [{"msgtype": "x"}] * 101}),
        event("template_card_event", PRESS | {"task_id": ""}),
        event("template_card_event", CHOICE | {"selected_items": {"selected_item": ["x"]}}),
        event("template_card_event", CHOICE | {"selected_items": chosen([1])}),
    ],
)  # fmt: skip
def test_what_is_not_as_documented(frame):
    with pytest.raises(Unparsable):
        parse(frame, bot_id=BOT_ID)


@pytest.mark.parametrize("cmd", ["ping", "aibot_new_callback"])
def test_other_commands_are_none_of_ours(cmd):
    assert parse({"cmd": cmd, "headers": {}, "body": {}}, bot_id=BOT_ID) is None


def test_being_displaced():
    told = event("disconnected_event")
    del told["body"]["from"]
    assert displaces(told)
    assert not any(displaces(frame) for frame in [None, {}, told["body"], *GOOD.values()])


# ---------------------------------------------------------------- whatever may come


@two_thousand
@given(distorted(GOOD))
def test_distorted_callbacks_never_crash(raw: Any):
    displaces(raw)
    try:
        heard = parse(raw, bot_id=BOT_ID)
    except Unparsable:
        return
    if heard is None:
        return
    texts = [v for f in fields(Inbound) if isinstance(v := getattr(heard.inbound, f.name), str)]
    texts += [text for each in heard.media for text in (each.kind, each.url, each.aes_key)]
    assert all("\0" not in text and text.encode() is not None for text in texts)
    assert 0 < len(heard.inbound.key) <= 190
    assert heard.inbound.account


@settings(max_examples=500, deadline=None, database=None)
@given(st.text() | st.binary().map(lambda data: data.decode(errors="replace")))
def test_any_text_is_decoded_or_none(text: str):
    decode(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a":1}', {"a": 1}),
        ('{"a":"x\x01\x1fy"}', {"a": "xy"}),
        ('{"a":"x\ny\tz"}', {"a": "x\ny\tz"}),
        ('{"a":"\\ud83d"}', {"a": "\ud83d"}),
        ("[" * 100_000, None),
        ("", None),
        ('{"a":', None),
    ],
)
def test_decoding(text, found):
    assert decode(text) == found


def test_what_is_sent_is_utf_8_as_it_is():
    assert orjson.dumps(GOOD["text"]).decode().count("您好") == 1


def test_samples_are_json() -> None:
    found: Json = orjson.loads(orjson.dumps(GOOD))
    assert found == GOOD
