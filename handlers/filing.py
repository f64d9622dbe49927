"""「确认提交」: what stands in its way, and the receipt when nothing does.

The receipt means "on disk": while a file is on its way the draft is only `confirming`, and the
last file that arrives completes it with the same checks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import templates
from handlers import draft_card
from handlers.draft_card import Sheet
from handlers.drafting import reported_for
from handlers.evidence_rows import row_of
from handlers.judging import anybody_judges
from handlers.messages import Action, Button, Rows
from handlers.placing import Placed
from handlers.recalling import recall
from handlers.term import open_term
from handlers.turn import Turn
from rubric.edition import Indicator
from rubric.quarter import Quarter
from storage import attachments, evidence, quarters, sections, submission
from storage.evidence import Item
from storage.sections import Section
from storage.submission import Duplicate
from templates import words
from templates.markup import plain


def confirm(turn: Turn, item: Item, *, knowingly: bool = False) -> bool:
    """Submit the draft if nothing stands in the way, else say what does; whether it was
    submitted. `knowingly`: in spite of duplicates."""
    sheet = _settled(turn, item)
    item, placed = sheet.item, sheet.placed
    warning = _hindrance(sheet)
    if warning or placed is None:
        turn.toast(plain(warning))
        draft_card.show(turn, sheet, warning=warning)
        return False
    if sheet.pending:
        waiting = evidence.change(
            turn.connection,
            item,
            now=turn.now,
            confirming=True,
            submitted_by=turn.person.id,
            submitted_at=turn.now,
        )
        acted = reported_for(turn, item)
        turn.audit("evidence.confirm", str(item.id), pending=len(sheet.pending), acting_for=acted)
        draft_card.show(turn, replace(sheet, item=waiting))
        return False
    if not knowingly and (found := _duplicates(turn, sheet)):
        _show_duplicate(turn, sheet, found[0])
        return False
    _say_receipt(turn, _file(turn, sheet, placed), draft=item)
    return True


def complete(turn: Turn, item: Item, *, here: bool) -> bool:
    """The last file has arrived of a draft that was confirmed before: submit it as of then, or
    ask again. Raises nothing: that the file is stored must not be undone. `here`: the panel is
    what the person sees last, so that it can be closed."""
    sheet = _settled(turn, item)
    placed = sheet.placed
    warning = _hindrance(sheet)
    found = [] if warning else _duplicates(turn, sheet)
    if placed is not None and not warning and not found:
        filed = _file(turn, sheet, placed)
        if here:
            turn.say("submit.completed", panel=draft_card.panel(item.id), item=filed)
        _say_receipt(turn, filed, draft=item)
        return True
    sheet = replace(sheet, item=stop(turn, sheet.item))
    if found:
        _show_duplicate(turn, sheet, found[0])
    else:
        draft_card.show(turn, sheet, warning=warning)
    return False


def stop(turn: Turn, item: Item) -> Item:
    """No longer to be submitted by itself."""
    return evidence.change(
        turn.connection,
        item,
        now=turn.now,
        confirming=False,
        submitted_by=None,
        submitted_at=None,
    )


# ---------------------------------------------------------------- what stands in the way


def _settled(turn: Turn, item: Item) -> Sheet:
    """The draft, and until the end of this transaction nothing changes by which it is judged: the
    quarter's state, the state of what it amends."""
    codes = []
    if item.amends_id is not None:
        codes = [evidence.locked(turn.connection, item.amends_id).quarter or ""]
    elif item.event_date is not None:
        own = Quarter.containing(item.event_date)
        codes = [own.code, own.next().code]
    for code in codes:
        quarters.hold(turn.connection, code)
    return draft_card.read(turn, item)


def _hindrance(sheet: Sheet) -> str:
    """Markup that says what has to be done first, or ''."""
    if sheet.missing:
        return templates.say("submit.missing", missing=sheet.missing)
    if sheet.placed and sheet.placed.problem:
        return templates.say_error(sheet.placed.problem)
    if sheet.placed and sheet.placed.choice:
        return templates.say("submit.choose_quarter", quarter=sheet.placed.quarter.code)
    return ""


def _duplicates(turn: Turn, sheet: Sheet) -> list[Duplicate]:
    return submission.duplicates(turn.connection, sheet.item, sheet.kept)


def _show_duplicate(turn: Turn, sheet: Sheet, found: Duplicate) -> None:
    item = sheet.item
    there = {file.blob for file in attachments.of_evidence(turn.connection, found.item.id)}
    turn.say(
        "submit.duplicate",
        panel=draft_card.panel(item.id),
        buttons=(
            (
                draft_card.button("仍要提交", "sub.ok", item, "d"),
                draft_card.button("不提交，保留草稿", "sub.stop", item),
            ),
            (
                Button(f"查看{found.item.receipt}", Action("mine.show", str(found.item.id))),
                draft_card.button(words.BACK, "sub.back", item),
            ),
        ),
        first=found.item,
        same_file=found.same_file,
        same_text=found.same_text,
        whole=found.same_text and all(file.blob in there for file in sheet.kept),
        own=found.item.submitted_by == turn.person.id,
    )


# ---------------------------------------------------------------- the receipt


def _file(turn: Turn, sheet: Sheet, placed: Placed) -> Item:
    """Submit what nothing hinders: the new item, or the one that the working copy amends."""
    item = sheet.item
    confirmed = item.confirming and item.submitted_by and item.submitted_at
    by = item.submitted_by if confirmed and item.submitted_by else turn.person.id
    at = item.submitted_at if confirmed and item.submitted_at else turn.now
    connection, now = turn.connection, turn.now
    if item.amends_id is not None:
        original = evidence.locked(connection, item.amends_id)
        filed = submission.replace_content(
            connection, original, item, person_id=by, at=at, now=now
        )
    else:
        open_term(turn, placed.quarter)
        filed = submission.submit(
            connection,
            item,
            sheet.kept,
            quarter=placed.quarter.code,
            late=placed.late,
            person_id=by,
            at=at,
            now=now,
        )
    turn.audit(
        "evidence.submit",
        str(filed.id),
        revision=filed.revision,
        number=filed.number,
        acting_for=reported_for(turn, filed),
    )
    recall(turn, filed)
    return filed


@dataclass(frozen=True, slots=True)
class Filed:
    """What a receipt says: the item as it stands, and who reviews it. `again`: it was reported
    before, and this is a new version."""

    item: Item
    row: Indicator | None
    section: Section | None
    nobody: bool
    again: bool


def filed_as(turn: Turn, item: Item, *, again: bool = False) -> Filed:
    section = sections.section_of_row(turn.connection, item.indicator)
    return Filed(
        item,
        row_of(item, today=turn.premises.today(turn.now)),
        section,
        nobody=section is not None
        and not anybody_judges(turn.connection, item, section, day=turn.today),
        again=again,
    )


def _say_receipt(turn: Turn, item: Item, *, draft: Item) -> None:
    """In the place of the panel that was pressed; else, and to whoever confirmed, as news."""
    filed = filed_as(turn, item, again=item.id != draft.id)
    buttons = receipt_buttons(item)
    if turn.pressed:
        panel = draft_card.panel(draft.id)
        turn.say("submit.receipt", panel=panel, buttons=buttons, filed=filed)
    elif item.submitted_by == turn.person.id:
        turn.say("submit.receipt", buttons=buttons, filed=filed)
    else:
        turn.notify(
            item.submitted_by or item.created_by,
            "submit.receipt",
            key=f"receipt:{item.id}:{item.revision}",
            buttons=buttons,
            filed=filed,
        )


def receipt_buttons(item: Item) -> Rows:
    again = Button("再报一份", Action("sub.new"))
    return ((again, Button("查看", Action("mine.show", str(item.id)))),)
