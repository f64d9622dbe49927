"""Typed lists, one thing a line: every fault is named at once, and with any, nothing is done."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import templates
from rubric.errors import UserError

MOST_LINES = 60
_BETWEEN = re.compile(r"[\s,，、;；]+")
T = TypeVar("T")


@dataclass(eq=False)
class TooManyLines(UserError):
    code: ClassVar[str] = "admin.too_many_lines"
    lines: int
    limit: int


@dataclass(eq=False)
class LinesFaulty(UserError):
    """`faults` are (line number, markup of the sentence)."""

    code: ClassVar[str] = "admin.lines_faulty"
    faults: list[tuple[int, str]]


def split_words(line: str) -> list[str]:
    """What stands between blanks and commas of any kind."""
    return [word for word in _BETWEEN.split(line) if word]


def each_line(text: str, do: Callable[[list[str]], T]) -> list[T]:
    """What `do` makes of each line's words. Raises LinesFaulty after trying all, or the single
    line's own error; the caller's transaction takes back what the good lines did."""
    lines = [words for line in text.splitlines() if (words := split_words(line))]
    if len(lines) > MOST_LINES:
        raise TooManyLines(len(lines), MOST_LINES)
    done: list[T] = []
    faults: list[tuple[int, str]] = []
    for number, words in enumerate(lines, start=1):
        try:
            done.append(do(words))
        except UserError as error:
            if len(lines) == 1:
                raise
            faults.append((number, templates.say_error(error)))
    if faults:
        raise LinesFaulty(faults)
    return done
