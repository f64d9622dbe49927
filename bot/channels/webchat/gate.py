"""Who is at the door: cookies, sessions, and whether a request comes from our own page.

Each request is checked against the database, so an ended session, an unlinked account or a removed
person is out at once. The session's token is known to the browser alone.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from sqlalchemy.engine import Connection
from yarl import URL

from bot.addresses import is_loopback_host
from bot.channels.webchat.lent import Lent, Terms
from bot.web import prefix_of
from storage import web as rows
from storage.web import Visitor

_TOKEN_BYTES: Final = 32
_COOKIE_SECONDS: Final = int(rows.STAY.total_seconds())


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor and, unless this is the demonstration, the session he came with."""

    visitor: Visitor
    digest: str | None

    @property
    def account_id(self) -> int:
        return self.visitor.account_id


class Gate:
    def __init__(self, lent: Lent, terms: Terms) -> None:
        self._lent = lent
        self._personas = terms.personas
        self._path = prefix_of(terms.public_url) or "/"
        self._origin = str(URL(terms.public_url).origin()) if terms.public_url else None

    # ------------------------------------------------------------ sessions

    async def guest(self, request: web.Request) -> Guest | None:
        if self._personas:
            return await self._persona(request)
        token = request.cookies.get(self._cookie(request))
        if not token:
            return None
        digest = _digest(token)
        now = self._lent.now()
        visitor = await self._lent.work.read(
            lambda connection: rows.visitor(connection, digest=digest, now=now)
        )
        if visitor is None:
            return None
        if visitor.stale:
            await self._lent.work.write(
                lambda connection: rows.note_seen(connection, digest=digest, now=now)
            )
        return Guest(visitor, digest)

    async def enter(
        self, request: web.Request, account_id: int, response: web.Response
    ) -> web.Response:
        """Begin a session under a new token; whatever cookie was there before counts no more. The
        response takes the new cookie along."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now = self._lent.now()
        old = request.cookies.get(self._cookie(request))

        def begin(connection: Connection) -> None:
            if old:
                rows.end_session(connection, digest=_digest(old), now=now)
            rows.open_session(connection, digest=_digest(token), account_id=account_id, now=now)

        await self._lent.work.write(begin)
        self._give_cookie(request, response, token)
        return response

    async def leave(self, request: web.Request, guest: Guest) -> web.Response:
        now = self._lent.now()
        digest = guest.digest
        if digest is not None:
            await self._lent.work.write(
                lambda connection: rows.end_session(connection, digest=digest, now=now)
            )
        response = web.json_response({})
        response.del_cookie(self._cookie(request), path=self._path, secure=self._secure(request))
        return response

    def renew(self, request: web.Request, guest: Guest, response: web.StreamResponse) -> None:
        """Let the browser's copy live on together with a session that was seen again."""
        token = request.cookies.get(self._cookie(request))
        if guest.visitor.stale and token and not response.prepared:
            self._give_cookie(request, response, token)

    def _give_cookie(self, request: web.Request, response: web.StreamResponse, token: str) -> None:
        response.set_cookie(
            self._cookie(request),
            token,
            max_age=_COOKIE_SECONDS,
            path=self._path,
            secure=self._secure(request),
            httponly=True,
            samesite="Strict",
        )

    def _secure(self, request: web.Request) -> bool:
        public = self._origin is not None and self._origin.startswith("https:")
        return public or request.scheme == "https"

    def _cookie(self, request: web.Request) -> str:
        if not self._secure(request):
            return "kaohe"
        # with the first prefix no other host of the domain can set or shadow it
        return "__Host-kaohe" if self._path == "/" else "__Secure-kaohe"

    async def _persona(self, request: web.Request) -> Guest | None:
        # another site's name that resolves to this machine must not act here without a login
        if not is_loopback_host(urlsplit(f"//{request.host}").hostname or ""):
            raise web.HTTPForbidden(text="演示环境只能在本机打开。")
        number = request.query.get("as", "0")
        if not (number.isascii() and number.isdigit() and int(number) < len(self._personas)):
            return None
        account = self._personas[int(number)].account
        visitor = await self._lent.work.read(lambda c: rows.visitor_of(c, account))
        return None if visitor is None else Guest(visitor, None)

    # ------------------------------------------------------------ where a request comes from

    def check_origin(self, request: web.Request) -> None:
        """Raises HTTPForbidden unless our own page sent this.

        A browser names the page's origin on every POST and every upgrade to a live connection;
        Sec-Fetch-Site comes on https and loopback only.
        """
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        if site not in (None, "same-origin") or (site is None and origin is None):
            raise web.HTTPForbidden(text="请求不是从本页面发出的。")
        own = {self._origin, f"{request.scheme}://{request.host}"}
        if origin is None or origin in own:
            return
        # behind a proxy that we were not told to trust only the host is as the browser sees it
        if site == "same-origin" and urlsplit(origin).netloc == request.host:
            return
        raise web.HTTPForbidden(text="请求不是从本页面发出的。")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
