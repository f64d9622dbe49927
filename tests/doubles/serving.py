"""What all doubles are: a server on loopback, one beside it for who orders it about, and where
that is wanted a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import ssl
import sys
from abc import ABC, abstractmethod
from typing import Any, Self

import orjson
from aiohttp import web
from aiohttp.web_request import BaseRequest

from tests.doubles.control import ControlServer
from tests.doubles.door import HOST, Door


class Double(ABC):
    """`control` is made by each double, of its own desks."""

    control: ControlServer

    def __init__(self, *, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.bugs: list[str] = []
        self.door = Door(self._handle, port=port, tls=tls)

    @property
    def control_url(self) -> str:
        return f"http://{HOST}:{self.control.port}"

    @abstractmethod
    def about(self) -> dict[str, Any]:
        """What who uses it has to know."""

    @abstractmethod
    async def _handle(self, request: BaseRequest) -> web.StreamResponse: ...

    @abstractmethod
    async def _end(self) -> None:
        """What is under way besides requests."""

    async def __aenter__(self) -> Self:
        await self.door.open()
        await self.control.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.door.closing = True
        await self._end()
        await self.door.close()
        await self.control.close()
        if self.bugs and exc[0] is None:
            raise AssertionError("the double itself failed:\n" + "\n".join(self.bugs))


# ---------------------------------------------------------------------- child process


def options(prog: str) -> argparse.ArgumentParser:
    """Those that each double has."""
    parser = argparse.ArgumentParser(prog=prog)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--with-parent", action="store_true", help="end when stdin closes")
    return parser


async def serve(double: Double, *, with_parent: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    async with double:
        sys.stdout.write(orjson.dumps(double.about()).decode() + "\n")
        sys.stdout.flush()
        await stop.wait()
