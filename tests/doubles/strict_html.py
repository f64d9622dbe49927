"""Telegram's strict HTML, so that a sloppy template fails in a test.

Behaviour and error texts are those of Telegram's server: only the listed tags, every tag closed in
order, unknown named entities left as text, offsets and lengths in UTF-16 units.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.doubles.world import Json, bad

MENTION = re.compile(r"tg://user\?id=(\d+)$", re.I)

KIND_OF_TAG = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "tg-spoiler": "spoiler", "span": "spoiler", "tg-emoji": "custom_emoji", "a": "text_link",
    "tg-time": "date_time", "pre": "pre", "code": "code", "blockquote": "blockquote",
}  # fmt: skip
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
SIMPLE = re.compile("<(b|strong|i|em|u|ins|s|strike|del|code|pre|blockquote)>")
SPACE = " \t\r\n\v\0"
PLAIN = re.compile("[^<&]+")
CHARACTER = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
LINK = re.compile(r"(?:https?://|tg:/?/?|ton://|tonsite://)\S+|(?:[\w-]+\.)+[a-z]{2,}\S*", re.I)
DATE_FORMAT = re.compile(r"r|w?[dD]?[tT]?")

ResolveUser = Callable[[int], Json | None]


def nobody(_user_id: int) -> Json | None:
    return None


def parse_html(source: str, resolve_user: ResolveUser = nobody) -> tuple[str, list[Json]]:
    """Text and entities of strict HTML; raises `can't parse entities: ...`."""
    if "<" not in source and "&" not in source:
        return source, []
    return _Parser(source, resolve_user).run()


class _Parser:
    """One pass over the source; `out` collects the text, `units` is its length in UTF-16."""

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
            plain = PLAIN.match(self.source, i)
            if plain is not None:
                self._take(plain.group())
                i = plain.end()
                continue
            c = self.source[i]
            if c == "<":
                i = self._closing(i) if self.source[i + 1 : i + 2] == "/" else self._opening(i)
                continue
            c, i = self._character(i)
            self._take(c)
        if self.open:
            raise self._error(
                f'Can\'t find end tag corresponding to start tag "{self.open[-1][0]}"'
            )
        for span in self.spans:
            if span["type"] == "code":
                span.pop("language", None)
        return "".join(self.out), self.spans

    def _take(self, text: str) -> None:
        self.out.append(text)
        if text.isascii():
            self.units += len(text)
        else:
            self.units += len(text.encode("utf-16-le")) // 2

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
        simple = SIMPLE.match(self.source, begin)
        if simple is not None:
            self.open.append((simple.group(1), "", "", self.units, len(self.out)))
            return simple.end()
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
            if i < self.end and self.source[i] != ">" and self.source[i] not in SPACE:
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
        while i < self.end and self.source[i] not in stop and self.source[i] not in SPACE:
            i += 1
        return i

    def _skip_space(self, i: int) -> int:
        while i < self.end and self.source[i] in SPACE:
            i += 1
        return i
