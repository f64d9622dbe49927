"""The files that people sent, as the bot may fetch them: encrypted, five minutes long, by HTTP.

How a file is named in the answer is not settled (`disposition`): `star` is the way the reference
names first, `plain` a percent-encoded `filename`, `raw` the bytes of the name itself, `none` no
header at all.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiohttp import web
from aiohttp.web_request import BaseRequest

from tests.doubles import replies
from tests.doubles.faults import Faults
from tests.doubles.wecom_bot import cipher
from tests.doubles.wecom_bot.faults import FILE
from tests.doubles.wecom_bot.world import File, Json, World

DISPOSITIONS: Final = ("star", "plain", "raw", "none")
PATH: Final = "/file/"


@dataclass(slots=True)
class Offer:
    data: bytes
    name: str
    disposition: str
    at: float
    fetched: int = 0


class Offers:
    """`base` is the address of the listener, once there is one."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.base = ""
        self.offered: dict[str, Offer] = {}
        self._world = world
        self._faults = faults

    def offer(self, file: File, *, disposition: str = "star", wrong_key: bool = False) -> Json:
        """`url` and `aeskey` as a callback names them."""
        if disposition not in DISPOSITIONS:
            raise ValueError(f"disposition: one of {', '.join(DISPOSITIONS)}")
        key, number = cipher.new_key(), secrets.token_urlsafe(18)
        data = cipher.encrypted(file.data, key)
        self.offered[number] = Offer(data, file.name, disposition, self._world.now())
        shown = cipher.new_key() if wrong_key else key
        return {"url": f"{self.base}{PATH}{number}?sign={secrets.token_hex(8)}", "aeskey": shown}

    async def serve(self, request: BaseRequest) -> web.StreamResponse:
        if request.method != "GET":
            return web.Response(status=405)
        found = self.offered.get(request.path.removeprefix(PATH))
        if found is None or self._world.now() > found.at + self._world.settings.url_seconds:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        found.fetched += 1
        fault = self._faults.pick(FILE, text=found.name) if self._faults.standing else None
        data, kind = found.data, fault.kind if fault is not None else ""
        if fault is not None and kind == "status":
            return web.Response(status=fault.code)
        if fault is not None and kind == "slow":
            await asyncio.sleep(fault.seconds)
        if kind == "cut":
            return await replies.half(request, data)
        if fault is not None and kind == "stuck":
            return await self._stuck(request, data, fault.seconds)
        if kind == "damaged":  # what says how long the padding is says more than 128 now
            data = data[:-17] + bytes((data[-17] ^ 0x80,)) + data[-16:]
        return web.Response(body=data, headers=_named(found))

    async def _stuck(
        self, request: BaseRequest, data: bytes, seconds: float
    ) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": str(len(data))})
        await answer.prepare(request)
        await answer.write(data[: len(data) // 2])
        end = asyncio.get_running_loop().time() + seconds
        while replies.alive(request) and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        replies.abort(request.transport)
        return answer


def _named(offer: Offer) -> dict[str, str]:
    headers = {"Content-Type": "application/octet-stream"}
    if offer.disposition == "star":
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(offer.name)}"
    elif offer.disposition == "plain":
        headers["Content-Disposition"] = f'attachment; filename="{quote(offer.name)}"'
    elif offer.disposition == "raw":
        headers["Content-Disposition"] = f'attachment; filename="{offer.name}"'
    return headers
