"""Programs that some tests need and a machine may not have.

A missing one skips the test with its remedy; where CI=true it fails the run instead, since there
a skip would be a silent hole.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def miss(what: str, *, remedy: str) -> NoReturn:
    reason = f"{what} is missing: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def chromium() -> Path:
    return _program("Chromium", ("chromium", "chromium-browser", "google-chrome"), "chromium")


def soffice() -> Path:
    packages = "libreoffice-writer-nogui libreoffice-calc-nogui"
    return _program("LibreOffice", ("soffice", "libreoffice"), packages)


def pdftoppm() -> Path:
    return _program("pdftoppm", ("pdftoppm",), "poppler-utils")


def postgres_programs() -> Path:
    """The folder of initdb and postgres; Debian keeps both out of PATH."""
    found = [Path(path).parent for path in [shutil.which("initdb")] if path]
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    found += sorted(versions, key=lambda path: float(path.parent.name), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return miss("PostgreSQL", remedy="apt install postgresql")


def _program(what: str, names: tuple[str, ...], package: str) -> Path:
    for name in names:
        if path := shutil.which(name):
            return Path(path)
    return miss(what, remedy=f"apt install {package}")
