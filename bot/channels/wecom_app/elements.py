"""A callback's XML, which is a flat list of fields: their texts and nothing else of it.

Promises: nothing but `Unparsable` is ever raised; a document type is refused, and so nobody brings
entities of their own; no tree is built, whatever is nested how deep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn
from xml.parsers.expat import ExpatError, ParserCreate

from bot.fields import Unparsable


class Fields(NamedTuple):
    """`texts` by the name of what stands directly below the root, of several the first, and of one
    with more nested in it nothing to rely on; `chosen` are the options that somebody has selected
    on a card."""

    texts: Mapping[str, str]
    chosen: Sequence[str]

    def text(self, name: str) -> str:
        """'' for a field that isn't there. XML can hold neither zero characters nor half pairs."""
        return self.texts.get(name, "")


def fields(document: str | bytes) -> Fields:
    """Raises Unparsable."""
    texts: dict[str, str] = {}
    chosen: list[str] = []
    path: list[str] = []
    said: list[str] = []

    def begins(name: str, _attributes: dict[str, str]) -> None:
        path.append(name)
        said.clear()

    def ends(name: str) -> None:
        path.pop()
        if len(path) == 1:
            texts.setdefault(name, "".join(said))
        elif name == "OptionId" and path[1:2] == ["SelectedItems"]:
            chosen.append("".join(said))
        said.clear()

    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = begins
    parser.EndElementHandler = ends
    parser.CharacterDataHandler = said.append
    parser.StartDoctypeDeclHandler = _refused
    try:
        parser.Parse(document, True)
    except (ExpatError, ValueError, LookupError):  # the last for an unknown encoding
        raise Unparsable("XML") from None
    return Fields(texts, chosen)


def _refused(*_declared: object) -> NoReturn:
    raise Unparsable("XML")
