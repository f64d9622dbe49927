"""Reading single fields of JSON that others wrote: the type asked for, or `Unparsable`.

A text that no database could hold (a zero character, half a surrogate pair) is not a text.
"""

from __future__ import annotations

from typing import Any

_LARGEST = 2**62


class Unparsable(Exception):
    """What came is not as its messenger documents it; the text names the field only."""


def present(item: dict[str, Any], name: str) -> bool:
    return item.get(name) is not None


def number(item: dict[str, Any], name: str) -> int:
    value = item.get(name)
    if type(value) is not int or not -_LARGEST < value < _LARGEST:
        raise Unparsable(name)
    return value


def text(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str) or "\0" in value or not _encodable(value):
        raise Unparsable(name)
    return value


def obj(item: dict[str, Any], name: str) -> dict[str, Any]:
    value = item.get(name)
    if not isinstance(value, dict):
        raise Unparsable(name)
    return value


def objects(item: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """An absent list is an empty one."""
    value = item.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise Unparsable(name)
    return value


def _encodable(value: str) -> bool:
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
