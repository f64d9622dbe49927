"""/admin → 邀请码 → 批量发码: codes for many people at once, as slips to be printed and cut.

A code goes to whoever has no account; those with an open one keep it, unless all are given new
ones. A second tap on an old card gives out nothing: it shows the card as it is now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from handlers import secret_documents
from handlers.administration.desk import (
    PANEL,
    Draft,
    Page,
    action,
    back,
    below,
    button,
    danger,
    pairs,
    rest,
    step,
)
from handlers.administration.typed import until_in
from handlers.dialog import Goto, Outcome, Outdated
from handlers.messages import Action, Rows, rows
from handlers.turn import Turn
from rubric.errors import UserError
from rubric.quarter import end_of
from storage import departments, enrolment, invites, sections
from storage.enrolment import Standing, Unlinked
from templates import admin_labels as labels
from templates import words

DAYS: Final = 14
LONGER: Final = 30
MOST_DAYS: Final = 90
MOST_PEOPLE: Final = 1000
IN_A_FILE: Final = 200
_NOBODY: Final = Standing(0, 0, 0, 0)
_NEW, _ALL = "n", "r"


@dataclass(eq=False)
class TooManySlips(UserError):
    code: ClassVar[str] = "admin.too_many_slips"
    people: int
    limit: int


@dataclass(frozen=True, slots=True)
class Scope:
    """`kind` a: everybody, d: department `id` or all of them (0), s: section `id`."""

    kind: str
    id: int
    place: str
    people: tuple[Unlinked, ...]

    def __str__(self) -> str:
        return f"{self.kind}{self.id or ''}"

    @property
    def open(self) -> list[Unlinked]:
        return [each for each in self.people if each.open]

    @property
    def newest(self) -> int:
        """The invite given out last: whoever saw another saw an older state."""
        return max((each.invite_id for each in self.people), default=0)

    def meant(self, how: str) -> list[Unlinked]:
        return [each for each in self.people if how == _ALL or not each.open]


# ---------------------------------------------------------------- for whom


@action("ad.slips")
def show_home(turn: Turn, pressed: Action) -> Outcome:
    _home(turn)
    return rest(turn)


def _home(turn: Turn) -> None:
    found = enrolment.unlinked(turn.connection, now=turn.now)
    turn.say(
        "enrol.home",
        panel=PANEL,
        people=len(found),
        waiting=sum(each.open for each in found),
        buttons=rows(
            [
                button(labels.EVERYBODY, "ad.slip", "a"),
                button(labels.ALL_DEPARTMENTS, "ad.slip", "d"),
            ],
            [
                button(labels.BY_DEPARTMENT, "ad.slipd"),
                button(labels.BY_SECTION, "ad.slips2"),
            ],
            back("ad.invs"),
        ),
    )


@action("ad.slipd")
def show_departments(turn: Turn, pressed: Action) -> Outcome:
    """How far each department is, and the way to its people."""
    everywhere = departments.departments(turn.connection)
    page = Page.of(pressed.id, len(everywhere))
    counts = enrolment.standings(turn.connection, now=turn.now)
    here = page.cut(everywhere)
    turn.say(
        "enrol.departments",
        panel=PANEL,
        page=page,
        everybody=enrolment.standing(turn.connection, now=turn.now),
        found=[(each.short_name, counts.get(each.id, _NOBODY)) for each in here],
        buttons=rows(
            *pairs([button(each.short_name, "ad.slip", f"d{each.id}") for each in here]),
            page.turners("ad.slipd"),
            back("ad.slips"),
        ),
    )
    return rest(turn)


@action("ad.slips2")
def show_sections(turn: Turn, pressed: Action) -> Outcome:
    found = sections.sections(turn.connection)
    people = enrolment.unlinked(turn.connection, now=turn.now)
    turn.say(
        "enrol.sections",
        panel=PANEL,
        found=[(each.name, sum(each.id in one.sections for one in people)) for each in found],
        buttons=rows(
            *pairs([button(each.name, "ad.slip", f"s{each.id}") for each in found]),
            back("ad.slips"),
        ),
    )
    return rest(turn)


def _scope(turn: Turn, text: str) -> Scope:
    """Outdated, with the choice, for a place that is no more."""
    kind, digits = text[:1], text[1:]
    id_ = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
    found = enrolment.unlinked(turn.connection, now=turn.now)
    if kind == "d" and id_:
        department = departments.find_department(turn.connection, id_)
        if department is not None and department.removed_at is None:
            here = (each for each in found if id_ in each.departments)
            return Scope(kind, id_, department.short_name, tuple(here))
    elif kind == "s":
        section = sections.find_section(turn.connection, id_)
        if section is not None and section.removed_at is None:
            here = (each for each in found if id_ in each.sections)
            return Scope(kind, id_, section.name, tuple(here))
    elif text == "a":
        return Scope(kind, 0, "", tuple(found))
    elif text == "d":
        return Scope(kind, 0, "", tuple(each for each in found if each.departments))
    raise Outdated(show=_home)


@action("ad.slip")
def show_scope(turn: Turn, pressed: Action) -> Outcome:
    _card(turn, pressed.object)
    return rest(turn)


def _card(turn: Turn, which: str) -> None:
    scope = _scope(turn, which)
    turn.say(
        "enrol.scope",
        panel=PANEL,
        kind=scope.kind,
        place=scope.place,
        people=len(scope.people),
        open=len(scope.open),
        expired=sum(each.invite_id > 0 and not each.open for each in scope.people),
        buttons=_choices(scope),
    )


def _choices(scope: Scope) -> Rows:
    name, newest = str(scope), scope.newest
    issue = []
    if scope.meant(_NEW):
        issue = [
            button(labels.ISSUE_DAYS.format(days), "ad.slipgo", name, f"{_NEW}{days}.{newest}")
            for days in (DAYS, LONGER)
        ]
    typed = [button(labels.ISSUE_UNTIL, "ad.slipday", name, str(newest))] if issue else []
    again = []
    if scope.open:
        again = [
            button(labels.PRINT_AGAIN, "ad.slippr", name),
            danger(labels.REISSUE_ALL, "ad.slipgo", name, f"{_ALL}{DAYS}.{newest}"),
        ]
    up = {"a": "ad.slips", "d": "ad.slipd" if scope.id else "ad.slips", "s": "ad.slips2"}
    return rows(issue, typed, again, back(up[scope.kind]))


# ---------------------------------------------------------------- giving out


@action("ad.slipgo")
def issue_now(turn: Turn, pressed: Action) -> Outcome:
    """`argument` n14.207: for those without an open code, 14 days, as the newest code was 207."""
    how, (days, _, newest) = pressed.argument[:1], pressed.argument[1:].partition(".")
    if how not in (_NEW, _ALL) or days not in (str(DAYS), str(LONGER)):
        raise Outdated(show=lambda turn: _card(turn, pressed.object))
    until = end_of(turn.premises.today(turn.now) + timedelta(days=int(days)), turn.premises.zone)
    return _issue(turn, pressed.object, how=how, newest=newest, until=until)


@action("ad.slipday")
def ask_day(turn: Turn, pressed: Action) -> Outcome:
    scope = _scope(turn, pressed.object)
    turn.say(
        "enrol.until",
        panel=PANEL,
        most=MOST_DAYS,
        buttons=rows(back("ad.slip", scope)),
    )
    return Goto("slip_day", Draft(kind=str(scope), given=pressed.argument))


@step("slip_day")
def take_day(turn: Turn, draft: Draft) -> Outcome:
    until = until_in(turn, most_days=MOST_DAYS)
    return _issue(turn, draft.kind, how=_NEW, newest=draft.given, until=until)


def _issue(turn: Turn, which: str, *, how: str, newest: str, until: datetime) -> Outcome:
    scope = _scope(turn, which)
    meant = scope.meant(how)
    if newest != str(scope.newest) or not meant:
        raise Outdated(show=lambda turn: _after(turn, which))
    if len(meant) > MOST_PEOPLE:
        raise TooManySlips(len(meant), MOST_PEOPLE)
    nonces = {each.person_id: invites.new_nonce() for each in meant}
    premises = turn.premises
    ids = invites.issue_many(
        turn.connection,
        codes={
            id_: (nonce, premises.digest(premises.code(nonce))) for id_, nonce in nonces.items()
        },
        created_by=turn.person.id,
        expires_at=until,
        now=turn.now,
    )
    turn.audit("invite.batch", str(scope), all=how == _ALL, until=until.isoformat(), invites=ids)
    files = len(list(_files(meant, ids)))
    turn.say("enrol.issued", people=len(ids), until=until, files=files)
    _hand_out(turn, scope, meant, ids)
    return rest(turn)


def _after(turn: Turn, which: str) -> Outcome:
    _card(turn, which)
    return rest(turn)


def _hand_out(turn: Turn, scope: Scope, people: Sequence[Unlinked], ids: Sequence[int]) -> None:
    files = list(_files(people, ids))
    for number, held in enumerate(files, start=1):
        places = list(dict.fromkeys(place or secret_documents.UNPLACED for place, _ in held))
        name = places[0] if len(places) == 1 else "全部"
        part = f"-{number}" if len(files) > 1 else ""
        turn.say(
            "enrol.slips",
            number=number,
            files=len(files),
            people=len(held),
            places=places,
            file=secret_documents.slips(
                [id_ for _, id_ in held], name=f"邀请码条-{name}{part}.pdf"
            ),
            buttons=rows([below(labels.BULK, "ad.slips"), below(words.BACK, "ad.slip", scope)]),
        )


def _files(people: Sequence[Unlinked], ids: Sequence[int]) -> Iterator[list[tuple[str, int]]]:
    """Place and invite of each slip, in files of whole places as long as one holds a place. There
    is at least one of the people."""
    held: list[tuple[str, int]] = []
    for place in dict.fromkeys(each.place for each in people):
        here = [(place, id_) for each, id_ in zip(people, ids, strict=True) if each.place == place]
        if held and len(held) + len(here) > IN_A_FILE:
            yield held
            held = []
        while len(here) > IN_A_FILE:
            yield here[:IN_A_FILE]
            here = here[IN_A_FILE:]
        held = held + here
    yield held


# ---------------------------------------------------------------- printing again


@action("ad.slippr")
def print_again(turn: Turn, pressed: Action) -> Outcome:
    """The open codes as they are."""
    scope = _scope(turn, pressed.object)
    if not scope.open:
        raise Outdated(show=lambda turn: _card(turn, pressed.object))
    found = scope.open[:MOST_PEOPLE]
    turn.audit("invite.print", str(scope), count=len(found))
    _hand_out(turn, scope, found, [each.invite_id for each in found])
    return rest(turn)
