"""/audit: search and page the audit log. A search is itself audited, turning its pages is not.

Every button carries what is looked for, so that an old card goes on working.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from handlers import audit_search
from handlers.access import require_role
from handlers.audit_criteria import Criteria, conditions, pack, unpack
from handlers.audit_entry import Reader
from handlers.dialog import Dialog, Goto, Outcome, Outdated
from handlers.dialogs.menu import MENU
from handlers.messages import Action, Button, DocumentRef, grid, rows
from handlers.turn import Turn
from storage import audit_log, people
from storage.audit_log import Entry
from templates import audit_words, words
from templates.documents import XLSX

PANEL: Final = "audit"
ROLES: Final = ("auditor", "admin")
PAGE: Final = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """What is looked for, packed as in a button."""

    wanted: str = ""


dialog = Dialog("audit", draft=Draft)


@dialog.command("audit", words=("审计",), roles=ROLES, title="审计", order=75)
def start(turn: Turn) -> Outcome:
    if turn.words:
        return _take(turn, Criteria())
    return _search(turn, Criteria())


@dialog.step("search")
def take(turn: Turn, draft: Draft) -> Outcome:
    require_role(turn, *ROLES)
    return _take(turn, unpack(draft.wanted))


def _take(turn: Turn, base: Criteria) -> Outcome:
    found = audit_search.read(turn, base)
    if len(found) == 1:
        return _search(turn, found[0])
    reader = Reader(turn.connection, turn.registry)
    turn.say(
        "audit.which",
        panel=PANEL,
        found=[
            (reader.criteria(each), people.held_roles(turn.connection, each.person or 0))
            for each in found
        ],
        buttons=rows(
            *grid(
                [
                    Button(f"第{number}项", Action("au.find", "", 0, pack(each)))
                    for number, each in enumerate(found, start=1)
                ],
                width=3,
            ),
            Button(words.BACK, Action("au.find", "", 0, pack(base))),
        ),
    )
    return Goto("search", Draft(pack(base)))


@dialog.action("au.find")
def find(turn: Turn, action: Action) -> Outcome:
    require_role(turn, *ROLES)
    return _search(turn, unpack(action.argument))


def _search(turn: Turn, wanted: Criteria) -> Outcome:
    _page(turn, wanted, "")
    turn.audit("audit.search", pack(wanted))
    return Goto("search", Draft(pack(wanted)))


@dialog.action("au.page")
def turn_page(turn: Turn, action: Action) -> Outcome:
    require_role(turn, *ROLES)
    wanted = unpack(action.argument)
    _page(turn, wanted, action.object)
    return Goto("search", Draft(pack(wanted)))


# ---------------------------------------------------------------- a page


@dataclass(frozen=True, slots=True)
class Page:
    entries: list[Entry]
    newer: bool
    older: bool


def _read(turn: Turn, wanted: Criteria, where: str) -> Page:
    """`where`: b17 for those before entry 17, a17 for those after it, '' for the newest."""
    given = Action("", where[1:]).id
    asked = conditions(wanted, turn.premises.zone)
    if where[:1] == "a" and given:
        found = audit_log.newer(turn.connection, asked, than=given, limit=PAGE + 1)
        if len(found) > PAGE:
            return Page(found[1:], newer=True, older=True)
        where = ""  # fewer than a page: the first one, in full
    before = given if where[:1] == "b" and given else None
    found = audit_log.older(turn.connection, asked, than=before, limit=PAGE + 1)
    newer = bool(before and found) and audit_log.newer(
        turn.connection, asked, than=found[0].id, limit=1
    )
    return Page(found[:PAGE], newer=bool(newer), older=len(found) > PAGE)


def _page(turn: Turn, wanted: Criteria, where: str) -> None:
    page, packed = _read(turn, wanted, where), pack(wanted)
    reader = Reader(turn.connection, turn.registry)
    found = page.entries
    first = found[0].id if found else 0
    turners = []
    if page.newer:
        turners.append(Button(words.PREVIOUS, Action("au.page", f"a{first}", 0, packed)))
    if page.older:
        turners.append(Button(words.NEXT, Action("au.page", f"b{found[-1].id}", 0, packed)))
    turn.say(
        "audit.list",
        panel=PANEL,
        conditions=reader.criteria(wanted),
        found=[reader.say(each) for each in found],
        year=turn.premises.today(turn.now).year,
        buttons=rows(
            *grid(
                [
                    Button(str(number), Action("au.one", str(each.id), first, packed))
                    for number, each in enumerate(found, start=1)
                ],
                width=4,
            ),
            turners,
            *_narrowing(turn, wanted, newest=first),
            MENU,
        ),
    )


def _narrowing(turn: Turn, wanted: Criteria, *, newest: int) -> list[list[Button]]:
    today = turn.premises.today(turn.now)

    def search(label: str, other: Criteria) -> Button:
        return Button(label, Action("au.find", "", 0, pack(other)))

    quick = [
        search("今天", replace(wanted, first=today, last=today)),
        search("近7天", replace(wanted, first=today - timedelta(days=6), last=today)),
    ]
    if not wanted.refused:
        quick.append(search(audit_words.ONLY_REFUSED, replace(wanted, refused=True)))
    last = [search("清除条件", Criteria())] if wanted else []
    if newest:
        last.append(Button("导出", Action("au.file", str(newest), 0, pack(wanted))))
    return [quick, last]


# ---------------------------------------------------------------- one entry, and all of them


@dialog.action("au.one")
def show(turn: Turn, action: Action) -> Outcome:
    """`revision` is the first entry of the page that this one stands on."""
    require_role(turn, *ROLES)
    wanted = unpack(action.argument)
    entry = audit_log.find(turn.connection, action.id)
    if entry is None:
        raise Outdated(show=lambda turn: _search(turn, wanted))
    reader = Reader(turn.connection, turn.registry)
    turn.say(
        "audit.entry",
        panel=PANEL,
        entry=reader.say(entry),
        details=reader.details(entry),
        buttons=rows(
            Button(words.BACK, Action("au.page", f"b{action.revision + 1}", 0, action.argument))
        ),
    )
    return Goto("search", Draft(pack(wanted)))


@dialog.action("au.file")
def export(turn: Turn, action: Action) -> Outcome:
    """A workbook of what was found up to the entry that was the newest on the card."""
    require_role(turn, *ROLES)
    wanted = unpack(action.argument)
    reader = Reader(turn.connection, turn.registry)
    day = turn.premises.today(turn.now)
    turn.audit("audit.export", pack(wanted))
    turn.say(
        "audit.file",
        conditions=reader.criteria(wanted),
        file=DocumentRef(
            "audit_workbook",
            (("audit", pack(wanted)), ("newest", action.id)),
            f"审计记录{day:%Y%m%d}.xlsx",
            XLSX,
        ),
    )
    return Goto("search", Draft(pack(wanted)))
