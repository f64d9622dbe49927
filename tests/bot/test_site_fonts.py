"""A site's own fonts set the documents that are made as pages and pictures."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest

from bot.rendering import Renderer
from storage.db import Database

PDFFONTS = shutil.which("pdffonts")
POSTER = {
    "department": "市场监督管理局", "code": "ABCD-EFGH", "until": "2026年11月17日", "links": "{}",
}  # fmt: skip


async def poster(fonts: Path | None) -> bytes:
    renderer = Renderer(Database("sqlite://"), asyncio.to_thread, fonts=fonts)
    try:
        return await renderer.render("join_poster", POSTER)
    finally:
        await renderer.close()


def embedded(pdf: bytes, folder: Path) -> set[str]:
    """Names of the fonts in it, as another program reads them."""
    if PDFFONTS is None:
        pytest.skip("needs pdffonts")
    file = folder / "poster.pdf"
    file.write_bytes(pdf)
    run = subprocess.run([PDFFONTS, file], capture_output=True, check=True, text=True)
    return {
        line.split()[0].partition("+")[2].removesuffix("-Identity-H")
        for line in run.stdout.splitlines()[2:]
    }


async def test_the_first_font_by_name_sets_the_text(tmp_path: Path):
    own = tmp_path / "fonts" / "宋体"
    own.mkdir(parents=True)
    assert embedded(await poster(own.parent), tmp_path) == {"NotoSansSC-Regular"}
    (own / "a.ttf").write_bytes(b"no font")
    shutil.copy(pylopdf_fonts_zh_cn.serif_path(), own / "b.otf")
    shutil.copy(pylopdf_fonts_zh_cn.sans_path(), own / "c.otf")
    assert embedded(await poster(own.parent), tmp_path) == {"NotoSerifSC-Regular"}
    assert embedded(await poster(None), tmp_path) == {"NotoSansSC-Regular"}


def test_a_relative_folder_is_the_operators_not_the_childs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "own").mkdir()
    shutil.copy(pylopdf_fonts_zh_cn.serif_path(), tmp_path / "own" / "b.otf")
    monkeypatch.chdir(tmp_path)
    made = asyncio.run(poster(Path("own")))
    assert embedded(made, tmp_path) == {"NotoSerifSC-Regular"}
