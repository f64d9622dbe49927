"""The card of one item for its own department: where it stands, and what can be done."""

from __future__ import annotations

from handlers import evidence_card
from handlers.access import NotAllowed
from handlers.messages import Action, Button, Rows
from handlers.turn import Turn
from storage import evidence
from storage.evidence import Item
from templates import words


def show(turn: Turn, item: Item) -> None:
    if item.state in evidence.HIDDEN or item.amends_id is not None:
        item = _current(turn, item)
    copy = evidence.working_copy(turn.connection, item.id)
    turn.say(
        "mine.card",
        panel=f"mine:{item.id}",
        buttons=_ways_on(turn, item, copy is not None),
        card=evidence_card.read(turn, item),
        item=item,
        copy=copy is not None,
    )


def _current(turn: Turn, item: Item) -> Item:
    """What stands for a working copy, or for a draft that was thrown away: none."""
    found = evidence.find(turn.connection, item.amends_id) if item.amends_id else None
    if found is None:
        raise NotAllowed
    return found


def _ways_on(turn: Turn, item: Item, copied: bool) -> Rows:
    """What this state allows; always a way back to the list."""
    ways: list[Button] = []
    if item.state == "draft":
        ways.append(button("继续", "sub.go", item))
        ways.append(button("删除草稿", "sub.drop", item))
    elif item.state == "submitted":
        ways.append(button("继续修改" if copied else words.EDIT, "sub.fix", item))
        ways.append(button(words.WITHDRAW, "mine.wd", item))
    elif item.state == "returned":
        ways.append(button(words.COMPLETE, "sub.fix", item))
        ways.append(button(words.WITHDRAW, "mine.wd", item))
    elif item.state == "withdrawn":
        ways.append(button("重新上报", "sub.copy", item))
    files = evidence_card.read(turn, item).files
    looks = [button(words.VIEW, "mine.files", item)] if files else []
    back = Button("返回列表", Action("mine.list", "0"))
    return tuple(row for row in (tuple(ways), (*looks, back)) if row)


def button(label: str, verb: str, item: Item) -> Button:
    return Button(label, Action(verb, str(item.id), item.revision))
