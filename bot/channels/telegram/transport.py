"""HTTP to the Bot API: python-telegram-bot's `Bot` over one shared aiohttp session.

Promises: every call either returns Telegram's plain JSON or raises one of `DeliveryError`, which
says what is known about its execution; no error holds a URL, for the token is a part of it. The
library's own httpx client is never built: over aiohttp a call costs a fraction of its CPU time,
and answers stay dicts, since building `Message` objects costs more than sending.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from telegram import Bot
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.calling import BROKEN, CHUNK_BYTES, JSON, UPLOAD_SECONDS, Session, broken_off, failed
from bot.channels.base import DeliveryError, InDoubt, RetryLater, Unavailable
from bot.channels.telegram.verdict import Unreadable, decode, verdict

SEND_SECONDS = 60.0


class Fault(TelegramError):
    """Carries our verdict through the library, which lets its own kind of error pass untouched."""

    def __init__(self, error: DeliveryError) -> None:
        super().__init__(type(error).__name__)
        self.error = error


class Transport(BaseRequest):
    """The library's transport interface over aiohttp."""

    def __init__(self, *, proxy: str | None = None, ca_bundle: Path | None = None) -> None:
        """Raises OSError where the CA bundle can't be used."""
        self._session = Session(proxy=proxy, ca_bundle=ca_bundle)
        self.refused = False  # whether Telegram has said last that it does not know the token

    @property
    def read_timeout(self) -> float:
        return SEND_SECONDS

    async def initialize(self) -> None:
        """Nothing to do: the library never calls it unless it is asked to start itself."""

    async def shutdown(self) -> None:
        await self._session.close()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        answer = decode(payload)
        if isinstance(answer, dict) and "result" in answer:
            return answer
        raise Fault(Unreadable(payload))

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        write_timeout: object = None,
        connect_timeout: object = None,
        pool_timeout: object = None,
    ) -> tuple[int, bytes]:
        """Only a success is returned. Of the time-outs only the one for reading can be set."""
        headers, body = _encoded(request_data)
        seconds = read_timeout if isinstance(read_timeout, int | float) else SEND_SECONDS
        failure: DeliveryError
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True),
                body=body,
                headers=headers,
                seconds=seconds,
                sending=UPLOAD_SECONDS if headers is None else 0,
            ) as answer:
                payload = await answer.read()
                if answer.status == 200:
                    self.refused = False
                    return 200, payload
                failure = verdict(answer.status, payload, answer.headers.get("Retry-After", ""))
                self.refused = self.refused or isinstance(failure, Unavailable)
        except BROKEN as error:
            failure = failed(error)
        except RetryLater as closed:
            failure = closed
        # out here, so that the error drags no other one along: aiohttp's own name the URL
        raise Fault(failure)

    async def download(self, url: str) -> AsyncGenerator[bytes]:
        """A file's bytes. Repeating is harmless, so whatever breaks midway is `RetryLater`."""
        failure: DeliveryError
        try:
            async with self._session.request(
                "GET", url, seconds=SEND_SECONDS, sending=UPLOAD_SECONDS
            ) as answer:
                if answer.status == 200:
                    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                        yield chunk
                    return
                failure = RetryLater(f"download refused ({answer.status})", after=5)
                if answer.status == 401:
                    failure = Unavailable("download refused (401)")
        except BROKEN as error:
            failure = broken_off(error)
        raise failure


class Client(Bot):
    """The library's bot with one lean way to call any method, and a repr without the token."""

    __slots__ = ()

    async def call(
        self,
        method: str,
        fields: dict[str, Any] | None = None,
        *,
        read_timeout: float = SEND_SECONDS,
    ) -> Any:
        """Telegram's `result` as plain JSON. Raises DeliveryError and nothing else."""
        try:
            return await self._post(method, fields, read_timeout=read_timeout)
        except Fault as fault:
            error = fault.error
        except TelegramError as unforeseen:
            error = InDoubt(type(unforeseen).__name__)
        raise error

    def file_url(self, path: str) -> str:
        return f"{self.base_file_url}/{path}"

    def __repr__(self) -> str:
        return "<Client>"


def connect(
    token: str,
    *,
    base_url: str,
    base_file_url: str,
    proxy: str | None = None,
    ca_bundle: Path | None = None,
) -> tuple[Client, Transport]:
    """A client and the transport under all its calls; nothing is sent yet. Raises OSError."""
    transport = Transport(proxy=proxy, ca_bundle=ca_bundle)
    client = Client(
        token,
        base_url=base_url,
        base_file_url=base_file_url,
        request=transport,
        get_updates_request=transport,
    )
    return client, transport


def _encoded(request: RequestData | None) -> tuple[dict[str, str] | None, Any]:
    """Headers and body: JSON, or multipart where a file goes along (streamed from its handle)."""
    if request is None:
        return None, None
    if not request.contains_files:
        return JSON, orjson.dumps(request.parameters)
    # names as they are: percent-escaped ones would be shown like that to people
    form = aiohttp.FormData(quote_fields=False)
    for name, value in request.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in request.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return None, form
