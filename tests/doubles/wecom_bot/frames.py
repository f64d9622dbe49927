"""The log of all frames, both ways, on all connections.

`out`: from WeCom to the bot. A command keeps what it was answered: `errcode` None while it was
not, `executed` whether it took effect, whatever the bot was told. Of uploaded bytes only their
number stands there.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.doubles.changes import Changes
from tests.doubles.wecom_bot.world import Json

KEPT = 50_000


@dataclass(slots=True)
class Frame:
    number: int
    link: int
    out: bool
    cmd: str
    req_id: str
    body: Json | None
    at: float
    errcode: int | None = None
    errmsg: str = ""
    executed: bool = False


class FrameLog:
    def __init__(self) -> None:
        self.kept: deque[Frame] = deque(maxlen=KEPT)
        self.changes = Changes()
        self.last_at = time.monotonic()
        self._total = 0

    def add(self, link: int, *, out: bool, cmd: str, req_id: str, body: Json | None) -> Frame:
        self._total += 1
        frame = Frame(self._total, link, out, cmd, req_id, _short(body), time.monotonic())
        self.kept.append(frame)
        if cmd != "ping":
            self.last_at = frame.at
        self.changes.change()
        return frame

    def finish(self, frame: Frame, errcode: int | None, errmsg: str, *, executed: bool) -> None:
        frame.errcode, frame.errmsg, frame.executed = errcode, errmsg, executed
        if frame.cmd != "ping":
            self.last_at = time.monotonic()
        self.changes.change()

    def find(self, cmd: str, *, out: bool | None, after: int) -> Iterator[Frame]:
        for frame in self.kept:
            if frame.number <= after or not fnmatchcase(frame.cmd, cmd):
                continue
            if out is None or frame.out is out:
                yield frame


def _short(body: Json | None) -> Json | None:
    if body is None or "base64_data" not in body:
        return body
    return {**body, "base64_data": f"({len(str(body['base64_data']))} characters)"}
