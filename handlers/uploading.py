"""「上传材料」: a page for files, for channels that can't carry them or only small ones.

The page puts a file on disk and then hands it in like any other update; here it is added to its
draft, exactly once, under the rules for all files. Whatever the page is told of a refusal is what
`check` raises, before the bytes move and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from sqlalchemy.engine import Connection

from handlers import collecting
from handlers.access import NotAllowed
from handlers.attaching import announce
from handlers.dialog import Goto, Keep, Outcome
from handlers.draft_card import button, panel
from handlers.drafting import RECORDERS, REPORTERS, may_write, writable
from handlers.messages import Action, Attachment, Button, rows
from handlers.reporting import Draft, closed, dialog
from handlers.turn import Turn
from handlers.upload_link import LinkExpired
from rubric import settings
from rubric.errors import UserError
from storage import accounts, attachments, conversations, evidence, filetypes
from storage.evidence import Item
from storage.settings import read_settings
from templates import words

KEY: Final = "upload:"
_SHOWN: Final = 8  # drafts to choose from


@dataclass(eq=False)
class DraftClosed(UserError):
    """Submitted, merged or thrown away since the link was made."""

    code: ClassVar[str] = "upload.closed"


# ---------------------------------------------------------------- in the chat


@dialog.command(
    "upload",
    words=("上传材料",),
    roles=(*REPORTERS, *RECORDERS),
    title="上传材料",
    order=12,
    page=True,
)
def start(turn: Turn) -> Outcome:
    """The draft that is being filled in, the only one, or a choice of them and of a new one."""
    drafts = _current(turn) or _drafts(turn)
    if len(drafts) == 1:
        return _show(turn, drafts[0])
    choices = [
        Button(words.shorten(each.name, 18), Action("sub.up", str(each.id)))
        for each in drafts[:_SHOWN]
    ]
    another = Button("上报新的材料", Action("sub.new"))
    turn.say("upload.which", buttons=rows(*choices, another), drafts=len(drafts))
    return Keep()


def _current(turn: Turn) -> list[Item]:
    """The draft that is being filled in just now, which may be empty so far; none in none."""
    here = conversations.lock(turn.connection, turn.person.id)
    number = (here.draft or {}).get("item", 0) if here.dialog == dialog.name else 0
    item = evidence.find(turn.connection, number)
    open_ = item is not None and item.open_draft and may_write(turn.person, item)
    return [item] if item is not None and open_ else []


def _drafts(turn: Turn) -> list[Item]:
    """All that this person may write to, of their departments first."""
    found = [
        each
        for department in turn.person.departments(*REPORTERS)
        for each in evidence.drafts(turn.connection, department)
    ]
    found += evidence.own_drafts(turn.connection, turn.person.id)
    return list({each.id: each for each in found if may_write(turn.person, each)}.values())


@dialog.action("sub.up")
def offer(turn: Turn, action: Action) -> Outcome:
    item = writable(turn, action.id)
    return _show(turn, item) if item.open_draft else closed(turn, item)


def _show(turn: Turn, item: Item) -> Outcome:
    """In the place of the draft's card, which comes back with the first file."""
    values = read_settings(turn.connection)
    turn.say(
        "upload.link" if turn.premises.public_url else "upload.nowhere",
        panel=panel(item.id),
        buttons=((button(words.BACK, "sub.back", item),),),
        item=item,
        most=settings.FILES_MAX.of(values),
        bytes=settings.WEB_FILE_MB.of(values) * collecting.MEGABYTE,
    )
    return Goto("collect", Draft(item.id))


# ---------------------------------------------------------------- from the page


def draft_for(connection: Connection, *, account_id: int, item_id: int, day: date) -> Item:
    """The draft, if whoever has this account may write to it now. Raises LinkExpired, alike for
    another's and for none, and DraftClosed."""
    person = accounts.person_of(connection, account_id, day=day)
    item = evidence.find(connection, item_id)
    if person is None or item is None or not may_write(person, item):
        raise LinkExpired
    if not item.open_draft:
        raise DraftClosed
    return item


def check(connection: Connection, item: Item, file: Attachment) -> None:
    """Whether the draft would take such a file, whose bytes may still be to come (then `blob` is
    empty). Raises what is said to whoever sends it."""
    live = [f for f in attachments.of_evidence(connection, item.id) if f.state != "refused"]
    name = filetypes.display_name(file.name)
    collecting.check_file(file, name, live, kept=0, values=read_settings(connection))


def took(connection: Connection, *, account_id: int, key: str) -> bool:
    """Whether the file handed in under this key was added, whatever became of it since."""
    return attachments.ever_brought(connection, account_id=account_id, source=key)


def add(turn: Turn) -> Item | None:
    """Add what the page hands in to its draft; the draft then, locked, or None where it takes no
    files. One that can't be taken is refused without a word here: the page says why."""
    number = turn.inbound.source
    item = evidence.lock(turn.connection, int(number) if number.isdecimal() else 0)
    try:
        if item is None or not may_write(turn.person, item):
            raise NotAllowed
        if not item.open_draft:
            raise DraftClosed
        for file in turn.inbound.attachments:
            check(turn.connection, item, file)
            name = filetypes.display_name(file.name)
            # under the update's key: a message of a messenger may have the draft's number for id
            announce(turn, file, name=name, evidence_id=item.id, source=turn.inbound.key)
    except UserError as error:
        turn.audit("evidence.file", number, result="denied", code=error.code)
        return None
    return item
