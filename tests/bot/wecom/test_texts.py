"""Texts as WeCom shows them: what is kept of the markup, and how long a message may be."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.wecom.texts import TEXT_BYTES, as_markdown, as_text, cut, in_bytes
from templates.markup import escaped

# a busy machine takes its time
BUSY = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = st.text("一二三，。 \n<>&\"'*a/=😀é", max_size=60)
TAGS = st.sampled_from(["b", "i", "code", "blockquote"])


@st.composite
def markup(draw: st.DrawFn) -> str:
    """As templates write it: people's words escaped, in our tags or bare, and links."""
    pieces = draw(st.lists(st.tuples(st.sampled_from("-tla"), TAGS, WORDS), max_size=40))
    found = ""
    for kind, tag, said in pieces:
        text = escaped(said) * (20 if kind == "l" else 1)
        if kind == "t":
            text = f"<{tag}>{text}</{tag}>"
        if kind == "a":
            text = f'<a href="https://kaohe.example/x?a=1&amp;b=2">{text}</a>'
        found += text
    return found


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<b>市场监管局</b>：<i>已采纳</i>", "市场监管局：已采纳"),
        ("甲 &lt;乙&gt; &amp; 丙", "甲 <乙> & 丙"),
        (
            '见<a href="https://kaohe.example/?a=1&amp;b=2">网页</a>。',
            '见<a href="https://kaohe.example/?a=1&b=2">网页</a>。',
        ),
        (
            "他写了 &lt;a href=&quot;https://evil.example&quot;&gt;点我&lt;/a&gt;",
            '他写了 <\u200ba href="https://evil.example">点我<\u200b/a>',
        ),
        ("&lt;abc&gt;", "<abc>"),
    ],
)
def test_as_text(given, shown):
    assert as_text(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<b>标题</b>\n正文", "**标题**\n正文"),
        ("回执 <code>2026Q4-SCJG-003</code>", "回执 `2026Q4-SCJG-003`"),
        ("<blockquote>一\n二</blockquote>", "> 一\n> 二"),
        (
            '<b>甲</b><a href="https://kaohe.example/?a=1&amp;b=2">网页</a>',
            "**甲**[网页](https://kaohe.example/?a=1&b=2)",
        ),
        ("没有标记", None),
        ("<b>甲*乙</b>", None),
        ("<b>甲</b> # 1", None),
        ("<b>甲</b> &lt;font&gt;", None),
        ("<b>甲</b>\n> 乙", None),
        ("<b>甲</b> `乙`", None),
    ],
)
def test_as_markdown(given, shown):
    assert as_markdown(given) == shown


@BUSY
@given(markup())
@example("一" * 682 + "二")
@example('<a href="https://kaohe.example/">' + "链" * 1500 + "</a>")
@example("<b>" + "&amp;" * 3000 + "</b>")
def test_a_part_is_never_longer_than_a_message_and_nothing_is_lost(text):
    parts = in_bytes(text)
    assert all(len(as_text(part).encode()) <= TEXT_BYTES for part in parts)
    bare = "".join(_bare(part) for part in parts)
    assert bare == _bare(text)


def _bare(text: str) -> str:
    """Without blanks, which may go where it is cut, and without what stands around links."""
    shown = as_text(text).replace('<a href="https://kaohe.example/x?a=1&b=2">', "")
    shown = shown.replace('<a href="https://kaohe.example/">', "").replace("</a>", "")
    return "".join(shown.split())


def test_a_short_text_is_one_part():
    assert in_bytes("<b>一</b>") == ["<b>一</b>"]


@pytest.mark.parametrize(
    ("text", "characters", "shown"), [("一二三", 3, "一二三"), ("一二三四", 3, "一二…")]
)
def test_cut(text, characters, shown):
    assert cut(text, characters) == shown
