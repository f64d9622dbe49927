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

import asyncio
import ssl
from typing import Self

from aiohttp import web
from aiohttp.web_request import BaseRequest

from tests.doubles.control import ControlServer
from tests.doubles.door import HOST, Door
from tests.doubles.faults import Faults
from tests.doubles.orders import OrdersDesk
from tests.doubles.serving import Double, options, serve
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


class WecomBot(Double):
    """The server. `tls` makes it wss, and the files https."""

    def __init__(
        self,
        *,
        port: int = 0,
        control_port: int = 0,
        settings: Settings | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(port=port, tls=tls)
        self.world = World(bot_id=BOT_ID, secret=SECRET, settings=settings or Settings())
        self.bugs = self.world.bugs
        self.faults = Faults()
        self.log = FrameLog()
        self.uploads = Uploads(self.world)
        self.offers = Offers(self.world, self.faults)
        commands = Commands(self.world, self.uploads)
        self.links = Links(self.world, commands=commands, faults=self.faults, log=self.log)
        self.people = People(self.world, self.links, self.offers)
        self.control = ControlServer(
            PeopleDesk(self),
            LookingDesk(self),
            TroubleDesk(self),
            OrdersDesk(self.faults, self.world.clock, Fault),
            port=control_port,
        )
        self._files = Door(self.offers.serve, tls=tls)
        self._secure = "" if tls is None else "s"

    @property
    def url(self) -> str:
        return f"ws{self._secure}://{HOST}:{self.door.port}"

    def about(self) -> Json:
        return {
            "url": self.url,
            "files_url": self.offers.base,
            "control_url": self.control_url,
            "bot_id": self.world.bot_id,
            "secret": self.world.secret,
        }

    async def __aenter__(self) -> Self:
        await self._files.open()
        self.offers.base = f"http{self._secure}://{HOST}:{self._files.port}"
        return await super().__aenter__()

    async def _end(self) -> None:
        await self.links.close()
        await self._files.close()

    async def _handle(self, request: BaseRequest) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return web.Response(status=400)
        return await self.links.serve(request)


# ---------------------------------------------------------------------- child process


async def main() -> None:
    parser = options("tests.doubles.wecom_bot.server")
    parser.add_argument("--certificate", default="", help="a PEM file; makes it wss")
    parser.add_argument("--key", default="")
    given = parser.parse_args()
    tls = None
    if given.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(given.certificate, given.key)
    double = WecomBot(port=given.port, control_port=given.control_port, tls=tls)
    await serve(double, with_parent=given.with_parent)


if __name__ == "__main__":
    asyncio.run(main())
