"""Takes whatever people send into a draft: texts and files, in any number and any order.

A text that is wholly a date is the date; else the first text is the title (a long one is cut for
it and kept whole), later ones add to the description. What can't be taken is named; the rest of
the same message is kept all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from handlers.attaching import announce
from handlers.messages import Attachment
from handlers.plain_text import clean
from handlers.turn import Turn
from rubric import dates, settings
from rubric.errors import UserError, shown
from rubric.settings import Plain
from storage import attachments, evidence, filetypes
from storage.attachments import File
from storage.evidence import Item
from storage.settings import read_settings
from templates import words

MEGABYTE: Final = 1024**2
TITLE_FROM_TEXT: Final = 40
TITLE_LENGTH: Final = 100
OUTLET_LENGTH: Final = 60
OUTLET_GUESS: Final = 20
DESCRIPTION_LENGTH: Final = 10_000
LINK: Final = re.compile(r"(?:https?://|www\.)[^\s，。；、）)】」》>\"'<]+", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"[。！？；!?;]")
_CLAUSE: Final = re.compile(r"[，、：,:\s]")
_WORD_FILE: Final = re.compile(r"(.+)\.(?:docx?|wps)", re.IGNORECASE)


@dataclass(eq=False)
class TextTooLong(UserError):
    """`what` is the field in words; nothing of this text was kept, all from before was."""

    code: ClassVar[str] = "evidence.text_too_long"
    what: str
    length: int
    limit: int


@dataclass(eq=False)
class TextMeaningless(UserError):
    """No letter, digit or ideograph in it: emoji, punctuation."""

    code: ClassVar[str] = "evidence.text_meaningless"
    what: str


@dataclass(eq=False)
class NothingReceived(UserError):
    """A message with neither text nor file: a sticker, a contact, only invisible characters."""

    code: ClassVar[str] = "evidence.nothing_received"


@dataclass(eq=False)
class TooManyFiles(UserError):
    code: ClassVar[str] = "evidence.too_many_files"
    name: str
    limit: int


@dataclass(eq=False)
class FileRepeated(UserError):
    """The same file is in this draft already."""

    code: ClassVar[str] = "evidence.file_repeated"
    name: str


# ---------------------------------------------------------------- a message


def take(turn: Turn, item: Item) -> tuple[Item, list[UserError]]:
    """Keep what the message brings; the item then, and what could not be kept. Raises the first
    of these if nothing at all could be kept."""
    inbound = turn.inbound
    if not turn.words and not inbound.attachments:
        raise NothingReceived
    problems, kept = _take_files(turn, item, inbound.attachments)
    if kept and forwarder(turn) and not turn.words:
        item = _note_forward(turn, item, forwarder(turn))
    if turn.words:
        try:
            item = take_text(turn, item, turn.words)
            kept += 1
        except UserError as error:
            problems.append(error)
    if not kept:
        raise problems[0]
    return item, problems


def forwarder(turn: Turn) -> str:
    """Whose words these are, if somebody else's: a name fit to be shown."""
    return words.shorten(clean(turn.inbound.forwarded_from), 40)


def _note_forward(turn: Turn, item: Item, name: str) -> Item:
    """Forwarded files without a word: where they came from stands in the description, once."""
    remark = f"（附件转发自 {name}）"
    if remark in item.description:
        return item
    return evidence.change(
        turn.connection,
        item,
        now=turn.now,
        description=_appended(item.description, remark),
    )


def _take_files(
    turn: Turn, item: Item, announced: tuple[Attachment, ...]
) -> tuple[list[UserError], int]:
    problems: list[UserError] = []
    if not announced:
        return problems, 0
    live = [f for f in attachments.of_evidence(turn.connection, item.id) if f.state != "refused"]
    values = read_settings(turn.connection)
    kept = 0
    for each in announced:
        name = filetypes.display_name(each.name)
        try:
            check_file(each, name, live, kept=kept, values=values)
        except UserError as error:
            problems.append(error)
            continue
        kept += 1
        made = announce(turn, each, name=name, evidence_id=item.id)
        if each.blob is None:
            turn.fetch(made)
    return problems, kept


def most_files(turn: Turn) -> int:
    return settings.FILES_MAX.of(read_settings(turn.connection))


def check_file(
    each: Attachment, name: str, live: list[File], *, kept: int, values: Mapping[str, Plain]
) -> None:
    """Whether a draft that has `live` and gets `kept` more takes this one too. Raises
    FileRepeated, TooManyFiles and FileRefused."""
    if any(
        (each.blob and each.blob == file.blob)
        or (each.reference and each.reference == file.reference)
        for file in live
    ):
        raise FileRepeated(name)
    most = settings.FILES_MAX.of(values)
    if len(live) + kept >= most:
        raise TooManyFiles(name, most)
    filetypes.check_announced(name, each.size, limit=_most_bytes(each, values))


def _most_bytes(each: Attachment, values: Mapping[str, Plain]) -> int:
    """A messenger's files are fetched, those of the web chat are here already. Neither setting
    goes beyond what the channel itself takes."""
    limit = settings.FILE_MB if each.blob is None else settings.WEB_FILE_MB
    return limit.of(values) * MEGABYTE


# ---------------------------------------------------------------- texts


def take_text(turn: Turn, item: Item, text: str) -> Item:
    """Put one text where it belongs. Raises with nothing changed."""
    forwarded = forwarder(turn)
    today = turn.premises.today(turn.now)
    day = None if forwarded else _date_in(text, today)
    if day is not None:
        field = "event_date"
        changes: dict[str, object] = {"event_date": day, "carried": False}
    else:
        meaningful(text, "内容")
        field, changes = _place(item, text, forwarded)
    note(turn, item.id, field, text)
    return evidence.change(turn.connection, item, now=turn.now, **changes)


def note(turn: Turn, item_id: int, field: str, text: str) -> None:
    """Remember which message gave the text, for when it is edited."""
    if turn.inbound.source:
        evidence.note_text(
            turn.connection,
            evidence_id=item_id,
            account_id=turn.account.id,
            source=turn.inbound.source,
            field=field,
            text=text,
        )


def _date_in(text: str, today: date) -> date | None:
    """The date that the whole text is; None for other text. Raises for impossible ones."""
    try:
        return dates.parse(text, today=today)
    except dates.DateUnreadable:
        return None


def _place(item: Item, text: str, forwarded: str) -> tuple[str, dict[str, object]]:
    """Which field the text goes to, and what it makes of the draft."""
    if not item.title and not LINK.fullmatch(text):
        title, rest = split_title(text)
        if forwarded:
            rest = _provenance(forwarded, text)
        changes: dict[str, object] = {"title": title}
        if rest:
            changes["description"] = _appended(item.description, rest)
        return "first", changes
    if _is_outlet(item, text, forwarded):
        return "outlet", {"outlet": text}
    added = _provenance(forwarded, text) if forwarded else text
    return "description", {"description": _appended(item.description, added)}


def _is_outlet(item: Item, text: str, forwarded: str) -> bool:
    """A short text for news that lacks nothing else: it can only be the medium's name."""
    return (
        item.kind == "news"
        and not item.outlet
        and item.event_date is not None
        and len(text) <= OUTLET_GUESS
        and "\n" not in text
        and not forwarded
        and not LINK.search(text)
    )


def _provenance(forwarded: str, text: str) -> str:
    return f"（转发自 {forwarded}）\n{text}"


def _appended(description: str, text: str) -> str:
    joined = f"{description}\n{text}" if description else text
    if len(joined) > DESCRIPTION_LENGTH:
        raise TextTooLong("说明", len(joined), DESCRIPTION_LENGTH)
    return joined


def meaningful(text: str, what: str) -> None:
    if not any(char.isalnum() for char in text):
        raise TextMeaningless(what)


def split_title(text: str) -> tuple[str, str]:
    """Title and description out of a first text. A title that had to be cut leaves the whole
    text as the description, so nothing is lost."""
    first, _, rest = text.partition("\n")
    first, rest = first.strip(), rest.strip()
    if len(first) <= TITLE_FROM_TEXT and any(char.isalnum() for char in first):
        return first, rest
    whole = next(line for line in text.splitlines() if any(char.isalnum() for char in line))
    return _cut(whole.strip()), text


def _cut(line: str) -> str:
    """The first sentence, or as much of its beginning as a title holds, cut between clauses."""
    sentence = _SENTENCE.split(line, maxsplit=1)[0].strip() or line
    if len(sentence) <= TITLE_FROM_TEXT:
        return sentence
    head = sentence[: TITLE_FROM_TEXT - 1]
    ends = [found.start() for found in _CLAUSE.finditer(head) if found.start() >= 10]
    return head[: ends[-1]] if ends else f"{head}…"


def title_from_file(item: Item, files: list[File]) -> str:
    """A case that is told in a Word file needs no other title than the file's name."""
    if item.kind != "case" or item.title:
        return ""
    for file in files:
        found = _WORD_FILE.fullmatch(file.name)
        if found and file.state != "refused":
            return found[1][:TITLE_LENGTH]
    return ""


# ---------------------------------------------------------------- one field, set anew


def set_field(turn: Turn, item: Item, field: str, text: str) -> Item:
    """Replace a field by what was typed for it. Raises with nothing changed."""
    if not text:
        raise NothingReceived
    values = _field_value(turn, field, text)
    note(turn, item.id, field, text)
    return evidence.change(turn.connection, item, now=turn.now, **values)


def _field_value(turn: Turn, field: str, text: str) -> dict[str, object]:
    if field == "event_date":
        day = dates.parse(text, today=turn.premises.today(turn.now))
        return {"event_date": day, "carried": False}
    limit, what = {
        "title": (TITLE_LENGTH, "标题"),
        "outlet": (OUTLET_LENGTH, "媒体名称"),
        "description": (DESCRIPTION_LENGTH, "说明"),
    }[field]
    if field != "description":
        text = " ".join(text.split())
    meaningful(text, what)
    if len(text) > limit:
        raise TextTooLong(what, len(text), limit)
    return {field: text}


def join(turn: Turn, older: Item, newer: Item) -> Item:
    """Add all of a younger draft to an older one. Raises with nothing changed."""
    whole = newer.description
    if newer.title and not whole.startswith(newer.title.rstrip("…")):
        whole = f"{newer.title}\n{whole}".strip()
    changes: dict[str, object] = {}
    if whole:
        changes["description"] = _appended(older.description, whole)
    if newer.event_date and not older.event_date:
        changes["event_date"] = newer.event_date
    most = most_files(turn)
    if attachments.join(turn.connection, from_id=newer.id, to_id=older.id) > most:
        raise TooManyFiles(newer.name, most)
    evidence.move_texts(turn.connection, from_id=newer.id, to_id=older.id)
    evidence.change(turn.connection, newer, now=turn.now, state="discarded")
    return evidence.change(turn.connection, older, now=turn.now, **changes)


# ---------------------------------------------------------------- a message that was edited


@dataclass(eq=False)
class EditNotFound(UserError):
    """The text that the message gave has been changed otherwise since."""

    code: ClassVar[str] = "evidence.edit_not_found"
    text: str


def retake(turn: Turn, item: Item, given: evidence.Given) -> Item:
    """Put the message's new text where its old one stands. Raises with nothing changed."""
    text = turn.words
    if not text:
        raise NothingReceived
    today = turn.premises.today(turn.now)
    if given.field == "event_date":
        changes: dict[str, object] = {
            "event_date": dates.parse(text, today=today),
            "carried": False,
        }
    elif given.field == "first":
        changes = _first_again(item, given.text, text)
    elif given.field == "description":
        changes = {"description": _swapped(item.description, given.text, text)}
    else:
        if getattr(item, given.field) != " ".join(given.text.split()):
            raise EditNotFound(shown(text))
        changes = _field_value(turn, given.field, text)
    evidence.renew_text(turn.connection, given.id, field=given.field, text=text)
    return evidence.change(turn.connection, item, now=turn.now, **changes)


def retake_files(turn: Turn, item: Item, before: list[File]) -> None:
    """Where the message shows another file now, that one takes the place of the old."""
    announced = turn.inbound.attachments
    references = {each.reference for each in announced}
    gone = [file for file in before if announced and file.reference not in references]
    if not gone:
        return
    for file in gone:
        attachments.remove(turn.connection, file.id, now=turn.now)
    known = {file.reference for file in before}
    fresh = tuple(each for each in announced if each.reference not in known)
    problems, _ = _take_files(turn, item, fresh)
    if problems:
        raise problems[0]


def _first_again(item: Item, before: str, text: str) -> dict[str, object]:
    meaningful(text, "内容")
    old_title, old_rest = split_title(before)
    title, rest = split_title(text)
    if item.title != old_title:
        raise EditNotFound(shown(text))
    if old_rest:
        return {"title": title, "description": _swapped(item.description, old_rest, rest)}
    return {"title": title, "description": _joined_before(rest, item.description)}


def _joined_before(rest: str, description: str) -> str:
    return _appended(rest, description) if rest and description else rest or description


def _swapped(description: str, before: str, after: str) -> str:
    if before not in description:
        raise EditNotFound(shown(after))
    swapped = description.replace(before, after, 1).strip()
    if len(swapped) > DESCRIPTION_LENGTH:
        raise TextTooLong("说明", len(swapped), DESCRIPTION_LENGTH)
    return swapped
