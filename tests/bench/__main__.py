"""`make bench`, or `python -m tests.bench [cpu] [wecom] [throughput] [memory] ...`.

Ends with 1 if a bound is missed. Runs on a quiet machine only say something; CI does not run it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.bench.measures import MEASURES, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("measure", nargs="*", help=f"of {', '.join(MEASURES)}; default: all")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    unknown = set(options.measure) - set(MEASURES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    results = asyncio.run(run(options.measure or list(MEASURES), rounds=options.rounds))
    return 0 if all(result.held for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
