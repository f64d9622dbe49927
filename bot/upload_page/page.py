"""The upload page: who has the link of a draft puts files into it, and sees what became of each.

A file is on disk before it is handed in, and 「已收到」 is said only once the draft has it. Each
comes with a UUID made by the page: the same again, after a lost answer or a restart, has no second
effect and gets the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

import templates
from bot import receiving
from bot.channels.base import Busy
from bot.clock import Clock
from bot.database import Work
from bot.pages import Pages
from bot.receiving import ACCEPT, FILE_BYTES
from bot.web import streams
from handlers import upload_link, uploading
from handlers.messages import Attachment, Inbound, Kind, Receipt
from handlers.premises import Premises
from handlers.upload_link import LinkExpired
from handlers.uploading import DraftClosed
from rubric import settings
from rubric.errors import UserError
from storage import accounts, attachments
from storage.accounts import Account
from storage.blobs import Blobs
from storage.db import passing
from storage.evidence import Item
from storage.settings import read_settings
from templates.markup import plain

ID_HEADER: Final = "X-Upload-Id"
MORE_HEADER: Final = "X-More-Follow"
_ASSETS: Final = frozenset(
    {
        *("base.css", "upload.css", "icon.svg"),
        *("format.js", "markup.js", "net.js", "upload.js", "uploads.js", "view.js"),
    }
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class _Guest:
    account: Account
    item: Item


class UploadPage:
    """`receive` returns after the commit, or raises Busy."""

    def __init__(
        self,
        *,
        work: Work,
        blobs: Blobs,
        clock: Clock,
        premises: Premises,
        receive: Callable[[Inbound], Awaitable[Receipt]],
        pages: Pages,
    ) -> None:
        self._work = work
        self._blobs = blobs
        self._clock = clock
        self._premises = premises
        self._receive = receive
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/upload/assets/{name}", self._asset),
            web.get("/upload/{token}", self._page),
            web.get("/upload/{token}/draft", _answered(self._draft)),
            web.post("/upload/{token}/files/check", _answered(self._check)),
            web.post("/upload/{token}/files", streams(_answered(self._take))),
            web.post("/upload/{token}/show", _answered(self._show)),
        ]

    # ------------------------------------------------------------ the page

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in _ASSETS:
            raise web.HTTPNotFound
        return self._pages.answer(request, name)

    async def _page(self, request: web.Request) -> web.Response:
        try:
            await self._admitted(request)
        except UserError as error:
            return self._pages.notice(plain(templates.say_error(error)), status=410)
        except DBAPIError as error:
            if not passing(error):
                raise
            return self._pages.notice(templates.say("upload.away"), status=503)
        return self._pages.answer(request, "upload.html", cache="no-store")

    async def _draft(self, request: web.Request) -> web.Response:
        guest = await self._admitted(request)

        def look(connection: Connection) -> dict[str, Any]:
            values = read_settings(connection)
            files = attachments.of_evidence(connection, guest.item.id)
            return {
                "title": guest.item.title,
                "department": guest.item.department,
                "most": settings.FILES_MAX.of(values),
                "fileBytes": min(FILE_BYTES, settings.WEB_FILE_MB.of(values) * 1024**2),
                "accept": ACCEPT,
                "files": [
                    {"name": file.name, "size": file.size}
                    for file in files
                    if file.state != "refused"
                ],
            }

        return web.json_response(await self._work.read(look))

    # ------------------------------------------------------------ one file

    async def _check(self, request: web.Request) -> web.Response:
        """Asked before any byte moves: a refusal in the middle of a large body is lost on the way.
        `done`: this very file is in the draft already."""
        guest = await self._admitted(request)
        told = _fields(await request.read())
        name, size = told.get("name"), told.get("size")
        if not isinstance(name, str) or not isinstance(size, int) or size < 0:
            raise web.HTTPBadRequest
        key = _key(told.get("id"))
        done = await self._took(guest, key)
        if not done:
            await self._would_take(guest, Attachment("", name, size=size, blob=""))
            self._blobs.need(size)
        return web.json_response({"done": done})

    async def _take(self, request: web.Request) -> web.Response:
        guest = await self._admitted(request)
        key = _key(request.headers.get(ID_HEADER))
        if await self._took(guest, key):
            return web.json_response({})
        coming = receiving.announced(request)
        await self._would_take(guest, Attachment("", coming.name, size=coming.size, blob=""))
        taken = await receiving.take_in(request, self._blobs, limit=FILE_BYTES)
        file = Attachment(taken.blob, taken.name, taken.kind.mime, taken.size, taken.blob)
        await self._hand_in(guest, key, (file,), more=bool(request.headers.get(MORE_HEADER)))
        if not await self._took(guest, key):
            await self._would_take(await self._admitted(request), file)
            # refused a moment ago for a reason that is gone, or under this key before: once more
            return web.json_response({"error": "again"}, status=409)
        return web.json_response({"name": taken.name, "size": taken.size})

    async def _show(self, request: web.Request) -> web.Response:
        """The page has nothing more to send: now the chat may show the draft."""
        guest = await self._admitted(request)
        await self._hand_in(guest, _key(_fields(await request.read()).get("id")), (), more=False)
        return web.json_response({})

    async def _hand_in(
        self, guest: _Guest, key: str, files: tuple[Attachment, ...], *, more: bool
    ) -> None:
        await self._receive(
            Inbound(
                key=key,
                channel=guest.account.channel,
                account=guest.account.external_id,
                kind=Kind.UPLOADED,
                attachments=files,
                group="more" if more else "",
                source=str(guest.item.id),
            )
        )

    # ------------------------------------------------------------ what the database says

    async def _admitted(self, request: web.Request) -> _Guest:
        """Raises LinkExpired, DraftClosed."""
        now = self._clock.now()
        found = upload_link.read(self._premises, request.match_info["token"], now=now)
        day = self._premises.today(now)

        def look(connection: Connection) -> _Guest:
            account = accounts.find_account(connection, found.account_id)
            if account is None:
                raise LinkExpired
            return _Guest(
                account,
                uploading.draft_for(
                    connection, account_id=account.id, item_id=found.item_id, day=day
                ),
            )

        return await self._work.read(look)

    async def _took(self, guest: _Guest, key: str) -> bool:
        account_id = guest.account.id
        return await self._work.read(lambda c: uploading.took(c, account_id=account_id, key=key))

    async def _would_take(self, guest: _Guest, file: Attachment) -> None:
        """Raises what the draft has against it."""
        await self._work.read(lambda c: uploading.check(c, guest.item, file))


def _answered(handler: Callable[[web.Request], Awaitable[web.Response]]) -> Handler:
    """Turns what went wrong into what the page understands: 410, nothing more can be sent by this
    link; 422, not this file; 503, the same again in a moment."""

    async def call(request: web.Request) -> web.Response:
        try:
            response = await handler(request)
        except UserError as error:
            over = isinstance(error, LinkExpired | DraftClosed)
            told = {"error": error.code, "words": plain(templates.say_error(error))}
            response = web.json_response(told, status=410 if over else 422)
        except Busy:
            response = _busy()
        except DBAPIError as error:
            if not passing(error):
                raise
            response = _busy()
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return call


def _busy() -> web.Response:
    return web.json_response({"error": "busy"}, status=503, headers={"Retry-After": "2"})


def _fields(raw: bytes) -> dict[str, Any]:
    """Raises HTTPBadRequest."""
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise web.HTTPBadRequest from None
    if not isinstance(told, dict):
        raise web.HTTPBadRequest
    return told


def _key(uuid: object) -> str:
    """Raises HTTPBadRequest unless this is a UUID as our page makes them."""
    if not isinstance(uuid, str) or not _UUID.fullmatch(uuid):
        raise web.HTTPBadRequest
    return uploading.KEY + uuid
