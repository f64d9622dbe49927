"""What stands under a final name is whole, through kills, full disks and bad names."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from storage.blobs import Blobs, DiskFull, Stored

ROOT = Path(__file__).resolve().parents[2]
KILLS = 40
# writes for ever, one file after the other, in pieces; prints the name of each that is kept
WRITER = """
import sys
from pathlib import Path
from storage.blobs import Blobs
blobs = Blobs(Path(sys.argv[1]), reserve=0)
number = 0
while True:
    number += 1
    with blobs.writer() as writer:
        for piece in range(40):
            writer.write(f"{sys.argv[2]}-{number}-{piece};".encode() * 500)
        print(writer.keep().sha256, flush=True)
"""


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    return Blobs(tmp_path / "files", reserve=0)


def files_of(blobs: Blobs) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in blobs.root.rglob("*")
        if path.is_file() and path.parent.name != "tmp"
    }


def test_bytes_come_back_under_their_digest(blobs):
    with blobs.writer(expected=6) as writer:
        writer.write(b"abc")
        writer.write(b"def")
        stored = writer.keep()
    digest = hashlib.sha256(b"abcdef").hexdigest()
    assert stored == Stored(digest, 6)
    assert blobs.path(digest) == blobs.root / digest[:2] / digest
    with blobs.open(digest) as file:
        assert file.read() == b"abcdef"
    assert (blobs.has(digest), blobs.has("0" * 64)) == (True, False)
    assert list((blobs.root / "tmp").iterdir()) == []


def test_nobody_else_may_look(blobs):
    stored = blobs.put(b"x")
    path = blobs.path(stored.sha256)
    modes = [stat.S_IMODE(place.stat().st_mode) for place in (blobs.root, path.parent, path)]
    assert modes == [0o700, 0o700, 0o600]


def test_what_is_not_kept_leaves_nothing(blobs):
    with blobs.writer() as writer:
        writer.write(b"half of a file")
        assert writer.path.exists()
    with suppress(ZeroDivisionError), blobs.writer() as writer:
        writer.write(b"x")
        raise ZeroDivisionError
    assert (files_of(blobs), list((blobs.root / "tmp").iterdir())) == ({}, [])


def test_the_same_bytes_again_are_the_same_file_and_heal_it(blobs):
    first = blobs.put(b"evidence")
    blobs.path(first.sha256).write_bytes(b"spoilt!!")
    assert blobs.put(b"evidence") == first
    assert files_of(blobs) == {first.sha256: b"evidence"}


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n"]
)
def test_only_a_digest_is_a_name(blobs, name):
    with pytest.raises(ValueError, match="not the SHA-256"):
        blobs.path(name)


def test_the_reserve_is_not_touched(tmp_path):
    disk = os.statvfs(tmp_path)
    blobs = Blobs(tmp_path / "files", reserve=disk.f_bavail * disk.f_frsize * 2)
    assert blobs.free() == 0
    with pytest.raises(DiskFull) as caught, blobs.writer(expected=1):
        pytest.fail("a file was begun")
    assert (caught.value.code, caught.value.facts()) == ("file.disk_full", {})


def test_a_small_disk_has_a_small_reserve(tmp_path):
    disk = os.statvfs(tmp_path)
    total = disk.f_blocks * disk.f_frsize
    assert Blobs(tmp_path / "files").reserve == min(1024**3, total // 20)


class FullFile:
    def write(self, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")


def test_a_disk_that_is_full_at_a_write(blobs):
    with blobs.writer() as writer:
        whole, writer._file = writer._file, FullFile()
        with pytest.raises(DiskFull):
            writer.write(b"x")
        writer._file = whole
    assert (files_of(blobs), list((blobs.root / "tmp").iterdir())) == ({}, [])


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_is_full_when_it_counts(blobs, monkeypatch, code):
    """Some file systems say so only when the bytes have to be there."""

    def full(_descriptor):
        raise OSError(code, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull):
        blobs.put(b"x")
    assert (files_of(blobs), list((blobs.root / "tmp").iterdir())) == ({}, [])


def test_space_is_looked_at_on_the_way(tmp_path):
    """Others write too: a file of unknown size doesn't eat up the reserve."""
    blobs = Blobs(tmp_path / "files", reserve=0)
    with blobs.writer() as writer:
        disk = os.statvfs(tmp_path)
        blobs.reserve = disk.f_bavail * disk.f_frsize * 2
        writer.write(bytes(1024**2))
        with pytest.raises(DiskFull):
            writer.write(bytes(8 * 1024**2))


def test_other_faults_of_the_disk_are_not_called_full(blobs, monkeypatch):
    def broken(_descriptor):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="broken"):
        blobs.put(b"x")


def test_a_sweep_spares_who_is_still_writing(blobs):
    left = blobs.root / "tmp" / "left-behind"
    left.write_bytes(b"half")
    with blobs.writer() as writer:
        writer.write(b"under way")
        assert blobs.sweep() == 1
        assert (left.exists(), writer.path.exists()) == (False, True)
        stored = writer.keep()
    assert files_of(blobs) == {stored.sha256: b"under way"}
    assert blobs.sweep() == 0


@pytest.mark.slow
def test_killed_while_writing(blobs):
    """Forty times: no torn file has a final name, and none that was told of is gone."""
    chance = random.Random(20)  # noqa: S311 - when to kill
    told = set()
    for kill in range(KILLS):
        command = [sys.executable, "-c", WRITER, str(blobs.root), str(kill)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            told.add(child.stdout.readline().strip())
            time.sleep(chance.uniform(0, 0.02))  # the moment of the kill is what varies
            child.send_signal(signal.SIGKILL)
            # the last line may be cut short by the kill
            told |= {line.strip() for line in child.stdout if line.endswith("\n")}
    found = files_of(blobs)
    assert {name: hashlib.sha256(data).hexdigest() for name, data in found.items()} == {
        name: name for name in found
    }
    assert told - set(found) == set()
    swept = blobs.sweep()
    assert (swept > 0, list((blobs.root / "tmp").iterdir())) == (True, [])
