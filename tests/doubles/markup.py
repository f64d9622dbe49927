"""Telegram's strict HTML and its text rules, so that a sloppy template fails in a test.

Behaviour and error texts are those of Telegram's server: only the listed tags, every tag closed in
order, unknown named entities left as text, offsets and lengths in UTF-16 units, ends of the text
trimmed, control characters made spaces. Markdown is not modelled: it is refused.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from tests.doubles.world import Json, bad

RAW_BYTES = 1 << 15
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
MENTION = re.compile(r"tg://user\?id=(\d+)$", re.I)

KIND_OF_TAG = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "tg-spoiler": "spoiler", "span": "spoiler", "tg-emoji": "custom_emoji", "a": "text_link",
    "tg-time": "date_time", "pre": "pre", "code": "code", "blockquote": "blockquote",
}  # fmt: skip
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
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
CHARACTER = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
LINK = re.compile(r"(?:https?://|tg:/?/?|ton://|tonsite://)\S+|(?:[\w-]+\.)+[a-z]{2,}\S*", re.I)
FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/@>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>https?://[^\s<>\"，。；）】]+|(?<![\w@.])www\.[^\s<>\"，。；）】]+)"
    r"|(?P<mention>(?<![\w@])@[A-Za-z][A-Za-z0-9_]{3,31}(?!\w))"
    r"|(?P<hashtag>(?<![\w#])#\w*[^\W\d]\w*)"
)
DATE_FORMAT = re.compile(r"r|w?[dD]?[tT]?")
CONTROL = {c: " " for c in range(32) if c not in (10, 13)}
CONTROL |= dict.fromkeys((13, *range(0x2028, 0x202F), 0x333, 0x33F, 0x30A), "")
TO_CLEAN = re.compile(r"[\x00-\x09\x0b-\x1f\u2028-\u202e\u0333\u033f\u030a]")
BLANK = " \n\u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" \
        "\u200b\u200c\u200d\u200e\u200f\u202f\u205f\u2060\u2800\u3000\ufeff\ufffc"  # fmt: skip

ResolveUser = Callable[[int], Json | None]


def nobody(_user_id: int) -> Json | None:
    return None


def utf16_length(text: str) -> int:
    if text.isascii():
        return len(text)
    return len(text) + sum(c > "\uffff" for c in text)


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
    end = utf16_length(stripped)
    kept = []
    for span in spans:
        span["length"] = min(span["length"], end - span["offset"])
        if span["length"] > 0 and _slice(stripped, span).strip(BLANK):
            kept.append(span)
    kept.sort(key=_rank)
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


def _slice(text: str, span: Json) -> str:
    if text.isascii():
        return text[span["offset"] : span["offset"] + span["length"]]
    units = text.encode("utf-16-le")
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
        places.extend(places[-1] + min(n, step) for n in range(1, width + 1))
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


def parse_html(source: str, resolve_user: ResolveUser = nobody) -> tuple[str, list[Json]]:
    """Text and entities of strict HTML; raises `can't parse entities: ...`."""
    if "<" not in source and "&" not in source:
        return source, []
    return _Parser(source, resolve_user).run()


class _Parser:
    """One pass over the source; `out` grows by characters, `units` counts them in UTF-16."""

    def __init__(self, source: str, resolve_user: ResolveUser) -> None:
        self.source = source
        self.end = len(source)
        self.resolve_user = resolve_user
        self.out: list[str] = []
        self.units = 0
        self.open: list[tuple[str, str, str, int, int]] = []
        self.spans: list[Json] = []

    def run(self) -> tuple[str, list[Json]]:
        i = 0
        while i < self.end:
            c = self.source[i]
            if c == "<":
                i = self._closing(i) if self.source[i + 1 : i + 2] == "/" else self._opening(i)
                continue
            if c == "&":
                c, i = self._character(i)
            else:
                i += 1
            self.out.append(c)
            self.units += 2 if c > "\uffff" else 1
        if self.open:
            raise self._error(
                f'Can\'t find end tag corresponding to start tag "{self.open[-1][0]}"'
            )
        for span in self.spans:
            if span["type"] == "code":
                span.pop("language", None)
        return "".join(self.out), self.spans

    def _error(self, text: str, at: int | None = None) -> Exception:
        where = "" if at is None else f" at byte offset {len(self.source[:at].encode())}"
        return bad(f"can't parse entities: {text}{where}")

    def _character(self, i: int) -> tuple[str, int]:
        match = CHARACTER.match(self.source, i)
        if match is None:
            return "&", i + 1
        hexadecimal, decimal, name = match.groups()
        if name is not None:
            found = NAMED.get(name)
            return (found, match.end()) if found else ("&", i + 1)
        code = int(hexadecimal, 16) if hexadecimal else int(decimal)
        digits_end = match.end() - match.group().endswith(";")
        if code == 0 or code >= 0x10FFFF or digits_end - i >= 10:
            return "&", i + 1
        if 0xD800 <= code <= 0xDFFF:
            raise self._error(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            )
        return chr(code), match.end()

    def _opening(self, begin: int) -> int:
        i = self._token_end(begin + 1, stop=">")
        if i >= self.end:
            raise self._error("Unclosed start tag", begin)
        tag = self.source[begin + 1 : i].lower()
        if tag not in KIND_OF_TAG:
            raise self._error(f'Unsupported start tag "{tag}"', begin)
        argument, unix = "", ""
        while self.source[i] != ">":
            i = self._skip_space(i)
            if self.source[i : i + 1] == ">":
                break
            name, value, i = self._attribute(tag, begin, i)
            if name == "unix":
                unix = value if tag == "tg-time" else unix
            elif value is not None:
                argument = self._argument(tag, name, value, argument)
        if tag == "span" and argument != "spoiler":
            raise self._error('Tag "span" must have class "tg-spoiler"', begin)
        self.open.append((tag, argument, unix, self.units, len(self.out)))
        return i + 1

    def _attribute(self, tag: str, begin: int, i: int) -> tuple[str, str, int]:
        start = i
        i = self._token_end(i, stop="=>/\"'")
        name = self.source[start:i]
        if not name:
            raise self._error(f'Empty attribute name in the tag "{tag}"', begin)
        i = self._skip_space(i)
        if self.source[i : i + 1] != "=":
            if i >= self.end:
                raise self._error(f'Unclosed start tag "{tag}"', begin)
            return name, "", i
        i = self._skip_space(i + 1)
        if i >= self.end:
            raise self._error(f'Unclosed start tag "{tag}"', begin)
        quote = self.source[i]
        if quote in "'\"":
            stop = self.source.find(quote, i + 1)
            if stop < 0:
                raise self._error("Unclosed start tag", begin)
            value = CHARACTER.sub(self._decoded, self.source[i + 1 : stop])
            i = stop + 1
        else:
            start = i
            while i < self.end and (
                (self.source[i].isascii() and self.source[i].isalnum()) or self.source[i] in ".-"
            ):
                i += 1
            value = self.source[start:i].lower()
            if i < self.end and self.source[i] != ">" and not self.source[i].isspace():
                raise self._error("Unexpected end of name token", start)
        if i >= self.end:
            raise self._error("Unclosed start tag", begin)
        return name, value, i

    def _decoded(self, match: re.Match[str]) -> str:
        hexadecimal, decimal, name = match.groups()
        if name is not None:
            return NAMED.get(name, match.group())
        return chr(int(hexadecimal, 16) if hexadecimal else int(decimal))

    @staticmethod
    def _argument(tag: str, name: str, value: str, before: str) -> str:
        if (tag, name) in (("a", "href"), ("tg-emoji", "emoji-id"), ("tg-time", "format")):
            return value
        if (tag, name) == ("code", "class") and value.startswith("language-"):
            return value[9:]
        if (tag, name) == ("span", "class") and value.startswith("tg-"):
            return value[3:]
        if (tag, name) == ("blockquote", "expandable"):
            return "1"
        return before

    def _closing(self, begin: int) -> int:
        if not self.open:
            raise self._error("Unexpected end tag", begin)
        i = self._token_end(begin + 2, stop=">")
        found = self.source[begin + 2 : i].lower()
        i = self._skip_space(i)
        if self.source[i : i + 1] != ">":
            raise self._error("Unclosed end tag", begin)
        tag, argument, unix, offset, start = self.open.pop()
        if found and found != tag:
            raise self._error(
                f"Unmatched end tag at byte offset {len(self.source[:begin].encode())}, "
                f'expected "</{tag}>", found "</{found}>"'
            )
        if self.units > offset:
            span: Json = {
                "type": KIND_OF_TAG[tag],
                "offset": offset,
                "length": self.units - offset,
            }
            self._finish(span, tag=tag, argument=argument, unix=unix, start=start)
        return i + 1

    def _finish(self, span: Json, *, tag: str, argument: str, unix: str, start: int) -> None:
        last = self.spans[-1] if self.spans else None
        same = last is not None and (last["offset"], last["length"]) == (
            span["offset"],
            span["length"],
        )
        if tag == "a":
            self._link(span, argument or "".join(self.out[start:]))
            return
        if tag == "tg-emoji":
            if not argument.isdigit() or int(argument) == 0:
                raise bad("can't parse entities: Invalid custom emoji identifier specified")
            span["custom_emoji_id"] = argument
        elif tag == "tg-time":
            if not DATE_FORMAT.fullmatch(argument):
                raise bad("can't parse entities: Invalid date-time format specified")
            if not unix.isdigit() or int(unix) == 0:
                return
            span["unix_time"] = int(unix)
            if argument:
                span["date_time_format"] = argument
        elif tag == "blockquote" and argument:
            span["type"] = "expandable_blockquote"
        elif tag == "pre" and same and last and last["type"] == "code" and last.get("language"):
            last["type"] = "pre"
            return
        elif tag == "code" and argument:
            if same and last and last["type"] == "pre":
                last["language"] = argument
                return
            span["language"] = argument
        self.spans.append(span)

    def _link(self, span: Json, url: str) -> None:
        mention = MENTION.match(url)
        if mention:
            user = self.resolve_user(int(mention.group(1)))
            if user is None:
                return
            span |= {"type": "text_mention", "user": user}
        elif LINK.fullmatch(url):
            span["url"] = url if "://" in url else f"http://{url}"
            if re.fullmatch(r"[a-z]+://[^/?#]+", span["url"], re.I):
                span["url"] += "/"
        else:
            return
        self.spans.append(span)

    def _token_end(self, i: int, *, stop: str) -> int:
        while i < self.end and self.source[i] not in stop and not self.source[i].isspace():
            i += 1
        return i

    def _skip_space(self, i: int) -> int:
        while i < self.end and self.source[i].isspace():
            i += 1
        return i


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
