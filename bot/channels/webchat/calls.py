"""The routes of the page: what it shows, what it sends, and how each of its calls may fail.

Every call but those of the login page needs a session, and every one that changes something must
come from our own page. A UserError is answered with its words, a busy database with 503: the page
then sends the same again, under the same UUID.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from aiohttp import web
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot.channels.base import Busy, Intake
from bot.channels.webchat import talk
from bot.channels.webchat.files import Files
from bot.channels.webchat.gate import Gate, Guest
from bot.channels.webchat.lent import Knock, Lent, Terms
from bot.channels.webchat.live import Live
from bot.channels.webchat.uploads import Uploads
from bot.pages import Pages
from bot.receiving import ACCEPT
from bot.web import streams
from rubric.errors import UserError
from storage import web as rows
from storage.db import passing
from storage.web import WebBody

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GuestHandler = Callable[[web.Request, Guest], Awaitable[web.StreamResponse]]

_PAGE: Final = 40  # messages of history at once
_CHANGES: Final = 200
_FOR_STRANGERS: Final = frozenset({"base.css", "icon.svg", "login.css", "login.js", "markup.js"})


class Calls:
    """`intake` is set once the channel listens; until then everything sent is to be sent again."""

    def __init__(self, lent: Lent, terms: Terms, *, live: Live, files: Files) -> None:
        self._lent = lent
        self._terms = terms
        self._live = live
        self._files = files
        self._gate = Gate(lent, terms)
        self._uploads = Uploads(lent.blobs, key=terms.key, file_bytes=terms.file_bytes)
        self._pages = Pages()
        self.intake: Intake | None = None

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._page),
            web.get("/login", self._login_page),
            web.get("/assets/{name}", self._asset),
            web.post("/api/login", _answered(self._lent, self._login)),
            web.post("/api/logout", self._api(self._gate.leave)),
            web.get("/api/me", self._api(self._me)),
            web.get("/api/menu", self._api(self._menu)),
            web.get("/api/messages", self._api(self._messages)),
            web.post("/api/messages", self._api(self._message)),
            web.post("/api/press", self._api(self._press)),
            web.post("/api/uploads/check", self._api(self._check_upload)),
            web.post("/api/uploads", streams(self._api(self._uploads.receive, json=False))),
            web.get("/api/live", self._api(self._open_live, check_origin=True)),
            web.get(r"/files/{message:\d{1,18}}/{number:\d{1,3}}", self._api(self._files.serve)),
        ]

    # ------------------------------------------------------------ the page and its assets

    async def _page(self, request: web.Request) -> web.Response:
        if await self._gate.guest(request) is None:
            raise web.HTTPSeeOther("login")
        # kept nowhere: going back after a logout must not show it again
        return self._pages.answer(request, "index.html", cache="no-store")

    async def _login_page(self, request: web.Request) -> web.Response:
        return self._pages.answer(request, "login.html")

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in _FOR_STRANGERS and await self._gate.guest(request) is None:
            raise web.HTTPUnauthorized
        return self._pages.answer(request, name)

    # ------------------------------------------------------------ what the page calls

    async def _login(self, request: web.Request) -> web.StreamResponse:
        self._gate.check_origin(request)
        _need_json(request)
        raw = await request.read()
        guest = await self._gate.guest(request)
        knock = Knock(
            talk.read_text(raw, "code"),
            talk.read_text(raw, "name", without=""),
            request.remote or "",
            guest.account_id if guest else None,
        )
        account_id = await self._lent.authenticate(knock)
        return await self._gate.enter(request, account_id, web.json_response({}))

    async def admit(
        self, request: web.Request, account_id: int, response: web.Response
    ) -> web.Response:
        """As a login, for somebody whom a messenger of ours vouches for."""
        return await self._gate.enter(request, account_id, response)

    async def _me(self, _request: web.Request, guest: Guest) -> web.Response:
        return web.json_response(
            {
                "account": guest.account_id,
                "name": guest.visitor.name,
                "now": self._lent.now().isoformat(),
                "zone": self._terms.zone.key,
                "fileBytes": self._terms.file_bytes,
                "accept": ACCEPT,
                "personas": [persona.label for persona in self._terms.personas],
            }
        )

    async def _menu(self, _request: web.Request, guest: Guest) -> web.Response:
        items = await self._lent.menu(guest.account_id)
        return web.json_response(
            [{"text": f"/{command.lstrip('/')}", "title": title} for command, title in items]
        )

    async def _messages(self, request: web.Request, guest: Guest) -> web.Response:
        before, after = _number(request, "before"), _number(request, "after")
        account_id = guest.account_id

        def look(connection: Connection) -> dict[str, Any]:
            newest = rows.newest_seq(connection, account_id)
            if after is not None:
                found = rows.changed_after(
                    connection, account_id=account_id, seq=after, limit=_CHANGES
                )
                more = len(found) == _CHANGES
            else:
                found = rows.history(connection, account_id=account_id, before=before, limit=_PAGE)
                more = len(found) == _PAGE
            lent = self._lent

            def reveal(text: str) -> str:
                return lent.reveal(connection, account_id, text) if lent.reveal else text

            shown = [talk.shown(message, reveal) for message in found]
            return {"messages": shown, "seq": newest, "more": more}

        return _json(await self._lent.work.read(look))

    async def _message(self, request: web.Request, guest: Guest) -> web.Response:
        account_id = guest.account_id
        said = talk.read_message(
            await request.read(), lambda token: self._uploads.redeem(account_id, token)
        )
        return await self._say(said.key, said.body, guest)

    async def _press(self, request: web.Request, guest: Guest) -> web.Response:
        said = talk.read_press(await request.read())
        return await self._say(said.key, said.body, guest)

    async def _say(self, key: str, body: WebBody, guest: Guest) -> web.Response:
        if self.intake is None:
            raise Busy
        account_id, now = guest.account_id, self._lent.now()
        row = await self._lent.work.write(
            lambda c: rows.post(c, account_id=account_id, key=key, mine=True, body=body, now=now)
        )
        if row.account_id != account_id or not row.mine:
            raise web.HTTPConflict
        await self._live.wake(account_id, row.seq)
        await self.intake.receive(talk.inbound(row, guest.visitor))
        return _json({"message": talk.shown(row, str)})

    async def _check_upload(self, request: web.Request, _guest: Guest) -> web.Response:
        raw = await request.read()
        self._uploads.announce(talk.read_text(raw, "name"), talk.read_number(raw, "size"))
        return _json({})

    async def _open_live(self, request: web.Request, guest: Guest) -> web.StreamResponse:
        return await self._live.serve(request, guest.account_id, guest.digest)

    # ------------------------------------------------------------ around every call

    def _api(
        self, handler: GuestHandler, *, check_origin: bool = False, json: bool = True
    ) -> Handler:
        async def call(request: web.Request) -> web.StreamResponse:
            if check_origin or request.method not in ("GET", "HEAD"):
                self._gate.check_origin(request)
            guest = await self._gate.guest(request)
            if guest is None:
                return web.json_response({"error": "login"}, status=401)
            if json and request.method == "POST":
                _need_json(request)
            response = await handler(request, guest)
            self._gate.renew(request, guest, response)
            return response

        return _answered(self._lent, call)


def _answered(lent: Lent, handler: Handler) -> Handler:
    """Turns what went wrong into what the page understands."""

    async def call(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request)
        except UserError as error:
            response = _json({"error": error.code, "words": lent.say_error(error)}, status=422)
        except talk.Malformed:
            response = _json({"error": "malformed"}, status=400)
        except Busy:
            response = _busy()
        except DBAPIError as error:
            if not passing(error):
                raise
            response = _busy()
        if not response.prepared:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return call


def _busy() -> web.Response:
    return _json({"error": "busy"}, status=503, headers={"Retry-After": "2"})


def _json(
    what: object, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        body=orjson.dumps(what), status=status, content_type="application/json", headers=headers
    )


def _need_json(request: web.Request) -> None:
    """Raises HTTPUnsupportedMediaType: another site's form can't say that it sends JSON."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
