"""What WeCom tells an app, as the XML that is sealed: messages and events."""

from __future__ import annotations

from collections.abc import Sequence

from tests.doubles.wecom.world import Corp, Json, Member, Message

# a number stands bare, a text in CDATA, a list of pairs is an element with children
Value = int | str | Sequence[tuple[str, "Value"]]
Fields = Sequence[tuple[str, Value]]


def xml(fields: Fields) -> str:
    return f"<xml>{_inner(fields)}</xml>"


def _inner(fields: Fields) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in fields)


def _value(value: Value) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return f"<![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]>"
    return _inner(value)


def message(corp: Corp, member: Member, *, kind: str, fields: Fields, msgid: str) -> str:
    return xml((
        ("ToUserName", corp.corp_id), ("FromUserName", member.userid),
        ("CreateTime", int(corp.now())), ("MsgType", kind), *fields,
        ("MsgId", int(msgid)), ("AgentID", corp.agent_id),
    ))  # fmt: skip


def event(corp: Corp, member: Member, name: str, fields: Fields) -> str:
    return xml((
        ("ToUserName", corp.corp_id), ("FromUserName", member.userid),
        ("CreateTime", int(corp.now())), ("MsgType", "event"), ("Event", name), *fields,
        ("AgentID", corp.agent_id),
    ))  # fmt: skip


def click(
    corp: Corp,
    member: Member,
    card: Message,
    *,
    key: str,
    selected: Sequence[tuple[str, list[str]]],
) -> str:
    """Every click brings a fresh ResponseCode."""
    code = corp.new_code(_copies(corp, card))
    items: Fields = [
        ("SelectedItem", (
            ("QuestionKey", question),
            ("OptionIds", [("OptionId", option) for option in options]),
        ))
        for question, options in selected
    ]  # fmt: skip
    fields = _clicked(card, key=key, code=code)
    if selected:
        fields = [*fields, ("SelectedItems", items)]
    return event(corp, member, "template_card_event", fields)


def menu_click(corp: Corp, member: Member, card: Message, *, key: str) -> str:
    """The menu in a card's corner."""
    code = corp.new_code(_copies(corp, card))
    fields = _clicked(card, key=key, code=code)
    return event(corp, member, "template_card_menu_event", fields)


def _copies(corp: Corp, card: Message) -> dict[str, Message]:
    """Nobody's for a card that was forged."""
    return corp.cards.get(str(card.fields.get("task_id")), {})


def _clicked(card: Message, *, key: str, code: str) -> list[tuple[str, Value]]:
    body: Json = card.fields
    return [
        ("EventKey", key), ("TaskId", str(body.get("task_id", ""))),
        ("CardType", str(body["card_type"])), ("ResponseCode", code),
    ]  # fmt: skip
