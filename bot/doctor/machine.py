"""The machine: folder, disk, key, Python, port, and the process that makes documents."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from bot.doctor.findings import Finding, Site, bad, good, note
from bot.rendering import Renderer, RenderError
from storage.blobs import RESERVE
from storage.db import Database

SYNCS: Final = 200
SYNC_SECONDS: Final = 5.0
TOO_FAST, TOO_SLOW = 0.05, 50.0  # milliseconds
_PYTHON: Final = (3, 11, 8)
_KEY_BYTES: Final = 32
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_GIB: Final = 1024**3


async def examine_folder(site: Site) -> list[Finding]:
    return await asyncio.to_thread(lambda: list(_folder(site.config.data_dir)))


def _folder(path: Path) -> Iterator[Finding]:
    what = "数据目录"
    if not path.is_dir():
        yield bad(what, f"还没有 {path}，请先运行 kaohe init，或检查 KAOHE_DATA_DIR。")
        return
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield bad(what, f"{path} 不能读写，请换用它的账号运行，或改正权限。")
        return
    if path.stat().st_mode & _OTHERS:
        yield note(what, f"{path} 对本机其他账号开放，请执行 chmod 700 {path}")
    else:
        yield good(what, f"{path}，只有本账号能读写")
    yield _space(path)
    yield _syncs(path)
    yield _key(path)


def _space(path: Path) -> Finding:
    disk = os.statvfs(path)
    free, total = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    said = f"可用 {free / _GIB:.1f} GiB"
    if free < min(RESERVE, total // 20):
        return bad("磁盘空间", f"{said}，太少，已不收附件，请清理。")
    if free < RESERVE:
        return note("磁盘空间", f"{said}，不到 1 GiB，请尽快清理。")
    return good("磁盘空间", said)


def _syncs(path: Path) -> Finding:
    """How long the disk takes to say that something is on it."""
    what, done = "写盘速度", 0
    began = time.perf_counter()
    try:
        with TemporaryFile(dir=path, buffering=0) as file:
            while done < SYNCS and time.perf_counter() - began < SYNC_SECONDS:
                file.write(b"kaohe doctor")
                os.fsync(file.fileno())
                done += 1
    except OSError as error:
        return bad(what, f"写不进数据目录（{error.strerror}），请检查磁盘和权限。")
    each = (time.perf_counter() - began) * 1000 / done
    said = f"每次落盘 {each:.2f} 毫秒"
    if each < TOO_FAST:
        return note(what, f"{said}，快得可疑：磁盘可能没有真正写下，断电会丢数据，请关掉写缓存。")
    if each > TOO_SLOW:
        return note(what, f"{said}，偏慢，多人同时使用时会等，请换快一些的磁盘。")
    return good(what, said)


def _key(folder: Path) -> Finding:
    what, path = "密钥文件", folder / "secret.key"
    try:
        mode, size = path.stat().st_mode, len(path.read_bytes())
    except FileNotFoundError:
        return note(what, f"还没有 {path}，首次启动时生成；原来有的请从备份放回，否则邀请码失效。")
    except OSError:
        return bad(what, f"{path} 读不出来，请改正它的所有者和权限（600）。")
    if size < _KEY_BYTES:
        return bad(what, f"{path} 不完整，请从备份放回。")
    if mode & _OTHERS:
        return note(what, f"{path} 本机其他账号也能读，请执行 chmod 600 {path}")
    return good(what, "在，只有本账号能读")


async def examine_program(_site: Site) -> list[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    said = f"Python {python}，SQLite {sqlite3.sqlite_version}"
    if sys.version_info[:3] < _PYTHON:
        return [note("版本", f"{said}；建议升级到 Python 3.11.8 以上，其中修补了压缩文件的漏洞。")]
    return [good("版本", said)]


async def examine_port(site: Site) -> list[Finding]:
    what, http = "端口", site.config.http
    if site.serving:
        return [good(what, f"{http.host}:{http.port} 由本程序使用")]
    if http.port == 0:
        return [note(what, "由系统随意分配，反向代理找不到它，请设置 KAOHE_HTTP_PORT。")]
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    with socket.socket(family) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((http.host, http.port))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            remedy = "请停掉占用它的程序，或改 KAOHE_HTTP_HOST、KAOHE_HTTP_PORT。"
            return [bad(what, f"{http.host}:{http.port} 用不了（{reason}），{remedy}")]
    return [good(what, f"{http.host}:{http.port} 空着，程序没有在运行")]


async def examine_documents(site: Site) -> list[Finding]:
    """One line is set in the very process that makes all documents, with the fonts it has."""
    what = "生成文件"
    fonts = site.config.font_dir
    renderer = Renderer(Database("sqlite://"), asyncio.to_thread, fonts=fonts)
    arguments = {"title": "检查", "unit": "", "date": "", "body": "一行文字", "table": ""}
    try:
        made = await renderer.render("demo_paper", arguments)
    except RenderError as error:
        return [bad(what, f"生成不了（{error.cause}），请检查内存，必要时重新安装程序。")]
    finally:
        await renderer.close()
    if not made.startswith(b"%PDF"):
        return [bad(what, "生成的文件打不开，请重新安装程序。")]
    return [good(what, "正常，字体齐全"), *_fonts(site)]


def _fonts(site: Site) -> Iterator[Finding]:
    folder = site.config.font_dir
    if folder is None:
        return
    from templates.typesetting import fonts_in

    found = fonts_in(folder)
    if found:
        face = found[0].family
        yield good("字体目录", f"{folder} 有 {len(found)} 个字体，图片和PDF先用“{face}”")
    else:
        yield note("字体目录", f"{folder} 里没有字体（ttf、otf、ttc），请核对 KAOHE_FONT_DIR。")
