"""Set-up on a machine that lacks something: one sentence with the remedy, nothing half made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `make` reads, in a folder with a space in its name."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, folder)
    return folder


def interpreter(folder: Path, script: str) -> Path:
    """A stand-in for Python that answers the Makefile's questions as `script` says."""
    path = folder.parent / "fake python"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path


def make(folder: Path, target: str, python: Path | str) -> tuple[int, list[str], list[str]]:
    """Exit code, complaints but make's own, and what lies in the folder that did not before."""
    done = subprocess.run(
        ["make", target, f"PYTHON={python}"],
        cwd=folder,
        # the tests themselves may run under make: its flags are not for this one
        env={key: text for key, text in os.environ.items() if not key.startswith("MAKE")},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    left = {path.name for path in folder.iterdir()}
    known = {"Makefile", "requirements.lock", "requirements-dev.lock"}
    return done.returncode, complaints, sorted(left - known)


TOO_OLD = (
    "需要 Python 3.11 或更高版本：请先安装（如 apt install python3 python3-venv），"
    "或指明解释器，如 make demo PYTHON=python3.12。"
)
NO_VENV = (
    "这个 Python 缺少 venv 模块，无法建立运行环境："
    "请先安装（如 apt install python3-venv），再运行一次。"
)


@pytest.mark.parametrize("target", ["demo", "run", "test", "check", "bench"])
def test_a_python_without_venv(checkout, target):
    python = interpreter(
        checkout, 'case "$2" in *ensurepip*) exit 1;; esac\nexec "' + sys.executable + '" "$@"'
    )
    assert make(checkout, target, python) == (2, [NO_VENV], [])


def test_a_python_that_is_too_old(checkout):
    python = interpreter(checkout, "exit 1")
    assert make(checkout, "demo", python) == (2, [TOO_OLD], [])


def test_no_python_at_all(checkout):
    assert make(checkout, "demo", "no-such-python") == (2, [TOO_OLD], [])


def test_packages_that_cannot_be_installed(checkout):
    """pip fails; no stamp is left, so that the next `make` tries again."""
    python = interpreter(
        checkout,
        'if [ "$2" = venv ]; then mkdir -p .venv/bin; '
        'printf "#!/bin/sh\\nexit 1" > .venv/bin/python; chmod +x .venv/bin/python; fi',
    )
    code, complaints, left = make(checkout, "demo", python)
    assert (code, complaints, left) == (
        2,
        [
            "软件包没有装成：请检查网络和 pip 的软件源设置（pip config list），再运行一次。",
        ],
        [".venv"],
    )
    assert sorted(path.name for path in (checkout / ".venv").iterdir()) == [".made", "bin"]
