"""WeCom's end of an AI bot's long connection, on loopback, for tests and benches.

In a test's own process:

    async with WecomBot() as double, Control(double.control_url) as control:
        connect_the_bot(control.bot_url, control.bot_id, control.secret)
        await control.wait_subscribed()
        li = await control.person("李倩")
        await li.says("菜单")
        card = await li.waits_for("请选择")
        await li.presses("上报佐证")

As a child process that outlives the bot (see `tests.doubles.wecom_bot.client.child`):

    python -m tests.doubles.wecom_bot.server --port 0

which prints one line of JSON when it listens: `url`, `files_url`, `control_url`, `bot_id` and
`secret`. It ends on SIGTERM, SIGINT or, with `--with-parent`, when its standard input closes.

Three listeners: the connection (`ws`, or `wss` with `--certificate` and `--key`), the files people
sent, and the control URL, which stays reachable whatever befalls the other two. A failure inside
the double is answered -1, stands in `control.bugs()` and is raised when an in-process double
closes; `control.oddities()` is what the service would let pass, but a sound client would not do.

Not settled by any source, and here so: what happens while no connection is there is kept and
delivered after the next subscribe (`kept`); a message over the limits is answered 0 and never
shown; a card is renewed once a click; updates of cards do not count against the limits; a secret
that is wrong leaves the connection open. The errcodes that are guesses are marked in `world.Code`.

Not modelled: streams that nobody finishes, `system error` for many chunks at once.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import ssl
import sys
from typing import Self

import orjson
from aiohttp import web
from aiohttp.web_request import BaseRequest

from tests.doubles import replies
from tests.doubles.control import ControlServer
from tests.doubles.faults import Faults
from tests.doubles.orders import OrdersDesk
from tests.doubles.wecom_bot.commands import Commands
from tests.doubles.wecom_bot.desk_looking import LookingDesk
from tests.doubles.wecom_bot.desk_people import PeopleDesk
from tests.doubles.wecom_bot.desk_trouble import TroubleDesk
from tests.doubles.wecom_bot.faults import Fault
from tests.doubles.wecom_bot.frames import FrameLog
from tests.doubles.wecom_bot.links import Links
from tests.doubles.wecom_bot.offers import Offers
from tests.doubles.wecom_bot.people import People
from tests.doubles.wecom_bot.uploads import Uploads
from tests.doubles.wecom_bot.world import Json, Settings, World

BOT_ID, SECRET = "aibDouble0fATestB0t", "s3cret-of-the-double_x9Kq2"
HOST = "127.0.0.1"


class WecomBot:
    """The server. `tls` makes it wss, and the files https."""

    def __init__(
        self,
        *,
        port: int = 0,
        control_port: int = 0,
        settings: Settings | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.world = World(bot_id=BOT_ID, secret=SECRET, settings=settings or Settings())
        self.faults = Faults()
        self.log = FrameLog()
        self.uploads = Uploads(self.world)
        self.offers = Offers(self.world, self.faults)
        commands = Commands(self.world, self.uploads)
        self.links = Links(self.world, commands=commands, faults=self.faults, log=self.log)
        self.people = People(self.world, self.links, self.offers)
        self._control = ControlServer(
            PeopleDesk(self),
            LookingDesk(self),
            TroubleDesk(self),
            OrdersDesk(self.faults, self.world.clock, Fault),
        )
        self._port, self._control_port, self._tls = port, control_port, tls
        self._sockets: web.Server | None = None
        self._files: web.Server | None = None
        self._server: asyncio.Server | None = None
        self._file_server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"{'ws' if self._tls is None else 'wss'}://{HOST}:{self._port}"

    @property
    def control_url(self) -> str:
        return f"http://{HOST}:{self._control.port}"

    def about(self) -> Json:
        return {
            "url": self.url,
            "files_url": self.offers.base,
            "control_url": self.control_url,
            "bot_id": self.world.bot_id,
            "secret": self.world.secret,
        }

    async def __aenter__(self) -> Self:
        self._sockets = web.Server(self._handle, access_log=None)
        self._files = web.Server(self.offers.serve, access_log=None)
        await self._listen()
        loop = asyncio.get_running_loop()
        self._file_server = await loop.create_server(self._files, HOST, 0, ssl=self._tls)
        port = self._file_server.sockets[0].getsockname()[1]
        self.offers.base = f"{'http' if self._tls is None else 'https'}://{HOST}:{port}"
        await self._control.start(self._control_port)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.links.close()
        for server in (self._server, self._file_server):
            if server is not None:
                server.close()
        for each in (self._sockets, self._files):
            if each is not None:
                await each.shutdown(0.5)
        await self._control.close()
        if self.world.bugs and exc[0] is None:
            raise AssertionError("the double itself failed:\n" + "\n".join(self.world.bugs))

    async def _handle(self, request: BaseRequest) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return web.Response(status=400)
        return await self.links.serve(request)

    async def _listen(self) -> None:
        if self._sockets is None:
            raise RuntimeError("not started")
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._sockets, HOST, self._port, ssl=self._tls, backlog=1024
        )
        self._port = self._server.sockets[0].getsockname()[1]

    def refuse(self, seconds: float) -> None:
        """Connections are refused for so long, those open are reset."""
        if self._server is None or self._sockets is None:
            return
        self._server.close()
        self._server = None
        for connection in self._sockets.connections:
            replies.abort(connection.transport)
        self.links.reopen(seconds, self._listen)


# ---------------------------------------------------------------------- child process


async def serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if arguments.with_parent:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    tls = None
    if arguments.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(arguments.certificate, arguments.key)
    double = WecomBot(port=arguments.port, control_port=arguments.control_port, tls=tls)
    async with double:
        sys.stdout.write(orjson.dumps(double.about()).decode() + "\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.doubles.wecom_bot.server")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--certificate", default="", help="a PEM file; makes it wss")
    parser.add_argument("--key", default="")
    parser.add_argument("--with-parent", action="store_true", help="end when stdin closes")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
