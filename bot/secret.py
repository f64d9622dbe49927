"""A value that must not be seen: it can be carried, compared and handed on, never printed.

Configuration wraps tokens and passwords in it, so that a log line, an error or the repr of a
settings object shows three asterisks. Whoever needs the text says so with `reveal()`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Equal when the texts are equal; use `hmac.compare_digest` on what comes from outside."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        return self._text

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret('***')"
