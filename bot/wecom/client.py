"""WeCom's API with an access token: fetched once for all who wait, and again when it is refused.

Promises: whoever calls gets WeCom's JSON or a `DeliveryError`, and `trouble` says in one sentence
what an operator has to mend as long as nothing else has gone well since. A secret that is refused
is not tried again for a while, since WeCom blocks who fails too often.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Final
from urllib.parse import quote, urlencode

from bot.channels.base import DeliveryError, InDoubt, Rejected, RetryLater, Unavailable
from bot.secret import Secret
from bot.wecom.http import Http, Json, NotFound, Upload, decoded
from bot.wecom.verdict import (
    AGENT,
    BUSY,
    NOT_TRUSTED,
    REST_SECONDS,
    SECRET,
    TOKEN,
    TOO_LARGE,
    Unusable,
    code_of,
    verdict,
)
from templates import wecom_words as words

TRIES: Final = 3
PAUSE: Final = 0.3  # seconds, doubled each time
REFUSED_SECONDS: Final = 30.0
_EARLY: Final = 300.0  # a token is renewed so many seconds before its end
_ERROR_BYTES: Final = 64 * 1024


class Client:
    """`base_url` is that of the deployment, without `/cgi-bin`."""

    def __init__(self, http: Http, *, base_url: str, corp_id: str, secret: Secret) -> None:
        self._http = http
        self._base = base_url.rstrip("/") + "/cgi-bin/"
        self._corp_id = corp_id
        self._secret = secret
        self._token = ""
        self._quoted = ""  # as it stands in an address: it is long, and the same for two hours
        self._ends = 0.0  # monotonic
        self._fetching = asyncio.Lock()
        self._refusal: DeliveryError | None = None
        self._refused_until = 0.0
        self._trouble = ""

    def trouble(self) -> str:
        return self._trouble

    async def get(self, path: str, **query: str) -> Json:
        """Raises DeliveryError."""
        return await self._call(path, query, self._http.get)

    async def post(self, path: str, body: bytes, **query: str) -> Json:
        """`body` is JSON. Raises DeliveryError."""
        return await self._call(path, query, lambda url: self._http.post(url, body))

    async def upload(self, kind: str, file: Upload) -> str:
        """The file's media id, good for three days. Raises DeliveryError."""
        try:
            answer = await self._call(
                "media/upload", {"type": kind}, lambda url: self._http.upload(url, file)
            )
        except InDoubt as error:
            raise RetryLater(str(error), after=2) from None  # uploading twice harms nobody
        media_id = answer.get("media_id")
        if not isinstance(media_id, str) or not media_id:
            raise Rejected("upload without an id")
        return media_id

    async def media(self, media_id: str) -> AsyncGenerator[bytes]:
        """The bytes of an uploaded or received file. Raises DeliveryError."""
        first = True
        while True:
            token = await self._usable_token()
            url = self._url("media/get", {"media_id": media_id})
            async with self._http.fetching(url) as found:
                if found.status == 200 and not _is_error(found.headers):
                    async with aclosing(found.pieces()) as pieces:
                        async for piece in pieces:
                            yield piece
                    return
                if found.status != 200:
                    raise RetryLater(f"HTTP {found.status}", after=5)
                answer = await _error_in(found.pieces())
            if code_of(answer) in TOKEN and first:
                first = False
                self._drop(token)
                continue
            if code_of(answer) == TOO_LARGE:
                raise Rejected("file.too_big")
            raise self._noted(answer) or RetryLater("an answer that is no file", after=5)

    async def _call(
        self, path: str, query: dict[str, str], ask: Callable[[str], Awaitable[bytes]]
    ) -> Json:
        renewed, tries = False, 0
        while True:
            token = await self._usable_token()
            answer = decoded(await self._asked(ask, self._url(path, query)))
            code = code_of(answer)
            if code in TOKEN and not renewed:
                renewed = True
                self._drop(token)
            elif code == BUSY and tries < TRIES:
                tries += 1
                await asyncio.sleep(PAUSE * 2**tries)
            else:
                error = self._noted(answer)
                if error is not None:
                    raise error
                return answer

    async def _asked(self, ask: Callable[[str], Awaitable[bytes]], url: str) -> bytes:
        try:
            return await ask(url)
        except NotFound:
            raise
        except Unavailable:
            self._trouble = words.BAD_ADDRESS
            raise

    def _url(self, path: str, query: dict[str, str]) -> str:
        """With the token there is now."""
        more = f"&{urlencode(query, quote_via=quote)}" if query else ""
        return f"{self._base}{path}?access_token={self._quoted}{more}"

    # ------------------------------------------------------------ the token

    async def _usable_token(self) -> str:
        """Raises DeliveryError; nothing has been sent then."""
        if self._token and time.monotonic() < self._ends:
            return self._token
        async with self._fetching:
            if self._token and time.monotonic() < self._ends:
                return self._token  # somebody else has fetched it
            if self._refusal is not None and time.monotonic() < self._refused_until:
                raise self._refusal.with_traceback(None)
            try:
                await self._fetch_token()
            except RetryLater as error:
                if error.everyone:
                    self._hold_back(error, error.after)
                raise
            except InDoubt as error:
                raise RetryLater(str(error), after=2) from None
            except DeliveryError as error:
                self._hold_back(error, REFUSED_SECONDS)
                raise
            return self._token

    async def _fetch_token(self) -> None:
        given = {"corpid": self._corp_id, "corpsecret": self._secret.reveal()}
        url = f"{self._base}gettoken?{urlencode(given, quote_via=quote)}"
        try:
            answer = decoded(await self._http.get(url))
        except Unavailable:
            self._trouble = words.BAD_ADDRESS
            raise
        error = self._noted(answer)
        if error is not None:
            raise error
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise RetryLater("no token in the answer", after=REST_SECONDS)
        self._token, self._quoted = token, quote(token, safe="")
        self._ends = time.monotonic() + seconds - min(_EARLY, seconds / 10)
        self._refusal = None

    def _hold_back(self, error: DeliveryError, seconds: float) -> None:
        self._refusal, self._refused_until = error, time.monotonic() + seconds

    def _drop(self, token: str) -> None:
        """Unless somebody has fetched another one meanwhile."""
        if self._token == token:
            self._token = ""

    # ------------------------------------------------------------ what went wrong

    def _noted(self, answer: Json) -> DeliveryError | None:
        error = verdict(answer)
        if error is None:
            self._trouble = ""
        elif isinstance(error, Unusable):
            self._trouble = _sentence(error) or self._trouble
        return error


def _sentence(error: Unusable) -> str:
    if error.code == NOT_TRUSTED:
        if not error.seen_from:
            return words.NOT_TRUSTED_UNKNOWN
        return words.NOT_TRUSTED.format(error.seen_from)
    if error.code in SECRET | TOKEN:
        return words.NOT_LET_IN
    return words.NOT_AN_APP if error.code in AGENT else ""


def _is_error(headers: Mapping[str, str]) -> bool:
    """What is wrong comes as JSON with status 200; a file is told by its name."""
    kind = headers.get("Content-Type", "")
    return "Content-Disposition" not in headers and kind.startswith(("application/json", "text/"))


async def _error_in(pieces: AsyncGenerator[bytes]) -> Json:
    body = b""
    async with aclosing(pieces):
        async for piece in pieces:
            body += piece
            if len(body) > _ERROR_BYTES:
                break
    try:
        return decoded(body)
    except InDoubt:
        raise RetryLater("an answer that is no file", after=5) from None
