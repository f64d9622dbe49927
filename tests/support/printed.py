"""A PDF as it comes out of the printer: its words, and what stands in the QR codes on it.

There is no reader for pictures here, so it is asked the other way round: which of the texts that
might stand there is drawn, module by module, on the page, and where.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest
import segno

DOTS = 150  # an inch, as a poor printer has it
_QUIET = 4  # modules of white around a code
_MM = 25.4


def _run(program: str, *arguments: str, pdf: bytes) -> bytes:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}")
    run = subprocess.run([found, *arguments], input=pdf, capture_output=True, check=True)
    return run.stdout


def lines(pdf: bytes) -> list[list[str]]:
    """The lines of each page, in reading order."""
    text = _run("pdftotext", "-raw", "-", "-", pdf=pdf).decode()
    return [page.splitlines() for page in text.split("\f")[:-1]]


def pages(pdf: bytes) -> list[str]:
    """The text of each page, without blanks: where a line breaks is the layout's affair."""
    return [re.sub(r"\s", "", "".join(page)) for page in lines(pdf)]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One page in black (1) and white (0), a row of bytes each."""

    rows: tuple[bytes, ...]

    def codes(self, texts: Iterable[str], *, side: float) -> list[str]:
        """Those of the texts that stand on it as QR codes of `side` mm, quiet zone included, from
        above to below and from left to right."""
        corners: dict[float, list[tuple[int, int]]] = {}
        found: list[tuple[int, int, str]] = []
        for text in texts:
            matrix = [[*map(bool, row)] for row in segno.make_qr(text, error="m").matrix]
            module = side / _MM * DOTS / (len(matrix) + 2 * _QUIET)
            if module not in corners:
                corners[module] = list(self._corners(module))
            found += [
                (y, x, text) for y, x in corners[module] if self._stands(matrix, module, x=x, y=y)
            ]
        return list(dict.fromkeys(text for _, text in sorted(_in_lines(sorted(found)))))

    def _corners(self, module: float) -> Iterator[tuple[int, int]]:
        """Where a finder pattern may begin: seven modules of black under white."""
        least, most = int(7 * module) - 1, int(7 * module) + 2
        bar = re.compile(b"(?<!\x01)\x01{%d,%d}(?!\x01)" % (least, most))
        for y in range(1, len(self.rows)):
            for run in bar.finditer(self.rows[y]):
                if not any(self.rows[y - 1][run.start() + 1 : run.end() - 1]):
                    yield y, run.start()

    def _stands(self, matrix: list[list[bool]], module: float, *, x: int, y: int) -> bool:
        end = int(len(matrix) * module)
        if y + end >= len(self.rows) or x + end >= len(self.rows[0]):
            return False
        return all(
            self.rows[int(y + (row + 0.5) * module)][int(x + (column + 0.5) * module)] == dark
            for row, line in enumerate(matrix)
            for column, dark in enumerate(line)
        )


def _in_lines(found: list[tuple[int, int, str]]) -> Iterator[tuple[tuple[int, int], str]]:
    """What stands side by side isn't always on the same dot."""
    line = 0
    for y, x, text in found:
        line = y if y - line > DOTS // 4 else line
        yield (line, x), text


def drawn(pdf: bytes) -> list[Drawn]:
    """Each page."""
    rest = _run("pdftoppm", "-r", str(DOTS), "-gray", "-", pdf=pdf)
    found = []
    black = bytes(int(value < 128) for value in range(256))
    while rest:
        head = re.match(rb"P5\s(\d+)\s(\d+)\s255\s", rest)
        assert head is not None
        wide, high = int(head[1]), int(head[2])
        body = rest[head.end() : head.end() + wide * high].translate(black)
        found.append(Drawn(tuple(body[at : at + wide] for at in range(0, len(body), wide))))
        rest = rest[head.end() + wide * high :]
    return found
