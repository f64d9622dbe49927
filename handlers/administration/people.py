"""/admin → 人员: find, add one or many, rename, remove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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
from handlers.administration.invitations import hand_over, hand_over_all, issue
from handlers.administration.lines import each_line, split_words
from handlers.administration.person_card import card, choose_role, present
from handlers.administration.roles import Entry, grant, pack, read_entry, unpack
from handlers.administration.seats import tell_of_vacant
from handlers.dialog import Goto, Outcome, Outdated
from handlers.messages import Action, rows
from handlers.turn import Turn
from rubric.errors import UserError
from storage import people
from templates import admin_labels as labels

_SEARCH_LENGTH = 8
_SAME_SHOWN = 4


@dataclass(eq=False)
class NameTwice(UserError):
    """In a list nobody can be asked whether it is the same person."""

    code: ClassVar[str] = "admin.name_twice"
    name: str


# ---------------------------------------------------------------- looking


@action("ad.ppl")
def show_people(turn: Turn, pressed: Action) -> Outcome:
    return _list(turn, wanted=pressed.id, search=pressed.argument)


def _list(turn: Turn, *, wanted: int = 0, search: str = "") -> Outcome:
    _, total = people.people(turn.connection, search=search, limit=0)
    page = Page.of(wanted, total)
    found, _ = people.people(turn.connection, search=search, offset=page.offset, limit=page.size)
    turn.say(
        "admin.people",
        panel=PANEL,
        page=page,
        search=search,
        found=[(each, people.held_roles(turn.connection, each.person.id)) for each in found],
        buttons=rows(
            *pairs([button(each.person.name, "ad.per", each.person.id) for each in found]),
            page.turners("ad.ppl", search),
            [button(labels.ADD_PERSON, "ad.peradd")]
            + ([button(labels.ALL_PEOPLE, "ad.ppl")] if search else []),
            back("ad.home"),
        ),
    )
    return Goto("ppl_list", Draft())


@step("ppl_list")
def find_or_add(turn: Turn, draft: Draft) -> Outcome:
    """A part of a name is looked for; a name with a role, or several lines, are entered."""
    lines = [line for line in turn.words.splitlines() if split_words(line)]
    if len(lines) > 1 or any(len(split_words(line)) > 1 for line in lines):
        return _take(turn, Draft())
    search = "".join(split_words(turn.words))[:_SEARCH_LENGTH]
    found, total = people.people(turn.connection, search=search, limit=1)
    if total == 1 and search:
        card(turn, found[0].person.id)
        return rest(turn)
    return _list(turn, search=search)


@action("ad.per")
def show_person(turn: Turn, pressed: Action) -> Outcome:
    card(turn, present(turn, pressed.id).person.id)
    return rest(turn)


# ---------------------------------------------------------------- adding


@action("ad.peradd")
def ask_new(turn: Turn, pressed: Action) -> Outcome:
    """`argument` d or s: `object` is the department or the section whose card this was."""
    return _ask(turn, Draft(pressed.id, pressed.argument if pressed.id else ""))


def _ask(turn: Turn, draft: Draft) -> Outcome:
    origin = {"d": ("ad.dep", draft.id), "s": ("ad.sec", draft.id)}
    turn.say(
        "admin.person_new",
        panel=PANEL,
        kind=draft.kind,
        buttons=rows(back(*origin.get(draft.kind, ("ad.ppl", "")))),
    )
    return Goto("per_add", draft)


@step("per_add")
def take_new(turn: Turn, draft: Draft) -> Outcome:
    return _take(turn, draft)


def _take(turn: Turn, draft: Draft) -> Outcome:
    lines = [line for line in turn.words.splitlines() if split_words(line)]
    if not lines:
        return _ask(turn, draft)

    def read(line: list[str]) -> Entry:
        return read_entry(
            turn,
            line,
            department_id=draft.id if draft.kind == "d" else 0,
            section_id=draft.id if draft.kind == "s" else 0,
        )

    if len(lines) == 1:
        return _one(
            turn, read(split_words(lines[0])), department_id=draft.id * (draft.kind == "d")
        )
    made = each_line(turn.words, lambda line: _new(turn, read(line), alone=False))
    hand_over_all(turn, [issue(turn, person_id) for person_id in made])
    return rest(turn)


def _one(turn: Turn, entry: Entry, *, department_id: int) -> Outcome:
    same = people.persons_named(turn.connection, entry.name)
    if same:
        return _ask_which(turn, entry, [each.id for each in same])
    return _finish(turn, _new(turn, entry, alone=True), entry, department_id=department_id)


def _new(turn: Turn, entry: Entry, *, alone: bool) -> int:
    """`alone`: whether it is the same person has been asked."""
    if not alone and people.persons_named(turn.connection, entry.name):
        raise NameTwice(entry.name)
    person_id = people.add_person(turn.connection, name=entry.name, now=turn.now)
    turn.audit("person.add", str(person_id))
    grant(turn, person_id, entry.wanted)
    return person_id


def _finish(turn: Turn, person_id: int, entry: Entry, *, department_id: int = 0) -> Outcome:
    """With a role the code follows at once; without, the role is asked for first."""
    if not entry.wanted:
        choose_role(turn, person_id, department_id=department_id)
        return rest(turn)
    invite_id = issue(turn, person_id)
    card(turn, person_id)
    hand_over(turn, invite_id)
    return rest(turn)


def _ask_which(turn: Turn, entry: Entry, same: list[int]) -> Outcome:
    found = [present(turn, id_) for id_ in same[:_SAME_SHOWN]]
    wanted = pack(entry.wanted)
    verb = "ad.grant" if entry.wanted else "ad.per"
    turn.say(
        "admin.same_name",
        panel=PANEL,
        name=entry.name,
        found=[people.held_roles(turn.connection, each.person.id) for each in found],
        adds=bool(entry.wanted),
        buttons=rows(
            [
                button(labels.NTH.format(number), verb, each.person.id, wanted)
                for number, each in enumerate(found, start=1)
            ],
            button(labels.ANOTHER_ONE, "ad.twin", found[0].person.id, f"{len(same)}-{wanted}"),
            back("ad.ppl"),
        ),
    )
    return rest(turn)


@action("ad.twin")
def add_twin(turn: Turn, pressed: Action) -> Outcome:
    """Another person of the same name; once, though the button is pressed twice: it carries how
    many there were."""
    name = present(turn, pressed.id).person.name
    count, _, wanted = pressed.argument.partition("-")
    entry = Entry(name, unpack(turn, wanted))
    same = people.persons_named(turn.connection, name)
    if count != str(len(same)):
        raise Outdated(show=lambda turn: _ask_which(turn, entry, [each.id for each in same]))
    return _finish(turn, _new(turn, entry, alone=True), entry)


# ---------------------------------------------------------------- changing


@action("ad.pername")
def ask_name(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    turn.say(
        "admin.person_name",
        panel=PANEL,
        name=found.person.name,
        buttons=rows(back("ad.per", found.person.id)),
    )
    return Goto("per_name", Draft(found.person.id))


@step("per_name")
def take_name(turn: Turn, draft: Draft) -> Outcome:
    found = present(turn, draft.id)
    people.rename_person(turn.connection, found.person.id, name=turn.words)
    turn.audit("person.rename", str(found.person.id))
    card(turn, found.person.id)
    return rest(turn)


@action("ad.perrm")
def ask_removal(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    turn.say(
        "admin.person_remove",
        panel=PANEL,
        name=found.person.name,
        roles=people.held_roles(turn.connection, found.person.id),
        buttons=rows(
            danger(labels.REMOVE_SURELY, "ad.perrm2", found.person.id),
            back("ad.per", found.person.id),
        ),
    )
    return rest(turn)


@action("ad.perrm2")
def remove(turn: Turn, pressed: Action) -> Outcome:
    found = present(turn, pressed.id)
    people.remove_person(turn.connection, found.person.id, now=turn.now)
    turn.audit("person.remove", str(found.person.id))
    tell_of_vacant(turn, found.person.id, removed=True)
    if found.person.id == turn.person.id:
        turn.say("admin.removed_yourself", panel=PANEL)
        return rest(turn)
    turn.say(
        "admin.person_removed",
        panel=PANEL,
        name=found.person.name,
        buttons=rows([button(labels.PEOPLE, "ad.ppl"), back("ad.home")]),
    )
    return rest(turn)
