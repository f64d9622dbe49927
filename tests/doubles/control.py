"""The control listener: one POST a operation, JSON in and out, the same in both modes.

`POST /control/<operation>` with a JSON object of keyword arguments; the operations are the public
methods of a double's desks (what people do, what is seen, trouble). An answer is
`{"ok": true, "result": ...}`; 400 with `error` where the person's client would not allow it, 408
where a wait ran out. `/control/batch` takes a list of `[operation, arguments]` and answers with
the list of results.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from aiohttp.web_request import BaseRequest

from tests.doubles.door import Door
from tests.doubles.people import NotPossible
from tests.doubles.reach import WaitedInVain
from tests.doubles.world import ApiError


class ControlServer:
    def __init__(self, *desks: object, port: int = 0) -> None:
        self._door = Door(self._handle, port=port)
        self._operations: dict[str, Callable[..., Any]] = {
            name: getattr(desk, name)
            for desk in desks
            for name in dir(desk)
            if not name.startswith("_")
        }

    @property
    def port(self) -> int:
        return self._door.port

    async def open(self) -> None:
        await self._door.open()

    async def close(self) -> None:
        await self._door.close()

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
