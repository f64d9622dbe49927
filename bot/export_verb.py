"""`kaohe export`: what was published of a quarter, as files: the same bytes as in the chat.

What the chat has had rendered is taken from the store, what it has not is rendered as the chat
would have it, in a child process. All is made before anything is written, and a file that is
there already with other bytes is not touched unless that is asked for.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.config import Config
from bot.opened import NotReady, opened
from bot.rendering import Renderer, RenderError
from handlers import broadcast
from handlers.broadcast import Source
from handlers.messages import DocumentRef
from rubric import report as reports
from rubric.extent import published_extent
from rubric.quarter import Quarter
from rubric.report import Report
from storage import publications, rendered
from storage.blobs import Blobs
from storage.db import Database
from templates import documents, words

SHEETS, SUMMARY, CHARTS = "sheets", "summary", "charts"
KINDS = (SHEETS, SUMMARY, CHARTS)


class NothingToExport(Exception):
    """The text is what the operator reads."""


def export(config: Config, kind: str, *, quarter: Quarter, out: Path, overwrite: bool) -> int:
    """The exit code; everything is said on the way."""
    try:
        with opened(config) as database:
            refs = _published(database, kind, quarter)
            blobs = Blobs(config.data_dir / "files")
            made = asyncio.run(_made(database, blobs, refs, fonts=config.font_dir))
        written = _write(out, made, overwrite=overwrite)
    except (NotReady, NothingToExport) as error:
        return _failed(str(error))
    except RenderError as error:
        return _failed(f"没能生成文件（{error}），请再试一次，仍不行请转给维护人员。")
    except OSError as error:
        return _failed(f"写不进 {out}（{error.strerror}），请检查路径、权限和磁盘空间。")
    same = len(made) - len(written)
    print(f"已写 {len(written)} 个文件到 {out}" + (f"，另有 {same} 个已在且相同" if same else ""))
    for name in written:
        print(f"  {name}")
    return 0


def _published(database: Database, kind: str, quarter: Quarter) -> list[DocumentRef]:
    """What there is to write. Raises NothingToExport."""
    with database.read() as connection:
        found = publications.find(connection, quarter.code)
    if found is None:
        name = words.quarter(quarter.code)
        raise NothingToExport(f"{name}还没有发布，请先在聊天中发布，再导出。")
    refs = _refs(kind, reports.from_json(found.report), ("publication", found.id))
    if not refs:
        raise NothingToExport("没有参评部门，没有可导出的评分表，请核对季度。")
    if any(ref.document not in documents.names() for ref in refs):
        raise NothingToExport("这个版本的程序还不会生成这种文件，请升级后再试。")
    return refs


def _refs(kind: str, report: Report, source: Source) -> list[DocumentRef]:
    if kind == SUMMARY:
        return [broadcast.summary_ref(source, report)]
    if kind == CHARTS:
        return [broadcast.picture_ref(report, source, published_extent(report))]
    return [broadcast.sheet_ref(source, report, each) for each in report.departments if each.rows]


async def _made(
    database: Database, blobs: Blobs, refs: Sequence[DocumentRef], *, fonts: Path | None
) -> list[tuple[str, bytes]]:
    """Name and bytes of each. Raises RenderError."""
    renderer = Renderer(database, asyncio.to_thread, fonts=fonts)
    try:
        return [(ref.name, await _content(database, blobs, renderer, ref)) for ref in refs]
    finally:
        await renderer.close()


async def _content(
    database: Database, blobs: Blobs, renderer: Renderer, ref: DocumentRef
) -> bytes:
    arguments = dict(ref.arguments)

    def kept() -> bytes | None:
        with database.read() as connection:
            blob = rendered.find(connection, rendered.key_of(ref.document, arguments))
        return blobs.path(blob).read_bytes() if blob and blobs.has(blob) else None

    return await asyncio.to_thread(kept) or await renderer.render(ref.document, arguments)


def _write(out: Path, made: Sequence[tuple[str, bytes]], *, overwrite: bool) -> list[str]:
    """Names of those that were written. Raises NothingToExport, OSError."""
    out.mkdir(parents=True, exist_ok=True)
    there = {name for name, _ in made if (out / name).exists()}
    same = {name for name, content in made if name in there and _holds(out / name, content)}
    if there - same and not overwrite:
        names = "、".join(sorted(there - same))
        raise NothingToExport(
            f"{out} 中已有内容不同的同名文件：{names}；什么也没有写。"
            "请换一个目录，或加 --overwrite 覆盖。"
        )
    wanted = [(name, content) for name, content in made if name not in same]
    for name, content in wanted:
        draft = out / f".{secrets.token_hex(8)}"
        try:
            draft.write_bytes(content)
            os.replace(draft, out / name)
        finally:
            draft.unlink(missing_ok=True)
    return [name for name, _ in wanted]


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
