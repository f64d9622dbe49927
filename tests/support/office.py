"""What an office program makes of a document: LibreOffice to PDF, poppler to text and pictures.

A run has its own profile and the fonts that the document names stand in by free ones, so that
the look depends on neither the machine's fonts nor on another run.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_SERIF = ("方正小标宋简体", "仿宋_GB2312", "宋体")
_SANS = ("黑体",)
_MATCH = (
    '<match target="pattern"><test name="family"><string>{0}</string></test>'
    '<edit name="family" mode="assign" binding="strong"><string>{1}</string></edit></match>'
)


def to_pdf(soffice: Path, content: bytes, folder: Path) -> Path:
    """The .docx as LibreOffice prints it."""
    source = folder / "sheet.docx"
    source.write_bytes(content)
    fonts = folder / "fonts.conf"
    aliases = [_MATCH.format(name, "Noto Serif CJK SC") for name in _SERIF]
    aliases += [_MATCH.format(name, "Noto Sans CJK SC") for name in _SANS]
    fonts.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"{''.join(aliases)}</fontconfig>",
        "utf-8",
    )
    subprocess.run(
        [
            soffice,
            f"-env:UserInstallation=file://{folder / 'profile'}",
            *("--headless", "--convert-to", "pdf", "--outdir", folder, source),
        ],
        env={**os.environ, "FONTCONFIG_FILE": str(fonts)},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return source.with_suffix(".pdf")


def page_texts(pdf: Path) -> list[str]:
    """The words of each page, without any blanks: a line break in a cell is no difference."""
    found = subprocess.run(
        ["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, timeout=60
    )
    pages = found.stdout.decode().split("\f")
    return ["".join(page.split()) for page in pages if page.strip()]


def pictures(pdftoppm: Path, pdf: Path) -> list[bytes]:
    """Each page as PNG, 100 dots an inch."""
    subprocess.run(
        [pdftoppm, "-r", "100", "-png", pdf, pdf.with_suffix("")], check=True, timeout=60
    )
    return [page.read_bytes() for page in sorted(pdf.parent.glob(f"{pdf.stem}-*.png"))]
