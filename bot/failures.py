"""Failures that an operator can mend: what happened and the remedy, in one sentence.

Only those that say by themselves what to do; all others are faults of ours.
"""

from __future__ import annotations

import errno
import sqlite3
import sys
from typing import Final

_SYSTEM: Final = {
    errno.EADDRINUSE: "端口已被占用，请停掉占用它的程序，或用 KAOHE_HTTP_PORT 换一个端口。",
    errno.EADDRNOTAVAIL: "KAOHE_HTTP_HOST 不是这台机器的地址，请改正。",
    errno.ENOSPC: "磁盘已满，请清出空间后再启动。",
    errno.EDQUOT: "磁盘配额已用完，请清出空间后再启动。",
    errno.EROFS: "磁盘是只读的，请检查 KAOHE_DATA_DIR 所在的磁盘。",
    errno.EIO: "磁盘读写出错，请检查 KAOHE_DATA_DIR 所在的磁盘，必要时从备份恢复。",
    errno.EMFILE: "打开的文件太多，请放宽系统限制（ulimit -n）后再启动。",
}
_DENIED: Final = (errno.EACCES, errno.EPERM)
_DATABASE: Final = (
    "数据库打不开或连不上，请检查 KAOHE_DATABASE_URL、数据库服务和磁盘空间，再启动一次。"
)
_NEWER: Final = "数据库由更新版本的程序写成，请安装新版本后再试。"
_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: (
        "数据库正忙，没有做成，请稍后再试一次；总是这样的，请停掉占用它的程序（如备份、查看工具）。"
    ),
    sqlite3.SQLITE_READONLY: "数据库文件不能写，请改正它的所有者和权限，再启动一次。",
    sqlite3.SQLITE_FULL: "磁盘已满，数据库写不进去，请清出空间后再启动。",
    sqlite3.SQLITE_CORRUPT: "数据库文件已损坏，请保留它，从备份恢复后再启动。",
    sqlite3.SQLITE_NOTADB: "KAOHE_DATABASE_URL 指向的文件不是数据库，请核对路径。",
    sqlite3.SQLITE_CANTOPEN: "数据库文件打不开，请检查 KAOHE_DATABASE_URL 的路径和目录权限。",
    sqlite3.SQLITE_IOERR: "数据库所在的磁盘读写出错，请检查磁盘，不要放在网络共享目录里。",
}
# what PostgreSQL or its library says, in the server's language or in English, by a fragment
_POSTGRES: Final = (
    (("28P01", "password authentication failed", "no password supplied"), "的账号或密码不对"),
    (("28000", "no pg_hba.conf entry"), "的服务器不许这台机器或这个账号登录"),
    (("3D000", "does not exist"), "里的库或账号不存在，请先建好，或核对名称"),
    (("Connection refused", "No such file"), "的服务器没有在运行，或地址、端口不对"),
    (("resolve host", "Name or service", "nodename"), "的主机名解析不了"),
    (("timeout expired", "timed out"), "的服务器没有回应，请检查网络和防火墙"),
    (("53300", "too many clients", "remaining connection slots"), "的服务器连接数已满"),
    (("57P03", "starting up", "shutting down", "recovery"), "的服务器正在启动或停止，请稍候"),
    (("42501", "permission denied"), "的账号没有建表的权限，请数据库管理员授权"),
    (("certificate", "SSL"), "的加密连接没有建成，请核对证书和 sslmode"),
)


class Mendable(Exception):
    """A failure of a start whose text is the sentence."""


def sentence(error: BaseException) -> str | None:
    """What to tell the operator about this failure; None if it does not explain itself."""
    if isinstance(error, Mendable):
        return str(error)
    if isinstance(error, OSError) and error.errno in _SYSTEM:
        return _SYSTEM[error.errno]
    if isinstance(error, PermissionError) and error.errno in _DENIED and error.filename:
        return f"{error.filename} 没有读写权限，请改正它的所有者和权限，再启动一次。"
    if type(error).__name__ == "NewerSchema":  # most verbs need no database
        return _NEWER
    return _of_database(error)


def _of_database(error: BaseException) -> str | None:
    # asked for only if somebody has loaded it
    database = sys.modules.get("sqlalchemy.exc")
    if database is None or not isinstance(error, database.DBAPIError):
        return None
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _SQLITE:  # the rest of it says more than is needed
        return _SQLITE[code & 0xFF]
    said = f"{getattr(error.orig, 'sqlstate', '')} {error.orig}"
    for fragments, what in _POSTGRES:
        if code is None and any(fragment in said for fragment in fragments):
            return f"KAOHE_DATABASE_URL {what}，处理后再启动一次。"
    if type(error) in (
        database.DatabaseError,  # itself: SQLite's word for a file that is something else
        database.InterfaceError,
        database.OperationalError,
    ):
        return _DATABASE
    return None
