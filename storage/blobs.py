"""Files by hash: what stands under a final name is whole and is what its name says.

Bytes go to a file in `tmp/`, are synced, and only then get their name by a rename, which is synced
too; so a name seen once is still there after a power cut, and a kill leaves nothing but a file in
`tmp/`. A writer holds a lock on it, by which `sweep` tells a dead writer's file from a live one's,
also that of another process on the same folder. Nobody but the program's own user may read them.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ClassVar

from rubric.errors import UserError

RESERVE = 1024**3  # bytes left to the database and the system before files are refused
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ASIDE = ".gone"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LOOK_AFTER = 8 * 1024**2  # bytes written between two looks at the free space


@dataclass(eq=False)
class DiskFull(UserError):
    """No file is taken in until there is space again; texts still are."""

    code: ClassVar[str] = "file.disk_full"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is on disk for good. `size` in bytes."""

    sha256: str
    size: int


class Writer:
    """One file on its way in. Nothing of it is left unless `keep` has returned."""

    def __init__(self, blobs: Blobs, path: Path, file: BinaryIO) -> None:
        self._blobs = blobs
        self._file = file
        self._digest = hashlib.sha256()
        self._unlooked = 0
        self.path = path  # for a look at the bytes before they are kept
        self.size = 0

    def write(self, data: bytes) -> None:
        """Raises DiskFull."""
        self._unlooked += len(data)
        if self._unlooked >= _LOOK_AFTER:
            self._blobs.need(0)
            self._unlooked = 0
        rest = memoryview(data)
        with _full_disk():
            while rest:
                rest = rest[self._file.write(rest) :]
        self._digest.update(data)
        self.size += len(data)

    def keep(self) -> Stored:
        """Give the file its final name, durably. Raises DiskFull."""
        stored = Stored(self._digest.hexdigest(), self.size)
        final = self._blobs.path(stored.sha256)
        with _full_disk():
            os.fsync(self._file.fileno())
            new_folder = not final.parent.is_dir()
            final.parent.mkdir(mode=stat.S_IRWXU, exist_ok=True)
            # an existing file has the same bytes, unless the disk spoilt it: replacing heals it
            self.path.replace(final)
            _sync_folder(final.parent)
            if new_folder:
                _sync_folder(self._blobs.root)
        return stored


class Blobs:
    """The files of one installation below `root`, on one file system.

    `reserve` is the space in bytes that stays free for everything else; by default a gibibyte, or
    a twentieth of a small disk.
    """

    def __init__(self, root: Path, *, reserve: int | None = None) -> None:
        self.root = root
        self._tmp = root / "tmp"
        self._tmp.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        root.chmod(stat.S_IRWXU)
        self._tmp.chmod(stat.S_IRWXU)
        disk = os.statvfs(root)
        total = disk.f_blocks * disk.f_frsize
        self.reserve = min(RESERVE, total // 20) if reserve is None else reserve

    def path(self, sha256: str) -> Path:
        """Where this file lies or would lie. Raises ValueError for anything but a digest."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError("not the SHA-256 of a file")
        return self.root / sha256[:2] / sha256

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def open(self, sha256: str) -> BinaryIO:
        """Raises FileNotFoundError."""
        return self.path(sha256).open("rb")

    def free(self) -> int:
        """Bytes that may still be taken in."""
        disk = os.statvfs(self.root)
        return max(0, disk.f_bavail * disk.f_frsize - self.reserve)

    def need(self, size: int) -> None:
        """Raises DiskFull unless `size` more bytes leave the reserve untouched."""
        if self.free() <= size:
            raise DiskFull

    @contextmanager
    def writer(self, *, expected: int = 0) -> Iterator[Writer]:
        """A new file of about `expected` bytes; gone at the end unless kept. Raises DiskFull."""
        self.need(expected)
        with _full_disk():
            path, file = self._create()
        try:
            with file:
                yield Writer(self, path, file)
        finally:
            path.unlink(missing_ok=True)  # after `keep` no such name is left

    def put(self, data: bytes) -> Stored:
        """Store bytes that are in memory anyway. Raises DiskFull."""
        with self.writer(expected=len(data)) as writer:
            writer.write(data)
            return writer.keep()

    def sweep(self) -> int:
        """Remove what dead writers left behind; how many files that were."""
        swept = 0
        for path in self._tmp.iterdir():
            with suppress(FileNotFoundError), path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue  # somebody is writing it
                path.unlink()
                swept += 1
        return swept

    def remove_unknown(self, known: Collection[str], *, before: datetime) -> int:
        """Remove files that are not among `known` and were last written before then; how many.

        One that is being stored anew just now keeps its name: storing gives it a new time, which
        is looked at once more when the name is gone already.
        """
        limit = before.timestamp()
        removed = 0
        for path in self.root.glob("??/*"):
            with suppress(FileNotFoundError):  # another process does the same
                if path.name in known or path.stat().st_mtime >= limit:
                    continue
                aside = path.with_suffix(_ASIDE)
                path.replace(aside)
                if aside.stat().st_mtime >= limit:
                    aside.replace(path)
                    continue
                aside.unlink()
                removed += 1
        return removed

    def _create(self) -> tuple[Path, BinaryIO]:
        while True:
            path = self._tmp / secrets.token_hex(16)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            file = open(descriptor, "wb", buffering=0)  # noqa: SIM115 - closed by the caller
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return path, file
            file.close()  # a sweep came between opening and locking


@contextmanager
def _full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull from error
        raise


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
