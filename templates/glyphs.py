"""What our fonts can draw: a character without a glyph would become an empty box, in silence.

Reads the fonts' own tables of characters, so that nothing has to be listed here.
"""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pylopdf_fonts_zh_cn

from templates.typesetting import site_fonts

LACKING: Final = "〓"
"""Stands for a letter without a glyph, as printers have it."""

# platform Windows; encoding UCS-4, beyond the first 65,536, before UCS-2
_ENCODINGS: Final = ((3, 10), (3, 1))
_SEGMENTED: Final = 12
_SEGMENTED_16: Final = 4
_COLLECTION: Final = b"ttcf"


def drawable(text: str) -> str:
    """One line of text as it can be set: a letter that the fonts lack is shown as lacking, other
    signs that they lack (emoji, controls, marks of direction) are left out."""
    kept = (char if _has(ord(char)) else _stand_in(char) for char in " ".join(text.split()))
    return " ".join("".join(kept).split())


def _stand_in(char: str) -> str:
    return LACKING if unicodedata.category(char)[0] in "LN" else ""


def _has(code: int) -> bool:
    files = tuple((each.path, each.index) for each in site_fonts() if each.path)
    return any(_covers(Path(path), index, code) for path, index in files) or _covers(
        pylopdf_fonts_zh_cn.sans_path(), 0, code
    )


def _covers(path: Path, index: int, code: int) -> bool:
    firsts, lasts = _ranges(path, index)
    found = bisect_right(firsts, code) - 1
    return found >= 0 and code <= lasts[found]


@cache
def _ranges(path: Path, index: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First and last code points of what the file's font of this number has, in order."""
    groups = sorted(_groups(path.read_bytes(), index))
    return tuple(first for first, _ in groups), tuple(last for _, last in groups)


def _groups(font: bytes, index: int) -> Iterator[tuple[int, int]]:
    """OpenType: the directory names the table `cmap`, that one its subtables by platform."""
    base = struct.unpack_from(f">{index + 1}I", font, 12)[-1] if font[:4] == _COLLECTION else 0
    (tables,) = struct.unpack_from(">H", font, base + 4)
    directory = (struct.unpack_from(">4s4xI4x", font, base + 12 + 16 * n) for n in range(tables))
    cmap = dict(directory)[b"cmap"]
    (subtables,) = struct.unpack_from(">H", font, cmap + 2)
    records = (struct.unpack_from(">HHI", font, cmap + 4 + 8 * n) for n in range(subtables))
    offsets = {(one, two): offset for one, two, offset in records}
    start = next((cmap + offsets[each] for each in _ENCODINGS if each in offsets), None)
    kind = struct.unpack_from(">H", font, start)[0] if start is not None else 0
    if kind == _SEGMENTED:
        yield from _of_32_bits(font, start or 0)
    elif kind == _SEGMENTED_16:
        yield from _of_16_bits(font, start or 0)


def _of_32_bits(font: bytes, start: int) -> Iterator[tuple[int, int]]:
    (groups,) = struct.unpack_from(">I", font, start + 12)
    for n in range(groups):
        first, last, _ = struct.unpack_from(">III", font, start + 16 + 12 * n)
        yield first, last


def _of_16_bits(font: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Segments; where one points into an array, a 0 there is a character that is lacking."""
    count = struct.unpack_from(">H", font, start + 6)[0] // 2
    lasts, firsts, _, offsets = (
        struct.unpack_from(f">{count}H", font, start + 14 + 2 * count * n + (2 if n else 0))
        for n in range(4)
    )
    array = start + 16 + 6 * count
    for n, (first, last, offset) in enumerate(zip(firsts, lasts, offsets, strict=True)):
        if not offset:
            yield first, last
            continue
        glyphs = struct.unpack_from(f">{last - first + 1}H", font, array + 2 * n + offset)
        yield from ((first + k, first + k) for k, glyph in enumerate(glyphs) if glyph)
