"""Our markup as the bot's markdown, which is the only kind of text that a bot may push. Pure.

Whatever people wrote stays as they wrote it: signs that markdown would read are escaped, a line
break is a line break (two spaces before it), and a number that begins a line is not counted anew.
Addresses are left alone, for an escaped one leads nowhere. Bold begins and ends at a letter or a
digit: beside Chinese punctuation its stars would be shown as stars.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

_TOKEN = re.compile(
    r'<a href="(?P<url>[^"]*)">(?P<label>.*?)</a>'
    r"|<code>(?P<code>.*?)</code>"
    r"|<(?P<close>/?)(?P<tag>[a-z]+)[^<>]*>",
    re.DOTALL,
)
_ADDRESS = re.compile(r"https?://[!-;=?-~]+")
_ANYWHERE = re.compile(r"[\\`*_~\[\]<]|&(?=#?\w+;)")
_LINE_START = re.compile(r"(\s*)(?:#{1,6}(?=\s|$)|[-+](?=\s|$)|>)")
_RULE = re.compile(r"\s*[-=|][\s|:=-]*")
_NUMBERED = re.compile(r"(\s*)(\d{1,9})([.)])(?=\s|$)")
# places of tags while the text around them is escaped; no text holds these
_OPEN, _CLOSE = {"b": "\ue000", "i": "\ue002"}, {"b": "\ue001", "i": "\ue003"}
_QUOTE, _UNQUOTE = "\ue004", "\ue005"
_PRIVATE = re.compile("[\ue000-\ue005]")
_INDENT = re.compile("^([\ue000-\ue005]*)([ \t]*)")
_WHOLE: Final = r"(?:\\.|[^\\])*?"  # no sign parted from its backslash
_EDGE: Final = r"(?:\\.|[^\w\\\ue000-\ue005])*"


def as_markdown(markup: str) -> str:
    text = _escaped_lines(_marked(_PRIVATE.sub("", markup)))
    for tag, sign in (("b", "**"), ("i", "*")):
        text = text.replace(_CLOSE[tag] + _OPEN[tag], "")  # two side by side are one
        text = _emphasised(text, _OPEN[tag], _CLOSE[tag], sign)
    text = re.sub(f"{_QUOTE}(.*?){_UNQUOTE}\n*", _quoted, text, flags=re.DOTALL)
    lines = _PRIVATE.sub("", text).strip("\n").split("\n")
    return "\n".join(
        f"{line}  " if line.strip() and following.strip() else line.rstrip()
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
    )


def _marked(markup: str) -> str:
    """Text escaped where it stands, tags as private characters."""
    parts, at = [], 0
    for token in _TOKEN.finditer(markup):
        parts.append(_escaped(markup[at : token.start()]))
        at = token.end()
        if token["url"] is not None:
            parts.append(_link(token["label"], unescape(token["url"])))
        elif token["code"] is not None:
            parts.append(_code(token["code"]))
        elif token["tag"] == "blockquote":
            parts.append(_UNQUOTE if token["close"] else _QUOTE)
        else:
            parts.append((_CLOSE if token["close"] else _OPEN).get(token["tag"], ""))
    return "".join([*parts, _escaped(markup[at:])])


def _escaped(markup: str) -> str:
    text, parts, at = unescape(markup), [], 0
    for address in _ADDRESS.finditer(text):
        parts += [_signs(text[at : address.start()]), address[0]]
        at = address.end()
    return "".join([*parts, _signs(text[at:])])


def _signs(text: str) -> str:
    return _ANYWHERE.sub(lambda sign: f"\\{sign[0]}", text)


def _link(label: str, url: str) -> str:
    words = unescape(re.sub(r"<[^<>]*>", "", label))
    if words == url:
        return url
    address = re.sub(r"[()\s]", lambda sign: f"%{ord(sign[0]):02X}", url)
    return f"[{_signs(words)}]({address})"


def _code(content: str) -> str:
    words = unescape(re.sub(r"<[^<>]*>", "", content))
    return _signs(words) if not words.strip() or re.search(r"[`\\\n]", words) else f"`{words}`"


def _escaped_lines(text: str) -> str:
    """What means something at the beginning of a line only, in tags or not."""
    lines, following = [], 1
    for line in text.split("\n"):
        bare = _PRIVATE.sub("", line)
        numbered = _NUMBERED.match(bare)
        counted = numbered is not None and int(numbered[2]) == following
        following = following + 1 if counted else 1
        if numbered and not counted:
            line = _with_backslash(line, numbered.end(2))
        elif _RULE.fullmatch(bare) and bare.strip():
            line = _with_backslash(line, len(bare) - len(bare.lstrip()))
        elif sign := _LINE_START.match(bare):
            line = _with_backslash(line, sign.end(1))
        lines.append(_INDENT.sub(lambda found: found[1] + "\u00a0" * len(found[2]), line))
    return "\n".join(lines)


def _with_backslash(line: str, place: int) -> str:
    """Before this character of the line, not counting the places of tags."""
    for at, character in enumerate(line):
        if not _PRIVATE.match(character):
            if not place:
                return f"{line[:at]}\\{line[at:]}"
            place -= 1
    return line


def _emphasised(text: str, opened: str, closed: str, sign: str) -> str:
    def one(found: re.Match[str]) -> str:
        before, words, after = found[1], found[2], found[3]
        return (
            f"{before}{sign}{words}{sign}{after}"
            if words and "\n" not in words
            else (f"{before}{words}{after}")
        )

    pattern = f"{opened}({_EDGE})({_WHOLE})({_EDGE}){closed}"
    return re.sub(pattern, one, text, flags=re.DOTALL)


def _quoted(found: re.Match[str]) -> str:
    """With an empty line after it, or what follows would be quoted too."""
    lines = found[1].strip("\n").split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines) + "\n\n"
