"""Who comes from WeCom has said who they are without a word: to their draft's upload page, or to
their web chat.

WeCom sends them here with a code that it exchanges for a userid once, and with what they came for
(`state`). An upload page needs no more: a link that somebody else slips in leads to that other
person's draft, as that person's own link would, and gives away nothing of whoever opens it. A
session does: in one that is another's, people would say what is meant for their own. So a session
begins only in the browser that was sent to WeCom from here, which a cookie proves.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, runtime_checkable

from aiohttp import web
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

import templates
from bot.channels.base import DeliveryError, Rejected
from bot.clock import Clock
from bot.database import Work
from bot.pages import Pages
from handlers import entering, upload_link, uploading
from handlers.occasion import Occasion
from handlers.premises import Premises
from rubric.errors import UserError
from storage import accounts
from storage.accounts import Account, Person
from storage.db import passing
from templates.markup import plain

Admit = Callable[[web.Request, int, web.Response], Awaitable[web.Response]]

CHAT: Final = "c"
_NONCE: Final = re.compile(r"c([0-9a-f]{32})")
_COOKIE: Final = "kaohe-way"
_COOKIE_SECONDS: Final = 300
_CODE_LENGTH: Final = 512


@runtime_checkable
class KnowsMembers(Protocol):
    async def who(self, code: str) -> str:
        """The userid of the member who was given this code. Raises Rejected and others of
        DeliveryError."""


class SilentLogin:
    """`admit` begins a session of the web chat and `greet` says hello in it; None without one."""

    def __init__(
        self,
        *,
        work: Work,
        clock: Clock,
        premises: Premises,
        pages: Pages,
        members: KnowsMembers,
        admit: Admit | None,
        greet: Callable[[int], Awaitable[None]],
    ) -> None:
        self._work = work
        self._clock = clock
        self._premises = premises
        self._pages = pages
        self._members = members
        self._admit = admit
        self._greet = greet

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/wecom/in", self._come_in)]

    async def _come_in(self, request: web.Request) -> web.Response:
        try:
            return await self._led_on(request)
        except UserError as error:
            return self._pages.notice(plain(templates.say_error(error)), status=410)
        except Rejected:
            return self._say("used", 410)
        except DeliveryError:
            return self._say("away", 503)
        except DBAPIError as error:
            if not passing(error):
                raise
            return self._say("away", 503)

    async def _led_on(self, request: web.Request) -> web.Response:
        code, state = request.query.get("code", ""), request.query.get("state", "")
        item_id, nonce = upload_link.item_of(state), _NONCE.fullmatch(state)
        if state == CHAT or nonce:
            if self._admit is None:
                return self._say("no_chat", 404)
            if state == CHAT:
                return self._sent_to_say_who(request)
            if nonce and not hmac.compare_digest(
                nonce[1].encode(), request.cookies.get(_COOKIE, "").encode()
            ):
                return self._say("used", 410)
        if not (item_id or nonce) or not 0 < len(code) <= _CODE_LENGTH:
            return self._say("used", 410)
        userid = (await self._members.who(code)).lower()
        found = await self._work.read(lambda c: _holder(c, userid, self._premises, self._clock))
        if found is None:
            return self._say("unknown", 403)
        account, person = found
        if item_id:
            return await self._to_upload(account, item_id)
        return await self._to_chat(request, account, person)

    def _sent_to_say_who(self, request: web.Request) -> web.Response:
        nonce = secrets.token_hex(16)
        there = self._premises.wecom_login.replace("{state}", CHAT + nonce)
        response = _redirect(there)
        response.set_cookie(
            _COOKIE,
            nonce,
            max_age=_COOKIE_SECONDS,
            httponly=True,
            secure=self._premises.public_url.startswith("https:"),
            samesite="Lax",  # it has to come along from WeCom's page
        )
        return response

    async def _to_upload(self, account: Account, item_id: int) -> web.Response:
        """Raises LinkExpired, DraftClosed."""
        now = self._clock.now()
        day = self._premises.today(now)
        await self._work.read(
            lambda c: uploading.draft_for(c, account_id=account.id, item_id=item_id, day=day)
        )
        token = upload_link.issue(self._premises, account_id=account.id, item_id=item_id, now=now)
        return _redirect(f"../upload/{token}")

    async def _to_chat(
        self, request: web.Request, account: Account, person: Person
    ) -> web.Response:
        assert self._admit is not None  # noqa: S101 - asked for before anybody was
        now = self._clock.now()
        web_account = await self._work.write(
            lambda c: entering.web_account(Occasion(c, now, self._premises), person, by=account.id)
        )
        await self._greet(web_account)
        response = await self._admit(request, web_account, _redirect("../"))
        response.del_cookie(_COOKIE)
        return response

    def _say(self, block: str, status: int) -> web.Response:
        return self._pages.notice(templates.say(f"upload.{block}"), status=status)


def _holder(
    connection: Connection, userid: str, premises: Premises, clock: Clock
) -> tuple[Account, Person] | None:
    day = premises.today(clock.now())
    return accounts.linked(connection, channel=upload_link.APP, external_id=userid, day=day)


def _redirect(where: str) -> web.Response:
    return web.Response(status=303, headers={"Location": where, "Cache-Control": "no-store"})
