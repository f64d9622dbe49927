"""Tells the supervisor that started us (systemd) how we are, by its datagrams (sd_notify).

READY once the program serves, WATCHDOG as long as nothing of it is stuck, STOPPING at the end.
Silence is the alarm: then the supervisor starts the program anew, which loses nothing. The pings
come from the event loop, so a loop that stands still is silent too. Without a supervisor nothing
is sent.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Final

from bot.config import Supervisor

log = logging.getLogger(__name__)

_PINGS: Final = 3  # in the time after which silence counts
_SECONDS: Final = 30.0  # between looks where nobody waits for pings


class Watchdog:
    """`stuck` names what has shown no sign of life for too long."""

    def __init__(self, supervisor: Supervisor | None, stuck: Callable[[], Sequence[str]]) -> None:
        self._supervisor = supervisor
        self._stuck = stuck
        self._told: Sequence[str] = ()

    def ready(self) -> None:
        self._tell("READY=1")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    async def feed(self) -> None:
        """For ever. What is stuck stands in the log also where nobody waits for pings."""
        every = self._supervisor.watchdog_seconds if self._supervisor else None
        while True:
            stuck = self._stuck()
            if stuck != self._told:
                self._told = stuck
                if stuck:
                    log.error("no sign of life: %s", ", ".join(stuck))
            if not stuck and every is not None:
                self._tell("WATCHDOG=1")
            await asyncio.sleep(every / _PINGS if every is not None else _SECONDS)

    def _tell(self, what: str) -> None:
        if self._supervisor is None:
            return
        name = self._supervisor.socket
        address = "\0" + name[1:] if name.startswith("@") else name
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
                to.setblocking(False)
                to.connect(address)
                to.send(what.encode())
        except OSError as error:
            log.warning("the supervisor does not hear us: %s", type(error).__name__)
