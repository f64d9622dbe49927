"""/mine: what the department has reported, newest first, and what can still be done about it."""

from __future__ import annotations

from typing import Final

from handlers import evidence_card, evidence_notices, own_card
from handlers.access import NotAllowed
from handlers.dialog import Dialog, Keep, Outcome, Outdated
from handlers.drafting import REPORTERS, reported_for, writable, writable_whole
from handlers.messages import Action, Button, Rows, grid
from handlers.placing import QuarterClosed
from handlers.turn import Turn
from rubric.quarter import Quarter
from storage import evidence, quarters, reviewing
from storage.evidence import Item
from templates import words

PAGE: Final = 6
_FILTERS: Final = ("returned", "draft", "submitted", "accepted", "rejected", "withdrawn")

dialog = Dialog("mine")


# ---------------------------------------------------------------- the list


@dialog.command("mine", words=("我的上报",), roles=REPORTERS, title="我的上报", order=11)
def start(turn: Turn) -> Outcome:
    return _list(turn, 0, "", own_card.LIST)


@dialog.action("mine.list")
def page(turn: Turn, action: Action) -> Outcome:
    state, _, place = action.argument.partition(".")
    return _list(turn, action.id, state, _place(place))


def _place(text: str) -> str:
    return text if text.isascii() and text.isdecimal() and len(text) < 19 else own_card.LIST


def _list(turn: Turn, number: int, state: str, place: str) -> Outcome:
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
        panel=own_card.panel(place),
        buttons=(
            *((_item_button(each, n, place),) for n, each in enumerate(found, number * PAGE + 1)),
            *_turns(number, pages, f"{state}.{place}"),
            *_filters(counts, state, place),
            (Button("再报一份", Action("sub.new")),),
        ),
        items=found,
        counts=[(each, counts[each]) for each in _FILTERS if each in counts],
        state=state,
        number=number + 1,
        pages=pages,
        first=number * PAGE + 1,
        present=Quarter.containing(turn.premises.today(turn.now)).code,
    )
    return Keep()


def _item_button(item: Item, number: int, place: str) -> Button:
    label = f"{number}. {words.shorten(item.name, 16)}"
    return Button(label, Action("mine.show", str(item.id), 0, place))


def _turns(number: int, pages: int, where: str) -> Rows:
    turns = []
    if number > 0:
        turns.append(Button(words.PREVIOUS, Action("mine.list", str(number - 1), 0, where)))
    if number + 1 < pages:
        turns.append(Button(words.NEXT, Action("mine.list", str(number + 1), 0, where)))
    return (tuple(turns),) if turns else ()


def _filters(counts: dict[str, int], state: str, place: str) -> Rows:
    """The other states there are, and all; nothing where there is but one."""
    filters = [
        Button(f"{words.STATES[each]} {counts[each]}", _filter(each, place))
        for each in _FILTERS
        if each in counts and each != state
    ]
    if state:
        filters.append(Button("全部", _filter("", place)))
    return tuple(grid(filters, width=3)) if len(counts) > 1 else ()


def _filter(state: str, place: str) -> Action:
    return Action("mine.list", "0", 0, f"{state}.{place}")


# ---------------------------------------------------------------- one item


@dialog.action("mine.show")
def show(turn: Turn, action: Action) -> Outcome:
    evidence_notices.expire(turn)
    item = writable(turn, action.id)
    if not action.argument:  # from a notice or a receipt, which stays as it is
        turn.afresh = True
    own_card.show(turn, item, place=_place(action.argument) if action.argument else "")
    return Keep()


@dialog.action("mine.files")
def show_files(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    evidence_card.send_files(turn, item)
    turn.afresh = True  # the card comes below its files
    own_card.show(turn, item, place=_place(action.argument))
    return Keep()


# ---------------------------------------------------------------- 撤回


@dialog.action("mine.wd")
def ask_withdraw(turn: Turn, action: Action) -> Outcome:
    item = _withdrawable(turn, action)
    place = _place(action.argument)
    turn.say(
        "mine.withdraw",
        panel=own_card.panel(place),
        buttons=(
            (
                own_card.button("确定撤回", "mine.wdok", item, place),
                own_card.button(words.BACK, "mine.show", item, place),
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
    acted = reported_for(turn, item)
    turn.audit("evidence.withdraw", str(item.id), revision=item.revision, acting_for=acted)
    turn.toast(f"已撤回 {item.receipt}")
    own_card.show(turn, writable(turn, item.id), place=_place(action.argument))
    return Keep()


def _withdrawable(turn: Turn, action: Action) -> Item:
    """Not yet decided for good, in a quarter that is open; else what is true is shown."""
    item = writable_whole(turn, action.id)
    if item.state not in ("submitted", "returned") or item.revision != action.revision:
        raise Outdated(show=lambda turn: own_card.show(turn, item))
    term = quarters.hold(turn.connection, item.quarter or "")
    if term is not None and not term.open:
        raise QuarterClosed(term.code)
    return item
