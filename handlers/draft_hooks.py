"""What happens to a draft without its person doing anything in the chat now: files arrive or
don't, and earlier messages are edited. Whichever dialog is running stays where it is."""

from __future__ import annotations

import templates
from handlers import collecting, draft_card, filing, importing, uploading
from handlers.dialog import Done, Keep, Outcome
from handlers.drafting import may_write
from handlers.messages import Action, Button, Kind
from handlers.reporting import dialog, draft_button, open_draft
from handlers.turn import Turn
from storage import accounts, attachments, conversations, evidence, imports
from storage.accounts import Account
from storage.attachments import File
from storage.evidence import Item
from templates import words


@dialog.on(Kind.STORED)
def stored(turn: Turn) -> Outcome:
    download = turn.inbound.download
    if download is None or download.blob is None:
        return Keep()
    fresh = attachments.mark_stored(
        turn.connection,
        download.attachment_id,
        sha256=download.blob,
        size=download.size,
        now=turn.now,
        name=download.name,
        mime=download.mime,
    )
    found = _draft_with(turn, download.attachment_id) if fresh else None
    if found is None:
        return Keep()  # perhaps a workbook: it is read next, see `handlers.importing`
    item, file = found
    live = attachments.of_evidence(turn.connection, item.id)
    if any(each.blob == file.blob and each.id != file.id for each in live):
        attachments.remove(turn.connection, file.id, now=turn.now)
        repeated = collecting.FileRepeated(file.name)
        turn.say("submit.problem", problem=templates.say_error(repeated))
    if any(each.state == "pending" for each in live):
        return Keep()  # the last one draws the panel
    here = _at(turn, item)
    if item.confirming:
        turn.account = _where_confirmed(turn, item)
        submitted = filing.complete(turn, item, here=here)
        return Done() if submitted and here else Keep()
    if here and not draft_card.choosing(turn):
        draft_card.show_item(turn, item)
    return Keep()


@dialog.on(Kind.SLOW)
def slow(turn: Turn) -> Outcome:
    """Nothing was said of the file when it was announced, since it might have been here by now."""
    download = turn.inbound.download
    found = _draft_with(turn, download.attachment_id) if download else None
    if found is None:
        return Keep()
    item, file = found
    if file.state == "pending" and _at(turn, item) and not draft_card.choosing(turn):
        draft_card.show_item(turn, item)
    return Keep()


@dialog.on(Kind.UPLOADED)
def uploaded(turn: Turn) -> Outcome:
    """Files from the upload page: the draft's card is shown anew when no more of them follow."""
    item = uploading.add(turn)
    if item is None:
        return Keep()
    if turn.inbound.group or (_at(turn, item) and _busy(turn)):
        return Keep()
    if not turn.running:
        return open_draft(turn, item)
    draft_card.show_item(turn, item)
    return Keep()


@dialog.on(Kind.REFUSED)
def refused(turn: Turn) -> Outcome:
    download = turn.inbound.download
    if download is None or not attachments.mark_refused(
        turn.connection, download.attachment_id, problem=download.problem
    ):
        return Keep()
    if (import_id := imports.of_attachment(turn.connection, download.attachment_id)) is not None:
        return importing.refused(turn, import_id, download.problem)
    found = _draft_with(turn, download.attachment_id)
    if found is None:
        return Keep()
    item, file = found
    turn.audit("evidence.file", str(item.id), result="denied", code=download.problem)
    confirming = item.confirming
    if confirming:
        turn.account = _where_confirmed(turn, item)
        item = filing.stop(turn, item)
    here = _at(turn, item)
    turn.say(
        "submit.refused",
        buttons=() if here else ((draft_button(turn, item),),),
        name=file.name,
        reason=words.problem(file.problem),
        confirming=confirming,
    )
    if here:
        draft_card.show_item(turn, item)
    return Keep()


def _draft_with(turn: Turn, attachment_id: int) -> tuple[Item, File] | None:
    """The draft that the file belongs to, locked; None when it is none any more."""
    file = attachments.find(turn.connection, attachment_id)
    item = evidence.lock(turn.connection, file.evidence_id or 0) if file else None
    if item is None or file is None or not item.open_draft:
        return None
    return item, file


def _at(turn: Turn, item: Item) -> bool:
    """Whether this person is just now filling in this draft."""
    state = conversations.lock(turn.connection, turn.person.id)
    return state.dialog == dialog.name and (state.draft or {}).get("item") == item.id


def _where_confirmed(turn: Turn, item: Item) -> Account:
    """The person's account whose panel says that it waits for the files, wherever they were sent
    from: there the receipt is looked for."""
    state = conversations.lock(turn.connection, turn.person.id)
    for id_ in (turn.account.id, *map(int, state.choices)):
        waits = any(
            action.startswith(f"sub.hold:{item.id}:") for _, action in state.offered(id_).choices
        )
        found = accounts.find_account(turn.connection, id_) if waits else None
        if found is not None and found.person_id == turn.person.id:
            return found
    return turn.account


def _busy(turn: Turn) -> bool:
    """As `draft_card.choosing`, but a panel with only the way back is the link to the page."""
    asked = conversations.lock(turn.connection, turn.person.id).step == "field"
    return asked or (draft_card.choosing(turn) and draft_card.offered(turn) != ["sub.back"])


# ---------------------------------------------------------------- edited messages


@dialog.on(Kind.EDITED)
def edited(turn: Turn) -> Outcome:
    """An earlier message was changed: so is what it gave to a draft, as long as it is one."""
    source = turn.inbound.source
    given = evidence.given_by(turn.connection, account_id=turn.account.id, source=source)
    files = attachments.of_message(turn.connection, account_id=turn.account.id, source=source)
    owner = given.evidence_id if given else files[0].evidence_id if files else 0
    item = evidence.lock(turn.connection, owner or 0)
    if item is None or item.state == "discarded" or not may_write(turn.person, item):
        return Keep()
    if not item.open_draft:
        return _too_late(turn, item)
    if given is not None and given.text != turn.words:
        item = collecting.retake(turn, item, given)
    collecting.retake_files(turn, item, files)
    if given is None and turn.words:
        item = collecting.take_text(turn, item, turn.words)
    note = templates.say("submit.updated")
    if _at(turn, item):
        draft_card.show(turn, draft_card.read(turn, item), note=note)
    else:
        turn.say(
            "submit.updated_elsewhere",
            buttons=((draft_button(turn, item),),),
            title=words.shorten(item.name, 20),
        )
    return Keep()


def _too_late(turn: Turn, item: Item) -> Outcome:
    current = evidence.find(turn.connection, item.amends_id or item.id) or item
    turn.say(
        "submit.edited_too_late",
        buttons=((Button("查看", Action("mine.show", str(current.id))),),),
        item=current,
    )
    return Keep()
