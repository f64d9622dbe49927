"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder.

It listens on a socket in that folder only, so that nothing outside can meet it and no port can be
taken. fsync stays on: fault tests stop it hard and look at what was promised to be on disk.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

from tests.support.needs import postgres_programs

_START_SECONDS = 60


class PostgresServer:
    """Used as a context manager; `stop_hard` and `start` may be called in between."""

    def __init__(self) -> None:
        self._programs = postgres_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="kaohe-pg-"))
        self._data = self._folder / "data"
        self._owner = _unprivileged(self._folder)
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        subprocess.run(
            [
                self._programs / "initdb",
                *("-D", self._data, "-U", "kaohe", "-A", "trust", "-E", "UTF8"),
                *("--locale=C", "--no-sync"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            **self._owner,
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Returns once the server answers; after `stop_hard` it has recovered by then."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "max_connections": "200",
            "shared_buffers": "32MB",
            "fsync": "on",
        }
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        with (self._folder / "log").open("ab") as output:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C for the tests is not one for the server
                **self._owner,
            )
        self._wait_until_it_answers(self._process)

    def stop_hard(self) -> None:
        """As `pg_ctl stop -m immediate`: no checkpoint, every connection cut off."""
        self._end(signal.SIGQUIT)

    def database(self) -> str:
        """A new empty database's URL."""
        name = f"test_{next(self._numbers)}"
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"postgresql+psycopg://kaohe@/{name}?host={self._folder}"

    def drop(self, url: str) -> None:
        """Cuts off whoever is still connected to it."""
        name = url.split("?")[0].rsplit("/", 1)[1]
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=str(self._folder), user="kaohe", dbname="postgres", autocommit=True
        )

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    log = (self._folder / "log").read_text("utf-8", "replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
                time.sleep(0.05)
            else:
                return

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=_START_SECONDS)
            self._process = None


def _unprivileged(folder: Path) -> dict[str, Any]:
    """How to start a child as somebody who is not root, as PostgreSQL demands."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            owner = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        return {
            "user": owner.pw_uid,
            "group": owner.pw_gid,
            "extra_groups": (),
            "cwd": folder,
            "umask": 0o077,
        }
    raise RuntimeError("running as root, and there is neither a user postgres nor nobody")
