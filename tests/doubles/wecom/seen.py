"""What a test is shown: messages, cards, calls and callbacks as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Button:
    text: str
    key: str
    style: int
    url: str


@dataclass(frozen=True, slots=True)
class Option:
    id: str
    text: str
    question: str


@dataclass(frozen=True, slots=True)
class CardSeen:
    """`state`: live; updated, another in its place for this member; grey, as it was but with
    `label` in the place of what could be pressed; closed, another with such a label."""

    type: str
    title: str
    desc: str
    sub_title: str
    rows: tuple[tuple[str, str], ...]
    state: str
    label: str
    task_id: str
    buttons: tuple[Button, ...]
    options: tuple[Option, ...]
    submit: str
    corner: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        return [*(b.text for b in self.buttons), *(o.text for o in self.options)]


@dataclass(frozen=True, slots=True)
class FileSeen:
    name: str
    size: int
    sha256: str
    media_id: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One message as the client shows it now. `out`: sent by the app, in API call number `call`.
    `version` grows with every change in the chat."""

    id: int
    out: bool
    kind: str
    text: str
    url: str
    card: CardSeen | None
    file: FileSeen | None
    msgid: str
    call: int
    at: float
    version: int


@dataclass(frozen=True, slots=True)
class ToldSeen:
    """What the app was told: state open, taken, given_up or unheard, and what came of each try."""

    number: int
    user: str
    kind: str
    plain: str
    state: str
    tries: tuple[str, ...]
    took: tuple[float, ...]
    reply: dict[str, Any] | None


def seen(view: dict[str, Any]) -> Seen:
    card, file = view.pop("card"), view.pop("file")
    return Seen(
        **view,
        card=_card(card) if card else None,
        file=FileSeen(**file) if file else None,
    )


def _card(view: dict[str, Any]) -> CardSeen:
    return CardSeen(
        **view | {
            "rows": tuple((key, value) for key, value in view["rows"]),
            "buttons": tuple(Button(**each) for each in view["buttons"]),
            "options": tuple(Option(**each) for each in view["options"]),
            "corner": tuple(view["corner"]),
        }
    )  # fmt: skip


def told_seen(view: dict[str, Any]) -> ToldSeen:
    return ToldSeen(**view | {"tries": tuple(view["tries"]), "took": tuple(view["took"])})
