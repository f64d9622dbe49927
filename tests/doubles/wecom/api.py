"""A WeCom server on loopback as a self-built app and group robots meet it, for tests and benches.

In a test's own process:

    async with WecomApi() as api, Control(api.control_url) as control:
        li = await control.person("LiQian", name="李倩")
        await control.saves_url("http://127.0.0.1:8080/wecom")    # as in the admin console
        await li.says("上报")
        card = await li.waits_for("请选择类别")
        await li.presses("帮办案例")

As a child process that outlives the program (`tests.doubles.wecom.client.child`):

    python -m tests.doubles.wecom.api --port 0

which prints one line of JSON when it listens: `base_url`, `control_url`, `corp_id`, `agent_id`,
`secret`, `token` and `aes_key`. It ends on SIGTERM, SIGINT or, with `--with-parent`, when its
standard input closes.

What it promises: see the modules. `card_rules`, `sending`: what is refused, cut, dropped, known
again. `callbacks`: how the app is told. `trouble`: faults on order. `Settings` in `world`: what a
deployment may lack. A failure inside the double stands in `control.bugs()`, and is raised when an
in-process double closes; what WeCom would have shown cut off stands in `control.notes()`.

The errcode of a faulty card is not documented: 40058 stands for all of them. Not modelled: parties
and tags, mini programs, app group chats, mpnews, the frequency of gettoken.
"""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import orjson
from aiohttp import web
from aiohttp.web_request import BaseRequest

from tests.doubles import replies
from tests.doubles.calls import Call
from tests.doubles.control import ControlServer
from tests.doubles.door import HOST
from tests.doubles.faults import Fault, Faults
from tests.doubles.serving import Double, options, serve
from tests.doubles.wecom import directory, media
from tests.doubles.wecom.asked import Asked
from tests.doubles.wecom.callbacks import Callbacks
from tests.doubles.wecom.cipher import Lock
from tests.doubles.wecom.desk_acting import ActingDesk
from tests.doubles.wecom.desk_seeing import SeeingDesk
from tests.doubles.wecom.desk_troubling import TroublingDesk
from tests.doubles.wecom.methods import KEYLESS, METHODS
from tests.doubles.wecom.trouble import AFTER
from tests.doubles.wecom.world import SEEN_FROM, Corp, Settings, WecomError

CORP_ID, AGENT_ID = "ww1234567890abcdef", 1000002
SECRET = "Sx8-double_of_the_self_built_app_for_tests0"
TOKEN, AES_KEY = "QDG6eK", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
API, AUTHORIZE, PICTURE = "/cgi-bin/", "/connect/oauth2/authorize", "/picture/"
PAGE = "<html><head><title>{0}</title></head></html>"


@dataclass(frozen=True, slots=True)
class Desk:
    """All operations, for a test in the same process."""

    acting: ActingDesk
    seeing: SeeingDesk
    troubling: TroublingDesk


class WecomApi(Double):
    def __init__(
        self, *, port: int = 0, control_port: int = 0, settings: Settings | None = None
    ) -> None:
        super().__init__(port=port)
        self.settings = settings or Settings()
        self.corp = Corp(
            corp_id=CORP_ID, agent_id=AGENT_ID, secret=SECRET,
            lock=Lock(TOKEN, AES_KEY, CORP_ID), settings=self.settings,
        )  # fmt: skip
        self.faults = Faults()
        self.callbacks = Callbacks(
            self.corp, lambda user, plain: self.faults.pick("callback", chat_id=user, text=plain)
        )
        self.desk = Desk(ActingDesk(self), SeeingDesk(self), TroublingDesk(self))
        self.control = ControlServer(
            self.desk.acting, self.desk.seeing, self.desk.troubling, port=control_port
        )

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.door.port}"

    def about(self) -> dict[str, Any]:
        lock = self.corp.lock
        return {
            "base_url": self.base_url, "control_url": self.control_url, "corp_id": CORP_ID,
            "agent_id": AGENT_ID, "secret": SECRET, "token": lock.token, "aes_key": lock.aes_key,
        }  # fmt: skip

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.corp.base_url = self.base_url
        return self

    async def _end(self) -> None:
        await self.callbacks.close()

    # ------------------------------------------------------------------ requests

    async def _handle(self, request: BaseRequest) -> web.StreamResponse:
        path = request.path
        name = path.removeprefix(API).strip("/") if path.startswith(API) else ""
        if path == AUTHORIZE:
            name = "authorize"
        try:
            body = await request.content.read()
        except (OSError, aiohttp.ClientError):
            return replies.reset(request)  # the program died while it wrote
        asked = Asked(request.query, body, request.headers.get("Content-Type", ""), 0,
                      request.headers)  # fmt: skip
        call = self.corp.log.start(name or path, asked.logged())
        asked = Asked(request.query, body, asked.content_type, call.number, request.headers)
        try:
            return await self._answer(request, name=name, asked=asked, call=call)
        finally:
            if call.outcome == "open":
                self.corp.log.finish(call, "dropped", executed=False, error=None)

    async def _answer(
        self, request: BaseRequest, *, name: str, asked: Asked, call: Call
    ) -> web.StreamResponse:
        if self.settings.latency:
            await asyncio.sleep(self.settings.latency)
        fault = None
        if self.faults.standing:
            text = asked.body.decode(errors="replace")
            user = str(call.params.get("touser", ""))
            fault = self.faults.pick(name, chat_id=user, text=text)
        if fault is not None and fault.kind not in AFTER:
            instead = await self._instead(request, call=call, fault=fault)
            if instead is not None:
                return instead
        if request.path.startswith(PICTURE):
            return media.picture(self.corp, request.path.removeprefix(PICTURE))
        answer = self._execute(request.method, name, asked, call)
        if fault is not None and fault.kind == "cut" and isinstance(answer.body, bytes):
            call.outcome = "cut"
            return await replies.half(request, answer.body)
        if fault is not None and fault.kind in AFTER:
            return await self._afterwards(request, answer, call=call, fault=fault)
        return answer

    def _execute(self, method: str, name: str, asked: Asked, call: Call) -> web.Response:
        """What WeCom answers, noted in the call."""
        finish = self.corp.log.finish
        try:
            answer = self._do(method, name, asked)
        except WecomError as error:
            hint = f"{error.message}, hint: [{call.number}], from ip: {SEEN_FROM}"
            finish(call, str(error.code), executed=False, error=error.message)
            return _json({"errcode": error.code, "errmsg": hint})
        except Exception:
            self.bugs.append(traceback.format_exc())
            finish(call, "500", executed=False, error="the double failed")
            return _page(500)
        if isinstance(answer, web.Response):
            finish(call, str(answer.status), executed=answer.status < 400, error=None)
            return answer
        finish(call, str(answer["errcode"]), executed=True, error=None)
        return _json(answer)

    def _do(self, method: str, name: str, asked: Asked) -> dict[str, Any] | web.Response:
        if name == "authorize":
            return directory.authorize(self.corp, asked)
        known = METHODS.get(name)
        if (known is None and name != "media/get") or name in self.settings.lacks:
            return _page(404)
        if method != (known[0] if known else "GET"):
            raise WecomError(43001 if method == "POST" else 43002, "wrong HTTP method")
        self._admit(name, asked)
        return known[1](self.corp, asked) if known else media.download(self.corp, asked)

    def _admit(self, name: str, asked: Asked) -> None:
        """Raises where the address, or the token, is not good."""
        closed = self.settings.closed
        if name.startswith("webhook/"):
            return
        if closed == "all" or (closed == "calls" and name != "gettoken"):
            raise WecomError(60020, "not allow to access from your ip")
        if name in KEYLESS:
            return
        token = asked.query.get("access_token", "")
        if not token:
            raise WecomError(41001, "access_token missing")
        until = self.corp.tokens.get(token)
        if until is None:
            raise WecomError(40014, "invalid access_token")
        if self.corp.now() >= until:
            raise WecomError(42001, "access_token expired")

    # ------------------------------------------------------------------ faults

    async def _instead(
        self, request: BaseRequest, *, call: Call, fault: Fault
    ) -> web.StreamResponse | None:
        """What comes in place of executing; None where the call goes on after all."""
        kind, finish = fault.kind, self.corp.log.finish
        if kind == "error":
            finish(call, str(fault.code), executed=False, error=fault.description)
            hint = f"{fault.description}, hint: [{call.number}], from ip: {SEEN_FROM}"
            return _json({"errcode": fault.code, "errmsg": hint})
        if kind == "500":
            finish(call, "500", executed=False, error=None)
            return _page(500)
        if kind == "garbage":
            finish(call, "garbage", executed=False, error=None)
            return web.Response(body=fault.payload.encode(), headers=replies.JSON_TYPE)
        if kind == "slow":
            await asyncio.sleep(fault.seconds)
        if kind == "hang":
            finish(call, kind, executed=False, error=None)
            await self.door.hold(request, fault.seconds)
            return replies.reset(request)
        if kind in ("reset_before", "refused"):
            finish(call, kind, executed=False, error=None)
            if kind == "refused":
                self.door.refuse(fault.seconds or 1.0)
            return replies.reset(request)
        return None

    async def _afterwards(
        self, request: BaseRequest, answer: web.Response, *, call: Call, fault: Fault
    ) -> web.StreamResponse:
        if fault.kind == "slow_answer":
            await asyncio.sleep(fault.seconds)
            return answer
        call.outcome = fault.kind
        if fault.kind == "execute_then_500":
            return _page(500)
        if fault.kind == "execute_then_timeout":
            await self.door.hold(request, fault.seconds)
        return replies.reset(request)


def _json(value: object) -> web.Response:
    return web.Response(body=orjson.dumps(value), headers=replies.JSON_TYPE)


def _page(status: int) -> web.Response:
    return web.Response(text=PAGE.format(status), status=status, content_type="text/html")


# ---------------------------------------------------------------------- child process


async def main() -> None:
    given = options("tests.doubles.wecom.api").parse_args()
    api = WecomApi(port=given.port, control_port=given.control_port)
    await serve(api, with_parent=given.with_parent)


if __name__ == "__main__":
    asyncio.run(main())
