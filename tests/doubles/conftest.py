"""The double in this process, the real library's Bot over its default transport, two people."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import telegram
from telegram.request import HTTPXRequest

from tests.doubles.botapi import BotApi
from tests.doubles.client import Control
from tests.doubles.person import Person


def png(width: int = 4, height: int = 3) -> bytes:
    """A sound black picture of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (width + 1) * height)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(k, d) for k, d in ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    )


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


@pytest.fixture
async def control(api: BotApi) -> AsyncIterator[Control]:
    async with Control(api.control_url) as control:
        yield control


@pytest.fixture
async def bot(control: Control, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[telegram.Bot]:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # the old way warns at every 429
    quick: dict[str, Any] = {"verify": False}  # nothing but loopback: spares reading certificates
    made = telegram.Bot(
        control.token,
        base_url=control.base_url,
        base_file_url=control.base_file_url,
        request=HTTPXRequest(httpx_kwargs=quick),
        get_updates_request=HTTPXRequest(httpx_kwargs=quick),
    )
    async with made:
        yield made


@pytest.fixture
async def li(control: Control) -> Person:
    return await control.person("李倩", contact="started")


@pytest.fixture
async def wang(control: Control) -> Person:
    return await control.person("王强", contact="started")
