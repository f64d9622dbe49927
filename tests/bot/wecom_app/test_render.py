"""What goes out, in each form that a deployment may take: nothing too long, every choice there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.base import OutFile, Outgoing
from bot.channels.wecom_app.render import Form, Part, parts, whole
from bot.wecom import cards
from bot.wecom.texts import TEXT_BYTES
from handlers.messages import Marks
from templates.markup import escaped
from tests.bot.wecom_app.conftest import message

# a busy machine takes its time
BUSY = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
LINK = "https://kaohe.example/in?state=c&agentid=1"
FILE = OutFile(Path("f"), "通报.pdf", "application/pdf", "b")
LABELS = st.one_of(
    st.sampled_from(["采纳", "3", "4.5", "退回补充"]), st.text("甲乙丙", min_size=1)
)


def said(part: Part) -> str:
    content = part.body.get(part.kind, {}).get("content", "")
    return str(content)


def shown(found: list[Part]) -> str:
    """All that stands on texts and text cards, a line each."""
    cards_ = [p.body["textcard"]["description"] for p in found if p.kind == "textcard"]
    return "\n".join([*map(said, found), *cards_]).replace("<br>", "\n")


@BUSY
@given(
    text=st.text("一二三，。\n<>&*", max_size=1500).map(escaped),
    labels=st.lists(LABELS, max_size=30),
    marks=st.sampled_from(Marks),
    form=st.sampled_from(Form),
    link=st.sampled_from(["", LINK]),
    told=st.booleans(),
)
def test_all_that_holds_for_any_message(text, labels, marks, form, link, told):
    given = message(text or "您好", *labels, marks=marks)
    found = parts(given, form=form, link=link, said=told)
    assert found == parts(given, form=form, link=link, said=told)
    for part in found:
        assert len(said(part).encode()) <= TEXT_BYTES
        if part.kind == "textcard":
            card = part.body["textcard"]
            assert len(card["title"].encode()) <= 128
            assert len(card["description"].encode()) <= 512
    if form is not Form.CARDS:
        assert {part.kind for part in found} <= {"text", "markdown", "textcard"}
        if not any(len(label) > 100 for label in labels):
            lines = shown(found)
            missing = [c for c in cards.choices(given) if c.shown and f"{c.mark}. " not in lines]
            assert missing == []


def test_the_order_of_parts():
    given = replace(message("一" * 1500, "查看"), file=FILE)
    found = parts(given, form=Form.CARDS)
    assert [part.kind for part in found] == ["text", "text", "text", "", "template_card"]
    assert [part.is_file for part in found] == [False, False, False, True, False]
    assert [dict(part.labels) for part in found][-1] == {"do:1:1": "查看"}


def test_a_file_alone_is_one_part():
    assert [p.is_file for p in parts(replace(message(""), file=FILE), form=Form.CARDS)] == [True]


def test_a_file_with_choices_is_no_text_card():
    given = replace(message("通报", "查看"), file=FILE)
    found = parts(given, form=Form.TEXTCARD, link=LINK)
    assert [(part.kind, part.is_file) for part in found] == [("text", False), ("", True)]
    again = parts(given, form=Form.TEXTCARD, link=LINK, said=True)
    assert [part.kind for part in again] == ["textcard"]


def test_a_message_without_choices_is_the_same_in_all_forms():
    given = message("<b>已采纳</b>\n谢谢")
    assert len({str(parts(given, form=form, link=LINK)) for form in Form}) == 1


def test_without_markdown_it_is_plain():
    [part] = parts(message("<b>已采纳</b>"), form=Form.CARDS, markdown=False)
    assert part.body == {"msgtype": "text", "text": {"content": "已采纳"}}


def test_links_in_a_text_lead_where_they_should():
    [part] = parts(message("请选择", "一"), form=Form.TEXT, link=LINK)
    assert re.findall(r'<a href="([^"]*)">', said(part)) == [LINK]


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        (message("已采纳"), True),
        (message("请选择", "一"), True),
        (message("请选择", *"一二三四五六七"), True),
        (message("请选择", *[f"部门{n}" for n in range(21)]), False),
        (message("一" * 400, "一"), False),
        (message("一" * 400), False),
        (message("请选择", "很长很长很长很长很长的选项"), False),
        (message('见<a href="https://kaohe.example">此</a>', "一"), False),
        (message(""), False),
        (replace(message("通报", "一"), file=FILE), False),
        (replace(message("通报"), file=FILE), False),
    ],
)
def test_what_one_card_holds(given: Outgoing, fits):
    assert (whole(given) is not None) == fits
