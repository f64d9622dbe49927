"""Telegram as a channel: puts the parts together and keeps what `bot.channels.base` promises.

Importing this file loads python-telegram-bot, which takes a while: do it only when there is a
token. Making a `Telegram` calls nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from telegram.error import TelegramError

from bot.addresses import is_loopback_url
from bot.calling import pieces_of
from bot.channels.base import (
    DeliveryError,
    Hearing,
    InDoubt,
    Intake,
    Outgoing,
    Pace,
    Rejected,
    RetryLater,
    Sent,
)
from bot.channels.telegram.groups import Groups
from bot.channels.telegram.menus import Commands, Menus
from bot.channels.telegram.parse import NAME
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.receiving import Receiver
from bot.channels.telegram.sending import Sender
from bot.channels.telegram.settings import WEBHOOK_PATH, TelegramSettings
from bot.channels.telegram.transport import connect
from bot.channels.telegram.verdict import TOO_BIG, mentions
from bot.secret import Secret
from handlers.messages import Inbound, Toast
from templates.telegram_words import REFUSED
from templates.words import CENTRE_ZONE

if TYPE_CHECKING:
    from aiohttp import web

    from bot.channels.telegram.webhook import Webhook

log = logging.getLogger(__name__)

TOAST_LENGTH = 200
_ANSWER_SECONDS = 15.0  # a press that is answered later is not waited for by anybody


class Telegram:
    """With a webhook secret and a public address Telegram pushes to us; else we poll."""

    name = NAME
    reveals = False
    appends = False
    circular = None
    here = True

    def __init__(
        self,
        settings: TelegramSettings,
        *,
        public_url: str | None = None,
        proxy: Secret | None = None,
        ca_bundle: Path | None = None,
        zone: tzinfo = CENTRE_ZONE,
    ) -> None:
        token = settings.token.reveal()
        self.bot_id = int(token.partition(":")[0])
        self.pace = Pace(overall=settings.rate, account=settings.chat_rate)
        self._client, self._transport = connect(
            token,
            base_url=settings.base_url,
            base_file_url=settings.base_file_url,
            proxy=proxy.reveal() if proxy else None,
            ca_bundle=ca_bundle,
        )
        self._local = is_loopback_url(settings.base_url)
        self._groups = Groups(bot_id=self.bot_id)
        self._sender = Sender(self._client, self._groups)
        self._menus = Menus(self._client)
        self._receiver = Receiver(bot_id=self.bot_id, zone=zone)
        self._poller = Poller(self._client, self._receiver)
        self._webhook: Webhook | None = None
        if settings.webhook_secret and public_url:
            from bot.channels.telegram.webhook import Webhook

            self._webhook = Webhook(
                self._client,
                self._receiver,
                secret=settings.webhook_secret.reveal(),
                url=public_url.rstrip("/") + WEBHOOK_PATH,
            )
        self._username = ""

    @property
    def exclusive(self) -> bool:
        """Only one process may poll; a webhook's pushes are taken by any."""
        return self._webhook is None

    @property
    def last_ok(self) -> float:
        """Monotonic time at which receiving last worked; 0 before the first time."""
        return (self._webhook or self._poller).last_ok

    def hearing(self) -> Hearing:
        return (self._webhook or self._poller).hearing()

    def routes(self) -> list[web.RouteDef]:
        return self._webhook.routes() if self._webhook else []

    async def listen(self, intake: Intake) -> None:
        receive = self._webhook.watch if self._webhook else self._poller.run
        async with asyncio.TaskGroup() as group:
            group.create_task(receive(intake))
            group.create_task(self._menus.keep_default())
            group.create_task(self._groups.tell(intake))

    async def send(self, message: Outgoing) -> Sent:
        return await self._sender.send(message)

    async def edit(self, message: Outgoing, message_ref: str) -> Sent:
        return await self._sender.edit(message, message_ref)

    async def acknowledge(self, inbound: Inbound, toast: Toast | None) -> None:
        if not inbound.acknowledge:
            return
        fields: dict[str, object] = {"callback_query_id": inbound.acknowledge}
        if toast is not None and toast.text:
            fields |= {"text": toast.text[:TOAST_LENGTH], "show_alert": toast.alert}
        try:
            await self._client.call("answerCallbackQuery", fields, read_timeout=_ANSWER_SECONDS)
        except DeliveryError as error:
            log.debug("a press was not answered: %s", error)

    async def fetch(self, reference: str) -> AsyncGenerator[bytes]:
        """Raises Rejected with "file.too_big" above what Telegram hands out (20 MB)."""
        path = await self._file_path(reference)
        if path.startswith("/"):
            if not self._local:
                raise Rejected("file lies on another machine")
            pieces = pieces_of(Path(path))
        else:
            pieces = self._transport.download(self._client.file_url(path))
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def _file_path(self, reference: str) -> str:
        try:
            answer = await self._client.call("getFile", {"file_id": reference})
        except InDoubt as error:
            raise RetryLater(str(error), after=2) from None  # asking twice harms nobody
        except Rejected as refusal:
            if mentions(refusal, "file is too big"):
                raise Rejected(TOO_BIG) from None
            raise
        path = answer.get("file_path") if isinstance(answer, dict) else None
        if not isinstance(path, str) or not path or ".." in path:
            raise Rejected("file without a path")
        return path

    def shows_menu(self, account: str, commands: Commands) -> bool:
        """Whether this person's menu is known to be this one."""
        return self._menus.shows(account, commands)

    async def set_menu(self, account: str, commands: Commands) -> None:
        """The commands, without slash and with a description each, that one person is shown.

        An unchanged menu costs no call. Raises DeliveryError.
        """
        await self._menus.set(account, commands)

    async def identify(self) -> str:
        """The bot's username, for t.me links; asked once. Raises DeliveryError."""
        if not self._username:
            try:
                user = await self._client.get_me()
            except TelegramError as error:
                raise getattr(error, "error", InDoubt(type(error).__name__)) from None
            self._username = user.username or ""
        return self._username

    def trouble(self) -> str:
        return REFUSED if self._transport.refused else ""

    async def close(self) -> None:
        await self._transport.shutdown()
