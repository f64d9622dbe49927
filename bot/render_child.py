"""The other side of `bot.rendering`: a process that does nothing but render documents.

It is fed through its stdin and answers on its stdout, one frame each; it opens no file of ours,
no connection and no database. At the end of its stdin it ends, so it never outlives its parent.

A frame is its length (4 bytes, big-endian) and that many bytes. A question is JSON; an answer's
first byte is + before a document, - before the reason why there is none. A reason names a class
and a place in our code, never a text: documents hold what people wrote.
"""

from __future__ import annotations

import os
import resource
import struct
import sys
import traceback
from typing import BinaryIO

import orjson

from templates import documents

LENGTH = struct.Struct(">I")
LONGEST = 64 * 1024 * 1024
_NICER = 10  # a press is answered while sheets are being made


def main(memory: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICER)
    questions = sys.stdin.buffer
    # whatever a library prints must not end up between two frames
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while (question := _read(questions)) is not None:
        try:
            answer = b"+" + documents.render(**orjson.loads(question))
        except Exception as error:
            answer = b"-" + _place(error).encode()
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()
    return 0


def _read(source: BinaryIO) -> bytes | None:
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return source.read(LENGTH.unpack(head)[0])


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {os.path.basename(frame.filename)}:{frame.lineno}"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
