"""What a test is shown: messages, buttons, toasts and calls as frozen values to compare whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Button:
    text: str
    data: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class FileSeen:
    name: str | None
    mime: str | None
    size: int
    sha256: str
    file_id: str
    unique_id: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One message as the client shows it now. `out`: sent by the bot. `version` grows with every
    change in the chat."""

    id: int
    out: bool
    kind: str
    text: str
    html: str
    buttons: tuple[tuple[Button, ...], ...]
    file: FileSeen | None
    edited: bool
    date: int
    reply_to: int | None
    album: str | None
    forward_origin: dict[str, Any] | None
    silent: bool
    reaction: tuple[str, ...]
    from_id: int | None
    version: int

    @property
    def rows(self) -> list[list[str]]:
        """The keyboard as words."""
        return [[b.text for b in row] for row in self.buttons]


@dataclass(frozen=True, slots=True)
class Pressed:
    id: str
    message_id: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the presser saw: a toast, or a box with `show_alert`."""

    text: str
    show_alert: bool
    url: str | None = None


@dataclass(frozen=True, slots=True)
class CallSeen:
    number: int
    method: str
    params: dict[str, Any]
    at: float
    outcome: str
    executed: bool
    error: str | None
    took: float
    via: str


def seen(view: dict[str, Any]) -> Seen:
    rows = tuple(tuple(Button(**b) for b in row) for row in view.pop("buttons"))
    attached = view.pop("file")
    reaction = tuple(view.pop("reaction"))
    return Seen(
        **view,
        buttons=rows,
        file=FileSeen(**attached) if attached else None,
        reaction=reaction,
    )
