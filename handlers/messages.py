"""What passes between a channel and the dialogs: plain values, nothing of any messenger.

A channel turns whatever arrives into an `Inbound`; a dialog answers with `Reply` values. Neither
side knows the other, so a dialog works on every channel, and a channel carries every dialog.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import chain, count, islice, product
from typing import TypeAlias
from unicodedata import normalize

from storage.outbox import Row

ACTION_BYTES = 64  # Telegram's callback_data, the tightest of all channels
_NUMBER = re.compile(r"\d+(\.\d+)?")
_NUMBERED = re.compile(r"(\d+)\. ")


class Kind(StrEnum):
    """What a person (or the program itself, where it is internal) did."""

    MESSAGE = "message"  # text, files or both
    PRESS = "press"  # a button
    EDITED = "edited"  # an earlier message was changed; `source` names it
    BLOCKED = "blocked"  # the account can't be written to any more
    UNBLOCKED = "unblocked"
    JOINED = "joined"  # the bot is in a group; also when only its title or rights changed
    LEFT = "left"  # the bot was removed from a group
    MOVED = "moved"  # a group has another id from now on, `moved_to`
    STORED = "stored"  # internal: a download is on disk
    REFUSED = "refused"  # internal: a download can't be had
    SLOW = "slow"  # internal: a download is not here yet, on channels where a panel `appends`
    READ = "read"  # internal: a workbook's rows are in the database, or can't be had
    OPENED = "opened"  # somebody opened the chat and has said nothing yet
    UPLOADED = "uploaded"  # the upload page has put files on disk; `source` is their draft's id


# what happens to the bot in a group; nothing else that happens there is ever told
OF_GROUPS = frozenset({Kind.JOINED, Kind.LEFT, Kind.MOVED})


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file as announced by a channel.

    `reference` is all that the channel needs to fetch it later; `blob` is set instead by a channel
    that has already stored the bytes (web chat). `size` in bytes, None if unknown.
    """

    reference: str
    name: str
    mime: str = ""
    size: int | None = None
    blob: str | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """Outcome of one download (none yet with `SLOW`), told to the dialogs internally. `name` and
    `mime` say what it turned out to be where the channel could only guess that."""

    attachment_id: int
    blob: str | None = None
    size: int = 0
    problem: str = ""  # a code of `errors.j2`, e.g. "file.too_big"
    name: str = ""
    mime: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that happened, with a key by which it is handled exactly once.

    `account` is the person's id on the channel; `group` the album an attachment belongs to;
    `acknowledge` what the channel needs to stop a button's spinner. `numbered` is true on channels
    that show choices as numbers, `appends` where a changed panel is one more message: what a file
    does to it is then said when the file is here or is `SLOW`. Text is as typed: never trusted,
    never trimmed by the channel.
    Of what was uploaded `group` says that more of the same follow at once.
    Of a group (`OF_GROUPS`) `account` is its id, `name` its title, `by` the account of whoever
    added or removed the bot.
    """

    key: str
    channel: str
    account: str
    kind: Kind = Kind.MESSAGE
    name: str = ""
    text: str = ""
    action: str = ""
    attachments: tuple[Attachment, ...] = ()
    group: str = ""
    source: str = ""
    forwarded_from: str = ""
    acknowledge: str = ""
    numbered: bool = False
    appends: bool = False
    download: Download | None = None
    by: str = ""
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does: `verb:object:revision:argument`, valid for ever, proving nothing."""

    verb: str
    object: str = ""
    revision: int = 0
    argument: str = ""

    def __str__(self) -> str:
        text = f"{self.verb}:{self.object}:{self.revision}:{self.argument}".rstrip(":")
        if len(text.encode()) > ACTION_BYTES:
            raise ValueError(f"action longer than {ACTION_BYTES} bytes: {self.verb}")
        return text

    @classmethod
    def parse(cls, text: str) -> Action | None:
        """None for anything that no button of ours can carry."""
        if len(text.encode(errors="replace")) > ACTION_BYTES:
            return None
        verb, object_, revision, argument = (*text.split(":", 3), "", "", "")[:4]
        if not verb or not (revision == "" or (revision.isascii() and revision.isdigit())):
            return None
        return cls(verb, object_, int(revision or 0), argument)

    @property
    def id(self) -> int:
        """The object as a row id; 0, which no row has, when it is not a number."""
        digits = self.object.isascii() and self.object.isdigit() and len(self.object) < 19
        return int(self.object) if digits else 0


class Style(StrEnum):
    """How a button looks where the channel can show it; never the only carrier of meaning."""

    PLAIN = ""
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """A choice. `label` at most about 20 characters, a verb where it acts."""

    label: str
    action: Action
    style: Style = Style.PLAIN


Rows: TypeAlias = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class FileRef:
    """A stored file to send: never bytes, always a blob by its SHA-256."""

    blob: str
    name: str
    mime: str = ""


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document that delivery renders: `templates.documents.<document>` with these arguments.

    Rendered once and kept as a blob, unless it is `secret` (an invite's QR code).
    """

    document: str
    arguments: tuple[tuple[str, str | int], ...]
    name: str
    mime: str
    secret: bool = False


class Lane(StrEnum):
    """Order holds inside a lane of an account; answers never wait for notices."""

    ANSWER = "answer"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to one account: markup text (see templates), buttons, or a file with caption.

    With `panel` the message replaces the last one of that panel if nothing was typed since.
    """

    text: str
    buttons: Rows = ()
    panel: str = ""
    file: FileRef | DocumentRef | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Toast:
    """What a press is answered with besides the card: short, plain text."""

    text: str = ""
    alert: bool = False


class Marks(StrEnum):
    """What may be typed in the place of a button, besides its label, on channels that show it."""

    NONE = ""  # a notice, or buttons that others have replaced
    NUMBERS = "numbers"
    LETTERS = "letters"  # where a step takes a number


def marks_of(labels: Sequence[str], marks: Marks) -> list[str]:
    """The mark of each choice: 1, 2, 3 …, where labels are numbered that number; or A, B, C …, and
    '' for a label that is a number itself. Among numbers that stand on buttons, the others have
    letters too, and no mark is what another button says."""
    if marks is Marks.NONE:
        return ["" for _ in labels]
    return list(_marked(tuple(labels), marks))


@lru_cache(maxsize=512)  # the same panels are shown and answered again and again
def _marked(labels: tuple[str, ...], marks: Marks) -> Sequence[str]:
    said = [normalize("NFKC", label).upper() for label in labels]
    numbers = [_NUMBER.fullmatch(label) is not None for label in said]
    if marks is Marks.NUMBERS and not any(numbers):
        return _numbers(said)
    letters = (mark for mark in _letters() if mark not in said)
    own = marks is Marks.NUMBERS
    pairs = zip(said, numbers, strict=True)
    return [(label if own else "") if number else next(letters) for label, number in pairs]


def _numbers(labels: Sequence[str]) -> list[str]:
    """Of an item of a list (“9. …”) its own number; the rest go on from the highest."""
    own = [found[1] if (found := _NUMBERED.match(label)) else "" for label in labels]
    if len(set(filter(None, own))) < sum(map(bool, own)):
        own = ["" for _ in labels]
    more = count(1 + max((int(number) for number in own if number), default=0))
    return [number or str(next(more)) for number in own]


def notice_marks(number: int, buttons: int) -> list[str]:
    """What is typed for the buttons of a notice: #41 for the only one, else #41a, #41b …"""
    if buttons == 1:
        return [f"#{number}"]
    return [f"#{number}{mark.lower()}" for mark in islice(_letters(), buttons)]


def _letters() -> Iterator[str]:
    """A, B … Z, AA, AB …"""
    every = (product("ABCDEFGHIJKLMNOPQRSTUVWXYZ", repeat=length) for length in count(1))
    return map("".join, chain.from_iterable(every))


def rows(*groups: Button | list[Button] | tuple[Button, ...]) -> Rows:
    """Buttons in rows: a single button is a row of its own."""
    return tuple((g,) if isinstance(g, Button) else tuple(g) for g in groups if g)


def grid(buttons: list[Button], *, width: int) -> list[tuple[Button, ...]]:
    """Buttons laid out in rows of `width`."""
    return [tuple(buttons[i : i + width]) for i in range(0, len(buttons), width)]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the shell learns from a handled update, once it is committed.

    `answers` are outbox rows already claimed for this worker; `notices` says that some wait for
    the delivery; `downloads` are attachment ids to fetch; `menu` the person's commands.
    """

    fresh: bool
    answers: tuple[Row, ...] = ()
    notices: bool = False
    downloads: tuple[int, ...] = ()
    toast: Toast | None = None
    parked: bool = False
    account_id: int = 0
    person_id: int = 0
    menu: tuple[tuple[str, str], ...] = ()
