"""Every kind of refusal that Telegram or something in front of it can give."""

from __future__ import annotations

import orjson
import pytest

from bot.channels.base import (
    DeliveryError,
    InDoubt,
    RecipientGone,
    Rejected,
    RetryLater,
    Unavailable,
)
from bot.channels.telegram.verdict import Conflict, Moved, decode, verdict


def told(code: int, description: str, **parameters: object) -> bytes:
    answer = {"ok": False, "error_code": code, "description": description}
    return orjson.dumps(answer | ({"parameters": parameters} if parameters else {}))


@pytest.mark.parametrize(
    ("status", "description", "kind"),
    [
        (400, "Bad Request: chat not found", RecipientGone),
        (400, "Bad Request: PEER_ID_INVALID", RecipientGone),
        (403, "Forbidden: bot was blocked by the user", RecipientGone),
        (403, "Forbidden: user is deactivated", RecipientGone),
        (403, "Forbidden: bot can't initiate conversation with a user", RecipientGone),
        (400, "Bad Request: user is deactivated", RecipientGone),
        (400, "Bad Request: message is too long", Rejected),
        (400, "Bad Request: BUTTON_DATA_INVALID", Rejected),
        (400, "Bad Request: can't parse entities: Unclosed start tag", Rejected),
        (401, "Unauthorized", Unavailable),
        (404, "Not Found", Unavailable),
        (404, "Not Found: method not found", Unavailable),
        (409, "Conflict: terminated by other getUpdates request", Conflict),
        (418, "I'm a teapot", Rejected),
        (500, "Internal Server Error: restart", InDoubt),
        (502, "Bad Gateway", InDoubt),
    ],
)
def test_by_status_and_words(status: int, description: str, kind: type[DeliveryError]):
    found = verdict(status, told(status, description))
    assert (type(found), str(found)) == (kind, description)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, InDoubt),
        (400, InDoubt),
        (403, InDoubt),  # a firewall's page says nothing about the person
        (401, Unavailable),
        (404, Unavailable),
        (413, Rejected),
        (429, RetryLater),
        (502, InDoubt),
        (599, InDoubt),
    ],
)
@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"", b"[]", b'{"ok":false}'])
def test_bodies_that_are_not_telegrams(status: int, kind: type[DeliveryError], body: bytes):
    assert type(verdict(status, body)) is kind


@pytest.mark.parametrize(
    ("body", "header", "seconds"),
    [
        (told(429, "Too Many Requests: retry after 7", retry_after=7), "", 7.0),
        (told(429, "Too Many Requests: retry after 7", retry_after=7), "9", 7.0),
        (told(429, "Too Many Requests"), "9", 9.0),
        (b"<html>", "12", 12.0),
        (b"<html>", "Wed, 21 Oct 2026 07:28:00 GMT", 1.0),
        (told(429, "", retry_after="7"), "", 1.0),
        (told(429, "", retry_after=0), "", 1.0),
    ],
)
def test_how_long_to_wait(body: bytes, header: str, seconds: float):
    found = verdict(429, body, header)
    assert isinstance(found, RetryLater)
    assert (found.after, found.everyone) == (seconds, True)


def test_a_group_that_moved():
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    found = verdict(400, told(400, words, migrate_to_chat_id=-1001))
    assert isinstance(found, Moved)
    assert (found.to, str(found)) == ("-1001", words)


def test_a_file_over_the_front_servers_limit():
    assert str(verdict(413, b"<html>")) == "file.too_big"


def test_words_are_kept_short():
    assert len(str(verdict(400, told(400, "x" * 5000)))) == 180


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (b'{"a":1}', {"a": 1}),
        (b'{"a":"\\ud83d"}', {"a": "\ud83d"}),
        (b'{"a":"\xff"}', {"a": "\ufffd"}),
        (b'{"a":' + b"9" * 40 + b"}", {"a": 1e40}),
        (b"<html>", None),
        (b"", None),
        (b"[" * 100_000, None),
    ],
)
def test_decoding_what_others_wrote(payload: bytes, value: object):
    assert decode(payload) == value
