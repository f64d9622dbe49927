"""One HTTP session for what WeCom is asked: bytes there, bytes back, files streamed both ways.

Promises: what goes wrong is a `DeliveryError` that says what is known about execution, and no
error holds a URL, since tokens and keys stand in WeCom's. Redirects are not followed. What the
answer means (its errcode) is its reader's business.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final

import aiohttp
import orjson
from yarl import URL

from bot.addresses import is_loopback_url
from bot.channels.base import DeliveryError, InDoubt, Rejected, RetryLater, Unavailable
from bot.secret import Secret

CONNECTIONS: Final = 64
IDLE_SECONDS: Final = 30.0  # longer idle ones may be half dead, a call on one would be in doubt
CONNECT_SECONDS: Final = 10.0
POOL_SECONDS: Final = 30.0  # waiting for one of the connections, then connecting
ANSWER_SECONDS: Final = 30.0
UPLOAD_SECONDS: Final = 600.0  # most for the bytes of one file, either way
CLOSE_SECONDS: Final = 1.0
CHUNK_BYTES: Final = 64 * 1024
_JSON: Final = {"Content-Type": "application/json"}
# none of them decides anything at WeCom; gzip would only cost CPU time
_SKIPPED: Final = ("Accept", "Accept-Encoding", "User-Agent")
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
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            failure = _broken_off(error)
        raise failure


class Http:
    """The session is opened by the first call, in the loop that makes it."""

    def __init__(self, *, proxy: Secret | None = None, ca_bundle: Path | None = None) -> None:
        """Raises OSError where the CA bundle can't be used."""
        self._proxy = proxy.reveal() if proxy else None
        self._trust: ssl.SSLContext | bool = True
        if ca_bundle is not None:
            self._trust = ssl.create_default_context()
            self._trust.load_verify_locations(ca_bundle)
        self._opened: aiohttp.ClientSession | None = None
        self._closed = False

    async def get(self, url: str, *, seconds: float = ANSWER_SECONDS) -> bytes:
        """Only a body that came with 200 is returned."""
        return await self._exchange("GET", url, None, seconds=seconds)

    async def post(self, url: str, body: bytes, *, seconds: float = ANSWER_SECONDS) -> bytes:
        """`body` is JSON (see `encoded`), sent byte for byte."""
        return await self._exchange("POST", url, body, headers=_JSON, seconds=seconds)

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
        self._must_be_open()
        address = _address(url)
        try:
            answer = await self._session().get(
                address,
                proxy=self._proxy_for(url),
                timeout=_timeout(ANSWER_SECONDS, sending=UPLOAD_SECONDS),
                allow_redirects=False,
            )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            failure = _broken_off(error)
        else:
            async with answer:
                yield Fetched(answer)
            return
        raise failure

    @asynccontextmanager
    async def websocket(self, url: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Raises RetryLater where there is no connection."""
        self._must_be_open()
        try:
            async with asyncio.timeout(2 * CONNECT_SECONDS):
                socket = await self._session().ws_connect(
                    URL(url, encoded=True),
                    proxy=self._proxy_for(url),
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            failure = RetryLater(f"not connected ({type(error).__name__})")
        else:
            async with socket:
                yield socket
            return
        raise failure

    async def close(self) -> None:
        self._closed = True
        if self._opened is not None:
            await self._opened.close()

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
        self._must_be_open()
        address = _address(url)
        failure: DeliveryError
        try:
            async with self._session().request(
                method,
                address,
                data=body,
                headers=headers,
                proxy=self._proxy_for(url),
                timeout=_timeout(seconds, sending=sending),
                allow_redirects=False,
            ) as answer:
                payload = await answer.read()
                if answer.status == 200:
                    return payload
                failure = _refused(answer.status)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            failure = _failure(error)
        # out here, so that the error drags no other one along: aiohttp's own name the URL
        raise failure

    def _must_be_open(self) -> None:
        if self._closed:
            raise RetryLater("closed")

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=CONNECTIONS, keepalive_timeout=IDLE_SECONDS, ssl=self._trust
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_SKIPPED,
            )
        return self._opened

    def _proxy_for(self, url: str) -> str | None:
        """What is on this machine is never reached through a proxy."""
        return None if self._proxy is None or is_loopback_url(url) else self._proxy


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


@lru_cache(maxsize=16)
def _timeout(read: float, *, sending: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=POOL_SECONDS + sending + read,
        connect=POOL_SECONDS,
        sock_connect=CONNECT_SECONDS,
        sock_read=read,
    )


def _refused(status: int) -> DeliveryError:
    """WeCom itself answers with 200; another status is that of something on the way."""
    if status == 404:
        return NotFound("HTTP 404")
    if status == 413:
        return Rejected("HTTP 413")
    if status == 429:
        return RetryLater("HTTP 429", after=60, everyone=True)
    return InDoubt(f"HTTP {status}") if status >= 500 else Unavailable(f"HTTP {status}")


def _failure(error: Exception) -> DeliveryError:
    """What it says about execution; never in the error's own words, which may hold the URL."""
    name = type(error).__name__
    match error:
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return Unavailable(f"address can't be used ({name})")
        case (
            aiohttp.ClientConnectorError()
            | aiohttp.ConnectionTimeoutError()
            | aiohttp.ClientHttpProxyError()
        ):
            return RetryLater(f"not connected ({name})")
        case _:
            return InDoubt(f"no answer ({name})")


def _broken_off(error: Exception) -> DeliveryError:
    return RetryLater(f"download broken off ({type(error).__name__})", after=2)
