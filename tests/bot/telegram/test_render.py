"""Messages as calls: parts, keyboards, files. The double's strict parser judges the markup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import OutFile, Outgoing
from bot.channels.telegram.render import (
    Part,
    edit_fields,
    file_name,
    keyboard,
    parts,
    shown_as_photo,
    unformatted,
)
from handlers.messages import Action, Button, Style, rows
from templates.markup import escaped, plain
from tests.doubles.markup import TEXT_LIMIT, formatted

BUTTONS = rows(
    Button("确认提交", Action("submit", "41", 4), Style.PRIMARY),
    [Button("修改", Action("edit", "41", 4)), Button("撤回", Action("drop", "41"), Style.DANGER)],
)
KEYBOARD = {
    "inline_keyboard": [
        [{"text": "确认提交", "callback_data": "submit:41:4", "style": "primary"}],
        [
            {"text": "修改", "callback_data": "edit:41:4"},
            {"text": "撤回", "callback_data": "drop:41:0", "style": "danger"},
        ],
    ]
}


def out(text: str, **more: Any) -> Outgoing:
    return Outgoing(key="k1", account="501", text=text, **more)


def said(text: str, **more: Any) -> Part:
    fields = {"chat_id": "501", "text": text, "parse_mode": "HTML"}
    return Part("sendMessage", {**fields, "link_preview_options": {"is_disabled": True}, **more})


def test_a_card():
    assert parts(out("<b>卡片</b>", buttons=BUTTONS)) == [
        said("<b>卡片</b>", reply_markup=KEYBOARD)
    ]


def test_silently():
    assert parts(out("通知", silent=True)) == [said("通知", disable_notification=True)]


def test_keyboards():
    assert keyboard(BUTTONS) == KEYBOARD
    assert keyboard(()) == {"inline_keyboard": []}


def test_the_buttons_stand_under_the_last_part():
    found = parts(out("一" * 4096 + "二" * 4096 + "三", buttons=BUTTONS, silent=True))
    quiet = {"disable_notification": True}
    assert found == [
        said("一" * 4096, **quiet),
        said("二" * 4096, **quiet),
        said("三", **quiet, reply_markup=KEYBOARD),
    ]


def test_what_markup_hides_does_not_count():
    text = f'<a href="https://a.example/{"x" * 900}">{"文" * 1000}</a>'
    file = OutFile(Path("x"), "x.pdf", "application/pdf", "b")
    [part] = parts(out(text * 4, file=None))
    assert part == said(text * 4)
    [part] = parts(out(text, file=file))
    assert part == Part(
        "sendDocument", {"chat_id": "501", "caption": text, "parse_mode": "HTML"}, file
    )


def test_a_text_too_long_for_a_caption_follows_its_file():
    file = OutFile(Path("x"), "x.pdf", "application/pdf", "b")
    found = parts(out("字" * 1025, file=file, buttons=BUTTONS))
    assert found == [
        Part("sendDocument", {"chat_id": "501"}, file),
        said("字" * 1025, reply_markup=KEYBOARD),
    ]


def test_a_file_without_words_carries_the_buttons():
    file = OutFile(Path("x"), "x.pdf", "application/pdf", "b")
    fields = {"chat_id": "501", "reply_markup": KEYBOARD}
    assert parts(out(" ", file=file, buttons=BUTTONS)) == [Part("sendDocument", fields, file)]


def test_blank_parts_are_left_out():
    assert parts(out("一" + "\n" * 9000 + "二")) == [said("一"), said("二")]


def test_an_edit_always_says_which_buttons_are_left():
    assert edit_fields(out("完"), 7) == {
        "chat_id": "501",
        "message_id": 7,
        "text": "完",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"inline_keyboard": []},
    }
    assert edit_fields(out("长" * 5000), 7) is None
    assert edit_fields(out("完", file=OutFile(Path("x"), "x", "", "b")), 7) is None


def test_without_markup():
    fields = {"chat_id": "501", "text": "<b>一</b> &lt;二&gt;", "parse_mode": "HTML"}
    assert unformatted(fields) == {"chat_id": "501", "text": "一 <二>"}
    assert unformatted({"caption": "<i>" + "x" * 1100}) == {"caption": "x" * 1024}


@pytest.mark.parametrize(
    ("mime", "size", "photo"),
    [
        ("image/jpeg", 100, True),
        ("image/png", 100, True),
        ("image/webp", 100, True),
        ("image/gif", 100, False),
        ("application/pdf", 100, False),
        ("", 100, False),
        ("image/jpeg", 10 * 2**20 + 1, False),
    ],
)
def test_what_goes_as_a_photo(tmp_path: Path, mime: str, size: int, photo: bool):
    path = tmp_path / "file"
    with path.open("wb") as handle:
        handle.truncate(size)
    assert shown_as_photo(OutFile(path, "a", mime, "b")) is photo


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("第四季度考核表.docx", "第四季度考核表.docx"),
        ('a"b\\c/d\r\ne.pdf', "a_b_c_d__e.pdf"),
        ("  ", "file"),
    ],
)
def test_names_of_files(name: str, sent: str):
    assert file_name(OutFile(Path("x"), name, "", "b")) == sent


PIECES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(["<", "&", "&amp;", "</b>", "😀", "\n\n", "。", " ", "'", '"']),
        st.text(alphabet="文字，。\n ", min_size=200, max_size=900),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None, database=None)
@given(PIECES, st.sampled_from(["b", "i", "code", "blockquote", ""]))
def test_any_text_is_accepted_whole(pieces: list[str], tag: str):
    """In parts that Telegram takes, and every visible character of it arrives."""
    body = escaped("".join(pieces).replace("\0", ""))
    markup = f"<b>题</b>{f'<{tag}>{body}</{tag}>' if tag else body}"
    shown = ""
    for part in parts(out(markup)):
        given = part.fields["text"]
        shown += plain(given)
        # raises what Telegram would answer
        text, _ = formatted(
            given, parse_mode="HTML", entities=None, limit=TEXT_LIMIT, too_long="too long"
        )
        assert text
    assert squeezed(shown) == squeezed(plain(markup))


def squeezed(text: str) -> str:
    return "".join(text.split())
