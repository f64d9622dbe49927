"""What a person reads of a markdown message: its signs taken away, as the client shows it.

Takes for a sign whatever might be one, so that a text whose signs were not escaped comes out other
than it was meant.
"""

from __future__ import annotations

import re
from html import unescape

_KEPT = re.compile("\x00(\\d+)\x01")
_BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```[ ]*$\n?", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"(`+)(.+?)\1(?!`)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_BREAK = re.compile(r"[ ]+$", re.MULTILINE)  # two spaces there make a line break
_HEAD = re.compile(r"^(?:[ ]{0,3}>[ ]?)*[ ]{0,3}(?:#{1,6}[ ]+)?", re.MULTILINE)
_PAIRS = (
    re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.DOTALL),
    re.compile(r"~~(?=\S)(.+?)(?<=\S)~~", re.DOTALL),
    re.compile(r"\*(?=[^\s*])(.+?)(?<=[^\s*])\*", re.DOTALL),
    re.compile(r"(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)", re.DOTALL),
)


def plain(markdown: str) -> str:
    kept: list[str] = []

    def keep(text: str) -> str:
        kept.append(text)
        return f"\x00{len(kept) - 1}\x01"

    text = _BLOCK.sub(lambda found: keep(found[1]), markdown)
    text = _ESCAPED.sub(lambda found: keep(found[1]), text)
    text = _CODE.sub(lambda found: keep(found[2]), text)
    text = _ENTITY.sub(lambda found: keep(unescape(found[0])), text)
    text = _TAG.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _HEAD.sub("", _BREAK.sub("", text))
    for pair in _PAIRS:
        text = pair.sub(r"\1", text)
    while _KEPT.search(text):  # what is kept may hold what was kept before
        text = _KEPT.sub(lambda found: kept[int(found[1])], text)
    return text
