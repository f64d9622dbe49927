"""A passive reply: what an app answers a callback with, in the same HTTP response.

WeCom says nothing of a reply that is not as it should be; here it is noted.
"""

from __future__ import annotations

from collections.abc import Callable

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from tests.doubles.wecom import card_rules, sending
from tests.doubles.wecom.cipher import Unsound
from tests.doubles.wecom.world import Corp, Json, Member, Message, WecomError

Note = Callable[[str], None]
# the lists of a card are repeated elements
LISTS = frozenset({
    "HorizontalContentList", "VerticalContentList", "JumpList", "ButtonList", "SelectList",
    "OptionList", "ActionList",
})  # fmt: skip
NUMBERS = frozenset({"Type", "Style", "Mode", "DescColor"})
NAMES = {"CheckBox": "checkbox", "KeyName": "keyname", "UserId": "userid", "AppId": "appid",
         "PagePath": "pagepath"}  # fmt: skip


def obey(corp: Corp, member: Member, card: Message | None, body: bytes, note: Note) -> Json | None:
    """What was inside, as JSON; None where it was not sound."""
    try:
        given = _opened(corp, body)
        if (given.get("ToUserName"), given.get("FromUserName")) != (member.userid, corp.corp_id):
            raise Unsound("ToUserName and FromUserName are not swapped")
        _do(corp, member, card, given)
    except (Unsound, WecomError, ParseError, DefusedXmlException) as error:
        note(f"{type(error).__name__}: {error}")
        return None
    return given


def _opened(corp: Corp, body: bytes) -> Json:
    envelope = {child.tag: child.text or "" for child in fromstring(body)}
    encrypted, signature = envelope.get("Encrypt", ""), envelope.get("MsgSignature", "")
    timestamp, nonce = envelope.get("TimeStamp", ""), envelope.get("Nonce", "")
    if corp.lock.sign(timestamp, nonce, encrypted) != signature:
        raise Unsound("signature")
    inner = _element(fromstring(corp.lock.open(encrypted)))
    return inner if isinstance(inner, dict) else {}


def _element(element: object) -> object:
    children = list(element)  # type: ignore[call-overload]
    if not children:
        return getattr(element, "text", "") or ""
    found: Json = {}
    for child in children:
        value = _element(child)
        if child.tag in LISTS:
            found.setdefault(child.tag, []).append(value)
        else:
            found[child.tag] = value
    return found


def _do(corp: Corp, member: Member, card: Message | None, given: Json) -> None:
    kind = given.get("MsgType")
    if kind == "text":
        fields = sending.text(corp, "text", {"content": given.get("Content")})
        member.chat.add(Message(0, out=True, kind="text", fields=fields, at=corp.now()))
    elif kind in ("image", "voice", "video"):
        media = corp.find_media(given[kind.capitalize()]["MediaId"])
        member.chat.add(
            Message(0, out=True, kind=kind, fields={}, at=corp.now(), media=media)
        )  # fmt: skip
    elif kind == "update_button" and card is not None:
        label = given.get("Button", {}).get("ReplaceName")
        if not label:
            raise Unsound("ReplaceName")
        sending.apply(member, card, {"grey": label})
    elif kind == "update_template_card" and card is not None:
        new = _snake(given.get("TemplateCard", {}))
        card_rules.check(new, corp.notes.append, update=True)
        sending.apply(member, card, {"card": new})
    else:
        raise Unsound(f"MsgType {kind}")


def _snake(value: object, name: str = "") -> object:
    if isinstance(value, dict):
        return {_named(key): _snake(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_snake(each) for each in value]
    if name in NUMBERS and isinstance(value, str) and value.isdigit():
        return int(value)
    return value


def _named(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
