"""What our fonts can draw: a character without a glyph would become an empty box, in silence.

Reads the fonts' own table of characters, so that nothing has to be listed here.
"""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import Final

import pylopdf_fonts_zh_cn

LACKING: Final = "〓"
"""Stands for a letter without a glyph, as printers have it."""

_FULL_REPERTOIRE: Final = (3, 10)  # platform Windows, encoding UCS-4: beyond the first 65,536
_SEGMENTED: Final = 12


def drawable(text: str) -> str:
    """One line of text as it can be set: a letter that the fonts lack is shown as lacking, other
    signs that they lack (emoji, controls, marks of direction) are left out."""
    kept = (char if _has(ord(char)) else _stand_in(char) for char in " ".join(text.split()))
    return " ".join("".join(kept).split())


def _stand_in(char: str) -> str:
    return LACKING if unicodedata.category(char)[0] in "LN" else ""


def _has(code: int) -> bool:
    firsts, lasts = _ranges()
    found = bisect_right(firsts, code) - 1
    return found >= 0 and code <= lasts[found]


@cache
def _ranges() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First and last code points of what the sans face has, in order."""
    groups = list(_groups(pylopdf_fonts_zh_cn.sans_path().read_bytes()))
    return tuple(first for first, _ in groups), tuple(last for _, last in groups)


def _groups(font: bytes) -> Iterator[tuple[int, int]]:
    """OpenType: the directory names the table `cmap`, that one its subtables by platform."""
    (tables,) = struct.unpack_from(">H", font, 4)
    directory = (struct.unpack_from(">4s4xI4x", font, 12 + 16 * n) for n in range(tables))
    cmap = dict(directory)[b"cmap"]
    (subtables,) = struct.unpack_from(">H", font, cmap + 2)
    records = (struct.unpack_from(">HHI", font, cmap + 4 + 8 * n) for n in range(subtables))
    start = cmap + {(one, two): offset for one, two, offset in records}[_FULL_REPERTOIRE]
    kind, groups = struct.unpack_from(">H10xI", font, start)
    if kind != _SEGMENTED:
        raise ValueError(f"a table of characters in format {kind}")
    for n in range(groups):
        first, last, _ = struct.unpack_from(">III", font, start + 16 + 12 * n)
        yield first, last
