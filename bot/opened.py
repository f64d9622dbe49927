"""The installation's database for a verb that works on what is there: never made, never changed
in its form. Says in one sentence what is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.config import Config
from storage import schema
from storage.db import Database

_NONE = "还没有数据库，请先运行 kaohe init，或检查 KAOHE_DATA_DIR 和 KAOHE_DATABASE_URL。"
_OLDER = "数据库还是旧版本的，请先用 kaohe run 启动一次，再运行这条命令。"
_NEWER = "数据库由更新版本的程序写成，请安装新版本后再试。"


class NotReady(Exception):
    """The text is what the operator reads."""


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """Raises NotReady."""
    database = Database(config.database_url.reveal())
    try:
        if database.sqlite and not Path(database.url.database or "").is_file():
            raise NotReady(_NONE)
        with database.read() as connection:
            found = schema.current(connection)
        if found is None:
            raise NotReady(_NONE)
        if found != schema.head():
            raise NotReady(_OLDER if found < schema.head() else _NEWER)
        yield database
    finally:
        database.close()
