"""The database and what lies in it: reachable, sound, complete; what waits in it, and how long."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot import failures
from bot.doctor.findings import Finding, Site, bad, good, note
from bot.opened import NotReady, opened
from bot.presence import dead_here
from storage import inspection, outbox, outbox_age
from storage.blobs import Blobs
from storage.db import Database
from storage.quiet import minute_of
from templates import words

SAMPLE: Final = 200
SAMPLE_SECONDS: Final = 5.0
CHECK_SECONDS: Final = 5.0
APART: Final = 60.0  # seconds between two clocks
_SAFE: Final = {"journal_mode": "wal", "synchronous": "2"}
_WAITS: Final = 5  # minutes
_OLDEST: Final = 12  # version of PostgreSQL
_PIECE: Final = 1024 * 1024


def examine(site: Site) -> list[Finding]:
    """Runs on a thread of its own; leaves `site.database` open if it can be used."""
    try:
        with opened(site.config) as database:
            found = list(_sqlite(database) if database.sqlite else _postgres(site, database))
            _writable(database)
    except NotReady as error:
        return [bad("数据库", str(error))]
    except SQLAlchemyError as error:
        said = failures.sentence(error) or f"打不开（{type(error).__name__}）。"
        return [bad("数据库", said)]
    site.database = Database(site.config.database_url.reveal())
    return found


def _writable(database: Database) -> None:
    """The writer's lock can be had: another that holds it for long would keep everybody out."""
    with database.begin():
        pass


def _sqlite(database: Database) -> Iterator[Finding]:
    path = Path(database.url.database or "")
    with database.read() as connection:
        modes = {
            name: inspection.pragma(connection, name) for name in ("journal_mode", "synchronous")
        }
        fault = inspection.quick_check(connection, seconds=CHECK_SECONDS)
    size = path.stat().st_size / 1024**2
    said = f"SQLite，{size:.1f} MiB，版本与程序一致"
    if modes != _SAFE:
        yield bad("数据库", f"{path} 所在的磁盘不支持安全写入（WAL），不要放在网络共享目录里。")
    elif fault:
        yield bad("数据库", f"{path} 已损坏（{fault[:80]}），请停下程序，从备份恢复。")
    elif fault is None:
        yield good("数据库", f"{said}，{CHECK_SECONDS:.0f} 秒内没有查完，查过的部分没有损坏")
    else:
        yield good("数据库", f"{said}，没有损坏")


def _postgres(site: Site, database: Database) -> Iterator[Finding]:
    with database.read() as connection:
        names = ("server_version", "fsync", "full_page_writes", "synchronous_commit", "TimeZone")
        values = {name: inspection.server_setting(connection, name) for name in names}
        theirs = inspection.server_time(connection)
    apart = abs((site.clock.wall() - theirs).total_seconds())
    version = values["server_version"]
    said = f"PostgreSQL {version}，版本与程序一致，时区 {values['TimeZone']}"
    if values["fsync"] != "on" or values["full_page_writes"] != "on":
        yield bad("数据库", f"{said}，fsync 或 full_page_writes 关着，断电会坏库，请打开。")
    elif values["synchronous_commit"] == "off":
        yield bad("数据库", f"{said}，synchronous_commit 关着，断电会丢数据，请打开。")
    elif int(version.split(".")[0]) < _OLDEST:
        yield note("数据库", f"{said}，太旧，请升级到 {_OLDEST} 以上。")
    else:
        yield good("数据库", said)
    if apart > APART:
        yield bad("系统时间", f"与数据库服务器相差 {apart:.0f} 秒，请对两边的时间（NTP）。")


# ---------------------------------------------------------------- what lies in it


def examine_files(site: Site, connection: Connection) -> Iterator[Finding]:
    """A sample: that the files are there and hold what their names say."""
    sample = inspection.some_blobs(connection, SAMPLE)
    if not sample:
        yield good("附件文件", "还没有")
        return
    blobs = Blobs(site.files)
    end = time.monotonic() + SAMPLE_SECONDS
    missing = [name for name, _ in sample if not blobs.has(name)]
    checked, spoilt = 0, 0
    for name, size in sample:
        if time.monotonic() > end:
            break
        if name not in missing:
            checked += 1
            spoilt += not _is_whole(blobs.path(name), name, size)
    if missing or spoilt:
        said = f"抽查 {len(sample)} 个，缺 {len(missing)} 个，损坏 {spoilt} 个，请从备份补回"
        yield bad("附件文件", f"{said} {site.files}。")
    else:
        yield good("附件文件", f"抽查 {len(sample)} 个都在，核对内容 {checked} 个，没有损坏")


def _is_whole(path: Path, name: str, size: int) -> bool:
    digest, found = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            found += len(piece)
    return found == size and digest.hexdigest() == name


def examine_outbox(site: Site, connection: Connection) -> Iterator[Finding]:
    counts = outbox.counts(connection)
    now = site.clock.now()
    oldest, _ = outbox_age.look(
        connection, channels=site.config.channels(), now=now, minute=minute_of(now)
    )
    said = "，".join(
        f"{words} {counts.get(state, 0)}"
        for state, words in (("queued", "待发"), ("failed", "未送达"), ("unknown", "不确定"))
    )
    minutes = _minutes(oldest[1] if oldest else None, now)
    if minutes >= _WAITS:
        remedy = "请看渠道一行；程序没有在运行的，请启动它"
        yield bad("消息", f"{said}；最早的已等 {minutes} 分钟，{remedy}。")
    elif counts.get("failed") or counts.get("unknown"):
        yield note("消息", f"{said}，请用 kaohe outbox list 查看原因。")
    else:
        yield good("消息", said)


def _minutes(since: datetime | None, now: datetime) -> int:
    return int((now - since).total_seconds() // 60) if since is not None else 0


def examine_parked(site: Site, connection: Connection) -> Iterator[Finding]:
    found = inspection.parked(connection)
    if found.last is None:
        yield good("收到的消息", "都处理了")
        return
    when = found.last.astimezone(site.config.timezone)
    said = f"有 {found.number} 条没能处理，最近一条 {when:%Y-%m-%d %H:%M}（{found.problem}）"
    yield note("收到的消息", f"{said}，请把日志中当时的一行转给维护人员。")


def examine_processes(site: Site, connection: Connection) -> Iterator[Finding]:
    living = [
        (name, holder)
        for name, holder in inspection.holders(connection, now=site.clock.wall())
        if not dead_here(holder, "")
    ]
    workers = [holder.rpartition("/")[0] for name, holder in living if name.startswith("worker:")]
    listening = [
        f"{words.channel(name.removeprefix('channel:'))} 由 {holder.rpartition('/')[0]} 接收"
        for name, holder in living
        if name.startswith("channel:")
    ]
    if workers:
        yield good("运行中", "，".join([*workers, *listening]))
    else:
        yield note("运行中", "程序没有在运行，请用 kaohe run 或 systemctl start kaohe 启动。")
