"""What the buttons of a draft's panel do. Each checks the right and that it still is a draft."""

from __future__ import annotations

from datetime import timedelta

from handlers import collecting, draft_card, filing, own_card
from handlers.access import NotAllowed
from handlers.dialog import Done, Goto, Outcome, Outdated
from handlers.draft_card import button, panel
from handlers.drafting import REPORTERS, amend, first_row, may_write, writable, writable_whole
from handlers.evidence_rows import edition_of, find_row, proposed
from handlers.messages import Action, Button, Rows, grid
from handlers.plain_text import clean
from handlers.reporting import (
    Draft,
    closed,
    dialog,
    draft_button,
    new_button,
    open_draft,
)
from handlers.turn import Turn
from storage import attachments, departments, evidence, submission
from storage.evidence import Item
from templates import words

TEXT_FIELDS = {
    "title": "标题",
    "event_date": "日期",
    "description": "说明",
    "outlet": "媒体名称",
}


@dialog.action("sub.go")
def continue_draft(turn: Turn, action: Action) -> Outcome:
    """From anywhere; the panel comes as a new message."""
    turn.afresh = True
    return back(turn, action)


@dialog.action("sub.back")
def back(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    return open_draft(turn, item) if item.open_draft else closed(turn, item)


def _set(turn: Turn, item: Item, **values: object) -> Outcome:
    return open_draft(turn, evidence.change(turn.connection, item, now=turn.now, **values))


@dialog.action("sub.setk")
def set_kind(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    kind = action.argument
    if kind not in words.KINDS:
        raise NotAllowed
    if kind == item.kind:
        return open_draft(turn, item)
    return _set(turn, item, kind=kind, indicator=first_row(kind))


@dialog.action("sub.day")
def set_day(turn: Turn, action: Action) -> Outcome:
    """「今天」 and 「昨天」 as of the moment they are pressed; the panel says the date in full."""
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    day = turn.premises.today(turn.now) - timedelta(days=action.argument == "1")
    if not turn.pressed:  # typed, so it may be edited
        collecting.note(turn, item.id, "event_date", clean(turn.inbound.text))
    return _set(turn, item, event_date=day, carried=False)


@dialog.action("sub.lvl")
def set_level(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    if action.argument not in words.LEVELS:
        raise NotAllowed
    return _set(turn, item, level=action.argument)


@dialog.action("sub.carry")
def report_later(turn: Turn, action: Action) -> Outcome:
    """Agree to report into the next quarter what the own one takes no more."""
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    sheet = draft_card.read(turn, item)
    if not (sheet.placed and sheet.placed.choice and sheet.placed.quarter.code == action.argument):
        return open_draft(turn, item)
    turn.audit("evidence.carry", str(item.id), quarter=action.argument)
    return _set(turn, item, carried=True)


@dialog.action("sub.join")
def join(turn: Turn, action: Action) -> Outcome:
    """Put what was begun just now into an older draft, for it belonged there."""
    item = writable(turn, action.id)
    if not item.open_draft or item.amends_id is not None:
        return closed(turn, item)
    if not (action.argument.isascii() and action.argument.isdecimal()):
        raise NotAllowed
    older = writable(turn, int(action.argument))
    if not older.open_draft or older.id == item.id:
        return open_draft(turn, item)
    older = collecting.join(turn, older, item)
    turn.audit("evidence.join", str(older.id), joined=item.id)
    return open_draft(turn, older)


# ---------------------------------------------------------------- rows


@dialog.action("sub.rows")
def choose_row(turn: Turn, action: Action) -> Outcome:
    """The proposed rows, then, asked again, every row."""
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    edition = edition_of(item, today=turn.premises.today(turn.now))
    every = action.argument == "a"
    found = list(edition.indicators) if every else proposed(edition, item.kind)
    choices = [button(words.shorten(row.name, 20), "sub.row", item, row.id) for row in found]
    back = button(words.BACK, "sub.back", item)
    more = (back,) if every else (button("全部评分行", "sub.rows", item, "a"), back)
    turn.say(
        "submit.rows",
        panel=panel(item.id),
        buttons=(*(grid(choices, width=2) if every else ((each,) for each in choices)), more),
        row=find_row(edition, item.indicator),
    )
    return Goto("collect", Draft(item.id))


@dialog.action("sub.row")
def set_row(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    edition = edition_of(item, today=turn.premises.today(turn.now))
    if find_row(edition, action.argument) is None:
        raise NotAllowed
    return _set(turn, item, indicator=action.argument)


# ---------------------------------------------------------------- 修改


@dialog.action("sub.edit")
def edit_menu(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    turn.say("submit.edit", panel=panel(item.id), buttons=_edit_buttons(turn, item), item=item)
    return Goto("collect", Draft(item.id))


def _edit_buttons(turn: Turn, item: Item) -> Rows:
    fields = [
        button(label, "sub.ask", item, field)
        for field, label in TEXT_FIELDS.items()
        if field != "outlet" or item.kind == "news"
    ]
    fields.append(button("类别", "sub.kinds", item))
    if item.kind == "news":
        fields.append(button("级别", "sub.lvls", item))
    if len(turn.person.departments(*REPORTERS)) > 1 and item.amends_id is None:
        fields.append(button("部门", "sub.setds", item))
    if attachments.of_evidence(turn.connection, item.id):
        fields.append(button("删除附件", "sub.files", item))
    return (*grid(fields, width=3), (button(words.BACK, "sub.back", item),))


@dialog.action("sub.kinds")
def choose_other_kind(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    back = (button(words.BACK, "sub.back", item),)
    turn.say("submit.kinds", panel=panel(item.id), buttons=(*draft_card.kind_buttons(item), back))
    return Goto("collect", Draft(item.id))


@dialog.action("sub.lvls")
def choose_level(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    levels = tuple(button(label, "sub.lvl", item, code) for code, label in words.LEVELS.items())
    back = (button(words.BACK, "sub.back", item),)
    turn.say("submit.levels", panel=panel(item.id), buttons=(levels, back))
    return Goto("collect", Draft(item.id))


@dialog.action("sub.setds")
def choose_department(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    ask_department(turn, item)
    return Goto("collect", Draft(item.id))


def ask_department(turn: Turn, item: Item) -> None:
    own = turn.person.departments(*REPORTERS)
    choices = [
        button(each.short_name, "sub.setd", item, str(each.id))
        for each in departments.departments(turn.connection)
        if each.id in own
    ]
    turn.say(
        "submit.which_department",
        panel=panel(item.id),
        buttons=tuple(grid(choices, width=2)),
        item=item,
        files=len(attachments.of_evidence(turn.connection, item.id)),
    )


@dialog.action("sub.setd")
def set_department(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft or item.amends_id is not None:
        return closed(turn, item)
    if action.argument not in {str(id_) for id_ in turn.person.departments(*REPORTERS)}:
        raise NotAllowed
    evidence.change(
        turn.connection, item, now=turn.now, department_id=int(action.argument), proxy=False
    )
    return open_draft(turn, writable(turn, item.id))


@dialog.action("sub.files")
def choose_file(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    _file_list(turn, item)
    return Goto("collect", Draft(item.id))


def _file_list(turn: Turn, item: Item) -> None:
    files = attachments.of_evidence(turn.connection, item.id)
    buttons = [
        (button(f"删除 {number}. {words.shorten(file.name, 14)}", "sub.rm", item, str(file.id)),)
        for number, file in enumerate(files, 1)
    ]
    turn.say(
        "submit.files",
        panel=panel(item.id),
        buttons=(*buttons, (button(words.BACK, "sub.back", item),)),
        files=[(file.name, file.size) for file in files],
    )


@dialog.action("sub.rm")
def remove_file(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    files = attachments.of_evidence(turn.connection, item.id)
    file = next((each for each in files if str(each.id) == action.argument), None)
    if file is None:  # gone already: the list says what is there
        _file_list(turn, item)
        return Goto("collect", Draft(item.id))
    if item.confirming:
        item = filing.stop(turn, item)
    attachments.remove(turn.connection, file.id, now=turn.now)
    turn.audit("evidence.remove_file", str(item.id), file=file.id)
    turn.toast("附件已删除")
    if len(files) > 1:
        _file_list(turn, item)
        return Goto("collect", Draft(item.id))
    return open_draft(turn, item)


# ---------------------------------------------------------------- the end of a draft


@dialog.action("sub.ok")
def confirm(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    if item.confirming or item.revision != action.revision:
        # pressed twice, or no longer what it was: the panel says what is true
        return open_draft(turn, item)
    if filing.confirm(turn, item, knowingly=action.argument == "d"):
        return Done()
    return Goto("collect", Draft(item.id))


@dialog.action("sub.hold")
def hold(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    return open_draft(turn, filing.stop(turn, item))


@dialog.action("sub.stop")
def leave(turn: Turn, action: Action) -> Outcome:
    """「取消」 leaves the draft as it is."""
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    if item.confirming:
        item = filing.stop(turn, item)
    drop = Button("删除草稿", Action("sub.drop", str(item.id), item.revision))
    turn.say(
        "submit.kept",
        panel=panel(item.id),
        buttons=((draft_button(turn, item),), (drop, new_button())),
        item=item,
    )
    return Done()


@dialog.action("sub.drop")
def drop(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if not item.open_draft:
        return closed(turn, item)
    gone = evidence.change(
        turn.connection, item, now=turn.now, state="discarded", confirming=False
    )
    turn.audit("evidence.discard", str(item.id))
    closed(turn, gone)
    return Done()


@dialog.action("sub.undo")
def undo_drop(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    if item.state != "discarded":
        return open_draft(turn, item) if item.open_draft else closed(turn, item)
    other = evidence.working_copy(turn.connection, item.amends_id) if item.amends_id else None
    if other is not None:  # the item is being amended otherwise meanwhile
        return open_draft(turn, writable(turn, other))
    turn.audit("evidence.restore", str(item.id))
    return _set(turn, item, state="draft")


# ---------------------------------------------------------------- drafts made of older items


@dialog.action("sub.fix")
def fix(turn: Turn, action: Action) -> Outcome:
    """「修改」 of what was submitted and 「补充材料」 of what came back: a working copy."""
    item = writable_whole(turn, action.id)
    if item.state not in ("submitted", "returned") or item.revision != action.revision:
        raise Outdated(show=lambda turn: own_card.show(turn, item))
    turn.afresh = True
    return open_draft(turn, amend(turn, item))


@dialog.action("sub.copy")
def report_again(turn: Turn, action: Action) -> Outcome:
    """「重新上报」 of what was withdrawn: its content as a new draft."""
    item = writable(turn, action.id)
    if item.state != "withdrawn":
        return closed(turn, item)
    again = next(
        (
            each
            for each in evidence.drafts(turn.connection, item.department_id)
            if each.content_key == item.content_key and may_write(turn.person, each)
        ),
        None,
    )
    turn.afresh = True
    if again is not None:
        return open_draft(turn, again)
    made = submission.copy_of(
        turn.connection,
        item,
        person_id=turn.person.id,
        amends=False,
        proxy=item.department_id not in turn.person.departments(*REPORTERS),
        now=turn.now,
    )
    turn.audit("evidence.begin", str(made), copied=item.id)
    return open_draft(turn, writable(turn, made))
