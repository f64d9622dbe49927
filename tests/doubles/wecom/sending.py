"""What an app sends: message/send, message/recall and message/update_template_card."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.doubles.wecom import card_rules
from tests.doubles.wecom.asked import Asked
from tests.doubles.wecom.world import Answered, Corp, Json, Media, Member, Message, WecomError, bad

TEXT_BYTES = 2048
TYPES = frozenset({
    "text", "markdown", "image", "voice", "video", "file", "textcard", "news", "template_card",
})  # fmt: skip
MOST_PEOPLE = 1000
DUPLICATE_SECONDS, DUPLICATE_MOST = 1800, 14_400
# bytes, refused beyond
TEXTCARD = {"title": 128, "description": 512, "url": 2048}
VIDEO = {"title": 128, "description": 512}


def send(corp: Corp, asked: Asked) -> Json:
    """A request of equal bytes within the interval is answered 0 and shown to nobody again; its
    answer has no response_code, since none is promised."""
    body = asked.json()
    if body.get("agentid") != corp.agent_id or isinstance(body.get("agentid"), bool):
        raise WecomError(40056, "invalid agentid")
    checked, interval = _duplicates(body)
    digest = hashlib.sha256(asked.body).digest()
    earlier = corp.answered.get(digest) if checked else None
    if earlier is not None and corp.now() < earlier.at + interval:
        corp.repeated += 1
        return {k: v for k, v in earlier.answer.items() if k != "response_code"}
    kind, fields, media = _content(corp, body)
    found, unknown, unlicensed = _recipients(corp, body)
    answer = _deliver(corp, found, asked=asked, kind=kind, fields=fields, media=media)
    answer["invaliduser"] = "|".join(unknown)
    if unlicensed:
        answer["unlicenseduser"] = "|".join(unlicensed)
    if checked:
        corp.answered[digest] = Answered(corp.now(), answer)
    return answer


def _duplicates(body: Json) -> tuple[bool, int]:
    checked = body.get("enable_duplicate_check", 0)
    interval = body.get("duplicate_check_interval", DUPLICATE_SECONDS)
    if checked not in (0, 1) or not isinstance(interval, int):
        raise bad("enable_duplicate_check")
    if not 0 < interval <= DUPLICATE_MOST:
        raise bad("duplicate_check_interval")
    return bool(checked), interval


def _recipients(corp: Corp, body: Json) -> tuple[list[Member], list[str], list[str]]:
    """Who gets it; who is unknown or out of scope, and who has no licence, as WeCom spells them:
    in lower case."""
    touser = body.get("touser", "")
    if not isinstance(touser, str):
        raise bad("touser")
    if touser == "@all":
        return [m for m in corp.members.values() if m.in_scope and not m.left], [], []
    named = list(dict.fromkeys(name.lower() for name in touser.split("|") if name))
    if not named and not body.get("toparty") and not body.get("totag"):
        raise WecomError(40032, "touser, toparty and totag are all empty")
    if len(named) > MOST_PEOPLE:
        raise WecomError(82001, "all user list invalid, more than 1000")
    unknown = [name for name in named if corp.reachable(name) is None]
    known = [member for name in named if (member := corp.reachable(name)) is not None]
    unlicensed = [m.userid.lower() for m in known if not m.licensed]
    found = [m for m in known if m.licensed]
    if not found:
        raise WecomError(
            81013,
            f"user & party & tag all invalid, invaliduser: {'|'.join(unknown)}",
        )
    return found, unknown, unlicensed


# ---------------------------------------------------------------------- content


def _content(corp: Corp, body: Json) -> tuple[str, Json, Media | None]:
    kind = body.get("msgtype")
    if kind not in TYPES or kind in corp.settings.refused:
        raise WecomError(40008, "invalid message type")
    fields = body.get(kind)
    if not isinstance(fields, dict):
        raise bad(f"{kind} is missing")
    if kind in ("text", "markdown"):
        return kind, text(corp, kind, fields), None
    if kind == "template_card":
        _card(corp, fields)
        return kind, fields, None
    if kind == "textcard":
        _bounded(fields, TEXTCARD, required=True)
        if len(fields.get("btntxt", "")) > 4:
            corp.notes.append(f"textcard.btntxt is longer than 4: {fields['btntxt']}")
    elif kind == "news":
        _news(fields)
    else:
        media = corp.find_media(fields.get("media_id"))
        if media.kind != kind:
            raise WecomError(40007, f"invalid media_id, of a {media.kind}")
        _bounded(fields, VIDEO, required=False)
        return kind, fields, media
    return kind, fields, None


def text(corp: Corp, kind: str, fields: Json) -> Json:
    content = fields.get("content")
    if not isinstance(content, str) or not content.strip():
        raise WecomError(44004, "empty content")
    data = content.encode()
    if len(data) > TEXT_BYTES:
        corp.notes.append(f"{kind} of {len(data)} bytes was cut: {content[:40]}…")
        content = data[:TEXT_BYTES].decode(errors="ignore")
    return {"content": content}


def _card(corp: Corp, card: Json) -> None:
    card_rules.check(card, corp.notes.append)
    task = card.get("task_id")
    if card_rules.answers(card) and not corp.callback_url:
        raise bad("the app has no callback URL")
    if task is not None and task in corp.tasks:
        raise bad("task_id was used before")


def _bounded(fields: Json, limits: dict[str, int], *, required: bool) -> None:
    for name, most in limits.items():
        text = fields.get(name, "")
        if not isinstance(text, str) or (required and not text):
            raise bad(name)
        if len(text.encode()) > most:
            raise WecomError(45002, f"message too long, {name}")


def _news(fields: Json) -> None:
    articles = fields.get("articles")
    if not isinstance(articles, list) or not 1 <= len(articles) <= 8:
        raise bad("articles")
    for each in articles:
        _bounded(each, {"title": 128, "url": 2048}, required=True)


# ---------------------------------------------------------------------- delivery


def _deliver(
    corp: Corp, found: list[Member], *, asked: Asked, kind: str, fields: Json, media: Media | None
) -> Json:
    answer: Json = {"errcode": 0, "errmsg": "ok", "msgid": corp.next_msgid()}
    copies: dict[str, Message] = {}
    shown = []
    for member in found:
        if _vanishes(corp, member):
            continue
        message = Message(
            0, out=True, kind=kind, fields=fields, at=corp.now(), msgid=answer["msgid"],
            call=asked.number, media=media, state="live" if kind == "template_card" else "",
        )  # fmt: skip
        member.chat.add(message)
        copies[member.userid.lower()] = message
        shown.append((member, message))
    corp.sent[answer["msgid"]] = shown
    if kind == "template_card":
        if task := fields.get("task_id"):
            corp.tasks.add(task)
            corp.cards[task] = copies
        if card_rules.answers(fields):
            answer["response_code"] = corp.new_code(copies)
    return answer


def _vanishes(corp: Corp, member: Member) -> bool:
    if not corp.settings.limits:
        return False
    if member.windows.room(a_minute=30, an_hour=1000, minute=corp.settings.minute):
        return False
    corp.dropped += 1
    member.chat.dropped += 1
    return True


def recall(corp: Corp, asked: Asked) -> Json:
    for member, message in corp.sent.pop(str(asked.json().get("msgid")), ()):
        if message in member.chat.messages:
            member.chat.messages.remove(message)
            member.chat.change()
    return {"errcode": 0, "errmsg": "ok"}


# ---------------------------------------------------------------------- updates


def update_card(corp: Corp, asked: Asked) -> Json:
    body = asked.json()
    if body.get("agentid") != corp.agent_id:
        raise WecomError(40056, "invalid agentid")
    code = corp.codes.get(str(body.get("response_code")))
    if code is None or code.used or corp.now() >= code.until:
        raise bad("response_code")
    named = _named(body, list(code.copies))
    change = _change(corp, body, code.copies)
    code.used = True
    invalid = []
    for userid in named:
        member, message = corp.reachable(userid), code.copies.get(userid.lower())
        if member is None or message is None:
            invalid.append(userid.lower())
            continue
        apply(member, message, change)
    return {"errcode": 0, "errmsg": "ok", "invaliduser": invalid}


def _named(body: Json, everyone: list[str]) -> list[str]:
    if body.get("atall"):
        return everyone
    userids = body.get("userids", [])
    if not isinstance(userids, list) or not all(isinstance(each, str) for each in userids):
        raise bad("userids")
    if not userids:
        raise WecomError(40032, "userids is empty")
    return userids


def _change(corp: Corp, body: Json, copies: dict[str, Message]) -> Json:
    """`{"grey": label}` or `{"card": card}`."""
    button, card = body.get("button"), body.get("template_card")
    if (button is None) == (card is None):
        raise bad("either button or template_card")
    if card is not None:
        card_rules.check(card, corp.notes.append, update=True)
        return {"card": card}
    label = button.get("replace_name") if isinstance(button, dict) else None
    if not isinstance(label, str) or not label:
        raise bad("button.replace_name")
    if any(m.fields["card_type"] not in card_rules.ANSWERED for m in copies.values()):
        raise bad("a card without buttons can't have them replaced")
    return {"grey": label}


def apply(member: Member, message: Message, change: dict[str, Any]) -> None:
    """A new label, or a new card in the old one's place, in this member's chat only."""
    if "grey" in change:
        message.state, message.label = "grey", change["grey"]
    else:
        card = dict(change["card"])
        label = card.pop("replace_text", "")
        message.fields = card | {"task_id": message.fields.get("task_id")}
        message.state, message.label = ("closed" if label else "updated"), label
    member.chat.touch(message)
