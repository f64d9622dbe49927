"""The other side of `bot.children`: what runs in a child process, and how much of anything it may
take.

It is fed through its stdin and answers on its stdout, one frame each; it opens no file of ours,
no connection and no database. At the end of its stdin it ends, so it never outlives its parent.
A frame is its length (4 bytes, big-endian) and that many bytes.
"""

from __future__ import annotations

import os
import resource
import struct
import sys
from collections.abc import Callable
from typing import BinaryIO

LENGTH = struct.Struct(">I")
LONGEST = 64 * 1024 * 1024
_NICER = 10  # a press is answered while sheets are being made


def serve(answer: Callable[[bytes], bytes], *, memory: int, processor: int = 0) -> int:
    """Answer until the parent hangs up. `memory` in bytes, `processor` in seconds, 0 for any."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if processor:
        resource.setrlimit(resource.RLIMIT_CPU, (processor, processor))
    os.nice(_NICER)
    questions = sys.stdin.buffer
    # whatever a library prints must not end up between two frames
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while (question := _read(questions)) is not None:
        frame = answer(question)
        answers.write(LENGTH.pack(len(frame)) + frame)
        answers.flush()
    return 0


def _read(source: BinaryIO) -> bytes | None:
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return source.read(LENGTH.unpack(head)[0])
