"""The control listener: one POST a operation, JSON in and out, the same in both modes.

`POST /control/<operation>` with a JSON object of keyword arguments; the operations are the public
methods of a double's desks (what people do, what is seen, trouble). An answer is
`{"ok": true, "result": ...}`; 400 with `error` where the person's client would not allow it, 408
where a wait ran out. `/control/batch` takes a list of `[operation, arguments]` and answers with
the list of results.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from aiohttp.web_request import BaseRequest

from tests.doubles.people import NotPossible
from tests.doubles.reach import WaitedInVain
from tests.doubles.world import ApiError


class ControlServer:
    def __init__(self, *desks: object) -> None:
        self.port = 0
        self._operations: dict[str, Callable[..., Any]] = {
            name: getattr(desk, name)
            for desk in desks
            for name in dir(desk)
            if not name.startswith("_")
        }
        self._web: web.Server | None = None
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> None:
        self._web = web.Server(self._handle, access_log=None)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._web, "127.0.0.1", port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._web is not None:
            await self._web.shutdown(0.5)

    async def _handle(self, request: BaseRequest) -> web.StreamResponse:
        try:
            body = await request.content.read()
        except (OSError, aiohttp.ClientError):
            return web.Response(status=400)
        name = request.path.removeprefix("/control/").strip("/")
        arguments = orjson.loads(body) if body else {}
        try:
            if name == "batch":
                result: Any = [await self._do(n, a) for n, a in arguments]
            else:
                result = await self._do(name, arguments)
        except (NotPossible, ApiError, ValueError, TypeError, LookupError) as e:
            return _json({"ok": False, "error": f"{type(e).__name__}: {e}"}, 400)
        except WaitedInVain as e:
            return _json({"ok": False, "error": str(e)}, 408)
        return _json({"ok": True, "result": result}, 200)

    async def _do(self, name: str, arguments: dict[str, Any]) -> Any:
        operation = self._operations.get(name)
        if operation is None:
            raise ValueError(f"no operation {name!r}")
        result = operation(**arguments)
        return await result if inspect.isawaitable(result) else result


def _json(value: object, status: int) -> web.Response:
    return web.Response(
        body=orjson.dumps(value, default=str),
        status=status,
        headers={"Content-Type": "application/json"},
    )
