"""What a test of all channels asks of one channel and its double: a channel that listens, one
person who has written before, and trouble on order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.channels.base import Channel, InDoubt, RetryLater
from tests.bot.desk import Desk


class Trouble(StrEnum):
    """What comes of the next send."""

    CONTENT = "the messenger refuses what is said"
    SECRET = "the messenger refuses the token or secret"
    AWAY = "no connection"
    SILENT = "done, and no answer came"
    TOO_MANY = "a limit, until later"


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as it is read now. `labels` of what can be pressed, in order; `file` its name,
    '' for a picture that has none, and `digest` the SHA-256 of what was got."""

    text: str = ""
    labels: tuple[str, ...] = ()
    file: str | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a channel can by its messenger's nature.

    `hears`: whether people can answer there; `marked`: whether what may be typed for a choice is
    shown; `edits`, `edits_unpressed`: whether a message is changed where it stands; `links`:
    whether words can lead somewhere; `asks`: whether it has to ask for what is said;
    `names_pictures`: whether a picture that is sent to people keeps its name.
    """

    hears: bool = True
    marked: bool = False
    edits: bool = True
    edits_unpressed: bool = True
    links: bool = True
    asks: bool = False
    names_pictures: bool = False


async def broken(call: Callable[[], Awaitable[object]]) -> None:
    """Until the connections that stood are found to be reset, and no new one can be had."""
    while True:
        with suppress(InDoubt):
            try:
                await call()
            except RetryLater:
                return


class Rig(Protocol):
    @property
    def traits(self) -> Traits: ...

    @property
    def channel(self) -> Channel: ...

    @property
    def desk(self) -> Desk: ...

    @property
    def account(self) -> str: ...

    @property
    def secrets(self) -> tuple[str, ...]: ...

    @property
    def troubles(self) -> Mapping[Trouble, float]:
        """Those there are, with the seconds that a limit lasts."""

    async def says(self, text: str, *, twice: bool = False) -> None:
        """`twice`: the messenger tells the program again."""

    async def sends(self, name: str, data: bytes) -> None: ...

    async def presses(self, number: int, *, twice: bool = False) -> None:
        """A choice of the last message that has any, counted over all its parts."""

    async def chat(self) -> list[Shown]:
        """What the channel has said and still stands there."""

    async def lost(self) -> str:
        """The account of somebody who can't be written to (any more)."""

    async def removed(self, message_ref: str) -> str:
        """A message is gone; a ref of it, or of one that never was where nothing can go."""

    async def expired(self) -> None:
        """Files that were announced before can't be had any more."""

    async def troubled(self, trouble: Trouble) -> None: ...

    async def mended(self) -> None: ...
