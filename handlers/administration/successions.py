"""/admin → 部门 → 合并, 拆分: what becomes of a department that ends, told before it is done.

The department gets its last day; everything it did keeps its name. Its people go on completing
what it has begun until its last quarter is published.
"""

from __future__ import annotations

import re
from datetime import date

from handlers.access import NotAllowed
from handlers.administration.departments import card, enter, known, present
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
from handlers.administration.typed import any_day
from handlers.dialog import Goto, Outcome, Outdated
from handlers.messages import Action, Button, rows
from handlers.turn import Turn
from rubric.quarter import Quarter
from rubric.residence import Absence, absence
from storage import departments, people, successions
from storage.departments import Department
from storage.successions import MERGE, SPLIT
from templates import admin_labels as labels

_PLACES = 12
_CARRIED = re.compile(r"(\d{1,9})\.(\d{8})(?:\.([pn]))?", re.ASCII)


# ---------------------------------------------------------------- into which


@action("ad.sucm")
def choose_successor(turn: Turn, pressed: Action) -> Outcome:
    """`argument` is the page."""
    found = _going_on(turn, pressed.id)
    others = [each for each in _staying(turn) if each.id != found.id]
    page = Page.of(Action("", pressed.argument).id, len(others), _PLACES)
    turn.say(
        "succession.into",
        panel=PANEL,
        department=found,
        page=page,
        buttons=rows(
            *pairs(
                [
                    button(each.short_name, "ad.sucto", found.id, str(each.id))
                    for each in page.cut(others)
                ]
            ),
            page.turners_of("ad.sucm", found.id),
            back("ad.dep", found.id),
        ),
    )
    return rest(turn)


def _going_on(turn: Turn, department_id: int) -> Department:
    """Outdated, with the true card, when it has its last day already."""
    found = present(turn, department_id)
    if found.resident_to is not None:
        raise Outdated(show=lambda turn: card(turn, department_id))
    return found


def _staying(turn: Turn) -> list[Department]:
    return [each for each in departments.departments(turn.connection) if each.resident_to is None]


@action("ad.sucto")
def into(turn: Turn, pressed: Action) -> Outcome:
    found = _going_on(turn, pressed.id)
    successor = _going_on(turn, Action("", pressed.argument).id)
    return _ask_day(turn, found, successor)


@action("ad.sucs")
def ask_split(turn: Turn, pressed: Action) -> Outcome:
    return _ask_day(turn, _going_on(turn, pressed.id), None)


# ---------------------------------------------------------------- from when


def _ask_day(turn: Turn, found: Department, successor: Department | None) -> Outcome:
    first = Quarter.containing(turn.premises.today(turn.now)).next().first_day
    to = str(successor.id) if successor else "0"
    label = labels.FROM_DAY.format(first.year, first.month, first.day)
    turn.say(
        "succession.day",
        panel=PANEL,
        department=found,
        successor=successor,
        buttons=rows(
            button(label, "ad.sucday", found.id, f"{to}.{first:%Y%m%d}"),
            back("ad.dep", found.id),
        ),
    )
    return Goto("suc_day", Draft(found.id, code=to))


@step("suc_day")
def take_day(turn: Turn, draft: Draft) -> Outcome:
    day = any_day(turn.words, today=turn.premises.today(turn.now))
    return _on_day(turn, draft.id, int(draft.code), day)


@action("ad.sucday")
def choose_day(turn: Turn, pressed: Action) -> Outcome:
    to_id, day, _ = _carried(pressed.argument)
    return _on_day(turn, pressed.id, to_id, day)


def _carried(text: str) -> tuple[int, date, str]:
    """The successor (0: a split), the day and what shall become of the people."""
    match = _CARRIED.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        return int(match[1]), date.fromisoformat(match[2]), match[3] or ""
    except ValueError:
        raise NotAllowed from None


def _on_day(turn: Turn, from_id: int, to_id: int, day: date) -> Outcome:
    found = _going_on(turn, from_id)
    if not to_id:
        successions.check_day(turn.connection, found.id, day=day)
        return _ask_names(turn, found, day)
    successor = _other(turn, found, to_id)
    successions.check_merger(turn.connection, from_id=found.id, to_id=successor.id, day=day)
    here = people.belonging_to(turn.connection, found.id)
    turn.say(
        "succession.confirm",
        panel=PANEL,
        department=found,
        successor=successor,
        day=day,
        last=_last_quarter(turn, found, day),
        left=successions.left_open(turn.connection, found.id),
        people=[each.name for each in here],
        buttons=rows(
            *_ways(found, f"{successor.id}.{day:%Y%m%d}", people=bool(here)),
            back("ad.dep", found.id),
        ),
    )
    return rest(turn)


def _ways(found: Department, what: str, *, people: bool) -> list[Button]:
    if not people:
        return [danger(labels.MERGE_SURELY, "ad.sucok", found.id, f"{what}.n")]
    return [
        danger(labels.WITH_PEOPLE, "ad.sucok", found.id, f"{what}.p"),
        danger(labels.WITHOUT_PEOPLE, "ad.sucok", found.id, f"{what}.n"),
    ]


def _other(turn: Turn, found: Department, to_id: int) -> Department:
    if to_id == found.id:
        raise NotAllowed
    return present(turn, to_id)


def _last_quarter(turn: Turn, found: Department, day: date) -> tuple[str, Absence | None]:
    """The last quarter in which the department is there, and why it is 不参评 in it."""
    last = successions.day_before(day)
    quarter = Quarter.containing(last)
    absent = absence(quarter, turn.calendar, resident_from=found.resident_from, resident_to=last)
    return quarter.code, absent


# ---------------------------------------------------------------- merging


@action("ad.sucok")
def merge(turn: Turn, pressed: Action) -> Outcome:
    to_id, day, what = _carried(pressed.argument)
    found = present(turn, pressed.id)
    done = successions.successors_of(turn.connection, found.id)
    if any((each.to_id, each.day) == (to_id, day) for each in done):  # pressed twice
        card(turn, found.id)
        return rest(turn)
    found = _going_on(turn, pressed.id)
    successor = _other(turn, found, to_id)
    with_people = what == "p"
    given = successions.merge(
        turn.connection,
        from_id=found.id,
        to_id=successor.id,
        day=day,
        person_id=turn.person.id,
        with_people=with_people,
        now=turn.now,
    )
    turn.audit(
        "department.merge",
        str(found.id),
        successor=successor.id,
        day=day.isoformat(),
        with_people=with_people,
        roles=given,
    )
    told = _tell(turn, MERGE, found, [successor], day=day, moved=with_people)
    _say_done(turn, found, told=told)
    return rest(turn)


def _tell(
    turn: Turn,
    kind: str,
    found: Department,
    into: list[Department],
    *,
    day: date | None,
    moved: bool = False,
) -> int:
    """Liaisons and heads of all the departments concerned; `day` None: it was taken back."""
    concerned = {
        each.id
        for place in (found, *into)
        for each in people.holders_of(turn.connection, "liaison", "head", department_id=place.id)
    }
    return sum(
        turn.notify(
            person_id,
            "succession.told",
            key=f"succession:{found.id}:{turn.inbound.key}",
            kind=kind,
            department=found,
            into=[each.short_name for each in into],
            day=day,
            last=_last_quarter(turn, found, day) if day else None,
            moved=moved,
        )
        for person_id in sorted(concerned - {turn.person.id})
    )


def _say_done(turn: Turn, found: Department, *, told: int) -> None:
    turn.toast(f"已办理，已通知{told}人")
    card(turn, found.id)


# ---------------------------------------------------------------- splitting


def _ask_names(turn: Turn, found: Department, day: date) -> Outcome:
    turn.say(
        "succession.names",
        panel=PANEL,
        department=found,
        day=day,
        last=_last_quarter(turn, found, day),
        first=_first_quarter(turn, day),
        left=successions.left_open(turn.connection, found.id),
        buttons=rows(back("ad.dep", found.id)),
    )
    return Goto("suc_new", Draft(found.id, given=day.isoformat()))


def _first_quarter(turn: Turn, day: date) -> str:
    """The first quarter in which a department that comes on that day is assessed."""
    quarter = Quarter.containing(day)
    short = absence(quarter, turn.calendar, resident_from=day, resident_to=None)
    return quarter.next().code if short else quarter.code


@step("suc_new")
def take_names(turn: Turn, draft: Draft) -> Outcome:
    """One new department a line, as when departments are entered."""
    found = _going_on(turn, draft.id)
    day = date.fromisoformat(draft.given)
    successions.check_day(turn.connection, found.id, day=day)
    made = each_line(turn.words, lambda words: _new(turn, words, day=day))
    successions.split(
        turn.connection,
        from_id=found.id,
        to_ids=made,
        day=day,
        person_id=turn.person.id,
        now=turn.now,
    )
    turn.audit("department.split", str(found.id), successors=made, day=day.isoformat())
    into = [known(turn, id_) for id_ in made]
    told = _tell(turn, SPLIT, found, into, day=day)
    turn.say(
        "succession.split",
        panel=PANEL,
        department=found,
        day=day,
        into=into,
        people=[each.name for each in people.belonging_to(turn.connection, found.id)],
        told=told,
        buttons=rows(
            *pairs([button(each.short_name, "ad.dep", each.id) for each in into]),
            back("ad.dep", found.id),
        ),
    )
    return rest(turn)


def _new(turn: Turn, words: list[str], *, day: date) -> int:
    """One that an undone split made comes back, else a new one."""
    for each in departments.departments(turn.connection, removed=True):
        if each.name == words[0] and each.resident_from is not None:
            departments.restore_department(turn.connection, each.id)
            departments.set_residence(
                turn.connection, each.id, resident_from=day, resident_to=None
            )
            turn.audit("department.restore", str(each.id))
            return each.id
    return enter(turn, words, resident_from=day)


# ---------------------------------------------------------------- taking it back


@action("ad.sucundo")
def ask_undo(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    turn.say(
        "succession.undo",
        panel=PANEL,
        department=found,
        after=_undone_by(turn, found),
        buttons=rows(
            danger(labels.UNDO_SURELY, "ad.sucundo2", found.id), back("ad.dep", found.id)
        ),
    )
    return rest(turn)


def _undone_by(turn: Turn, found: Department) -> list[successions.Succession]:
    """Outdated, with the true card, when there is nothing to take back any more."""
    after = successions.successors_of(turn.connection, found.id)
    if not after:
        raise Outdated(show=lambda turn: card(turn, found.id))
    return after


@action("ad.sucundo2")
def undo(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    after = _undone_by(turn, found)
    into = [known(turn, each.to_id) for each in after]
    told = _tell(turn, after[0].kind, found, into, day=None)
    successions.undo(turn.connection, found.id, now=turn.now)
    turn.audit(
        f"department.{after[0].kind}_undo",
        str(found.id),
        successors=[each.to_id for each in after],
        day=after[0].day.isoformat(),
    )
    _say_done(turn, found, told=told)
    return rest(turn)
