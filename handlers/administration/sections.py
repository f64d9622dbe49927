"""/admin → 科室: who judges, which rows are theirs, whom people can ask, who stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from handlers.access import NotAllowed
from handlers.administration.desk import (
    PANEL,
    Draft,
    action,
    back,
    button,
    danger,
    pairs,
    rest,
    step,
)
from handlers.dialog import Goto, Outcome, Outdated
from handlers.messages import Action, rows
from handlers.turn import Turn
from rubric import edition as editions
from rubric.edition import Edition
from rubric.errors import UserError
from storage import people, seats, sections
from storage.accounts import Person
from storage.sections import Section
from templates import admin_labels as labels

_PHONE = re.compile(r"(?=.*[0-9])[0-9+()（）转—–-]+")


@dataclass(eq=False)
class NoSubstitute(UserError):
    """There is no evaluator of another section who could stand in."""

    code: ClassVar[str] = "admin.no_substitute"
    section: str


# ---------------------------------------------------------------- looking


@action("ad.secs")
def show_sections(turn: Turn, pressed: Action) -> Outcome:
    _list(turn)
    return rest(turn)


def _list(turn: Turn) -> None:
    found = sections.sections(turn.connection)
    owners = sections.row_owners(turn.connection)
    turn.say(
        "admin.sections",
        panel=PANEL,
        found=[
            (each, sum(owner == each.id for owner in owners.values()), _evaluators(turn, each.id))
            for each in found
        ],
        buttons=rows(
            *pairs([button(each.name, "ad.sec", each.id) for each in found]),
            button(labels.ADD_SECTION, "ad.secadd"),
            back("ad.home"),
        ),
    )


def _evaluators(turn: Turn, section_id: int) -> list[Person]:
    return people.evaluators_of(turn.connection, section_id)


@action("ad.sec")
def show_section(turn: Turn, pressed: Action) -> Outcome:
    _card(turn, present(turn, pressed.id).id)
    return rest(turn)


def present(turn: Turn, section_id: int) -> Section:
    """Outdated, with the list, when the section was removed meanwhile or never was."""
    found = sections.find_section(turn.connection, section_id)
    if found is None or found.removed_at is not None:
        raise Outdated(show=_list)
    return found


def _card(turn: Turn, section_id: int) -> None:
    found = present(turn, section_id)
    owned = set(sections.rows_of(turn.connection, section_id))
    own = _evaluators(turn, section_id)
    substitute = found.substitute_id
    further = seats.further(turn.connection)
    rows_here = [row for row in newest_edition().indicators if row.id in owned]
    more = [button(labels.SEATS, "ad.seats", found.id)] if rows_here else []
    turn.say(
        "admin.section",
        panel=PANEL,
        section=found,
        owned=[row.name for row in rows_here],
        seats=[(row.name, further[row.id]) for row in rows_here if row.id in further],
        evaluators=[each.name for each in own],
        substitute=people.name_of(turn.connection, substitute) if substitute else "",
        buttons=rows(
            *pairs([button(each.name, "ad.per", each.id) for each in own]),
            [
                button(labels.ADD_EVALUATOR, "ad.peradd", found.id, "s"),
                button(labels.SUBSTITUTE, "ad.secsub", found.id),
            ],
            [
                button(labels.CONTACT, "ad.seccon", found.id),
                button(labels.TAKE_ROWS, "ad.secrows", found.id),
            ],
            more,
            [
                button(labels.RENAME, "ad.secname", found.id),
                button(labels.REMOVE, "ad.secrm", found.id),
            ],
            back("ad.secs"),
        ),
    )


def newest_edition() -> Edition:
    """The newest that quarters can be scored by; its rows are what sections own."""
    return next(each for each in editions.catalog() if each.scorable)


# ---------------------------------------------------------------- naming


@action("ad.secadd")
def ask_new(turn: Turn, pressed: Action) -> Outcome:
    turn.say("admin.section_new", panel=PANEL, buttons=rows(back("ad.secs")))
    return Goto("sec_add", Draft())


@step("sec_add")
def take_new(turn: Turn, draft: Draft) -> Outcome:
    section_id = sections.add_section(turn.connection, name=turn.words)
    turn.audit("section.add", str(section_id))
    _card(turn, section_id)
    return rest(turn)


@action("ad.secname")
def ask_name(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    turn.say(
        "admin.section_name",
        panel=PANEL,
        section=found,
        buttons=rows(back("ad.sec", found.id)),
    )
    return Goto("sec_name", Draft(found.id))


@step("sec_name")
def take_name(turn: Turn, draft: Draft) -> Outcome:
    found = present(turn, draft.id)
    sections.rename_section(turn.connection, found.id, name=turn.words)
    turn.audit("section.rename", str(found.id), before=found.name)
    _card(turn, found.id)
    return rest(turn)


@action("ad.seccon")
def ask_contact(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    turn.say(
        "admin.section_contact",
        panel=PANEL,
        section=found,
        buttons=rows(back("ad.sec", found.id)),
    )
    return Goto("sec_contact", Draft(found.id))


@step("sec_contact")
def take_contact(turn: Turn, draft: Draft) -> Outcome:
    """A name, a number or both, in any order; what is not given stays."""
    found = present(turn, draft.id)
    given = turn.words.replace("，", " ").replace(",", " ").split()
    numbers = [word for word in given if _PHONE.fullmatch(word)]
    names = [word for word in given if word not in numbers]
    if not given:
        return ask_contact(turn, Action("ad.seccon", str(found.id)))
    sections.set_contact(
        turn.connection,
        found.id,
        contact=" ".join(names) if names else None,
        phone=" ".join(numbers) if numbers else None,
    )
    turn.audit("section.contact", str(found.id))
    _card(turn, found.id)
    return rest(turn)


# ---------------------------------------------------------------- rows


@action("ad.secrows")
def choose_rows(turn: Turn, pressed: Action) -> Outcome:
    _rows_elsewhere(turn, present(turn, pressed.id))
    return rest(turn)


def _rows_elsewhere(turn: Turn, found: Section) -> None:
    owners = sections.row_owners(turn.connection)
    names = {each.id: each.name for each in sections.sections(turn.connection)}
    elsewhere = [row for row in newest_edition().indicators if owners.get(row.id) != found.id]
    turn.say(
        "admin.section_rows",
        panel=PANEL,
        section=found,
        elsewhere=[(row.name, names.get(owners.get(row.id, 0), "")) for row in elsewhere],
        buttons=rows(
            *pairs([button(row.name, "ad.rowto", found.id, row.id) for row in elsewhere]),
            back("ad.sec", found.id),
        ),
    )


@action("ad.rowto")
def move_row(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    row = next((each for each in newest_edition().indicators if each.id == pressed.argument), None)
    if row is None:
        raise NotAllowed
    before = sections.assign_row(turn.connection, indicator=row.id, section_id=found.id)
    if before != found.id:
        turn.audit("row.assign", row.id, section=found.id, before=before)
    _rows_elsewhere(turn, found)
    return rest(turn)


# ---------------------------------------------------------------- standing in


@action("ad.secsub")
def choose_substitute(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    able = _able(turn, found)
    if not able and found.substitute_id is None:
        raise NoSubstitute(found.name)
    turn.say(
        "admin.section_substitute",
        panel=PANEL,
        section=found,
        buttons=rows(
            *pairs([button(each.name, "ad.subset", found.id, str(each.id)) for each in able]),
            button(labels.NO_SUBSTITUTE, "ad.subset", found.id, "0"),
            back("ad.sec", found.id),
        ),
    )
    return rest(turn)


def _able(turn: Turn, found: Section) -> list[Person]:
    """Evaluators of other sections only: the section's own judge anyway."""
    return [
        each
        for each in people.holders_of(turn.connection, "evaluator")
        if found.id not in each.sections
    ]


@action("ad.subset")
def set_substitute(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    chosen = {str(each.id): each.id for each in _able(turn, found)}.get(pressed.argument)
    if chosen is None and pressed.argument != "0":
        raise Outdated(show=lambda turn: _card(turn, found.id))
    sections.set_substitute(turn.connection, found.id, person_id=chosen)
    turn.audit("section.substitute", str(found.id), person=chosen)
    _card(turn, found.id)
    return rest(turn)


# ---------------------------------------------------------------- removing


@action("ad.secrm")
def ask_removal(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    turn.say(
        "admin.section_remove",
        panel=PANEL,
        section=found,
        buttons=rows(
            danger(labels.REMOVE_SURELY, "ad.secrm2", found.id), back("ad.sec", found.id)
        ),
    )
    return rest(turn)


@action("ad.secrm2")
def remove(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    sections.remove_section(turn.connection, found.id, now=turn.now)
    turn.audit("section.remove", str(found.id))
    _list(turn)
    return rest(turn)
