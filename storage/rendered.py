"""Documents that were rendered once: which blob holds which document with which arguments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from storage.attachments import keep_blob
from storage.db import insert_once
from storage.models import rendered

KEY_LENGTH: Final = 300


def key_of(document: str, arguments: Mapping[str, str | int]) -> str:
    """At most as long as its column: of long arguments the digest stands for them."""
    key = document + "".join(f"|{name}={arguments[name]}" for name in sorted(arguments))
    return key if len(key) <= KEY_LENGTH else f"{document}|{sha256(key.encode()).hexdigest()}"


def find(connection: Connection, key: str) -> str | None:
    return connection.execute(select(rendered.c.blob).where(rendered.c.key == key)).scalar()


def remember(connection: Connection, key: str, *, sha256: str, size: int, now: datetime) -> None:
    keep_blob(connection, sha256=sha256, size=size, now=now)
    insert_once(connection, rendered, key=("key",), values={"key": key, "blob": sha256, "at": now})
