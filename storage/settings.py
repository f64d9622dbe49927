"""本中心规定 as the admin has set it: only what differs from its default has a row.

What a quarter has copied when it opened stands in its own row; see `storage.quarters`.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from rubric.settings import Plain
from storage.models import setting
from storage.prepared import Prepared

_ALL = Prepared(select(setting.c.key, setting.c.value))


def read_settings(connection: Connection) -> dict[str, Plain]:
    """Values by key, to be read through `rubric.settings`' `of`."""
    return {row.key: row.value for row in _ALL.all(connection, {})}
