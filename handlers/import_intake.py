"""A workbook that was sent to be imported is taken in: its file is to be fetched and read.

What becomes of it then is in `handlers.importing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from handlers.attaching import announce
from handlers.dialog import Outcome
from handlers.import_desk import SUFFIX, Draft, panel, rest, theirs
from handlers.imports.book import WorkbookRefused
from handlers.turn import Turn
from rubric.errors import UserError
from rubric.settings import FILE_MB, WEB_FILE_MB
from storage import filetypes, imports
from storage.settings import read_settings

_MEGABYTE: Final = 1024**2


@dataclass(eq=False)
class OneWorkbook(UserError):
    """Several files at once: nobody could say which answer is to which."""

    code: ClassVar[str] = "import.one_at_a_time"


def is_workbook(turn: Turn) -> bool:
    """A single .xlsx out of the blue and nothing said with it, of somebody who may import."""
    files = turn.inbound.attachments
    return (
        len(files) == 1
        and not turn.words
        and not turn.inbound.forwarded_from
        and files[0].name.lower().endswith(SUFFIX)
        and bool(theirs(turn.person))
    )


def take(turn: Turn, draft: Draft) -> Outcome:
    """Have the file of this message fetched and read. Raises WorkbookRefused, OneWorkbook."""
    if len(turn.inbound.attachments) != 1:
        raise OneWorkbook
    file = turn.inbound.attachments[0]
    name = filetypes.display_name(file.name)
    _check(turn, name, file.size, here=file.blob is not None)
    attachment_id = announce(turn, file, name=name)
    import_id = imports.begin(
        turn.connection,
        attachment_id=attachment_id,
        person_id=turn.person.id,
        kind=draft.kind,
        quarter=draft.quarter,
        now=turn.now,
    )
    turn.audit("import.file", str(import_id), kind=draft.kind)
    turn.fetch(attachment_id)  # what is here already is only to be read
    turn.say("import.reading", panel=panel(import_id), name=name)
    return rest(turn)


def _check(turn: Turn, name: str, size: int | None, *, here: bool) -> None:
    if not name.lower().endswith(SUFFIX):
        raise WorkbookRefused(name, "format")
    limit = WEB_FILE_MB if here else FILE_MB
    most = limit.of(read_settings(turn.connection)) * _MEGABYTE
    try:
        filetypes.check_announced(name, size, limit=most)
    except filetypes.FileRefused as error:
        raise WorkbookRefused(name, error.code.removeprefix("file.")) from error
