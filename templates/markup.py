"""The markup that messages are written in: to plain text, and in parts that a channel can carry.

Tags are only ever ours (user text is escaped), so a simple reading of them is a safe one.
"""

from __future__ import annotations

import re
from html import escape, unescape

_TAG = re.compile(r"<(/?)([a-z]+)([^<>]*)>")
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_BREAKS = ("\n\n", "\n", "。", "；", "，", " ")


def plain(markup: str) -> str:
    """What a person reads, without tags; a link's address follows its words unless they agree."""
    if "<a " in markup:
        markup = _LINK.sub(
            lambda found: found[2] if found[1] == found[2] else f"{found[2]}（{found[1]}）", markup
        )
    return unescape(_TAG.sub("", markup))


def split(markup: str, limit: int) -> list[str]:
    """Parts of at most `limit` visible characters, cut between paragraphs, lines, sentences or, if
    need be, characters; tags are closed at the cut and opened again after it."""
    parts: list[str] = []
    opened: list[str] = []
    rest = markup
    while True:
        length, cut = _measure(rest, limit)
        if cut is None:
            return [*parts, rest] if rest or not parts else parts
        cut = _nice(rest, cut, length)
        piece = rest[:cut]
        opened = _open_tags(piece)
        closing = "".join(f"</{_TAG.match(tag)[2]}>" for tag in reversed(opened))  # type: ignore[index]
        parts.append(piece.rstrip("\n") + closing)
        rest = "".join(opened) + rest[cut:].lstrip("\n")


def _measure(markup: str, limit: int) -> tuple[int, int | None]:
    """Visible length up to the cut, and where to cut so that at most `limit` are seen."""
    seen = at = 0
    while at < len(markup):
        if markup[at] == "<" and (tag := _TAG.match(markup, at)):
            at = tag.end()
            continue
        if seen == limit:
            return seen, at
        if markup[at] == "&" and (end := markup.find(";", at, at + 10)) > 0:
            at = end
        at += 1
        seen += 1
    return seen, None


def _nice(markup: str, cut: int, length: int) -> int:
    """The last good place to break in the second half of what fits."""
    for mark in _BREAKS:
        found = markup.rfind(mark, 0, cut)
        while found > 0 and _inside_tag(markup, found):
            found = markup.rfind(mark, 0, found)
        if found > cut - max(1, length // 2):
            return found + len(mark)
    return cut


def _inside_tag(markup: str, at: int) -> bool:
    return markup.rfind("<", 0, at) > markup.rfind(">", 0, at)


def _open_tags(piece: str) -> list[str]:
    stack: list[str] = []
    for tag in _TAG.finditer(piece):
        if tag[1]:
            stack.pop()
        else:
            stack.append(tag[0])
    return stack


def escaped(text: str) -> str:
    """Anybody's text as markup."""
    return escape(text, quote=True)
