"""The program with less time for what it waits for: `python -m tests.support.impatient VERB …`."""

from __future__ import annotations

import sys

from bot import __main__ as program
from bot import tick_verb

if __name__ == "__main__":
    tick_verb.PATIENCE = 3.0
    sys.exit(program.main(sys.argv[1:]))
