"""/admin → 部门: enter, rename, recode, days of residence, remove and restore."""

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
from storage import departments, people
from storage.accounts import Person
from storage.departments import Department
from templates import admin_labels as labels

_SHOWN = 12
_MONTH_FIRST = re.compile(r"\d{1,2}[月./-]")
_NO_DATE = ("无", "没有", "清空", "空")


# ---------------------------------------------------------------- looking


@action("ad.deps")
def show_departments(turn: Turn, pressed: Action) -> Outcome:
    _list(turn, wanted=pressed.id)
    return rest(turn)


def _list(turn: Turn, *, wanted: int = 0) -> None:
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
    _card(turn, _known(turn, pressed.id).id)
    return rest(turn)


def _known(turn: Turn, department_id: int) -> Department:
    """Also a removed one; Outdated when there never was such a department."""
    found = departments.find_department(turn.connection, department_id)
    if found is None:
        raise Outdated(show=_list)
    return found


def _present(turn: Turn, department_id: int) -> Department:
    """Outdated, with the true card, when it was removed meanwhile."""
    found = _known(turn, department_id)
    if found.removed_at is not None:
        raise Outdated(show=lambda turn: _card(turn, department_id))
    return found


def _card(turn: Turn, department_id: int) -> None:
    found = _known(turn, department_id)
    here = _foremost(people.belonging_to(turn.connection, department_id), department_id)
    shown = here[:_SHOWN]
    fixed = departments.code_fixed(turn.connection, department_id)
    turn.say(
        "admin.department",
        panel=PANEL,
        department=found,
        quarter=Quarter.containing(turn.premises.today(turn.now)).code,
        fixed=fixed,
        people=[(each.name, _roles_in(each, department_id)) for each in shown],
        more=len(here) - len(shown),
        buttons=_gone_buttons(found) if found.removed_at else _buttons(found, here, fixed=fixed),
    )


def _foremost(here: list[Person], department_id: int) -> list[Person]:
    """Those first who are more than members: hundreds may have joined."""
    return sorted(here, key=lambda each: _roles_in(each, department_id) == ["member"])


def _roles_in(person: Person, department_id: int) -> list[str]:
    return [grant.role for grant in person.grants if grant.department_id == department_id]


def _gone_buttons(found: Department) -> tuple[tuple[Button, ...], ...]:
    return rows(button(labels.RESTORE, "ad.depback", found.id), back("ad.depgone"))


def _buttons(
    found: Department, here: list[Person], *, fixed: bool
) -> tuple[tuple[Button, ...], ...]:
    edits = [
        button(labels.RENAME_FULL, "ad.depname", found.id),
        button(labels.RENAME_SHORT, "ad.depshort", found.id),
    ]
    if not fixed:
        edits.append(button(labels.RECODE, "ad.depcode", found.id))
    return rows(
        *pairs([button(each.name, "ad.per", each.id) for each in here[:6]]),
        [
            button(labels.ADD_PERSON, "ad.peradd", found.id, "d"),
            button(labels.BULK, "ad.slip", f"d{found.id}"),
            button(labels.JOIN_CODE, "ad.join", found.id),
        ],
        edits,
        [
            button(labels.RESIDENT_FROM, "ad.depin", found.id),
            button(labels.RESIDENT_TO, "ad.depout", found.id),
        ],
        [button(labels.REMOVE, "ad.deprm", found.id), back("ad.deps")],
    )


# ---------------------------------------------------------------- entering


@action("ad.depadd")
def ask_new(turn: Turn, pressed: Action) -> Outcome:
    turn.say("admin.department_new", panel=PANEL, buttons=rows(back("ad.deps")))
    return Goto("dep_add", Draft())


@step("dep_add")
def take_new(turn: Turn, draft: Draft) -> Outcome:
    """One department a line: its name, perhaps a short name and a code."""
    added = each_line(turn.words, lambda words: _add(turn, words))
    if not added:
        return ask_new(turn, Action("ad.depadd"))
    if len(added) == 1:
        _card(turn, added[0])
        return rest(turn)
    turn.say(
        "admin.departments_added",
        panel=PANEL,
        found=[_known(turn, id_) for id_ in added],
        buttons=rows(
            button(labels.ADD_PERSON, "ad.peradd"),
            [button(labels.DEPARTMENTS, "ad.deps"), back("ad.home")],
        ),
    )
    return rest(turn)


def _add(turn: Turn, words: list[str]) -> int:
    name, short, wanted, *_ = (*words, "", "")
    known = departments.departments(turn.connection)
    known += departments.departments(turn.connection, removed=True)
    names = {each.name for each in known} | {each.short_name for each in known}
    short = short or short_name(name, names)
    id_ = departments.add_department(
        turn.connection,
        name=name,
        short_name=short,
        code=wanted or code(name, {each.code for each in known}),
    )
    turn.audit("department.add", str(id_))
    return id_


# ---------------------------------------------------------------- changing


def _asks(verb: str, kind: str) -> None:
    """A button that asks for one of the names."""

    @action(verb)
    def ask(turn: Turn, pressed: Action) -> Outcome:
        found = _present(turn, pressed.id)
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
    found = _present(turn, draft.id)
    before = {"name": found.name, "short": found.short_name, "code": found.code}[draft.kind]
    if draft.kind == "name":
        departments.rename_department(turn.connection, found.id, name=turn.words)
    elif draft.kind == "short":
        departments.rename_department(turn.connection, found.id, short_name=turn.words)
    else:
        departments.recode_department(turn.connection, found.id, code=turn.words)
    turn.audit(f"department.{draft.kind}", str(found.id), before=before)
    _card(turn, found.id)
    return rest(turn)


def _asks_date(verb: str, kind: str) -> None:
    @action(verb)
    def ask(turn: Turn, pressed: Action) -> Outcome:
        found = _present(turn, pressed.id)
        known = found.resident_from if kind == "in" else found.resident_to
        last = [back("ad.dep", found.id)]
        if known is not None:
            last.insert(0, button(labels.CLEAR, "ad.depclear", found.id, kind))
        turn.say(
            f"admin.department_{kind}",
            panel=PANEL,
            department=found,
            known=known,
            buttons=rows(last),
        )
        return Goto("dep_date", Draft(found.id, kind))


_asks_date("ad.depin", "in")
_asks_date("ad.depout", "out")


@step("dep_date")
def take_date(turn: Turn, draft: Draft) -> Outcome:
    found = _present(turn, draft.id)
    day = None if turn.words in _NO_DATE else _day(turn, draft.kind)
    return _set_date(turn, found, kind=draft.kind, day=day)


@action("ad.depclear")
def clear_date(turn: Turn, pressed: Action) -> Outcome:
    found = _present(turn, pressed.id)
    if pressed.argument not in ("in", "out"):
        raise Outdated(show=lambda turn: _card(turn, found.id))
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
    _card(turn, found.id)
    return rest(turn)


# ---------------------------------------------------------------- removing


@action("ad.deprm")
def ask_removal(turn: Turn, pressed: Action) -> Outcome:
    found = _present(turn, pressed.id)
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
    found = _present(turn, pressed.id)
    departments.remove_department(turn.connection, found.id, now=turn.now)
    turn.audit("department.remove", str(found.id))
    _card(turn, found.id)
    return rest(turn)


@action("ad.depback")
def restore(turn: Turn, pressed: Action) -> Outcome:
    found = _known(turn, pressed.id)
    if found.removed_at is not None:
        departments.restore_department(turn.connection, found.id)
        turn.audit("department.restore", str(found.id))
    _card(turn, found.id)
    return rest(turn)
