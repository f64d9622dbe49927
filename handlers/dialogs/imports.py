"""/admin → 导入: choose what, get the template, send it filled in, confirm. A workbook that comes
out of the blue is known by its sheets. What happens to one is in `handlers.importing`."""

from __future__ import annotations

from dataclasses import replace

from handlers import drafting, import_desk, import_intake, importing, reporting
from handlers.access import NotAllowed
from handlers.administration.desk import PANEL
from handlers.dialog import Goto, Outcome, Outdated
from handlers.dialogs import submit
from handlers.import_desk import MENU, Draft, button, dialog, require, rest
from handlers.messages import Action, Attachment, Button, Kind, Rows, rows
from handlers.turn import Turn
from rubric.quarter import Quarter, QuarterUnreadable
from storage import imports
from templates import admin_labels as labels
from templates import words
from templates.documents import XLSX


@dialog.action("im.home")
def home(turn: Turn, pressed: Action) -> Outcome:
    found = import_desk.theirs(turn.person)
    if not found:
        raise NotAllowed
    turn.say(
        "import.home",
        panel=PANEL,
        buttons=rows(
            *([button(each.title, "im.kind", each.kind)] for each in found),
            [*_back_to_admin(turn), MENU],
        ),
    )
    return rest(turn)


def _back_to_admin(turn: Turn) -> list[Button]:
    return [button(words.BACK, "ad.home")] if turn.person.has("admin") else []


@dialog.action("im.kind")
def ask_file(turn: Turn, pressed: Action) -> Outcome:
    """`argument` is the quarter, where the workbook is about one."""
    importer = require(turn, pressed.object)
    if importer.by_quarter and not pressed.argument:
        return _ask_quarter(turn, importer.kind)
    quarter = _quarter(pressed.argument).code if importer.by_quarter else ""
    return _ask_file(turn, Draft(importer.kind, quarter))


def _quarter(code: str) -> Quarter:
    """NotAllowed for what no button of ours carries."""
    try:
        return Quarter.parse(code)
    except QuarterUnreadable as error:
        raise NotAllowed from error


def _ask_quarter(turn: Turn, kind: str) -> Outcome:
    importer = require(turn, kind)
    turn.say(
        "import.quarter",
        panel=PANEL,
        importer=importer,
        buttons=rows(
            *(
                [button(words.quarter(code), "im.kind", kind, code)]
                for code in import_desk.open_quarters(turn)
            ),
            [button(words.BACK, "im.home")],
        ),
    )
    return Goto("quarter", Draft(kind))


@dialog.step("quarter")
def take_quarter(turn: Turn, draft: Draft) -> Outcome:
    """Raises QuarterUnreadable."""
    require(turn, draft.kind)
    return _ask_file(turn, Draft(draft.kind, Quarter.parse(turn.words).code))


def _ask_file(turn: Turn, draft: Draft) -> Outcome:
    importer = require(turn, draft.kind)
    turn.say(
        "import.send",
        panel=PANEL,
        importer=importer,
        quarter=draft.quarter,
        buttons=_send_buttons(draft),
    )
    return Goto("file", draft)


def _send_buttons(draft: Draft) -> Rows:
    return rows(
        button(labels.TEMPLATE, "im.tpl", draft.kind, draft.quarter),
        [button(words.BACK, "im.home"), MENU],
    )


@dialog.action("im.tpl")
def send_template(turn: Turn, pressed: Action) -> Outcome:
    importer = require(turn, pressed.object)
    quarter = _quarter(pressed.argument).code if importer.by_quarter else ""
    turn.say(
        "import.template",
        importer=importer,
        file=import_desk.template_of(turn, importer, quarter),
        buttons=rows([button(labels.IMPORTS, "im.home"), MENU]),
    )
    draft = Draft(importer.kind, quarter)
    return rest(turn) if turn.running not in ("", dialog.name) else Goto("file", draft)


@dialog.step("file", files=True, text=False)
def take_file(turn: Turn, draft: Draft) -> Outcome:
    require(turn, draft.kind)
    if not turn.inbound.attachments:
        return _ask_file(turn, draft)
    return import_intake.take(turn, draft)


@dialog.catch(roles=tuple(words.ROLES), takes=import_intake.is_workbook)
def take_unasked(turn: Turn) -> Outcome:
    return import_intake.take(turn, Draft())


@dialog.on(Kind.READ)
def read(turn: Turn) -> Outcome:
    return importing.read(turn)


@dialog.action("im.take")
def choose(turn: Turn, pressed: Action) -> Outcome:
    """`argument` is the kind, and the quarter where there is one."""
    file = importing.own(turn, pressed.id)
    kind, _, code = pressed.argument.partition(",")
    importer = require(turn, kind)
    quarter = _quarter(code).code if importer.by_quarter else ""
    return importing.chosen(turn, file, importer, quarter)


@dialog.action("im.ok")
def confirm(turn: Turn, pressed: Action) -> Outcome:
    return importing.confirm(turn, pressed.id, pressed.argument)


@dialog.action("im.no")
def drop(turn: Turn, pressed: Action) -> Outcome:
    return importing.drop(turn, pressed.id)


@reporting.dialog.action("im.rep")
def report(turn: Turn, pressed: Action) -> Outcome:
    """The workbook was meant as evidence: it begins a report, as if it had been sent as one."""
    file = imports.lock(turn.connection, pressed.id)
    if (
        file is None
        or file.person_id != turn.person.id
        or not turn.person.has(*drafting.REPORTERS)
    ):
        raise NotAllowed
    if file.state != imports.DROPPED or file.blob is None:
        raise Outdated(show=lambda turn: home(turn, pressed))
    imports.end(turn.connection, file.id, state=imports.DONE, now=turn.now)
    sent = Attachment("", file.name, XLSX, file.size, file.blob)
    turn.inbound = replace(turn.inbound, attachments=(sent,))
    turn.afresh = True
    return submit.content_first(turn)
