"""What people wrote comes out as they wrote it, whatever signs it holds.

Read back by the double's own reading of markdown, which takes for a sign whatever might be one.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.wecom_bot.markdown import as_markdown
from templates.markup import escaped, plain
from tests.doubles.wecom_bot.markdown import plain as read

FLOWER = "·"
# a machine that does other things besides
BUSY = settings(
    max_examples=2000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("您好", "您好"),
        ("一\n二\n\n三", "一  \n二\n\n三"),
        ("<b>3</b> 份，<i>均</i>已收到", "**3** 份，*均*已收到"),
        ("<b>报送截止：</b>1月8日", "**报送截止**：1月8日"),
        ("<b>「确认」</b>后", "「**确认**」后"),
        ("<b>…</b>", "…"),
        ("<b>一</b><b>二</b>", "**一二**"),
        ("<code>AB-CD_E</code>", "`AB-CD_E`"),
        ("<code>a`b</code>", "a\\`b"),
        ("<blockquote>一\n二</blockquote>\n之后", "> 一  \n> 二\n\n之后"),
        ('<a href="https://k.example/in?a=1&amp;b=(2)">打开</a>',
         "[打开](https://k.example/in?a=1&b=%282%29)"),
        ('<a href="https://k.example/a_b">https://k.example/a_b</a>', "https://k.example/a_b"),
        ("见 https://k.example/a_b*c 。", "见 https://k.example/a_b*c 。"),
        ("工作_总结*.docx", "工作\\_总结\\*.docx"),
        ("9:00~17:00", "9:00\\~17:00"),
        ("&lt;b&gt; &amp;amp;", "\\<b> \\&amp;"),
        ("# 一\n- 二\n+ 三\n&gt; 四", "\\# 一  \n\\- 二  \n\\+ 三  \n\\> 四"),
        ("#<b> </b>一\n1<i>.</i> 二\n2<b>. </b>三\n-<b>-</b>-",
         "\\# 一  \n1. 二  \n2. 三  \n\\---"),
        ("#41 号\n-5 度", "#41 号  \n-5 度"),
        ("一\n---\n|a|b|\n|-|-|\n===", "一  \n\\---  \n|a|b|  \n\\|-|-|  \n\\==="),
        ("1. 通过\n2. 退回", "1. 通过  \n2. 退回"),
        ("1. 一\n1. 二\n3. 三", "1. 一  \n1\\. 二  \n3\\. 三"),
        ("2026. 年\n\n2) 项", "2026\\. 年\n\n2\\) 项"),
        ("    缩进", "\u00a0\u00a0\u00a0\u00a0缩进"),
    ],
)  # fmt: skip
def test_each_form(markup, markdown):
    assert as_markdown(markup) == markdown


def shown(markdown: str) -> str:
    """As a person reads it: breaks without the spaces that make them."""
    lines = read(markdown).split("\n")
    return "\n".join(line.rstrip(" ") for line in lines).replace("\u00a0", " ").strip("\n")


SIGNS = st.sampled_from(list("*_`~[]()<>#|\\!&;-+=.:0123abx文件 \n"))
WORDS = st.lists(SIGNS, max_size=40).map("".join)


def lines_of(text: str) -> str:
    return "\n".join(line.rstrip(" ") for line in text.split("\n")).strip("\n")


@BUSY
@given(WORDS)
def test_any_text_reads_as_it_was_written(text: str):
    assert shown(as_markdown(escaped(text))) == lines_of(text)


@settings(max_examples=1000, deadline=None, database=None)
@given(WORDS, WORDS, st.sampled_from(["b", "i", "code"]))
def test_any_text_in_tags_reads_as_it_was_written(before: str, text: str, tag: str):
    markup = f"{escaped(before)}<{tag}>{escaped(text)}</{tag}>{FLOWER}"
    assert shown(as_markdown(markup)) == lines_of(plain(markup))


def test_long_rows_of_signs_take_no_time():
    markup = f"<b>{escaped('*' * 20_000)}</b>"
    assert shown(as_markdown(markup)) == "*" * 20_000
