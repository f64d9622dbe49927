"""The command line as a person runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def kaohe(*arguments: str, cwd: Path = ROOT, **variables: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the real program."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("KAOHE_")}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=cwd,
        env=environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
