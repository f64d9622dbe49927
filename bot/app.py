"""The composition root: every part is made and joined here, and only here tasks are started.

Start: schema, leases, what the dead left, web server, delivery, downloads owed, channels. Stop:
no more updates, what is being sent is finished (8 s), outcomes written, leases given up.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from bot import health
from bot.assembly import Channels, Lent, add_web_chat, make_channels, page_routes
from bot.channels.base import Channel, Intake
from bot.clock import Clock
from bot.config import Config
from bot.database import Work
from bot.delivery import Delivery
from bot.downloads import Downloads
from bot.envelope import Envelopes
from bot.failures import Mendable
from bot.health import Health
from bot.intake import Reception
from bot.presence import Presence, worker_name
from bot.remembering import Memories
from bot.rendering import Renderer
from bot.scheduler import Ticker
from bot.tasks import Tasks
from bot.tidying import keep_tidy
from bot.watchdog import Watchdog
from handlers import discovery
from handlers.dispatch import Desk
from handlers.messages import Inbound, Kind, Receipt
from handlers.premises import Premises
from storage import schema
from storage.blobs import Blobs
from storage.db import Database

if TYPE_CHECKING:
    from aiohttp.web import RouteDef

    from bot.channels.webchat import Persona
    from bot.web import Web

log = logging.getLogger(__name__)

KEY_BYTES = 32
PATIENCE = 8.0  # seconds that messages under way get at the end
HEAD_START = 0.5  # seconds
NAME_SECONDS = 5.0
LISTEN_AGAIN = 5.0  # seconds before a channel that fell over is started again


def server_key(data_dir: Path) -> bytes:
    """The installation's secret, made at the first start, readable by its owner only."""
    path = data_dir / "secret.key"
    found = _read_key(path)
    if found is not None:
        return found
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails if another process was quicker: then its key stands
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()


def _read_key(path: Path) -> bytes | None:
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Mendable(
            f"密钥文件 {path} 读不出来，请改正它的所有者和权限（600），再启动一次。"
        ) from error
    if len(key) < KEY_BYTES:
        raise Mendable(f"密钥文件 {path} 不完整，请从备份放回，再启动一次。")
    return key


def premises_of(config: Config) -> Premises:
    public_url = config.http.public_url or ""
    return Premises(
        key=server_key(config.data_dir),
        zone=config.timezone,
        public_url=public_url,
        web_chat=config.web_chat,
        channels=frozenset(config.channels()),
        wecom_login=config.wecom_app.login_address(public_url) if config.wecom_app else "",
    )


class App:
    """One running program. `personas` are the demo's accounts: tabs without a login."""

    def __init__(self, config: Config, *, clock: Clock, personas: Sequence[Persona] = ()) -> None:
        self._config = config
        self.clock = clock
        self.database = Database(config.database_url.reveal())
        self.work = Work(self.database)
        self.tasks = Tasks(asyncio.create_task)
        self.presence = Presence(
            work=self.work, clock=clock, worker=worker_name(), windows=self._windows
        )
        self.blobs = Blobs(config.data_dir / "files")
        self.desk = Desk(
            discovery.discover(pages=bool(config.http.public_url)),
            premises_of(config),
            self.presence.worker,
        )
        self.renderer = Renderer(
            self.database,
            lambda job: asyncio.get_running_loop().run_in_executor(None, job),
            fonts=config.font_dir,
        )
        self.channels: Channels = make_channels(
            config,
            Lent(
                Memories(
                    work=self.work,
                    clock=clock,
                    worker=self.presence.worker,
                    others=lambda: self.presence.others,
                ),
                self.blobs,
                clock.wall,
            ),
        )
        self.envelopes = Envelopes(
            work=self.work,
            clock=clock,
            premises=self.desk.premises,
            blobs=self.blobs,
            renderer=self.renderer,
        )
        self.delivery = Delivery(
            work=self.work,
            clock=clock,
            worker=self.presence.worker,
            channels=self.channels.by_name,
            envelopes=self.envelopes,
            spawn=self.tasks.spawn,
            redirect=config.redirect_all_to,
        )
        self.reception = Reception(
            work=self.work,
            desk=self.desk,
            clock=clock,
            answers=self.delivery.answers,
            notices=self.delivery.wake,
            downloads=self._download,
            handled=self._handled,
            repeated=self._had_before,
        )
        self.intake = Intake(receive=self.reception.receive, park=self.reception.park)
        self.downloads = Downloads(
            work=self.work,
            blobs=self.blobs,
            channels=self.channels.by_name,
            receive=self.reception.receive,
            spawn=self.tasks.spawn,
        )
        self.health = Health(
            work=self.work,
            clock=clock,
            presence=self.presence,
            channels=self.channels.by_name,
            blobs=self.blobs,
        )
        self.ticker = Ticker(
            work=self.work,
            clock=clock,
            premises=self.desk.premises,
            queued=self.delivery.wake,
            alarms=self.health.alarms,
        )
        self.watchdog = Watchdog(config.supervisor, self.health.stuck)
        self._personas = personas
        self._web: Web | None = None
        self._listening: list[asyncio.Task[None]] = []

    def _windows(self) -> Mapping[str, timedelta]:
        if self._config.redirect_all_to is not None:
            return {}  # all go to one account, each alone
        return self.channels.windows()

    def _handled(self, inbound: Inbound, receipt: Receipt) -> None:
        if inbound.kind is Kind.PRESS:
            self.delivery.pressed(inbound, receipt)
        self.channels.show_menu(inbound, receipt, self.tasks.spawn)

    def _download(self, ids: Sequence[int]) -> None:
        self.downloads.fetch(ids)

    def _had_before(self, key: str) -> None:
        self.tasks.spawn(self._take_up(key))

    async def _take_up(self, key: str) -> None:
        """What a turn left to do whose commit we did not learn of."""
        await self.delivery.adopt(key)
        await self._inherit()

    async def _succeed(self) -> None:
        """What another process left that is gone."""
        self.blobs.sweep()
        await self._inherit()

    async def _inherit(self) -> None:
        self.delivery.wake()
        await self.downloads.resume()

    async def _troubles(self) -> Sequence[str]:
        return health.lines(await self.health.troubles())

    async def run(self, stop: asyncio.Event, *, started: Callable[[], None]) -> None:
        """Serve until `stop` is set. Raises OSError when the address can't be had."""
        schema.bring_up_to_date(self.database)
        await self.presence.beat()
        if any(channel.exclusive for channel in self.channels.by_name.values()):
            self._begin_listening()
            # whoever waits at the messenger is answered before our own server is made
            await asyncio.sleep(HEAD_START)
        await self._open_web()
        self._begin_listening()
        delivering = self.tasks.spawn(self.delivery.run())
        beating = self.tasks.spawn(self.presence.keep_beating(self._succeed))
        self.blobs.sweep()
        await self.downloads.resume()
        self.tasks.spawn(self._identify())
        self.tasks.spawn(keep_tidy(work=self.work, blobs=self.blobs, clock=self.clock))
        started()
        self.ticker.start()
        self.watchdog.ready()
        self.tasks.spawn(self.watchdog.feed())
        try:
            await stop.wait()
        finally:
            self.watchdog.stopping()
            self.ticker.stop()
            for task in (*self._listening, beating):
                task.cancel()
            await asyncio.gather(*self._listening, beating, return_exceptions=True)
            if self._web is not None:
                await self._web.stop()
            await self.delivery.close(PATIENCE)
            delivering.cancel()
            await self._close()

    @asynccontextmanager
    async def only_sending(self) -> AsyncIterator[None]:
        """Messages leave as in `run`, but nobody is listened to; closed at the end. Another
        process may serve beside it. Raises DBAPIError."""
        await self.presence.beat()
        self._add_web_chat()
        with suppress(TimeoutError):  # a link to the bot in a text is worth no more waiting
            async with asyncio.timeout(NAME_SECONDS):
                await self._identify()
        delivering = self.tasks.spawn(self.delivery.run())
        beating = self.tasks.spawn(self.presence.keep_beating(self._wake))
        try:
            yield
        finally:
            beating.cancel()
            await self.delivery.close(PATIENCE)
            delivering.cancel()
            await self._close()

    async def _wake(self) -> None:
        self.delivery.wake()

    def _begin_listening(self) -> None:
        """On every channel that has come up since the last call."""
        for channel in list(self.channels.by_name.values())[len(self._listening) :]:
            self._listening.append(self.tasks.spawn(self._listen(channel)))

    async def _open_web(self) -> None:
        """Raises OSError when the address can't be had."""
        from bot.web import Web  # a tenth of a second that the first answer need not wait for

        config = self._config
        self._add_web_chat()
        self._web = Web(
            [*self.channels.routes(), *self._pages()],
            host=config.http.host,
            port=config.http.port,
            troubles=self._troubles,
            public_url=config.http.public_url,
            trusted_proxies=config.http.trusted_proxies,
            only_on_loopback=bool(self._personas),
        )
        await self._web.start()

    def _pages(self) -> list[RouteDef]:
        """What people open by a link; nothing where such links have no address."""
        if not self._config.http.public_url:
            return []
        return page_routes(
            self.channels,
            work=self.work,
            blobs=self.blobs,
            clock=self.clock,
            reception=self.reception,
        )

    def _add_web_chat(self) -> None:
        if self._config.web_chat:
            add_web_chat(
                self.channels,
                self._config,
                work=self.work,
                blobs=self.blobs,
                clock=self.clock,
                reception=self.reception,
                personas=self._personas,
            )

    @property
    def port(self) -> int:
        """Where the server listens; 0 before it does."""
        return self._web.port if self._web is not None else 0

    async def _close(self) -> None:
        await self.tasks.cancel_all()
        try:
            await self.presence.leave()
        except DBAPIError as error:
            log.warning("leases not given up: %s", type(error.orig).__name__)
        await self.renderer.close()
        for channel in self.channels.by_name.values():
            await channel.close()
        self.work.close()

    async def _listen(self, channel: Channel) -> None:
        def listen() -> Awaitable[None]:
            return channel.listen(self.intake)

        while True:
            try:
                if channel.exclusive:
                    await self.presence.alone(f"channel:{channel.name}", listen)
                else:
                    await listen()
            except Exception:
                # whatever became of it, a channel that stops listening is deaf for good
                log.exception("%s: stopped listening, begins again", channel.name)
            await asyncio.sleep(LISTEN_AGAIN)

    async def _identify(self) -> None:
        """Learn the bot's own name for deep links; nothing waits for it."""
        name = await self.channels.telegram_name()
        if name:
            premises = replace(self.desk.premises, telegram_name=name)
            self.reception.desk = replace(self.desk, premises=premises)
            self.envelopes.premises = premises


def run(config: Config) -> int:
    """The verb `kaohe run`: until SIGTERM or SIGINT; a second one ends at once."""
    return asyncio.run(_run(config))


async def _run(config: Config) -> int:
    app = App(config, clock=Clock(config.timezone, config.clock))

    def started() -> None:
        log.info("listening on http://%s:%s", config.http.host, app.port)
        gc.freeze()  # what was imported stays, and no later collection need look at it
        gc.enable()

    await until_signalled(app, started=started)
    return 0


async def until_signalled(app: App, *, started: Callable[[], None]) -> None:
    """Run it until SIGTERM or SIGINT. Raises OSError when the address can't be had."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _on_signal, stop)
    await app.run(stop, started=started)


def _on_signal(stop: asyncio.Event) -> None:
    if stop.is_set():
        os._exit(1)  # asked twice: safe by construction, nothing acknowledged is lost
    stop.set()
