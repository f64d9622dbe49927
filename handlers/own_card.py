"""The card of one item for its own department: where it stands, and what can be done.

`place` says in which message it is looked at: '0' in the list's own, another number in the one
of the card that was opened by itself. So looking about goes on in one message.
"""

from __future__ import annotations

from handlers import evidence_card
from handlers.drafting import REPORTERS
from handlers.messages import Action, Button, Rows
from handlers.turn import Turn
from storage import evidence
from storage.evidence import Item
from templates import words

LIST = "0"


def panel(place: str) -> str:
    return "mine" if place == LIST else f"mine:{place}"


def show(turn: Turn, item: Item, *, place: str = "") -> None:
    """What stands for a working copy is the item that it amends."""
    if item.amends_id is not None:
        item = evidence.find(turn.connection, item.amends_id) or item
    place = place or str(item.id)
    if item.state == "discarded":
        restore = Button("恢复草稿", Action("sub.undo", str(item.id)))
        again = Button("再报一份", Action("sub.new"))
        turn.say("submit.discarded", panel=panel(place), buttons=((restore, again),), item=item)
        return
    card = evidence_card.read(turn, item)
    copied = evidence.working_copy(turn.connection, item.id) is not None
    turn.say(
        "mine.card",
        panel=panel(place),
        buttons=_ways_on(turn, item, place, files=bool(card.files), copied=copied),
        card=card,
        item=item,
        copy=copied,
    )


def show_discarded(turn: Turn, item: Item, in_panel: str) -> None:
    restore = Button("恢复草稿", Action("sub.undo", str(item.id)))
    again = Button("再报一份", Action("sub.new"))
    turn.say("submit.discarded", panel=in_panel, buttons=((restore, again),), item=item)


def _ways_on(turn: Turn, item: Item, place: str, *, files: bool, copied: bool) -> Rows:
    """What this state allows; always a way back: to the list, or where somebody recorded it for
    another department (代录), whose list is not theirs, to the menu."""
    ways: list[Button] = []
    if item.state == "draft":
        ways.append(button("继续", "sub.go", item))
        ways.append(button("删除草稿", "sub.drop", item))
    elif item.state == "submitted":
        ways.append(button("继续修改" if copied else words.EDIT, "sub.fix", item))
        ways.append(button(words.WITHDRAW, "mine.wd", item, place))
    elif item.state == "returned":
        ways.append(button(words.COMPLETE, "sub.fix", item))
        ways.append(button(words.WITHDRAW, "mine.wd", item, place))
    elif item.state == "withdrawn":
        ways.append(button("重新上报", "sub.copy", item))
    looks = [button(words.VIEW, "mine.files", item, place)] if files else []
    if item.department_id in turn.person.departments(*REPORTERS):
        back = Button("返回列表", Action("mine.list", "0", 0, f".{place}"))
    else:
        back = Button(words.MENU, Action("cmd", "start"))
    return tuple(row for row in (tuple(ways), (*looks, back)) if row)


def button(label: str, verb: str, item: Item, place: str = "") -> Button:
    return Button(label, Action(verb, str(item.id), item.revision, place))
