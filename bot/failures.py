"""Failures that an operator can mend: what happened and the remedy, in one sentence.

Only those that say by themselves what to do; all others are faults of ours.
"""

from __future__ import annotations

import errno
import sys

_SYSTEM = {
    errno.EADDRINUSE: "端口已被占用，请停掉占用它的程序，或用 KAOHE_HTTP_PORT 换一个端口。",
    errno.EADDRNOTAVAIL: "KAOHE_HTTP_HOST 不是这台机器的地址，请改正。",
    errno.ENOSPC: "磁盘已满，请清出空间后再启动。",
    errno.EDQUOT: "磁盘配额已用完，请清出空间后再启动。",
    errno.EROFS: "磁盘是只读的，请检查 KAOHE_DATA_DIR 所在的磁盘。",
}
_DATABASE = "数据库打不开或连不上，请检查 KAOHE_DATABASE_URL、数据库服务和磁盘空间，再启动一次。"


def sentence(error: Exception) -> str | None:
    """What to tell the operator about this failure; None if it does not explain itself."""
    if isinstance(error, OSError) and error.errno in _SYSTEM:
        return _SYSTEM[error.errno]
    # asked for only if somebody has loaded it: most verbs need no database
    database = sys.modules.get("sqlalchemy.exc")
    if database and type(error) in (
        database.DatabaseError,  # itself: SQLite's word for a file that is something else
        database.InterfaceError,
        database.OperationalError,
    ):
        return _DATABASE
    return None
