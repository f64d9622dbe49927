"""WeCom's decrypted callbacks as `Inbound` values: a pure function over XML.

Promises: nothing but `Unparsable` is ever raised, whatever the XML holds; what is not meant for
us (places where somebody is, menus that open a page, changes of the directory) is None. Members
are known by their userid, which WeCom compares without regard to case, so it is lower case here.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from bot.channels.wecom_app.elements import Fields, fields
from bot.fields import Unparsable
from bot.wecom import cards
from bot.wecom.cards import first_card
from handlers.messages import Attachment, Inbound, Kind
from templates import wecom_words as words

NAME: Final = "wecom_app"
# WeCom says that it suspends, or is about to suspend, an app that nobody uses
SUSPENSION: Final = frozenset({
    "inactive_alert", "close_inactive_agent", "low_active_alert", "low_active",
})  # fmt: skip
_PRESSES: Final = frozenset({
    "click", "template_card_event", "template_card_menu_event", "taskcard_click",
})  # fmt: skip
_OTHERS: Final = {
    "subscribe": Kind.UNBLOCKED,
    "unsubscribe": Kind.BLOCKED,
    "enter_agent": Kind.OPENED,
}
# field that holds the file, what we call it, suffix, MIME type; the content says which picture
_FILES: Final = {
    "image": (words.PICTURE, ".jpg", "image/*"),
    "voice": (words.VOICE, ".amr", "audio/amr"),
    "video": (words.VIDEO, ".mp4", "video/mp4"),
    "file": (words.FILE, "", ""),
}
_USER = re.compile(r"[^\s|,\x00-\x1f\x7f]{1,64}")
_NUMBER = re.compile(r"\d{1,20}")
_MEDIA = re.compile(r"[\x21-\x7e]{1,1000}")
_SUFFIX = re.compile(r"[a-z0-9]{2,5}")
_NAME_LENGTH = 200
_KEY_LENGTH = 200


class Clicked(NamedTuple):
    """What a click on a card brings for its renewal: the card's id and a code good for once."""

    task: str
    code: str


class Callback(NamedTuple):
    """`inbound` is None where nothing is to happen; `event` names an event, of any kind."""

    inbound: Inbound | None
    event: str = ""
    clicked: Clicked | None = None


def parse(text: str, *, corp: str, agent: str, zone: tzinfo) -> Callback:
    """Raises Unparsable, also for what was sent to another corporation or app."""
    item = fields(text)
    for name, ours in (("ToUserName", corp), ("AgentID", agent)):
        if item.text(name) not in ("", ours):
            raise Unparsable(name)
    if item.text("MsgType") == "event":
        return _event(item, agent=agent)
    return Callback(_message(item, agent=agent, zone=zone))


def key_of(agent: str, text: str) -> str:
    """What a callback that can't be parsed is kept under, once."""
    return f"wa:{agent}:{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:32]}"


# ---------------------------------------------------------------- messages


def _message(item: Fields, *, agent: str, zone: tzinfo) -> Inbound | None:
    kind, number = item.text("MsgType"), _matching(item, "MsgId", _NUMBER)
    said = ""
    files: tuple[Attachment, ...] = ()
    if kind == "text":
        said = item.text("Content")
    elif kind == "location":
        said = _place(item)
    elif kind == "link":
        parts = (item.text(name) for name in ("Title", "Url"))
        said = "\n".join(part for part in parts if part)
    elif kind in _FILES:
        files = (_file(item, kind, number=number, zone=zone),)
    # of any other kind: content that we can't take, so that the person gets an answer
    return Inbound(
        key=f"wa:{agent}:{number}",
        channel=NAME,
        account=_sender(item),
        text=said,
        attachments=files,
        numbered=True,
        appends=True,
    )


def _file(item: Fields, kind: str, *, number: str, zone: tzinfo) -> Attachment:
    word, suffix, mime = _FILES[kind]
    if kind == "voice" and _SUFFIX.fullmatch(form := item.text("Format").lower()):
        suffix, mime = f".{form}", f"audio/{form}"
    given = item.text("FileName") or item.text("Filename")
    name = f"{word}-{_moment(item, zone):%Y%m%d-%H%M%S}-{number[-4:]}{suffix}"
    return Attachment(
        reference=_matching(item, "MediaId", _MEDIA),
        name=_fitting(given) if given else name,
        mime="" if given else mime,
    )


def _fitting(name: str) -> str:
    """Cut in the middle if need be: what kind of file it is stands at the end."""
    return name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 12] + name[-12:]


def _place(item: Fields) -> str:
    try:
        degrees = [float(item.text(name)) for name in ("Location_X", "Location_Y")]
    except ValueError:
        raise Unparsable("Location") from None
    if not all(-180 <= value <= 180 for value in degrees):
        raise Unparsable("Location")
    where = ",".join(f"{value:.6f}".rstrip("0").rstrip(".") for value in degrees)
    return f"{words.LOCATION}{item.text('Label')}（{where}）"


def _moment(item: Fields, zone: tzinfo) -> datetime:
    try:
        return datetime.fromtimestamp(int(_matching(item, "CreateTime", _NUMBER)), zone)
    except (OverflowError, OSError, ValueError):
        raise Unparsable("CreateTime") from None


# ---------------------------------------------------------------- events


def _event(item: Fields, *, agent: str) -> Callback:
    event = item.text("Event")
    if event in _PRESSES:
        return _press(item, event, agent=agent)
    if event not in _OTHERS:
        return Callback(None, event)
    account = _sender(item)
    key = _event_key(item, agent, account, event)
    return Callback(Inbound(key, NAME, account, _OTHERS[event], numbered=True), event)


def _press(item: Fields, event: str, *, agent: str) -> Callback:
    account, task, code = _sender(item), item.text("TaskId"), item.text("ResponseCode")
    action = cards.chosen(item.text("EventKey"), item.chosen)
    inbound = Inbound(
        key=_event_key(item, agent, account, f"{event}:{action}"),
        channel=NAME,
        account=account,
        kind=Kind.PRESS,
        action=action,
        source=first_card(task),
        numbered=True,
    )
    return Callback(inbound, event, Clicked(task, code) if task and code else None)


def _event_key(item: Fields, agent: str, account: str, what: str) -> str:
    """Sender, time, what happened to which card: the same at each repetition."""
    when = _matching(item, "CreateTime", _NUMBER)
    rest = f"{what}:{item.text('EventKey')}:{item.text('TaskId')}"
    key = f"wa:{agent}:{account}:{when}:{rest}"
    if len(key) <= _KEY_LENGTH - 20:  # what is answered adds its number
        return key
    return f"wa:{agent}:{account}:{when}:{hashlib.sha256(rest.encode()).hexdigest()[:32]}"


# ---------------------------------------------------------------- fields


def _sender(item: Fields) -> str:
    return _matching(item, "FromUserName", _USER).lower()


def _matching(item: Fields, name: str, wanted: re.Pattern[str]) -> str:
    value = item.text(name)
    if not wanted.fullmatch(value):
        raise Unparsable(name)
    return value
