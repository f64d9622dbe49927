"""Pages and pictures set by typst, with the Chinese fonts that come as a package.

Nothing of the machine enters: no system font, no other file, no date but those handed in, so the
same words give the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

import pylopdf_fonts_zh_cn
import typst

_SOURCES: Final = Path(__file__).parent / "documents"
_STAMP: Final = datetime(2023, 6, 9, tzinfo=UTC)


def typeset(
    source: str, given: Mapping[str, str], *, form: Literal["png", "pdf"], ppi: float = 144
) -> bytes:
    """One page of `documents/<source>.typ`, which finds `given` in `sys.inputs`."""
    compiler = typst.Compiler(
        (_SOURCES / f"{source}.typ").read_bytes(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=dict(given),
    )
    made = compiler.compile(format=form, ppi=ppi, timestamp=_STAMP)
    if not isinstance(made, bytes):
        raise ValueError(f"{source} is not one page")
    return made


@cache
def _fonts() -> typst.Fonts:
    folder = pylopdf_fonts_zh_cn.sans_path().parent
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )
