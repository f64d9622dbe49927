"""What the program says in one go is read as one message, however many WeCom makes of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Outgoing
from bot.channels.wecom_app.render import Form, parts
from handlers.messages import Action, Button, Marks, Style
from templates.markup import escaped
from tests.doubles.wecom.seen import Seen, seen
from tests.doubles.wecom.views import message_view
from tests.doubles.wecom.world import Media, Message
from tests.e2e.on_wecom_app import bundles
from tests.e2e.persons import Shown

LINE = st.text("市场监管局公安分2468，。“”", min_size=1, max_size=90).filter(
    lambda line: line.strip() == line
)
TEXT = st.lists(LINE, min_size=1, max_size=60).map("\n".join)
LABELS = st.lists(
    st.text("市场监管局公安采纳退回", min_size=2, max_size=14), max_size=25, unique=True
)


def outgoing(text: str, labels: Iterable[str], marks: Marks = Marks.NUMBERS) -> Outgoing:
    rows = tuple(
        (Button(label, Action("x", str(n)), Style.PLAIN),) for n, label in enumerate(labels)
    )
    return Outgoing("k", "liqian", escaped(text), buttons=rows, marks=marks, number=41)


def sent(message: Outgoing, *, form: Form = Form.CARDS, file: str = "") -> list[Seen]:
    """The chat in which just this was said."""
    shown = [part.body for part in parts(message, form=form)]
    made = [
        Message(0, out=True, kind=body["msgtype"], fields=body[body["msgtype"]], at=0.0,
                state="live" if body["msgtype"] == "template_card" else "")
        for body in shown
    ]  # fmt: skip
    if file:
        kind = "image" if file.endswith(".png") else "file"
        media = Media("m", kind, file, b"...", 0.0)
        made.insert(1, Message(0, out=True, kind=kind, fields={}, at=0.0, media=media))
    for number, each in enumerate(made, start=1):
        each.id = each.version = number
    return [seen(message_view(each)) for each in made]


def only(chat: list[Seen]) -> Shown:
    [bundle] = bundles(chat)
    return bundle.shown()


@given(TEXT, LABELS)
def test_any_text_with_any_buttons(text: str, labels: list[str]):
    shown = only(sent(outgoing(text, labels)))
    assert shown.lines == text.split("\n")
    assert shown.buttons == tuple(labels)


@given(TEXT, LABELS)
def test_without_cards_the_choices_are_read_from_the_text(text: str, labels: list[str]):
    shown = only(sent(outgoing(text, labels), form=Form.TEXT))
    assert shown.lines == text.split("\n")
    assert shown.buttons == tuple(labels)


def test_empty_lines_stay_where_a_text_is_a_text():
    text = "\n".join(["标题", "", *("一二三四五六七八九十" * 3 for _ in range(60)), "", "联系人"])
    shown = only(sent(outgoing(text, ["采纳", "退回补充"])))
    assert shown.text == text


def test_a_file_belongs_to_the_text_before_it():
    shown = only(sent(outgoing("汇总表：各部门各项得分", []), file="汇总表.xlsx"))
    assert (shown.text, shown.files) == ("汇总表：各部门各项得分", ("汇总表.xlsx",))
    shown = only(sent(outgoing("名次图片", []), file="名次.png"))
    assert shown.files == ("",)


@pytest.mark.parametrize("between", [0, 1])
def test_two_things_said_are_two(between: int):
    """One after another, or with a word of the person's between them."""
    first, second = sent(outgoing("第一条", [])), sent(outgoing("第二条", ["好"]))
    mine = Message(0, out=False, kind="text", fields={"content": "嗯"}, at=0.0)
    said = [seen(message_view(mine))][:between]
    found = bundles(list(itertools.chain(first, said, second)))
    assert [bundle.shown().text for bundle in found] == ["第一条", "第二条"]


def test_a_hint_on_a_card_is_not_part_of_the_text():
    shown = only(sent(outgoing("请打分\n满分10分", ["10", "9", "不涉及"], Marks.LETTERS)))
    assert (shown.text, shown.buttons) == ("请打分\n满分10分", ("不涉及",))
