"""A Bot API server on loopback that behaves as Telegram's, for tests and benches.

In a test's own process:

    async with BotApi() as api, Control(api.control_url) as control:
        bot = telegram.Bot(api.token, base_url=api.base_url, base_file_url=api.base_file_url)
        li = await control.person("李倩")
        await li.says("/start")
        await bot.get_updates()
        await bot.send_message(li.id, "您好")
        await li.waits_for("您好")

As a child process that outlives the bot (see `tests.doubles.client.child`):

    python -m tests.doubles.botapi --port 0 --token 7000001:AA... --limits burst

which prints one line of JSON when it listens: `base_url`, `base_file_url`, `control_url` and
`tokens`. It ends on SIGTERM, SIGINT or, with `--with-parent`, when its standard input closes.

People, waits, faults, clock and the call log are reached through the control URL, which has a
listener of its own so that it stays reachable while the Bot API refuses connections; in process
also directly, without waiting for anything: `api.desk.people.says(...)`, `api.desk.looking`,
`api.desk.trouble`. See `tests.doubles.client` for the client and `tests.doubles.faults` for the
kinds of fault. A failure inside the double itself answers 500, stands in `control.bugs()` and is
raised when an in-process double closes.

Not modelled: Markdown, inline mode, payments, polls, stickers sent by the bot, business accounts,
forum topics, the delays for repeated uploads of one size.
"""

from __future__ import annotations

import asyncio
import re
import traceback
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.web_request import BaseRequest

from tests.doubles import files, methods, replies
from tests.doubles.calls import Call
from tests.doubles.control import ControlServer
from tests.doubles.desk_looking import LookingDesk
from tests.doubles.desk_people import PeopleDesk
from tests.doubles.desk_trouble import TroubleDesk
from tests.doubles.door import HOST
from tests.doubles.faults import DELIVERY_KINDS, Fault, Faults
from tests.doubles.forms import Params, read_params
from tests.doubles.limits import TooMany
from tests.doubles.listening import Described, Listening
from tests.doubles.reach import Reach
from tests.doubles.serving import Double, options, serve
from tests.doubles.world import ApiError, Bot, Clock, Settings, User

TOKEN = "7000001:AAF-double_of_the_bot_api_for_tests"
TOKEN_FORM = re.compile(r"\d+:[A-Za-z0-9_-]{20,}")
PATH = re.compile(r"/bot([^/]+)/([^/]+)/?")
FILE_PATH = re.compile(r"/file/bot([^/]+)/(.+)")
BEFORE = frozenset({"error", "429", "500", "401", "404"})
AFTER = frozenset({
    "execute_then_reset", "execute_then_timeout", "execute_then_500", "slow_answer",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """All operations, for a test in the same process."""

    people: PeopleDesk
    looking: LookingDesk
    trouble: TroubleDesk


class BotApi(Double):
    """The server. `limits` is a mode of `RateLimits`; further tokens get further bots."""

    def __init__(
        self,
        *tokens: str,
        limits: str = "off",
        port: int = 0,
        control_port: int = 0,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(port=port)
        self.clock = Clock()
        self.settings = settings or Settings()
        self.people: dict[int, User] = {}
        self.faults = Faults()
        self.bots: dict[str, Bot] = {}
        self.listening: dict[str, Listening] = {}
        for token in tokens or (TOKEN,):
            bot = Bot(token, clock=self.clock, settings=self.settings, people=self.people)
            bot.limits.set(limits)
            self.bots[token] = bot
            self.listening[token] = Listening(bot, self.faults, self._from_webhook(bot))
        at = Reach(self)
        self.desk = Desk(PeopleDesk(at), LookingDesk(at), TroubleDesk(at))
        self.control = ControlServer(
            self.desk.people, self.desk.looking, self.desk.trouble, port=control_port
        )

    @property
    def token(self) -> str:
        return next(iter(self.bots))

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.door.port}/bot"

    @property
    def base_file_url(self) -> str:
        return f"http://{HOST}:{self.door.port}/file/bot"

    def about(self) -> dict[str, Any]:
        return {"base_url": self.base_url, "base_file_url": self.base_file_url,
                "control_url": self.control_url, "tokens": list(self.bots)}  # fmt: skip

    async def _end(self) -> None:
        for listening in self.listening.values():
            await listening.close()
            listening.bot.updates.release()

    # ------------------------------------------------------------------ requests

    async def _handle(self, request: BaseRequest) -> web.StreamResponse:
        found = PATH.fullmatch(request.path)
        if found is not None:
            return await self._call(request, found.group(1), found.group(2))
        found = FILE_PATH.fullmatch(request.path)
        if found is not None and request.method == "GET":
            return await self._download(request, found.group(1), found.group(2))
        return replies.failed(ApiError(404, "Not Found"))

    def _bot(self, token: str) -> Bot:
        bot = self.bots.get(token)
        if bot is not None and not bot.revoked:
            return bot
        if bot is None and not TOKEN_FORM.fullmatch(token):
            raise ApiError(401, "Unauthorized: invalid token specified")
        raise ApiError(401, "Unauthorized")

    async def _call(self, request: BaseRequest, token: str, name: str) -> web.StreamResponse:
        try:
            bot = self._bot(token)
            params = await read_params(request, self.settings.upload_limit)
        except ApiError as e:
            answer = replies.failed(e)
            if e.code == 413:
                answer.force_close()
            return answer
        except (OSError, aiohttp.ClientError, HttpProcessingError):
            return replies.reset(request)  # the bot died while it wrote
        lower = name.lower()
        known = methods.SYNC.get(lower)
        called = known[0] if known else methods.LISTENING.get(lower, name)
        call = bot.log.start(called, params.logged())
        fault = None
        if self.faults.standing:
            text = params.text("text") or params.text("caption")
            fault = self.faults.pick(lower, chat_id=params.chat_id(), text=text)
        try:
            return await self._answer(request, bot=bot, lower=lower, params=params, call=call,
                                      fault=fault)  # fmt: skip
        finally:
            if call.outcome == "open":
                bot.log.finish(call, "dropped", executed=False, error=None)

    async def _answer(
        self, request: BaseRequest, *, bot: Bot, lower: str, params: Params, call: Call,
        fault: Fault | None,
    ) -> web.StreamResponse:  # fmt: skip
        if self.settings.latency and lower != "getupdates":
            await asyncio.sleep(self.settings.latency)
        if fault is not None and fault.kind not in AFTER and fault.kind not in DELIVERY_KINDS:
            instead = await self._instead(request, bot=bot, call=call, fault=fault)
            if instead is not None:
                return instead
        status, body, error = await self._execute(bot, lower, params, fault)
        executed = status == 200
        if fault is not None and fault.kind in AFTER:
            instead = await self._afterwards(
                request, bot=bot, call=call, fault=fault, executed=executed
            )
            if instead is not None:
                return instead
        bot.log.finish(call, str(status), executed=executed, error=error)
        if status == 429:
            return web.Response(
                body=body,
                status=status,
                headers=replies.lockout_headers(body),
            )
        return web.Response(body=body, status=status, headers=replies.JSON_TYPE)

    async def _execute(
        self, bot: Bot, lower: str, params: Params, fault: Fault | None
    ) -> tuple[int, bytes, str | None]:
        """Status, body and error text of the call as Telegram would give them."""
        try:
            known = methods.SYNC.get(lower)
            if known is not None:
                return 200, b'{"ok":true,"result":%s}' % orjson.dumps(known[1](bot, params)), None
            return 200, await self._listen_call(bot, lower, params, fault), None
        except ApiError as e:
            return e.code, replies.error_body(e), e.description
        except TooMany as e:
            error = replies.too_many(e.retry_after)
            return 429, replies.error_body(error), error.description
        except Exception:
            self.bugs.append(traceback.format_exc())
            error = ApiError(500, "Internal Server Error")
            return 500, replies.error_body(error), error.description

    async def _listen_call(
        self, bot: Bot, lower: str, params: Params, fault: Fault | None
    ) -> bytes:
        listening = self.listening[bot.token]
        result: Any
        if lower == "getupdates":
            return b'{"ok":true,"result":%s}' % await listening.get_updates(params, fault)
        if lower == "setwebhook":
            result = await listening.set_webhook(params)
        elif lower == "deletewebhook":
            result = await listening.delete_webhook(params)
        elif lower == "getwebhookinfo":
            result = listening.get_webhook_info(params)
        else:
            raise ApiError(404, "Not Found: method not found")
        if isinstance(result, Described):
            return orjson.dumps(
                {"ok": True, "result": result.result, "description": result.description}
            )
        return orjson.dumps({"ok": True, "result": result})

    def _from_webhook(self, bot: Bot) -> Any:
        async def execute(method: str, values: dict[str, Any]) -> None:
            known = methods.SYNC.get(method)
            call = bot.log.start(known[0] if known else method, values, via="webhook")
            status, _, error = await self._execute(bot, method, Params(values), None)
            bot.log.finish(call, str(status), executed=status == 200, error=error)

        return execute

    # ------------------------------------------------------------------ faults

    async def _instead(
        self, request: BaseRequest, *, bot: Bot, call: Call, fault: Fault
    ) -> web.StreamResponse | None:
        """What comes in place of executing; None where the call goes on after all."""
        kind = fault.kind
        if kind in BEFORE:
            error = replies.ordered(fault)
            bot.log.finish(call, str(error.code), executed=False, error=error.description)
            return replies.failed(error)
        if kind == "502":
            bot.log.finish(call, "502", executed=False, error="Bad Gateway")
            page = "<html><head><title>502 Bad Gateway</title></head></html>"
            return web.Response(text=page, status=502, content_type="text/html")
        if kind == "garbage":
            bot.log.finish(call, "garbage", executed=False, error=None)
            return web.Response(body=fault.payload.encode(), headers=replies.JSON_TYPE)
        if kind == "slow":
            await asyncio.sleep(fault.seconds)
            return None
        if kind in ("reset_before", "refused"):
            bot.log.finish(call, kind, executed=False, error=None)
            if kind == "refused":
                self.door.refuse(fault.seconds or 1.0)
            return replies.reset(request)
        return None

    async def _afterwards(
        self, request: BaseRequest, *, bot: Bot, call: Call, fault: Fault, executed: bool
    ) -> web.StreamResponse | None:
        kind = fault.kind
        if kind == "slow_answer":
            await asyncio.sleep(fault.seconds)
            return None
        bot.log.finish(call, kind, executed=executed, error=None)
        if kind == "execute_then_500":
            return replies.failed(ApiError(500, "Internal Server Error"))
        if kind == "execute_then_timeout":
            await self.door.hold(request, fault.seconds)
        return replies.reset(request)

    # ------------------------------------------------------------------ downloads

    async def _download(self, request: BaseRequest, token: str, path: str) -> web.StreamResponse:
        try:
            bot = self._bot(token)
        except ApiError as e:
            return replies.failed(e)
        call = bot.log.start("file", {"path": path})
        if self.settings.latency:
            await asyncio.sleep(self.settings.latency)
        fault = self.faults.pick("file")
        if fault is not None and fault.kind != "cut":
            instead = await self._instead(request, bot=bot, call=call, fault=fault)
            if instead is not None:
                return instead
        blob = files.open_path(bot, path)
        data = blob.content.data if blob is not None else None
        if data is None:
            bot.log.finish(call, "404", executed=False, error="Not Found")
            return replies.failed(ApiError(404, "Not Found"))
        if fault is not None and fault.kind == "cut":
            bot.log.finish(call, "cut", executed=False, error=None)
            return await replies.half(request, data)
        bot.log.finish(call, "200", executed=True, error=None)
        return web.Response(body=data, content_type="application/octet-stream")


# ---------------------------------------------------------------------- child process


async def main() -> None:
    parser = options("tests.doubles.botapi")
    parser.add_argument("--token", action="append", default=[])
    parser.add_argument("--limits", choices=("off", "burst", "strict"), default="off")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the server's waits")
    given = parser.parse_args()
    api = BotApi(
        *given.token, limits=given.limits, port=given.port, control_port=given.control_port,
        settings=Settings(scale=given.scale),
    )  # fmt: skip
    await serve(api, with_parent=given.with_parent)


if __name__ == "__main__":
    asyncio.run(main())
