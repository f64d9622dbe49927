"""WeCom's self-built app as a channel: puts the parts together and keeps what
`bot.channels.base` promises. Making a `WecomApp` calls nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.channels.base import Hearing, Intake, Memory, Outgoing, Pace, Rejected, Sent
from bot.channels.wecom_app.callback import Receiver
from bot.channels.wecom_app.circular import AppCircular
from bot.channels.wecom_app.files import Files
from bot.channels.wecom_app.ladder import Ladder
from bot.channels.wecom_app.menu import keep_menu
from bot.channels.wecom_app.parse import NAME
from bot.channels.wecom_app.sending import Sender
from bot.channels.wecom_app.settings import WecomAppSettings
from bot.channels.wecom_app.share import Share
from bot.in_order import InOrder
from bot.secret import Secret
from bot.wecom.client import Client
from bot.wecom.crypto import Cipher
from bot.wecom.http import Http, NotFound
from bot.wecom.verdict import NOT_FOR_THIS_APP, Unusable
from handlers.discovery import discover
from handlers.messages import Inbound, Toast
from templates.words import CENTRE_ZONE

if TYPE_CHECKING:
    from aiohttp import web

CHAT: Final = "c"  # what the login page is for: the web chat


class WecomApp:
    """`public_url` is where people reach our pages, if they do."""

    name = NAME
    reveals = False
    appends = True
    exclusive = False
    here = True
    pace = Pace()  # a person's share is kept by the minute, see `share`

    def __init__(
        self,
        settings: WecomAppSettings,
        *,
        memory: Memory,
        now: Callable[[], datetime],
        public_url: str | None = None,
        proxy: Secret | None = None,
        ca_bundle: Path | None = None,
        zone: tzinfo = CENTRE_ZONE,
    ) -> None:
        self._settings = settings
        self._public_url = public_url or ""
        self._http = Http(proxy=proxy, ca_bundle=ca_bundle)
        self._client = Client(
            self._http,
            base_url=settings.base_url,
            corp_id=settings.corp_id,
            secret=settings.secret,
        )
        link = settings.login_address(self._public_url).replace("{state}", CHAT)
        ladder = Ladder(memory, now=now, link=link)
        files = Files(self._client, now=now, web_chat=self._public_url)
        agent = int(settings.agent_id)
        self._order = InOrder[str]()
        self._share = share = Share(memory, most=int(settings.rate))
        self._sender = Sender(self._client, files, ladder, agent=agent, link=link, share=share)
        self.circular = AppCircular(
            self._client,
            files,
            ladder,
            share=share,
            order=self._order,
            clicks=self._sender.clicks,
            agent=agent,
            link=link,
        )
        self._receiver = Receiver(
            Cipher(
                token=settings.token.reveal(),
                aes_key=settings.aes_key.reveal(),
                receiver=settings.corp_id,
            ),
            self._sender.clicks,
            corp=settings.corp_id,
            agent=settings.agent_id,
            now=now,
            zone=zone,
        )

    def routes(self) -> list[web.RouteDef]:
        return self._receiver.routes()

    async def listen(self, intake: Intake) -> None:
        await self._share.recall()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._receiver.listen(intake))
            group.create_task(self._keep_menu())

    async def _keep_menu(self) -> None:
        commands = set(discover().commands)
        if not self._public_url:
            commands.discard("upload")  # there is no page to upload on
        await keep_menu(self._client, commands, agent=self._settings.agent_id)

    async def send(self, message: Outgoing) -> Sent:
        async with self._order.to(message.account):
            return await self._sender.send(message)

    async def edit(self, message: Outgoing, message_ref: str) -> Sent:
        async with self._order.to(message.account):
            return await self._sender.edit(message, message_ref)

    async def acknowledge(self, inbound: Inbound, toast: Toast | None) -> None:
        """Nothing waits: what was pressed is answered by a card."""

    def fetch(self, reference: str) -> AsyncGenerator[bytes]:
        return self._client.media(reference)

    async def who(self, code: str) -> str:
        """The account behind a code that a silent login gave, which serves once. Raises Rejected
        where it is nobody of this organisation, and DeliveryError."""
        try:
            answer = await self._client.get("auth/getuserinfo", code=code)
        except NotFound:
            answer = await self._client.get("user/getuserinfo", code=code)
        except Unusable as error:
            if error.code != NOT_FOR_THIS_APP:
                raise
            answer = await self._client.get("user/getuserinfo", code=code)
        userid = answer.get("userid") or answer.get("UserId")
        if not isinstance(userid, str) or not userid:
            raise Rejected("not a member")
        return userid.lower()

    def hearing(self) -> Hearing | None:
        return None

    def trouble(self) -> str:
        return self._client.trouble() or self._receiver.trouble()

    async def close(self) -> None:
        await self._http.close()
