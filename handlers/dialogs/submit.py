"""/submit: begin or continue a draft, collect whatever is sent into it, confirm it.

The draft lies in the evidence tables from its first word; the conversation only remembers which
one is open. What the panel's buttons do is in `handlers.draft_buttons`.
"""

from __future__ import annotations

import templates
from handlers import (
    collecting,
    draft_card,
    draft_hooks,  # noqa: F401 - hangs its hooks on the dialog
)
from handlers.access import NotAllowed
from handlers.dialog import Done, Goto, Outcome
from handlers.draft_buttons import TEXT_FIELDS, ask_department
from handlers.drafting import RECORDERS, REPORTERS, begin, may_write, writable
from handlers.messages import Action, Button, Rows, grid
from handlers.reporting import Draft, closed, dialog, draft_button, open_draft
from handlers.turn import Turn
from storage import departments, evidence
from storage.evidence import Item
from templates import words

PAGE = 8


# ---------------------------------------------------------------- the first card


@dialog.command(
    "submit",
    words=("上报", "报送"),
    roles=(*REPORTERS, *RECORDERS),
    title="上报材料",
    order=10,
)
def start(turn: Turn) -> Outcome:
    return first_card(turn)


@dialog.action("sub.new")
def again(turn: Turn, action: Action) -> Outcome:
    turn.afresh = True
    return first_card(turn)


def first_card(turn: Turn) -> Outcome:
    own = turn.person.departments(*REPORTERS)
    if len(own) == 1:
        return choose_kind(turn, own[0])
    if own:
        return _choose_own(turn, own)
    if not turn.person.has(*RECORDERS):
        raise NotAllowed
    return _choose_any(turn, 0)


def _choose_own(turn: Turn, own: tuple[int, ...]) -> Outcome:
    places = [each for each in departments.departments(turn.connection) if each.id in own]
    buttons = [Button(each.short_name, Action("sub.dep", str(each.id))) for each in places]
    more = _proxy_button(turn)
    turn.say("submit.department", panel="submit", buttons=(*grid(buttons, width=2), *more))
    return Done()


def _proxy_button(turn: Turn) -> Rows:
    if not turn.person.has(*RECORDERS):
        return ()
    return ((Button("为其他部门代录", Action("sub.deps")),),)


@dialog.action("sub.deps")
def other_departments(turn: Turn, action: Action) -> Outcome:
    if not turn.person.has(*RECORDERS):
        raise NotAllowed
    return _choose_any(turn, action.id)


def _choose_any(turn: Turn, page: int) -> Outcome:
    """A page of all departments but the person's own, for 代录."""
    own = turn.person.departments(*REPORTERS)
    places = [each for each in departments.departments(turn.connection) if each.id not in own]
    pages = max(1, -(-len(places) // PAGE))
    page = min(page, pages - 1)
    buttons = [
        Button(each.short_name, Action("sub.dep", str(each.id)))
        for each in places[page * PAGE : (page + 1) * PAGE]
    ]
    turns = []
    if page > 0:
        turns.append(Button(words.PREVIOUS, Action("sub.deps", str(page - 1))))
    if page + 1 < pages:
        turns.append(Button(words.NEXT, Action("sub.deps", str(page + 1))))
    drafts = [
        draft_button(turn, each)
        for each in evidence.own_drafts(turn.connection, turn.person.id)
        if each.proxy
    ]
    turn.say(
        "submit.proxy",
        panel="submit",
        buttons=(
            *grid(buttons, width=2),
            tuple(turns),
            *((each,) for each in drafts[:4]),
            (Button(words.REGISTER, Action("im.kind", "register")),),
        ),
        page=page + 1,
        pages=pages,
    )
    return Done()


@dialog.action("sub.dep")
def department_chosen(turn: Turn, action: Action) -> Outcome:
    require_reporting(turn, action.id)
    return choose_kind(turn, action.id)


def require_reporting(turn: Turn, department_id: int) -> None:
    """The person's own department, or any that exists for those who record for others."""
    if department_id in turn.person.departments(*REPORTERS):
        return
    found = departments.find_department(turn.connection, department_id)
    if found is None or found.removed_at is not None or not turn.person.has(*RECORDERS):
        raise NotAllowed


def choose_kind(turn: Turn, department_id: int) -> Outcome:
    """Kinds, and the department's open drafts, whoever began them."""
    place = departments.find_department(turn.connection, department_id)
    drafts = [
        each
        for each in evidence.drafts(turn.connection, department_id)
        if may_write(turn.person, each)
    ]
    kinds = [
        Button(label, Action("sub.kind", str(department_id), 0, code))
        for code, label in words.KINDS.items()
    ]
    turn.say(
        "submit.kind",
        panel="submit",
        buttons=(
            *grid(kinds, width=2),
            *((draft_button(turn, each),) for each in drafts[:6]),
            *_proxy_button(turn),
        ),
        department=place.short_name if place else "",
        several=len(turn.person.departments(*REPORTERS)) != 1,
        drafts=len(drafts),
    )
    return Done()


@dialog.action("sub.kind")
def kind_chosen(turn: Turn, action: Action) -> Outcome:
    require_reporting(turn, action.id)
    if action.argument not in words.KINDS:
        raise NotAllowed
    item = begin(turn, action.id, kind=action.argument)
    turn.afresh = True
    return open_draft(turn, item)


# ---------------------------------------------------------------- content


@dialog.catch(roles=REPORTERS)
def content_first(turn: Turn) -> Outcome:
    """A text, file or forward out of the blue: kept first, then asked about."""
    if not turn.words and not turn.inbound.attachments:
        raise collecting.NothingReceived
    own = turn.person.departments(*REPORTERS)
    if not own:
        raise NotAllowed
    item = begin(turn, own[0])
    return _add(turn, item, unplaced=len(own) > 1)


@dialog.step("collect", files=True)
def collect(turn: Turn, draft: Draft) -> Outcome:
    item = evidence.lock(turn.connection, draft.item)
    if item is None or not may_write(turn.person, item):
        return content_first(turn)
    if not item.open_draft:
        closed(turn, item)
        return content_first(turn)
    return _add(turn, item, unplaced=draft.unplaced)


def _add(turn: Turn, item: Item, *, unplaced: bool) -> Outcome:
    item, problems = collecting.take(turn, item)
    for problem in problems:
        turn.say("submit.problem", problem=templates.say_error(problem))
    if unplaced:
        ask_department(turn, item)
    elif problems or not _comes_at_once(turn):
        draft_card.show_item(turn, item)
    return Goto("collect", Draft(item.id, unplaced=unplaced))


def _comes_at_once(turn: Turn) -> bool:
    """Whether the panel is left to the files' arrival: shown now, it would soon be shown again."""
    only_files = bool(turn.downloads) and not turn.words
    return only_files and turn.inbound.appends and not draft_card.choosing(turn)


@dialog.action("sub.ask")
def ask(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    if action.argument not in TEXT_FIELDS:
        raise NotAllowed
    turn.say(
        "submit.ask",
        panel=draft_card.panel(item.id),
        buttons=((draft_card.button(words.BACK, "sub.back", item),),),
        field=action.argument,
        item=item,
    )
    return Goto("field", Draft(item.id, action.argument))


@dialog.step("field", files=True)
def field_given(turn: Turn, draft: Draft) -> Outcome:
    """The next text replaces the field; a message with a file is content as always."""
    item = evidence.lock(turn.connection, draft.item)
    writing = item is not None and item.open_draft and may_write(turn.person, item)
    if item is None or not writing or turn.inbound.attachments:
        return collect(turn, draft)
    return open_draft(turn, collecting.set_field(turn, item, draft.field, turn.words))
