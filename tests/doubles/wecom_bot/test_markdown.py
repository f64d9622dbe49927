"""Signs are taken away, whatever might be one; what is escaped stays."""

from __future__ import annotations

import pytest

from tests.doubles.wecom_bot.markdown import plain


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**采纳** 3件", "采纳 3件"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("2*3*4", "234"),
        (r"2\*3\*4", "2*3*4"),
        ("snake_case_name 和 _斜体_", "snake_case_name 和 斜体"),
        ("`2026Q4-SCJG-001` 与 ``a`b``", "2026Q4-SCJG-001 与 a`b"),
        ("`**原样**`", "**原样**"),
        ("# 标题\n## 二\n#不是", "标题\n二\n#不是"),
        ("> 引用\n> 两行\n其余", "引用\n两行\n其余"),
        (r"\> 不是引用", "> 不是引用"),
        ("[查看](https://example.com/a)", "查看"),
        (r"\[查看\](https://example.com/a)", "[查看](https://example.com/a)"),
        ("![图](https://example.com/a)", "图"),
        ('<font color="info">绿</font>', "绿"),
        ("1 < 2 > 0", "1 < 2 > 0"),
        (r"\<b>粗\</b>", "<b>粗</b>"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        (r"\&lt;", "&lt;"),
        ("~~删~~", "删"),
        ("```\n**原样**\n```\n后", "**原样**\n后"),
        ("1. 一\n2. 二", "1. 一\n2. 二"),
        ("a  \nb\n\nc", "a\nb\n\nc"),
        ("\\\\", "\\"),
        ("C:\\路径", "C:\\路径"),
        ("2026年 **第四季度** · **公安**", "2026年 第四季度 · 公安"),
    ],
)
def test_plain(markdown, text):
    assert plain(markdown) == text
