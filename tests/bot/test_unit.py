"""The systemd unit that comes with the program: what it promises about the program holds."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot import app, health
from bot.config import examine

UNIT = Path(app.__file__).parent / "systemd" / "kaohe.service"


def settings() -> dict[str, str]:
    lines = [line for line in UNIT.read_text().splitlines() if "=" in line and line[0] != "#"]
    return dict(line.split("=", 1) for line in lines)


def test_it_waits_longer_than_the_program_needs():
    given = settings()
    assert (given["Type"], given["Restart"], given["KillMode"]) == ("notify", "always", "mixed")
    assert given["ExecStart"].endswith("/python -m bot run")
    assert int(given["TimeoutStopSec"]) > app.PATIENCE + 2 * 3
    # a part is called stuck before the supervisor would lose its patience with the loop twice
    assert int(given["WatchdogSec"]) * 2 <= health.STUCK


def test_the_files_of_secrets_that_it_names_are_read():
    """Those of WeCom, all of which come together, are all there."""
    text = UNIT.read_text()
    offered = re.findall(r"^#LoadCredential=([a-z-]+):/etc/kaohe/\1$", text, re.MULTILINE)
    named = re.findall(r"^#Environment=(KAOHE_[A-Z_]+)_FILE=%d/([a-z-]+)$", text, re.MULTILINE)
    assert [f"KAOHE_{each.upper().replace('-', '_')}" for each in offered] == [
        name for name, _ in named
    ]
    assert offered == [credential for _, credential in named]
    known = {name.removesuffix("_FILE") for name in examine({}).given if name.endswith("_FILE")}
    assert {name for name, _ in named} == {each for each in known if "_WECOM_" in each} | {
        "KAOHE_TELEGRAM_TOKEN"
    }


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_understands_every_line(tmp_path: Path):
    # what is not installed on this machine is no fault of the unit's
    text = UNIT.read_text().replace("/opt/kaohe/.venv/bin/python", "/usr/bin/env")
    unit = tmp_path / "kaohe.service"
    unit.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "kaohe" in line and "nit " not in line]
    assert [line for line in ours if "postgresql" not in line] == []
