"""One HTTP session for what WeCom is asked: bytes there, bytes back, files streamed both ways.

Promises what `bot.calling` does. What the answer means (its errcode) is its reader's business.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final

import aiohttp
import orjson
from yarl import URL

from bot.calling import (
    BROKEN,
    CHUNK_BYTES,
    CONNECT_SECONDS,
    JSON,
    UPLOAD_SECONDS,
    Session,
    broken_off,
    failed,
)
from bot.channels.base import DeliveryError, InDoubt, Rejected, RetryLater, Unavailable
from bot.secret import Secret

ANSWER_SECONDS: Final = 30.0
CLOSE_SECONDS: Final = 1.0
_NAME_TROUBLE = re.compile(r'[\x00-\x1f\x7f"\\/]')

Json = dict[str, Any]


class NotFound(Unavailable):
    """There is nothing at this address: an older deployment, or a wrong base URL."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on disk; `name` as people will see it."""

    path: Path
    name: str
    mime: str


class Fetched:
    """The beginning of a file that is being read."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Raises RetryLater when it breaks off: reading twice harms nobody."""
        try:
            async for piece in self._answer.content.iter_chunked(CHUNK_BYTES):
                yield piece
            return
        except BROKEN as error:
            failure = broken_off(error)
        raise failure


class Http:
    def __init__(self, *, proxy: Secret | None = None, ca_bundle: Path | None = None) -> None:
        """Raises OSError where the CA bundle can't be used."""
        self._session = Session(proxy=proxy.reveal() if proxy else None, ca_bundle=ca_bundle)

    async def get(self, url: str, *, seconds: float = ANSWER_SECONDS) -> bytes:
        """Only a body that came with 200 is returned."""
        return await self._exchange("GET", url, None, seconds=seconds)

    async def post(self, url: str, body: bytes, *, seconds: float = ANSWER_SECONDS) -> bytes:
        """`body` is JSON (see `encoded`), sent byte for byte."""
        return await self._exchange("POST", url, body, headers=JSON, seconds=seconds)

    async def upload(self, url: str, file: Upload, *, part: str = "media") -> bytes:
        """Streams the bytes from disk. Raises Rejected if they can't be read."""
        try:
            handle: IO[bytes] = await asyncio.to_thread(file.path.open, "rb")
        except OSError as error:
            raise Rejected(f"file can't be read ({type(error).__name__})") from None
        try:
            # names as they are: percent-escaped ones would be shown like that to people
            form = aiohttp.FormData(quote_fields=False)
            name = _NAME_TROUBLE.sub("_", file.name).strip() or "file"
            mime = file.mime or "application/octet-stream"
            form.add_field(part, handle, filename=name, content_type=mime)
            return await self._exchange("POST", url, form, sending=UPLOAD_SECONDS)
        finally:
            handle.close()

    @asynccontextmanager
    async def fetching(self, url: str) -> AsyncIterator[Fetched]:
        """Whatever the status is. Raises RetryLater where there is no answer."""
        address = _address(url)
        async with AsyncExitStack() as stack:
            try:
                answer = await stack.enter_async_context(
                    self._session.request(
                        "GET", address, seconds=ANSWER_SECONDS, sending=UPLOAD_SECONDS
                    )
                )
            except BROKEN as error:
                failure = broken_off(error)
            else:
                yield Fetched(answer)
                return
        raise failure

    @asynccontextmanager
    async def websocket(self, url: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Raises RetryLater where there is no connection."""
        session = self._session.opened()
        try:
            async with asyncio.timeout(2 * CONNECT_SECONDS):
                socket = await session.ws_connect(
                    URL(url, encoded=True),
                    proxy=self._session.proxy_for(url),
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
                )
        except BROKEN as error:
            failure = RetryLater(f"not connected ({type(error).__name__})")
        else:
            async with socket:
                yield socket
            return
        raise failure

    async def close(self) -> None:
        await self._session.close()

    async def _exchange(
        self,
        method: str,
        url: str,
        body: Any,
        *,
        headers: dict[str, str] | None = None,
        seconds: float = ANSWER_SECONDS,
        sending: float = 0,
    ) -> bytes:
        address = _address(url)
        failure: DeliveryError
        try:
            async with self._session.request(
                method, address, body=body, headers=headers, seconds=seconds, sending=sending
            ) as answer:
                payload = await answer.read()
                if answer.status == 200:
                    return payload
                failure = _refused(answer.status)
        except BROKEN as error:
            failure = failed(error)
        # out here, so that the error drags no other one along: aiohttp's own name the URL
        raise failure


def encoded(body: Json) -> bytes:
    """As UTF-8, nothing escaped: WeCom refuses \\u escapes."""
    return orjson.dumps(body)


def decoded(payload: bytes) -> Json:
    """An answer's JSON object. Raises InDoubt for anything else: a 200 that WeCom did not write
    says nothing about what it has done."""
    try:
        answer = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise InDoubt("answer can't be read") from None
    if not isinstance(answer, dict):
        raise InDoubt("answer can't be read")
    return answer


@lru_cache(maxsize=64)  # most calls go to the same few, with the same token
def _address(url: str) -> URL:
    """Raises Unavailable."""
    try:
        found = URL(url, encoded=True)
        usable = found.port is not None  # read only now, and refused if it is no number
    except ValueError:
        usable = False
    if usable:
        return found
    raise Unavailable("address can't be used")


def _refused(status: int) -> DeliveryError:
    """WeCom itself answers with 200; another status is that of something on the way."""
    if status == 404:
        return NotFound("HTTP 404")
    if status == 413:
        return Rejected("HTTP 413")
    if status == 429:
        return RetryLater("HTTP 429", after=60, everyone=True)
    return InDoubt(f"HTTP {status}") if status >= 500 else Unavailable(f"HTTP {status}")
