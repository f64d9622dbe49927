"""HTTP to a service outside, as every channel speaks it: one session, its limits, its failures.

Promises: what goes wrong is a `DeliveryError` that says what is known about execution; none of
them holds a URL, for tokens and keys stand in those. Redirects are not followed, and what is on
this machine is never reached through a proxy.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

import aiohttp
from yarl import URL

from bot.addresses import is_loopback_url
from bot.channels.base import DeliveryError, InDoubt, RetryLater, Unavailable

CONNECTIONS: Final = 64
IDLE_SECONDS: Final = 30.0  # longer idle ones may be half dead, a call on one would be in doubt
CONNECT_SECONDS: Final = 10.0
POOL_SECONDS: Final = 30.0  # waiting for one of the connections, then connecting
UPLOAD_SECONDS: Final = 600.0  # most for the bytes of one file, either way
CHUNK_BYTES: Final = 64 * 1024
JSON: Final = {"Content-Type": "application/json"}
BROKEN: Final = (aiohttp.ClientError, OSError, TimeoutError)  # what a call can end with
# none of them decides anything there; gzip would only cost CPU time
_SKIPPED: Final = ("Accept", "Accept-Encoding", "User-Agent")


class Session:
    """Opened by the first call, in the loop that makes it."""

    def __init__(self, *, proxy: str | None, ca_bundle: Path | None) -> None:
        """Raises OSError where the CA bundle can't be used."""
        self._proxy = proxy
        self._trust: ssl.SSLContext | bool = True
        if ca_bundle is not None:
            self._trust = ssl.create_default_context()
            self._trust.load_verify_locations(ca_bundle)
        self._opened: aiohttp.ClientSession | None = None
        self._closed = False

    def request(
        self,
        method: str,
        url: str | URL,
        *,
        seconds: float,
        sending: float = 0,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """`seconds` for the answer, `sending` for a file's bytes. Raises RetryLater once it is
        closed; entering it raises one of BROKEN."""
        return self.opened().request(
            method,
            url,
            data=body,
            headers=headers,
            proxy=self.proxy_for(url),
            timeout=aiohttp.ClientTimeout(
                total=POOL_SECONDS + sending + seconds,
                connect=POOL_SECONDS,
                sock_connect=CONNECT_SECONDS,
                sock_read=seconds,
            ),
            allow_redirects=False,
        )

    def opened(self) -> aiohttp.ClientSession:
        """Raises RetryLater once it is closed."""
        if self._closed:
            raise RetryLater("closed")
        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=CONNECTIONS, keepalive_timeout=IDLE_SECONDS, ssl=self._trust
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_SKIPPED,
            )
        return self._opened

    def proxy_for(self, url: str | URL) -> str | None:
        return None if self._proxy is None or is_loopback_url(str(url)) else self._proxy

    async def close(self) -> None:
        self._closed = True
        if self._opened is not None:
            await self._opened.close()


def failed(error: Exception) -> DeliveryError:
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


def broken_off(error: Exception) -> DeliveryError:
    """Of a download: repeating it harms nobody."""
    return RetryLater(f"download broken off ({type(error).__name__})", after=2)


async def pieces_of(path: Path) -> AsyncGenerator[bytes]:
    """A file on disk, as if it were downloaded. Raises RetryLater."""
    try:
        handle = await asyncio.to_thread(path.open, "rb")
    except OSError as error:
        raise RetryLater(f"file can't be read ({type(error).__name__})", after=10) from None
    try:
        while piece := await asyncio.to_thread(handle.read, CHUNK_BYTES):
            yield piece
    finally:
        handle.close()
