"""The picture of the published places, as it arrives."""

from __future__ import annotations

import struct

from tests.e2e.plan import QUARTER_WORDS

FILE = f"{QUARTER_WORDS}常驻部门考核结果.png"
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def check(data: bytes) -> None:
    """A PNG that every messenger takes: what stands on it is tests/templates' to read."""
    assert data.startswith(SIGNATURE)
    width, height = struct.unpack(">II", data[16:24])
    assert 800 <= width <= 2000
    assert width + height <= 10_000
    assert len(data) < 2 * 1024**2
