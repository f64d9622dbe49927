"""Pages and pictures set by typst, with the Chinese fonts that come as a package.

Nothing of the machine enters: no system font, no other file, no date but those handed in, so the
same words give the same bytes everywhere. A site's own fonts stand in front of ours where the
process was told of their folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

import pylopdf_fonts_zh_cn
import typst

_SOURCES: Final = Path(__file__).parent / "documents"
_PACKAGE: Final = pylopdf_fonts_zh_cn.sans_path().parent
OURS: Final = "Noto Sans SC"
_SITE: Final[list[Path]] = []
_STAMP: Final = datetime(2023, 6, 9, tzinfo=UTC)


def typeset(
    source: str, given: Mapping[str, str], *, form: Literal["png", "pdf"], ppi: float = 144
) -> bytes:
    """One page of `documents/<source>.typ`, which finds `given` in `sys.inputs`, and the families
    to set it in as `faces`."""
    compiler = typst.Compiler(
        (_SOURCES / f"{source}.typ").read_bytes(),
        font_paths=_fonts(*_SITE, _PACKAGE),
        ignore_system_fonts=True,
        sys_inputs={"faces": json.dumps([*site_faces(), OURS]), **given},
    )
    made = compiler.compile(format=form, ppi=ppi, timestamp=_STAMP)
    if not isinstance(made, bytes):
        raise ValueError(f"{source} is not one page")
    return made


def look_first_in(folder: Path) -> None:
    """From now on, in this process, a site's own fonts are taken before ours."""
    _SITE[:] = [folder]
    site_fonts.cache_clear()


def fonts_in(folder: Path) -> list[typst.FontInfo]:
    """Those that can be used, in the order of their files' names: the first one sets the text, the
    others what it lacks."""
    found = _load(folder).fonts()
    return sorted(found, key=lambda each: (each.path or "", each.index))


@cache
def site_fonts() -> list[typst.FontInfo]:
    return [font for folder in _SITE for font in fonts_in(folder)]


def site_faces() -> list[str]:
    """The families of a site's own fonts."""
    return list(dict.fromkeys(font.family for font in site_fonts()))


@cache
def _fonts(*folders: Path) -> typst.Fonts:
    return _load(*folders)


def _load(*folders: Path) -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders)
    )
