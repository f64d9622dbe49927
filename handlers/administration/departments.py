"""/admin → 部门: find, enter, rename, recode, days of residence, remove and restore.

What becomes of a department that ends is in `handlers.administration.successions`.
"""

from __future__ import annotations

import re
from datetime import date
from unicodedata import normalize

from handlers.administration.desk import (
    PANEL,
    Draft,
    Page,
    action,
    back,
    button,
    danger,
    pairs,
    rest,
    step,
)
from handlers.administration.lines import each_line
from handlers.administration.proposals import code, short_name
from handlers.administration.typed import any_day
from handlers.dialog import Goto, Outcome, Outdated
from handlers.messages import Action, Button, rows
from handlers.turn import Turn
from rubric.quarter import Quarter
from storage import departments, people, successions
from storage.accounts import Person
from storage.departments import Department
from templates import admin_labels as labels

_MONTH_FIRST = re.compile(r"\d{1,2}[月./-]")
_SEARCH_LENGTH = 20
_MOST_FOUND = 12
_NO_DATE = ("无", "没有", "清空", "空")


# ---------------------------------------------------------------- looking


@action("ad.deps")
def show_departments(turn: Turn, pressed: Action) -> Outcome:
    return _list(turn, wanted=pressed.id)


def _list(turn: Turn, *, wanted: int = 0) -> Outcome:
    found = departments.departments(turn.connection)
    gone = departments.departments(turn.connection, removed=True)
    page = Page.of(wanted, len(found))
    last: list[Button] = [button(labels.ADD_DEPARTMENT, "ad.depadd")]
    if gone:
        last.append(button(labels.REMOVED_DEPARTMENTS, "ad.depgone"))
    turn.say(
        "admin.departments",
        panel=PANEL,
        page=page,
        found=page.cut(found),
        buttons=rows(
            *pairs([button(each.short_name, "ad.dep", each.id) for each in page.cut(found)]),
            page.turners("ad.deps"),
            last,
            back("ad.home"),
        ),
    )
    return Goto("dep_list", Draft())


@step("dep_list")
def find(turn: Turn, draft: Draft) -> Outcome:
    """By any part of a name, former ones too."""
    search = "".join(turn.words.split())[:_SEARCH_LENGTH]
    found = departments.search_departments(turn.connection, search)
    exact = departments.match_department(turn.connection, search)
    if exact is not None or len(found) == 1:
        card(turn, (exact or found[0]).id)
        return rest(turn)
    if not search:
        return _list(turn)
    turn.say(
        "admin.departments_found",
        panel=PANEL,
        search=search,
        found=found[:_MOST_FOUND],
        more=len(found) > _MOST_FOUND,
        buttons=rows(
            *pairs([button(each.short_name, "ad.dep", each.id) for each in found[:_MOST_FOUND]]),
            back("ad.deps"),
        ),
    )
    return Goto("dep_list", Draft())


@action("ad.depgone")
def show_removed(turn: Turn, pressed: Action) -> Outcome:
    found = departments.departments(turn.connection, removed=True)
    page = Page.of(pressed.id, len(found))
    turn.say(
        "admin.removed_departments",
        panel=PANEL,
        page=page,
        found=page.cut(found),
        buttons=rows(
            *pairs([button(each.short_name, "ad.dep", each.id) for each in page.cut(found)]),
            page.turners("ad.depgone"),
            back("ad.deps"),
        ),
    )
    return rest(turn)


@action("ad.dep")
def show_department(turn: Turn, pressed: Action) -> Outcome:
    card(turn, known(turn, pressed.id).id)
    return rest(turn)


def known(turn: Turn, department_id: int) -> Department:
    """Also a removed one; Outdated when there never was such a department."""
    found = departments.find_department(turn.connection, department_id)
    if found is None:
        raise Outdated(show=_list)
    return found


def present(turn: Turn, department_id: int) -> Department:
    """Outdated, with the true card, when it was removed meanwhile."""
    found = known(turn, department_id)
    if found.removed_at is not None:
        raise Outdated(show=lambda turn: card(turn, department_id))
    return found


def card(turn: Turn, department_id: int) -> None:
    found = known(turn, department_id)
    here = people.belonging_to(turn.connection, department_id)
    fixed = departments.code_fixed(turn.connection, department_id)
    after = successions.successors_of(turn.connection, department_id)
    undo = bool(after) and successions.undoable(turn.connection, department_id)
    turn.say(
        "admin.department",
        panel=PANEL,
        department=found,
        quarter=Quarter.containing(turn.premises.today(turn.now)).code,
        fixed=fixed,
        former=_former(turn, found),
        before=successions.predecessors_of(turn.connection, department_id),
        after=after,
        people=[(each.name, _roles_in(each, department_id)) for each in here],
        buttons=_gone_buttons(found)
        if found.removed_at
        else _buttons(found, here, fixed=fixed, ended=bool(after), undo=undo),
    )


def _former(turn: Turn, found: Department) -> list[tuple[str, date]]:
    """Every name, long or short, that the department had before and has no more, with the day on
    which it was given up; the last first."""
    seen = {found.name, found.short_name}
    names = []
    for each in departments.former_names(turn.connection, found.id):
        for name in (each.name, each.short_name):
            if name not in seen:
                seen.add(name)
                names.append((name, turn.premises.today(each.until)))
    return names


def _roles_in(person: Person, department_id: int) -> list[str]:
    return [grant.role for grant in person.grants if grant.department_id == department_id]


def _gone_buttons(found: Department) -> tuple[tuple[Button, ...], ...]:
    return rows(button(labels.RESTORE, "ad.depback", found.id), back("ad.depgone"))


def _buttons(
    found: Department, here: list[Person], *, fixed: bool, ended: bool, undo: bool
) -> tuple[tuple[Button, ...], ...]:
    edits = [
        button(labels.RENAME_FULL, "ad.depname", found.id),
        button(labels.RENAME_SHORT, "ad.depshort", found.id),
    ]
    if not fixed:
        edits.append(button(labels.RECODE, "ad.depcode", found.id))
    return rows(
        *pairs([button(each.name, "ad.per", each.id) for each in here[:6]]),
        [button(labels.ADD_PERSON, "ad.peradd", found.id, "d")],
        edits,
        [
            button(labels.RESIDENT_FROM, "ad.depin", found.id),
            *([] if ended else [button(labels.RESIDENT_TO, "ad.depout", found.id)]),
        ],
        _endings(found, undo=undo),
        [button(labels.REMOVE, "ad.deprm", found.id), back("ad.deps")],
    )


def _endings(found: Department, *, undo: bool) -> list[Button]:
    if undo:
        return [button(labels.UNDO_SUCCESSION, "ad.sucundo", found.id)]
    if found.resident_to is not None:
        return []
    return [
        button(labels.MERGE, "ad.sucm", found.id),
        button(labels.SPLIT, "ad.sucs", found.id),
    ]


# ---------------------------------------------------------------- entering


@action("ad.depadd")
def ask_new(turn: Turn, pressed: Action) -> Outcome:
    turn.say("admin.department_new", panel=PANEL, buttons=rows(back("ad.deps")))
    return Goto("dep_add", Draft())


@step("dep_add")
def take_new(turn: Turn, draft: Draft) -> Outcome:
    """One department a line: its name, perhaps a short name and a code."""
    added = each_line(turn.words, lambda words: enter(turn, words))
    if not added:
        return ask_new(turn, Action("ad.depadd"))
    if len(added) == 1:
        card(turn, added[0])
        return rest(turn)
    turn.say(
        "admin.departments_added",
        panel=PANEL,
        found=[known(turn, id_) for id_ in added],
        buttons=rows(
            button(labels.ADD_PERSON, "ad.peradd"),
            [button(labels.DEPARTMENTS, "ad.deps"), back("ad.home")],
        ),
    )
    return rest(turn)


def enter(turn: Turn, words: list[str], *, resident_from: date | None = None) -> int:
    """A line's department."""
    name, short, wanted, *_ = (*words, "", "")
    there = departments.departments(turn.connection)
    there += departments.departments(turn.connection, removed=True)
    names = {each.name for each in there} | {each.short_name for each in there}
    short = short or short_name(name, names)
    id_ = departments.add_department(
        turn.connection,
        name=name,
        short_name=short,
        code=wanted or code(name, {each.code for each in there}),
        resident_from=resident_from,
    )
    turn.audit("department.add", str(id_))
    return id_


# ---------------------------------------------------------------- changing


def _asks(verb: str, kind: str) -> None:
    """A button that asks for one of the names."""

    @action(verb)
    def ask(turn: Turn, pressed: Action) -> Outcome:
        found = present(turn, pressed.id)
        turn.say(
            f"admin.department_{kind}",
            panel=PANEL,
            department=found,
            buttons=rows(back("ad.dep", found.id)),
        )
        return Goto("dep_edit", Draft(found.id, kind))


_asks("ad.depname", "name")
_asks("ad.depshort", "short")
_asks("ad.depcode", "code")


@step("dep_edit")
def take_name(turn: Turn, draft: Draft) -> Outcome:
    found = present(turn, draft.id)
    before = {"name": found.name, "short": found.short_name, "code": found.code}[draft.kind]
    if draft.kind == "name":
        _rename(turn, found.id, name=turn.words)
    elif draft.kind == "short":
        _rename(turn, found.id, short_name=turn.words)
    else:
        departments.recode_department(turn.connection, found.id, code=turn.words)
    turn.audit(f"department.{draft.kind}", str(found.id), before=before)
    card(turn, found.id)
    return rest(turn)


def _rename(turn: Turn, id_: int, **wanted: str) -> None:
    departments.rename_department(
        turn.connection, id_, **wanted, person_id=turn.person.id, now=turn.now
    )


def _asks_date(verb: str, kind: str) -> None:
    @action(verb)
    def ask(turn: Turn, pressed: Action) -> Outcome:
        found = _datable(turn, pressed.id, kind)
        day = found.resident_from if kind == "in" else found.resident_to
        last = [back("ad.dep", found.id)]
        if day is not None:
            last.insert(0, button(labels.CLEAR, "ad.depclear", found.id, kind))
        turn.say(
            f"admin.department_{kind}",
            panel=PANEL,
            department=found,
            known=day,
            buttons=rows(last),
        )
        return Goto("dep_date", Draft(found.id, kind))


def _datable(turn: Turn, department_id: int, kind: str) -> Department:
    """The last day of one that was merged or split goes with that."""
    found = present(turn, department_id)
    if kind == "out" and successions.successors_of(turn.connection, found.id):
        raise Outdated(show=lambda turn: card(turn, found.id))
    return found


_asks_date("ad.depin", "in")
_asks_date("ad.depout", "out")


@step("dep_date")
def take_date(turn: Turn, draft: Draft) -> Outcome:
    found = _datable(turn, draft.id, draft.kind)
    day = None if turn.words in _NO_DATE else _day(turn, draft.kind)
    return _set_date(turn, found, kind=draft.kind, day=day)


@action("ad.depclear")
def clear_date(turn: Turn, pressed: Action) -> Outcome:
    if pressed.argument not in ("in", "out"):
        raise Outdated(show=lambda turn: card(turn, pressed.id))
    found = _datable(turn, pressed.id, pressed.argument)
    return _set_date(turn, found, kind=pressed.argument, day=None)


def _day(turn: Turn, kind: str) -> date:
    """Any day, those ahead too; an entry without a year is one of this year, not of the next."""
    today = turn.premises.today(turn.now)
    day = any_day(turn.words, today=today)
    yearless = _MONTH_FIRST.match(normalize("NFKC", turn.words))
    leap_day = (day.month, day.day) == (2, 29)
    if kind == "in" and yearless and day.year > today.year and not leap_day:
        return day.replace(year=today.year)
    return day


def _set_date(turn: Turn, found: Department, *, kind: str, day: date | None) -> Outcome:
    first = day if kind == "in" else found.resident_from
    last = found.resident_to if kind == "in" else day
    departments.set_residence(turn.connection, found.id, resident_from=first, resident_to=last)
    turn.audit(f"department.resident_{kind}", str(found.id), day=day.isoformat() if day else "")
    card(turn, found.id)
    return rest(turn)


# ---------------------------------------------------------------- removing


@action("ad.deprm")
def ask_removal(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    turn.say(
        "admin.department_remove",
        panel=PANEL,
        department=found,
        buttons=rows(
            danger(labels.REMOVE_SURELY, "ad.deprm2", found.id), back("ad.dep", found.id)
        ),
    )
    return rest(turn)


@action("ad.deprm2")
def remove(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    departments.remove_department(turn.connection, found.id, now=turn.now)
    turn.audit("department.remove", str(found.id))
    card(turn, found.id)
    return rest(turn)


@action("ad.depback")
def restore(turn: Turn, pressed: Action) -> Outcome:
    found = known(turn, pressed.id)
    if found.removed_at is not None:
        departments.restore_department(turn.connection, found.id)
        turn.audit("department.restore", str(found.id))
    card(turn, found.id)
    return rest(turn)
