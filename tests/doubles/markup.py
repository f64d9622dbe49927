"""Telegram's text rules: what becomes of a text and its entities, and how they look again as HTML.

Behaviour and error texts are those of Telegram's server: only the listed tags, every tag closed in
order, unknown named entities left as text, offsets and lengths in UTF-16 units, ends of the text
trimmed, control characters made spaces. Markdown is not modelled: it is refused.
"""

from __future__ import annotations

import html
import re
from typing import Any

from tests.doubles.strict_html import ResolveUser, nobody, parse_html
from tests.doubles.world import Json, bad

RAW_BYTES = 1 << 15
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
ENTITIES_MAX = 100  # the rest is ignored


TAG_OF_KIND = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "spoiler": "tg-spoiler",
    "code": "code",
}  # fmt: skip
ORDER = {
    kind: n
    for n, kind in enumerate((
        "blockquote", "expandable_blockquote", "pre", "code", "text_link", "text_mention",
        "date_time", "bold", "italic", "underline", "strikethrough", "spoiler", "custom_emoji",
    ))
}  # fmt: skip
FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/@>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>https?://[^\s<>\"，。；）】]+|(?<![\w@.])www\.[^\s<>\"，。；）】]+)"
    r"|(?P<mention>(?<![\w@])@[A-Za-z][A-Za-z0-9_]{3,31}(?!\w))"
    r"|(?P<hashtag>(?<![\w#])#\w*[^\W\d]\w*)"
)
CONTROL = {c: " " for c in range(32) if c not in (10, 13)}
CONTROL |= dict.fromkeys((13, *range(0x2028, 0x202F), 0x333, 0x33F, 0x30A), "")
TO_CLEAN = re.compile(r"[\x00-\x09\x0b-\x1f\u2028-\u202e\u0333\u033f\u030a]")
BLANK = " \n\u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" \
        "\u200b\u200c\u200d\u200e\u200f\u202f\u205f\u2060\u2800\u3000\ufeff\ufffc"  # fmt: skip


def utf16_length(text: str) -> int:
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def formatted(
    text: str,
    *,
    parse_mode: str,
    entities: object,
    limit: int,
    too_long: str,
    resolve_user: ResolveUser = nobody,
) -> tuple[str, list[Json]]:
    """The text as shown and its entities, or the 400 that Telegram gives."""
    if len(text.encode("utf-8", "surrogatepass")) > RAW_BYTES:
        raise bad("text is too long")
    mode = parse_mode.lower()
    if text and mode not in ("", "none"):
        if mode != "html":
            raise bad("unsupported parse_mode")
        text, spans = parse_html(text, resolve_user)
    else:
        spans = _given(entities)
    text, spans = clean(text, spans)
    if len(text) > limit:
        raise bad(too_long)
    return text, spans


def find_entities(text: str, taken: list[Json] | None = None) -> list[Json]:
    """Links, mentions, tags and commands that Telegram marks by itself, outside of code."""
    if not any(c in text for c in "/@#") and "www." not in text:
        return []
    closed = [
        (e["offset"], e["offset"] + e["length"])
        for e in taken or ()
        if e["type"] in ("code", "pre", "text_link", "text_mention")
    ]
    ascii_only = text.isascii()
    found = []
    for match in FOUND.finditer(text):
        start = match.start() if ascii_only else utf16_length(text[: match.start()])
        length = utf16_length(match.group())
        if not any(start < end and begin < start + length for begin, end in closed):
            found.append({"type": match.lastgroup, "offset": start, "length": length})
    return found


def clean(text: str, spans: list[Json]) -> tuple[str, list[Json]]:
    """Control characters, blanks at both ends; the entities follow. Blank text becomes empty."""
    if TO_CLEAN.search(text):
        if spans:
            text, spans = _clean_with(text, spans)
        else:
            text = text.translate(CONTROL)
    stripped = text.rstrip(" \n")
    if not stripped.strip(BLANK):
        return "", []
    units = stripped.encode("utf-16-le", "surrogatepass") if spans else b""
    end = len(units) // 2
    kept = []
    for span in spans:
        span["length"] = min(span["length"], end - span["offset"])
        if span["length"] > 0 and _slice(units, span).strip(BLANK):
            kept.append(span)
    kept.sort(key=_rank)
    del kept[ENTITIES_MAX:]
    first = kept[0]["offset"] if kept else len(stripped)
    lead = 0
    while lead < first and stripped[lead] in " \n":
        lead += 1
    if lead:
        stripped = stripped[lead:]
        for span in kept:
            span["offset"] -= lead
    found = find_entities(stripped, kept)
    if found:
        kept = sorted(kept + found, key=_rank)
    return stripped, kept


def _rank(span: Json) -> tuple[int, int, int]:
    return span["offset"], -span["length"], ORDER.get(span["type"], -1)


def _slice(units: bytes, span: Json) -> str:
    start = 2 * span["offset"]
    return units[start : start + 2 * span["length"]].decode("utf-16-le", "replace")


def _clean_with(text: str, spans: list[Json]) -> tuple[str, list[Json]]:
    places = [0]
    out = []
    for c in text:
        new = CONTROL.get(ord(c), c)
        out.append(new)
        width = 2 if c > "\uffff" else 1
        step = width if new else 0
        base = places[-1]
        places.extend(base + min(n, step) for n in range(1, width + 1))
    last = len(places) - 1
    for span in spans:
        begin = places[min(span["offset"], last)]
        stop = places[min(span["offset"] + span["length"], last)]
        span["offset"], span["length"] = begin, stop - begin
    return "".join(out), [s for s in spans if s["length"] > 0]


def _given(entities: object) -> list[Json]:
    if not isinstance(entities, list):
        return []
    spans = []
    for entity in entities:
        if not isinstance(entity, dict):
            raise bad("can't parse MessageEntity: expected an Object")
        for name in ("offset", "length"):
            if not isinstance(entity.get(name), int):
                raise bad(f'can\'t parse MessageEntity: field "{name}" must be of type Number')
        if entity.get("type") in ORDER:
            spans.append(dict(entity))
    return spans


def to_html(text: str, entities: list[Json]) -> str:
    """The formatting written back as HTML; what Telegram marks by itself is left as text."""
    spans = [e for e in entities if e["type"] in ORDER]
    if not spans:
        return html.escape(text, quote=False)
    units = text.encode("utf-16-le")
    marks: list[tuple[int, int, int, str]] = []
    for n, span in enumerate(sorted(spans, key=_rank)):
        start, stop = span["offset"], span["offset"] + span["length"]
        before, after = _tags(span)
        marks.append((start, 1, n, before))
        marks.append((stop, 0, -n, after))
    out, at = [], 0
    for place, _, _, tag in sorted(marks):
        out.append(html.escape(units[2 * at : 2 * place].decode("utf-16-le"), quote=False))
        out.append(tag)
        at = place
    out.append(html.escape(units[2 * at :].decode("utf-16-le"), quote=False))
    return "".join(out)


def _tags(span: Json) -> tuple[str, str]:
    kind: Any = span["type"]
    if kind in TAG_OF_KIND:
        return f"<{TAG_OF_KIND[kind]}>", f"</{TAG_OF_KIND[kind]}>"
    if kind == "text_link":
        return f'<a href="{html.escape(span["url"])}">', "</a>"
    if kind == "text_mention":
        return f'<a href="tg://user?id={span["user"]["id"]}">', "</a>"
    if kind == "custom_emoji":
        return f'<tg-emoji emoji-id="{span["custom_emoji_id"]}">', "</tg-emoji>"
    if kind == "date_time":
        form = f' format="{span["date_time_format"]}"' if "date_time_format" in span else ""
        return f'<tg-time unix="{span["unix_time"]}"{form}>', "</tg-time>"
    if kind == "pre" and "language" in span:
        return f'<pre><code class="language-{span["language"]}">', "</code></pre>"
    if kind == "expandable_blockquote":
        return "<blockquote expandable>", "</blockquote>"
    return f"<{kind}>", f"</{kind}>"
