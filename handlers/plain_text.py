"""Text as it is kept, whoever typed it and wherever: in a message or in a cell."""

from __future__ import annotations

import re

# control characters (kept: newline, tab) and the marks that turn text around on a screen
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def clean(text: str) -> str:
    """No controls, no direction marks, one kind of newline, trimmed."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
