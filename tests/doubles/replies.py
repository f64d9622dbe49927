"""How the double answers, fails to answer, and breaks connections."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Any

import orjson
from aiohttp import web
from aiohttp.web_request import BaseRequest

from tests.doubles.faults import Fault
from tests.doubles.world import ApiError

JSON_TYPE = {"Content-Type": "application/json"}


def too_many(retry_after: int) -> ApiError:
    return ApiError(
        429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after}
    )


def ordered(fault: Fault) -> ApiError:
    if fault.kind == "429":
        return too_many(fault.retry_after)
    if fault.kind == "500":
        return ApiError(500, "Internal Server Error")
    if fault.kind == "401":
        return ApiError(401, "Unauthorized")
    if fault.kind == "404":
        return ApiError(404, "Not Found")
    parameters = {"migrate_to_chat_id": fault.migrate_to} if fault.migrate_to else None
    return ApiError(fault.code, fault.description, parameters)


def error_body(error: ApiError) -> bytes:
    shown: dict[str, Any] = {
        "ok": False, "error_code": error.code, "description": error.description,
    }  # fmt: skip
    if error.parameters:
        shown["parameters"] = error.parameters
    return orjson.dumps(shown)


def failed(error: ApiError) -> web.Response:
    headers = dict(JSON_TYPE)
    if error.parameters and "retry_after" in error.parameters:
        headers["Retry-After"] = str(error.parameters["retry_after"])
    return web.Response(body=error_body(error), status=error.code, headers=headers)


def lockout_headers(body: bytes) -> dict[str, str]:
    seconds = orjson.loads(body)["parameters"]["retry_after"]
    return {**JSON_TYPE, "Retry-After": str(seconds)}


def alive(request: BaseRequest) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def abort(transport: asyncio.BaseTransport | None) -> None:
    """Closes with RST, as a broken middle box would."""
    if not isinstance(transport, asyncio.Transport) or transport.is_closing():
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def reset(request: BaseRequest) -> web.Response:
    """The response is never written: its connection is gone."""
    abort(request.transport)
    return web.Response()


async def half(request: BaseRequest, data: bytes) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Length": str(len(data))})
    await answer.prepare(request)
    await answer.write(data[: len(data) // 2])
    await asyncio.sleep(0.01)
    abort(request.transport)
    return answer
