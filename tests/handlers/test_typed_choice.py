"""What may be typed in the place of a button: what is shown for it, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot.channels.base import Outgoing
from bot.wecom import cards
from handlers import typed_choice
from handlers.messages import (
    Action,
    Button,
    Inbound,
    Marks,
    Style,
    marks_of,
    notice_marks,
)
from handlers.turn import Turn
from storage import accounts, outbox
from storage.conversations import Conversation, Offered
from storage.models import outbox as outbox_table
from tests.chat import Centre, User
from tests.handlers.scripts import SCRIPTS, Script, play
from tests.handlers.stage import Stages, rehearsal

NUMBERS = ("0", "4.5", "10", "100", "７")


class Typist:
    """Types at a card that was shown in this account's chat."""

    def __init__(self, centre: Centre, connection: Connection, account_id: int) -> None:
        account = accounts.find_account(connection, account_id)
        assert account is not None
        person = accounts.person_of(connection, account_id)
        assert person is not None
        inbound = Inbound("k", account.channel, account.external_id, numbered=True)
        self.turn = Turn(
            connection, centre.now, centre.desk.premises, person, account, inbound, ""
        )

    def types(self, typed: str, card: Outgoing) -> str:
        pairs = [(b.label, str(b.action)) for row in card.buttons for b in row]
        offered = Offered(card.marks, pairs if card.marks is not Marks.NONE else ())
        state = Conversation(self.turn.person.id).offering(self.turn.account.id, offered)
        return typed_choice.chosen(self.turn, typed, state)


def every_card(connection: Connection) -> Iterator[tuple[int, Outgoing]]:
    """Whatever was said with buttons, with the account it went to."""
    rows = connection.execute(
        select(outbox_table.c.id, outbox_table.c.account_id, outbox_table.c.body)
    ).all()
    for row in rows:
        if buttons := row.body.get("buttons"):
            shown = tuple(
                tuple(
                    Button(label, Action.parse(action) or Action("gone"), Style(style))
                    for label, action, style in line
                )
                for line in buttons
            )
            marks = Marks(row.body.get("marks", ""))
            yield (
                row.account_id,
                Outgoing("k", "a", "", shown, marks=marks, number=row.id),
            )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda each: each.name)
def test_what_is_shown_and_what_is_typed_agree(script: Script, stages: Stages):
    centre = stages.at(script.stage)
    tried = 0
    with rehearsal(centre) as connection:
        play(centre, *script.lines)
        for account_id, card in every_card(connection):
            if accounts.person_of(connection, account_id) is None:
                continue  # removed meanwhile, or let go
            typist = Typist(centre, connection, account_id)
            found = cards.choices(card)
            marks = [each.mark for each in found if each.mark]
            assert len(marks) == len(set(marks))
            for each in found:
                tried += 1
                assert typist.types(each.mark or each.label, card) == each.action
                assert each.shown or each.mark == ""
            if card.marks is Marks.LETTERS:
                labels = {each.label for each in found}
                assert [m for m in marks if re.fullmatch(r"[\d.]+", m)] == []
                assert {typist.types(n, card) for n in NUMBERS if n not in labels} == {""}
    assert tried


LABELS = ("确认", "返回", "上一页", "a", "Ｂ", "AA", "1", "2", "１２", "4.5", "10分", "1.", "#3")


@given(
    st.lists(st.sampled_from(LABELS), unique=True),
    st.integers(0, 60),
    st.sampled_from([Marks.NUMBERS, Marks.LETTERS]),
)
def test_every_choice_has_a_mark_of_its_own_or_is_a_number(
    some: list[str], more: int, marks: Marks
):
    labels = [*some, *(f"第{number}项" for number in range(more))]
    found = marks_of(labels, marks)
    there = [mark for mark in found if mark]
    assert len(found) == len(labels)
    assert len(there) == len(set(there))
    for label, mark in zip(labels, found, strict=True):
        number = label in ("1", "2", "１２", "4.5")
        if marks is Marks.LETTERS:
            assert bool(mark) != number
            assert re.fullmatch(r"[A-Z]*", mark)
        assert mark not in (labels if not number else [])


def test_numbers_on_buttons_stand_for_themselves():
    assert marks_of(["上一页", "1", "2", "下一页"], Marks.NUMBERS) == ["A", "1", "2", "B"]
    assert marks_of(["5", "4.5", "A", "返回"], Marks.LETTERS) == ["", "", "B", "C"]
    assert marks_of(["甲", "乙"], Marks.NUMBERS) == ["1", "2"]
    assert marks_of(["9. 甲", "10. 乙", "上一页", "返回"], Marks.NUMBERS) == [
        "9",
        "10",
        "11",
        "12",
    ]
    assert marks_of(["1. 甲", "1. 乙", "返回"], Marks.NUMBERS) == ["1", "2", "3"]
    assert marks_of(["1. 甲", "返回"], Marks.LETTERS) == ["A", "B"]
    assert marks_of(["甲", "乙"], Marks.NONE) == ["", ""]
    assert marks_of([str(n) + "号" for n in range(28)], Marks.LETTERS)[25:] == ["Z", "AA", "AB"]


def test_marks_of_a_notice():
    assert notice_marks(41, 0) == []
    assert notice_marks(41, 1) == ["#41"]
    assert notice_marks(41, 3) == ["#41a", "#41b", "#41c"]
    assert notice_marks(41, 27)[-1] == "#41aa"


# ---------------------------------------------------------------- notices by their number


def told(centre: Centre, user: User, key: str, *actions: str) -> int:
    """A notice with these buttons, delivered; its number."""
    with centre.database.begin() as connection:
        outbox.queue(
            connection,
            key=key,
            account_id=user.account_id,
            body={"text": key, "buttons": [[[each, each, ""] for each in actions]]},
            now=centre.now,
        )
    centre.deliver_notices()
    user.heard.clear()
    return user.chat[-1].number


@pytest.fixture
def liu(centre: Centre) -> User:
    return centre.person("刘工", "liaison", department="GA", numbered=True)


@pytest.mark.parametrize("form", ["#{}", "＃{}", " #{} ", "#{wide}"])
def test_the_number_of_a_notice_is_its_only_button(centre: Centre, liu: User, form: str):
    number = told(centre, liu, "one", "cmd:mine")
    wide = str(number).translate({ord(d): 0xFF10 + int(d) for d in "0123456789"})
    liu.says(form.format(number, wide=wide))
    assert liu.hears[0].startswith("我的上报\n")


@pytest.mark.parametrize("letter", ["b", "B", "ｂ"])
def test_a_letter_names_one_of_several_while_a_step_waits(centre: Centre, liu: User, letter: str):
    number = told(centre, liu, "two", "cmd:result", "cmd:mine")
    liu.says("/submit")
    liu.clicks("帮办案例")
    liu.heard.clear()
    liu.says(f"#{number}{letter}")
    assert liu.hears[0].startswith("我的上报\n")


@pytest.mark.parametrize("form", ["#{}", "#{}c", "#{}1", "#{}ab", "#0{}", "# {}a", "{}a", "#999"])
def test_anything_else_is_a_text_like_any(centre: Centre, liu: User, form: str):
    number = told(centre, liu, "two", "cmd:result", "cmd:mine")
    liu.says("/submit")
    liu.clicks("帮办案例")
    liu.says(form.format(number))
    assert f"标题：{form.format(number)}" in liu.card


def test_a_notice_of_somebody_else_is_none(centre: Centre, liu: User, li: User):
    number = told(centre, li, "one", "cmd:mine")
    liu.says(f"#{number}")
    assert liu.hears[0].startswith("上报草稿")


def test_where_buttons_are_pressed_no_marks_are_typed(centre: Centre, li: User):
    number = told(centre, li, "one", "cmd:mine")
    li.says(f"#{number}")
    assert li.hears[0].startswith("上报草稿")
