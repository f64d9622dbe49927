"""The child process of `bot.rendering`, which does nothing but render documents.

A question is JSON; an answer's first byte is + before a document, - before the reason why there
is none. A reason names a class and a place in our code, never a text: documents hold what people
wrote.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import orjson

from bot.child import serve
from templates import documents


def main(memory: int, fonts: str = "") -> int:
    """`fonts`: the folder of a site's own, '' for none."""
    if fonts:
        from templates.typesetting import look_first_in  # costs nothing where there are none

        look_first_in(Path(fonts))
    return serve(_answer, memory=memory)


def _answer(question: bytes) -> bytes:
    try:
        return b"+" + documents.render(**orjson.loads(question))
    except Exception as error:
        return b"-" + _place(error).encode()


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {os.path.basename(frame.filename)}:{frame.lineno}"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *sys.argv[3:]))
