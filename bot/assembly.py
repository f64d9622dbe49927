"""Which channels this installation has, made from its configuration and joined to the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.channels.base import Channel, DeliveryError, Memory
from bot.clock import Clock
from bot.config import Config
from bot.database import Work
from handlers import upload_link
from handlers.messages import Inbound, Receipt
from storage.blobs import Blobs

if TYPE_CHECKING:
    from aiohttp import web

    from bot.channels.telegram.channel import Telegram
    from bot.channels.webchat import Persona, WebChat
    from bot.intake import Reception

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lent:
    """What channels are lent by the rest of the program. `now` is real time, also where there is
    a test clock: messengers sign with it."""

    memory: Memory
    blobs: Blobs
    now: Callable[[], datetime]


@dataclass(slots=True)
class Channels:
    """The channels by name, and what only one of them can do."""

    by_name: dict[str, Channel] = field(default_factory=dict)
    telegram: Telegram | None = None
    web_chat: WebChat | None = None

    def routes(self) -> list[web.RouteDef]:
        return [route for channel in self.by_name.values() for route in channel.routes()]

    def windows(self) -> dict[str, timedelta]:
        """For how long those that know a repeated call can be asked once more."""
        circulars = {name: channel.circular for name, channel in self.by_name.items()}
        return {name: each.window for name, each in circulars.items() if each is not None}

    def show_menu(
        self,
        inbound: Inbound,
        receipt: Receipt,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """Give a person's Telegram menu their commands when these are new or have changed."""
        if self.telegram is None or inbound.channel != self.telegram.name or not receipt.menu:
            return
        if self.telegram.shows_menu(inbound.account, receipt.menu):
            return
        spawn(self._set_menu(self.telegram, inbound.account, receipt.menu))

    async def _set_menu(
        self, telegram: Telegram, account: str, menu: tuple[tuple[str, str], ...]
    ) -> None:
        try:
            await telegram.set_menu(account, menu)
        except DeliveryError as error:
            log.info("menu not set: %s", error)

    async def telegram_name(self) -> str:
        """The bot's user name for deep links; '' without Telegram or while it is out of reach."""
        if self.telegram is None:
            return ""
        try:
            return await self.telegram.identify()
        except DeliveryError as error:
            log.info("the bot's name is not known yet: %s", error)
            return ""


def make_channels(config: Config, lent: Lent) -> Channels:
    """All but the web chat. Calls nobody; a messenger's library is loaded only if it is wanted."""
    channels = Channels()
    if config.telegram is not None:
        from bot.channels.telegram import loading

        loading.load()
        from bot.channels.telegram.channel import Telegram

        channels.telegram = Telegram(
            config.telegram,
            public_url=config.http.public_url,
            proxy=config.proxy,
            ca_bundle=config.ca_bundle,
            zone=config.timezone,
        )
        channels.by_name[channels.telegram.name] = channels.telegram
    for made in _wecom(config, lent):
        channels.by_name[made.name] = made
    return channels


def _wecom(config: Config, lent: Lent) -> Iterator[Channel]:
    if config.wecom_app is not None:
        from bot.channels.wecom_app.channel import WecomApp

        yield WecomApp(
            config.wecom_app,
            memory=lent.memory,
            now=lent.now,
            public_url=config.http.public_url,
            proxy=config.proxy,
            ca_bundle=config.ca_bundle,
            zone=config.timezone,
        )
    if config.wecom_bot is not None:
        from bot.channels.wecom_bot.channel import WecomBot

        yield WecomBot(
            config.wecom_bot,
            blobs=lent.blobs,
            now=lent.now,
            public_url=config.http.public_url,
            proxy=config.proxy,
            ca_bundle=config.ca_bundle,
            zone=config.timezone,
        )
    if config.wecom_robot is not None:
        from bot.channels.wecom_robot.channel import WecomRobot

        yield WecomRobot(config.wecom_robot, proxy=config.proxy, ca_bundle=config.ca_bundle)


def add_web_chat(
    channels: Channels,
    config: Config,
    *,
    work: Work,
    blobs: Blobs,
    clock: Clock,
    reception: Reception,
    personas: Sequence[Persona] = (),
) -> None:
    from bot.channels.webchat import Terms, WebChat
    from bot.lending import lend

    chat = WebChat(
        lend(work=work, blobs=blobs, clock=clock, reception=reception),
        Terms(
            key=reception.desk.premises.key,
            public_url=config.http.public_url,
            zone=config.timezone,
            personas=tuple(personas),
        ),
    )
    channels.by_name[chat.name] = channels.web_chat = chat


def page_routes(
    channels: Channels, *, work: Work, blobs: Blobs, clock: Clock, reception: Reception
) -> list[web.RouteDef]:
    """The upload page, and silent login where a channel can tell who a member is."""
    from bot.lending import greeting
    from bot.pages import Pages
    from bot.upload_page import KnowsMembers, SilentLogin, UploadPage

    premises, pages = reception.desk.premises, Pages()
    page = UploadPage(
        work=work,
        blobs=blobs,
        clock=clock,
        premises=premises,
        receive=reception.receive,
        pages=pages,
    )
    members: object = channels.by_name.get(upload_link.APP)
    if not premises.wecom_login or not isinstance(members, KnowsMembers):
        return page.routes()
    login = SilentLogin(
        work=work,
        clock=clock,
        premises=premises,
        pages=pages,
        members=members,
        admit=channels.web_chat.admit if channels.web_chat else None,
        greet=greeting(work=work, reception=reception),
    )
    return [*page.routes(), *login.routes()]
