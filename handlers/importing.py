"""A workbook that somebody sent to be imported: read, its differences shown, confirmed. How it
comes in is in `handlers.import_intake`.

Each stage is a row (`storage.imports`), so a restart goes on from it. What is confirmed is read
again in the same transaction: if it would change anything else by now, that is shown instead.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Final

import orjson

import templates
from handlers import drafting
from handlers.access import NotAllowed
from handlers.dialog import Goto, Keep, Outcome, Outdated
from handlers.import_desk import (
    MENU,
    SUFFIX,
    Draft,
    button,
    known,
    open_quarters,
    panel,
    require,
    rest,
    template_button,
    theirs,
)
from handlers.imports import By, Importer, Plan, notes_of
from handlers.imports.book import (
    MOST_FAULTS,
    Fault,
    WorkbookFaulty,
    WorkbookRefused,
    from_json,
)
from handlers.messages import Action, Button, DocumentRef, Rows, Style, rows
from handlers.turn import Turn
from rubric.errors import UserError
from storage import imports
from storage.imports import ImportFile
from storage.names import one_at_a_time
from templates import admin_labels as labels
from templates import words
from templates.documents import XLSX

SHOWN: Final = 12  # faults or differences on a card; all of them in a file


def refused(turn: Turn, import_id: int, problem: str) -> Outcome:
    """The file couldn't be fetched, or its rows couldn't be read: said, and it may be sent
    again."""
    file = imports.lock(turn.connection, import_id)
    if file is None or file.state != imports.READING:
        return Keep()
    imports.end(turn.connection, file.id, state=imports.FAULTY, now=turn.now)
    error = WorkbookRefused(file.name, problem.rpartition(".")[2])
    turn.audit("import.read", str(file.id), result="denied", code=problem)
    _not_read(turn, file, error)
    return _awaiting(turn, file)


def _not_read(turn: Turn, file: ImportFile, error: UserError) -> None:
    turn.say(
        "import.not_read",
        panel=panel(file.id),
        problem=templates.say_error(error),
        buttons=_again(turn, file),
    )


def _again(turn: Turn, file: ImportFile) -> Rows:
    """After a fault: the template, and the way back."""
    template = [template_button(known()[file.kind], file.quarter)] if file.kind in known() else []
    return rows(template, [button(labels.IMPORTS, "im.home"), MENU])


def _awaiting(turn: Turn, file: ImportFile) -> Outcome:
    """The corrected workbook may just be sent, as long as nothing else waits."""
    if turn.running or not file.kind:
        return Keep()
    return Goto("file", Draft(file.kind, file.quarter))


# ---------------------------------------------------------------- what was read


def read(turn: Turn) -> Outcome:
    """The rows are here, or the reason why there are none."""
    download = turn.inbound.download
    found = imports.of_attachment(turn.connection, download.attachment_id) if download else None
    file = imports.lock(turn.connection, found) if found is not None else None
    if download is None or file is None or file.state != imports.READING:
        return Keep()
    if file.content is None:
        return refused(turn, file.id, download.problem)
    sheets = {sheet.name for sheet in from_json(file.content).sheets}
    fitting = [each for each in theirs(turn.person) if each.sheet in sheets]
    if file.kind and (not fitting or file.kind in [each.kind for each in fitting]):
        return _read_as(turn, file, file.kind)
    if file.kind:
        return _another_kind(turn, file, fitting)
    if len(fitting) == 1 and not fitting[0].by_quarter:
        return chosen(turn, file, fitting[0], "")
    if not fitting:
        return _unknown(turn, file)
    imports.wait(turn.connection, file, now=turn.now)
    turn.say(
        "import.which",
        panel=panel(file.id),
        name=file.name,
        buttons=rows(
            *(choice for each in fitting for choice in _choices(turn, file, each)),
            [_drop_button(file)],
        ),
    )
    return Keep()


def _read_as(turn: Turn, file: ImportFile, kind: str) -> Outcome:
    """As what it was asked for. The right may have gone since."""
    try:
        importer = require(turn, kind)
    except NotAllowed as error:
        imports.end(turn.connection, file.id, state=imports.DROPPED, now=turn.now)
        turn.audit("import.read", str(file.id), result="denied", code=error.code)
        _not_read(turn, file, error)
        return Keep()
    return show(turn, file, importer)


def _another_kind(turn: Turn, file: ImportFile, fitting: list[Importer]) -> Outcome:
    """The workbook is none of the kind it was asked for, but one of these."""
    imports.choose(turn.connection, file.id, kind="", quarter="")
    imports.wait(turn.connection, replace(file, kind=""), now=turn.now)
    turn.say(
        "import.another_kind",
        panel=panel(file.id),
        name=file.name,
        titles=[each.title for each in fitting],
        buttons=rows(
            *(
                choice
                for each in fitting
                for choice in _choices(turn, file, each, label=labels.INSTEAD)
            ),
            [_drop_button(file)],
        ),
    )
    return Keep()


def _choices(
    turn: Turn, file: ImportFile, importer: Importer, *, label: str = "{}"
) -> list[Button]:
    if not importer.by_quarter:
        title = label.format(labels.IMPORT_AS.format(importer.title))
        return [button(title, "im.take", file.id, importer.kind)]
    return [
        button(
            label.format(labels.IMPORT_FOR.format(importer.title, words.quarter(code))),
            "im.take",
            file.id,
            f"{importer.kind},{code}",
        )
        for code in open_quarters(turn)
    ]


def _unknown(turn: Turn, file: ImportFile) -> Outcome:
    """No template's workbook. Whoever reports may have meant it as evidence."""
    imports.end(turn.connection, file.id, state=imports.DROPPED, now=turn.now)
    reports = turn.person.has(*drafting.REPORTERS)
    turn.say(
        "import.unknown",
        panel=panel(file.id),
        name=file.name,
        titles=[each.title for each in theirs(turn.person)],
        buttons=rows(
            [button(labels.AS_EVIDENCE, "im.rep", file.id)] if reports else [],
            [button(labels.IMPORTS, "im.home"), MENU],
        ),
    )
    return Keep()


def chosen(turn: Turn, file: ImportFile, importer: Importer, quarter: str) -> Outcome:
    imports.choose(turn.connection, file.id, kind=importer.kind, quarter=quarter)
    again = imports.lock(turn.connection, file.id)
    return show(turn, again or file, importer)


def plan_of(turn: Turn, file: ImportFile, importer: Importer) -> Plan:
    """Raises WorkbookFaulty, and what else the importer raises."""
    book = from_json(file.content or [])
    by = By(turn.person.id, turn.account.id)
    return importer.read(turn, book, quarter=file.quarter, by=by)


def show(turn: Turn, file: ImportFile, importer: Importer) -> Outcome:
    """Faults, or the differences with one question; the truth of this moment."""
    try:
        plan = plan_of(turn, file, importer)
    except WorkbookFaulty as error:
        return _faulty(turn, file, importer, error.faults)
    except UserError as error:
        imports.end(turn.connection, file.id, state=imports.FAULTY, now=turn.now)
        turn.audit("import.read", str(file.id), result="denied", code=error.code)
        _not_read(turn, file, error)
        return _awaiting(turn, file)
    if not plan.lines:
        imports.end(turn.connection, file.id, state=imports.DONE, now=turn.now)
        turn.say(
            "import.unchanged",
            panel=panel(file.id),
            name=file.name,
            notes=notes_of(plan),
            buttons=_onward(),
        )
        return rest(turn)
    imports.wait(turn.connection, file, now=turn.now)
    if len(plan.lines) > SHOWN:
        lines: list[list[object]] = [["序号", "变化"]]
        lines += [[number, line] for number, line in enumerate(plan.lines, 1)]
        turn.say("import.all_lines", file=_list(labels.CHANGES, lines, widths=[8, 90]))
        turn.afresh = True
    turn.say(
        "import.differences",
        panel=panel(file.id),
        importer=importer,
        name=file.name,
        quarter=file.quarter,
        lines=plan.lines[:SHOWN],
        total=len(plan.lines),
        notes=notes_of(plan),
        buttons=rows(
            [
                Button(
                    labels.IMPORT_NOW,
                    Action("im.ok", str(file.id), 0, digest(plan)),
                    Style.PRIMARY,
                ),
                _drop_button(file),
            ]
        ),
    )
    return rest(turn)


def _drop_button(file: ImportFile) -> Button:
    return button(labels.DROP_IMPORT, "im.no", file.id)


def digest(plan: Plan) -> str:
    """What was shown, so that nothing else is confirmed."""
    return sha256("\n".join(plan.lines).encode()).hexdigest()[:12]


def _faulty(
    turn: Turn, file: ImportFile, importer: Importer, faults: tuple[Fault, ...]
) -> Outcome:
    imports.end(turn.connection, file.id, state=imports.FAULTY, now=turn.now)
    turn.audit("import.read", str(file.id), result="denied", faults=len(faults))
    if len(faults) > SHOWN:
        lines: list[list[object]] = [["工作表", "行", "列", "问题"]]
        lines += [
            [each.sheet, each.row or "", each.column, each.words] for each in faults[:MOST_FAULTS]
        ]
        turn.say(
            "import.all_faults",
            total=len(faults),
            most=MOST_FAULTS,
            file=_list(labels.FAULTS, lines, widths=[16, 8, 8, 90]),
        )
        turn.afresh = True
    turn.say(
        "import.faulty",
        panel=panel(file.id),
        importer=importer,
        name=file.name,
        faults=faults[:SHOWN],
        total=len(faults),
        buttons=_again(turn, file),
    )
    return _awaiting(turn, file)


def _list(name: str, lines: list[list[object]], *, widths: list[int]) -> DocumentRef:
    content = orjson.dumps({"title": name, "widths": widths, "lines": lines}).decode()
    return DocumentRef("import_list", (("content", content),), f"{name}{SUFFIX}", XLSX)


def _onward() -> Rows:
    return rows([button(labels.IMPORTS, "im.home"), MENU])


# ---------------------------------------------------------------- the confirmation


def own(turn: Turn, import_id: int) -> ImportFile:
    """A workbook of this person's that waits for a word. Outdated if it does no more."""
    file = imports.lock(turn.connection, import_id)
    if file is None or file.person_id != turn.person.id or not theirs(turn.person):
        raise NotAllowed
    if file.state != imports.WAITING or file.content is None:
        raise Outdated(show=lambda turn: _closed(turn, file))
    return file


def _closed(turn: Turn, file: ImportFile) -> Outcome:
    turn.say(
        "import.closed",
        panel=panel(file.id),
        name=file.name,
        state=file.state,
        buttons=_onward(),
    )
    return rest(turn)


def confirm(turn: Turn, import_id: int, shown: str) -> Outcome:
    """All of it or, if anything was changed since it was shown, nothing but what is true now."""
    file = own(turn, import_id)
    importer = require(turn, file.kind)
    one_at_a_time(turn.connection)
    try:
        plan = plan_of(turn, file, importer)
    except UserError as error:
        raise Outdated(show=lambda turn: show(turn, file, importer)) from error
    if digest(plan) != shown:
        raise Outdated(show=lambda turn: show(turn, file, importer))
    plan.apply(turn, By(turn.person.id, turn.account.id))
    imports.end(turn.connection, file.id, state=imports.DONE, now=turn.now)
    turn.audit(
        "import.apply",
        str(file.id),
        kind=importer.kind,
        quarter=file.quarter,
        changes=len(plan.lines),
        sha256=file.blob or "",
    )
    turn.say(
        "import.done",
        panel=panel(file.id),
        importer=importer,
        name=file.name,
        total=len(plan.lines),
        onward=importer.onward[0] if importer.onward else "",
        buttons=rows(_next(importer), *_onward()),
    )
    return rest(turn)


def _next(importer: Importer) -> list[Button]:
    if importer.onward is None:
        return []
    label, action = importer.onward
    verb, _, object_ = action.partition(":")
    return [button(label, verb, object_)]


def drop(turn: Turn, import_id: int) -> Outcome:
    file = own(turn, import_id)
    imports.end(turn.connection, file.id, state=imports.DROPPED, now=turn.now)
    turn.audit("import.drop", str(file.id))
    turn.say("import.dropped", panel=panel(file.id), name=file.name, buttons=_onward())
    return rest(turn)
