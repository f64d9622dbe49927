"""/mine: what the department has reported, newest first, and what can still be done about it."""

from __future__ import annotations

from typing import Final

from handlers import evidence_card, evidence_notices, own_card
from handlers.access import NotAllowed
from handlers.dialog import Dialog, Keep, Outcome, Outdated
from handlers.drafting import REPORTERS, may_write, writable
from handlers.messages import Action, Button, Rows, grid
from handlers.placing import QuarterClosed
from handlers.turn import Turn
from storage import evidence, quarters, reviewing
from storage.evidence import Item
from templates import words

PAGE: Final = 6
_FILTERS: Final = ("returned", "draft", "submitted", "accepted", "rejected", "withdrawn")

dialog = Dialog("mine")


# ---------------------------------------------------------------- the list


@dialog.command("mine", words=("我的上报",), roles=REPORTERS, title="我的上报", order=11)
def start(turn: Turn) -> Outcome:
    return _list(turn, 0, "")


@dialog.action("mine.list")
def page(turn: Turn, action: Action) -> Outcome:
    return _list(turn, action.id, action.argument)


def _list(turn: Turn, number: int, state: str) -> Outcome:
    own = turn.person.departments(*REPORTERS)
    if not own:
        raise NotAllowed
    evidence_notices.expire(turn)
    counts = evidence.state_counts(turn.connection, own)
    state = state if state in counts else ""
    total = counts[state] if state else sum(counts.values())
    pages = max(1, -(-total // PAGE))
    number = min(number, pages - 1)
    found = evidence.page(
        turn.connection,
        own,
        states=(state,) if state else (),
        offset=number * PAGE,
        limit=PAGE,
    )
    turn.say(
        "mine.list",
        panel="mine",
        buttons=_list_buttons(found, counts, number, pages, state),
        items=found,
        counts=[(each, counts[each]) for each in _FILTERS if each in counts],
        state=state,
        number=number + 1,
        pages=pages,
        first=number * PAGE + 1,
    )
    return Keep()


def _list_buttons(
    found: list[Item], counts: dict[str, int], number: int, pages: int, state: str
) -> Rows:
    items = [
        (Button(f"{place}. {words.shorten(item.name, 16)}", _show(item)),)
        for place, item in enumerate(found, number * PAGE + 1)
    ]
    turns = []
    if number > 0:
        turns.append(Button(words.PREVIOUS, Action("mine.list", str(number - 1), 0, state)))
    if number + 1 < pages:
        turns.append(Button(words.NEXT, Action("mine.list", str(number + 1), 0, state)))
    filters = [
        Button(f"{words.STATES[each]} {counts[each]}", Action("mine.list", "0", 0, each))
        for each in _FILTERS
        if each in counts and each != state
    ]
    if state:
        filters.append(Button("全部", Action("mine.list", "0")))
    shown = grid(filters, width=3) if state or len(filters) > 1 else []
    report = (Button("再报一份", Action("sub.new")),)
    return tuple(row for row in (*items, tuple(turns), *shown, report) if row)


def _show(item: Item) -> Action:
    return Action("mine.show", str(item.id))


# ---------------------------------------------------------------- one item


@dialog.action("mine.show")
def show(turn: Turn, action: Action) -> Outcome:
    evidence_notices.expire(turn)
    own_card.show(turn, writable(turn, action.id))
    return Keep()


@dialog.action("mine.files")
def show_files(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    evidence_card.send_files(turn, item)
    own_card.show(turn, item)
    return Keep()


# ---------------------------------------------------------------- 撤回


@dialog.action("mine.wd")
def ask_withdraw(turn: Turn, action: Action) -> Outcome:
    item = _withdrawable(turn, action)
    turn.say(
        "mine.withdraw",
        panel=f"mine:{item.id}",
        buttons=(
            (
                own_card.button("确定撤回", "mine.wdok", item),
                own_card.button(words.BACK, "mine.show", item),
            ),
        ),
        item=item,
    )
    return Keep()


@dialog.action("mine.wdok")
def withdraw(turn: Turn, action: Action) -> Outcome:
    item = _withdrawable(turn, action)
    reviewing.withdraw(turn.connection, item, now=turn.now)
    evidence.release_copies(turn.connection, item.id)
    turn.audit("evidence.withdraw", str(item.id), revision=item.revision)
    turn.toast(f"已撤回 {item.receipt}")
    own_card.show(turn, writable(turn, item.id))
    return Keep()


def _withdrawable(turn: Turn, action: Action) -> Item:
    """Not yet decided for good, in a quarter that is open; else what is true is shown."""
    item = writable(turn, action.id)
    if item.state not in ("submitted", "returned") or item.revision != action.revision:
        raise Outdated(show=lambda turn: _show_again(turn, item))
    term = quarters.hold(turn.connection, item.quarter or "")
    if term is not None and not term.open:
        raise QuarterClosed(term.code)
    return item


def _show_again(turn: Turn, item: Item) -> Outcome:
    if may_write(turn.person, item):
        own_card.show(turn, item)
    return Keep()
