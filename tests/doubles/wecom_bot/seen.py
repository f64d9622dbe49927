"""What a test is shown: messages, frames and the state of things as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FileSeen:
    name: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One message as the client shows it now. `out`: of the bot; `text`: as it is read, `raw` as
    it was sent; `labels`: of buttons, choices and menu; `version` grows with every change in the
    conversation."""

    id: int
    out: bool
    kind: str
    text: str
    raw: str
    labels: tuple[str, ...]
    card: dict[str, Any] | None
    files: tuple[FileSeen, ...]
    author: str
    edited: bool
    at: float
    version: int


@dataclass(frozen=True, slots=True)
class FrameSeen:
    """See `tests.doubles.wecom_bot.frames`."""

    number: int
    link: int
    out: bool
    cmd: str
    req_id: str
    body: dict[str, Any] | None
    at: float
    errcode: int | None
    errmsg: str
    executed: bool


@dataclass(frozen=True, slots=True)
class State:
    """See `LookingDesk.state`."""

    link: int
    open: tuple[int, ...]
    waiting: int
    lost: int
    failed_subscribes: int
    dropped: dict[str, int]
    uploads: int
    media: int
    fetched: int


def seen(view: dict[str, Any]) -> Seen:
    labels, files = tuple(view.pop("labels")), tuple(FileSeen(**f) for f in view.pop("files"))
    return Seen(**view, labels=labels, files=files)
