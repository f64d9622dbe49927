"""The dialog that fills in drafts, for all modules that hang their buttons and hooks on it.

`handlers.dialogs.submit` is where it begins, `draft_buttons` what the panel's buttons do,
`draft_hooks` what downloads and edited messages do to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from handlers import draft_card, filing, own_card
from handlers.dialog import Dialog, Goto, Keep, Outcome
from handlers.messages import Action, Button
from handlers.turn import Turn
from storage import conversations, evidence
from storage.evidence import Item
from templates import words


@dataclass(frozen=True, slots=True)
class Draft:
    """The open draft; `field` if the next text replaces that field; `unplaced` as long as nobody
    has said for which of the person's departments it is."""

    item: int
    field: str = ""
    unplaced: bool = False


dialog = Dialog("submit", draft=Draft)


def open_draft(turn: Turn, item: Item) -> Outcome:
    draft_card.show_item(turn, item)
    return Goto("collect", Draft(item.id))


def closed(turn: Turn, item: Item) -> Outcome:
    """The truth about a draft that is none any more: submitted, merged, thrown away."""
    current = item
    if item.state == "discarded":
        own_card.show_discarded(turn, item, draft_card.panel(item.id))
        return Keep()
    if item.state == "merged" and item.amends_id is not None:
        current = evidence.find(turn.connection, item.amends_id) or item
    if current.state != "submitted":
        turn.toast(f"{current.receipt} {words.STATES[current.state]}")
        own_card.show(turn, current)
        return Keep()
    turn.toast(f"已提交：{current.receipt}")
    turn.say(
        "submit.receipt",
        panel=draft_card.panel(item.id),
        buttons=filing.receipt_buttons(current),
        filed=filing.filed_as(turn, current),
    )
    return Keep()


def new_button() -> Button:
    return Button("再报一份", Action("sub.new"))


def draft_button(turn: Turn, item: Item) -> Button:
    """继续草稿：title, with who began it if that was a colleague."""
    who = "" if item.created_by == turn.person.id else f"（{item.creator}）"
    verb = "继续修改" if item.amends_id else "继续草稿"
    return Button(f"{verb}：{words.shorten(item.name, 16)}{who}", Action("sub.go", str(item.id)))


def open_drafts(turn: Turn) -> list[Button]:
    """The way back into the draft that this person is filling in just now, if it is one."""
    if turn.running != dialog.name:
        return []
    state = conversations.lock(turn.connection, turn.person.id)
    item = evidence.find(turn.connection, (state.draft or {}).get("item", 0))
    return [draft_button(turn, item)] if item is not None and item.open_draft else []
