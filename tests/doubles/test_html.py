"""Strict HTML and the text rules, case by case."""

from __future__ import annotations

import pytest

from tests.doubles.markup import clean, to_html
from tests.doubles.strict_html import parse_html
from tests.doubles.world import ApiError

GOOD = [
    ("一<b>二</b>", "一二", [("bold", 1, 1)]),
    ("<B>一</b>", "一", [("bold", 0, 1)]),
    ("<strong>一</strong><em>二</em>", "一二", [("bold", 0, 1), ("italic", 1, 1)]),
    ("<u>一</u><ins>二</ins>", "一二", [("underline", 0, 1), ("underline", 1, 1)]),
    ("<s>a</s><strike>b</strike><del>c</del>", "abc",
     [("strikethrough", 0, 1), ("strikethrough", 1, 1), ("strikethrough", 2, 1)]),
    ("🙂<code>🙂🙂</code>", "🙂🙂🙂", [("code", 2, 4)]),
    ("<b>一<i>二</i></b>", "一二", [("bold", 0, 2), ("italic", 1, 1)]),
    ("&lt;b&gt; &amp; &quot; &#39; &#x4e00; &nbsp; &", "<b> & \" ' 一 &nbsp; &", []),
    ("<tg-spoiler>一</tg-spoiler>", "一", [("spoiler", 0, 1)]),
    ('<span class="tg-spoiler">一</span>', "一", [("spoiler", 0, 1)]),
    ("<blockquote expandable>一</blockquote>", "一", [("expandable_blockquote", 0, 1)]),
    ("<blockquote>一</blockquote>", "一", [("blockquote", 0, 1)]),
    ("<pre>a  b</pre>", "a  b", [("pre", 0, 4)]),
    ('<pre><code class="language-python">x</code></pre>', "x", [("pre", 0, 1)]),
    ('<a href="https://example.org/?a=1&amp;b=2">看</a>', "看", [("text_link", 0, 1)]),
    ('<a href="javascript:alert(1)">看</a>', "看", []),
    ('<tg-time unix="1767225600" format="wDT">元旦</tg-time>', "元旦", [("date_time", 0, 2)]),
    ("<b></b>一", "一", []),
    ("一<b>二</b >", "一二", [("bold", 1, 1)]),
    ("<b>一</>", "一", [("bold", 0, 1)]),
]  # fmt: skip
BAD = [
    ("<x>", 'Unsupported start tag "x" at byte offset 0'),
    ("一<br>", 'Unsupported start tag "br" at byte offset 3'),
    ("<p>一</p>", 'Unsupported start tag "p" at byte offset 0'),
    ("<b/>", 'Unsupported start tag "b/" at byte offset 0'),
    ("<b>一", 'Can\'t find end tag corresponding to start tag "b"'),
    ("一</b>", "Unexpected end tag at byte offset 3"),
    ("<b><i>一</b></i>",
     'Unmatched end tag at byte offset 9, expected "</i>", found "</b>"'),
    ("一<b", "Unclosed start tag at byte offset 3"),
    ("<b>一</b", "Unclosed end tag at byte offset 6"),
    ("<span>一</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ('<a href="x', "Unclosed start tag at byte offset 0"),
    ('<a ="x">一</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
    ("<a href=a/b>一</a>", "Unexpected end of name token at byte offset 8"),
    ("张三<3分", "Unclosed start tag at byte offset 6"),
    ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text", "spans"), GOOD)
def test_good(source: str, text: str, spans: list[tuple[str, int, int]]):
    shown, entities = parse_html(source)
    assert shown == text
    assert sorted((e["type"], e["offset"], e["length"]) for e in entities) == sorted(spans)


@pytest.mark.parametrize(("source", "words"), BAD)
def test_bad(source: str, words: str):
    with pytest.raises(ApiError) as caught:
        parse_html(source)
    assert caught.value.description == f"Bad Request: can't parse entities: {words}"


def test_details_of_entities():
    _, (link,) = parse_html('<a href="https://example.org">看</a>')
    assert link == {"type": "text_link", "offset": 0, "length": 1, "url": "https://example.org/"}
    _, (time,) = parse_html('<tg-time unix="1767225600">元旦</tg-time>')
    assert time == {"type": "date_time", "offset": 0, "length": 2, "unix_time": 1767225600}
    _, (code,) = parse_html('<pre><code class="language-sql">x</code></pre>')
    assert code == {"type": "pre", "offset": 0, "length": 1, "language": "sql"}
    _, (person,) = parse_html('<a href="tg://user?id=7">她</a>', lambda user: {"id": user})
    assert person == {"type": "text_mention", "offset": 0, "length": 1, "user": {"id": 7}}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("  一 \n", "一"),
        ("一\r\n二", "一\n二"),
        ("a\tb\0c", "a b c"),
        ("\n\n", ""),
        ("\u3000\u200b", ""),
        ("一\u202e二", "一二"),
    ],
)
def test_cleaning(given: str, shown: str):
    assert clean(given, []) == (shown, [])


def test_cleaning_moves_the_entities():
    text, spans = parse_html("\r\n \t<b>一\r二 </b>\n")
    assert clean(text, spans) == ("一二", [{"type": "bold", "offset": 0, "length": 2}])
    text, spans = parse_html("🙂\u202e<b>一</b><i> </i>")
    assert clean(text, spans) == ("🙂一", [{"type": "bold", "offset": 2, "length": 1}])


def test_what_is_marked_by_itself():
    _, spans = clean("/start 见 https://example.org/a @kaohe_bot #考核 a@b.cn", [])
    assert [(s["type"], s["offset"], s["length"]) for s in spans] == [
        ("bot_command", 0, 6),
        ("url", 9, 21),
        ("mention", 31, 10),
        ("hashtag", 42, 3),
        ("email", 46, 6),
    ]
    assert clean("a/b 1/2 及 /x", [])[1] == [{"type": "bot_command", "offset": 10, "length": 2}]


@pytest.mark.parametrize(
    "source",
    [
        "<b>一<i>二</i>三</b> &lt;x&gt; &amp;",
        '<a href="https://example.org/?a=1&amp;b=2">看</a>',
        '<pre><code class="language-sql">select 1</code></pre>',
        '<tg-time unix="1767225600" format="wDT">元旦</tg-time>',
        "<blockquote expandable>🙂一</blockquote>二",
        "<b>一</b><b>二</b>",
    ],
)
def test_back_to_html(source: str):
    assert to_html(*parse_html(source)) == source
