"""Our markup as WeCom shows it, in parts that one message carries. Pure.

A text message knows links and nothing else; markdown knows bold, code and quotes, but has no way
to write its own signs as they are. So a text in which people have used such signs goes without
formatting, and nobody's words are ever changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Final

from templates.markup import split

TEXT_BYTES: Final = 2048
_TAG = re.compile(r"<(/?)([a-z]+)([^<>]*)>")
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_LINK_LIKE = re.compile(r"<(?=/?a\b)", re.IGNORECASE)
_SIGNS = re.compile(r"[*`\[\]<>#]|^\s*>|&(?:gt|lt|amp|#\d+);", re.MULTILINE)
_MARKDOWN: Final = {"b": "**", "code": "`"}
_QUOTE = re.compile(r"<blockquote>(.*?)</blockquote>", re.DOTALL)


def as_text(markup: str) -> str:
    """For a text message: links stay links, the other tags go."""
    kept = _LINK.sub(lambda found: f"\0{found[1]}\1{found[2]}\2", markup)
    # what a person wrote like a link must not become one: a space of no width breaks it
    bare = _LINK_LIKE.sub("<\u200b", unescape(_TAG.sub("", kept)))
    return bare.replace("\0", '<a href="').replace("\1", '">').replace("\2", "</a>")


def as_markdown(markup: str) -> str | None:
    """For a markdown message; None where markdown has nothing to add, or would take what people
    wrote for signs of its own."""
    if not _TAG.search(_LINK.sub("", markup)):
        return None
    if _SIGNS.search(_TAG.sub("", markup)):
        return None
    text = _LINK.sub(lambda found: f"[{found[2]}]({unescape(found[1])})", markup)
    text = _QUOTE.sub(lambda found: re.sub(r"^", "> ", found[1], flags=re.MULTILINE), text)
    return unescape(_TAG.sub(lambda found: _MARKDOWN.get(found[2], ""), text))


def in_bytes(
    markup: str, limit: int = TEXT_BYTES, *, shown: Callable[[str], str] = as_text
) -> list[str]:
    """Parts, still as markup, each of at most `limit` bytes as it is shown: as a text message."""
    if len(shown(markup).encode()) <= limit:
        return [markup]
    characters = limit // 3
    while True:
        parts = [part for part in split(markup, characters) if shown(part).strip()]
        if all(len(shown(part).encode()) <= limit for part in parts) or characters < 16:
            return parts
        characters = characters * 3 // 4


def cut(text: str, characters: int) -> str:
    """At most so many characters, the last of them … if something is missing."""
    return text if len(text) <= characters else text[: characters - 1] + "…"
