"""What is taken in and what is refused, and for which reason."""

from __future__ import annotations

import struct
import zipfile

import pytest

from storage.filetypes import (
    NAME_LENGTH,
    TYPES,
    FileBomb,
    FileEmpty,
    FileMacro,
    FileMismatch,
    FileRefused,
    FileTooBig,
    FileTypeRefused,
    check,
    check_announced,
    display_name,
    picture,
)
from tests.support import samples
from tests.support.samples import GOOD, compound, media, office, zipped

SAME = {"jpeg": "jpg", "heif": "heic"}


@pytest.fixture
def refused(tmp_path):
    """Check these bytes under this name and give back why they are refused."""

    def look(name: str, data: bytes, **limits) -> FileRefused:
        path = tmp_path / "file"
        path.write_bytes(data)
        with pytest.raises(FileRefused) as caught:
            check(name, path, **limits)
        return caught.value

    return look


def accepted(tmp_path, name: str, data: bytes):
    path = tmp_path / "file"
    path.write_bytes(data)
    return check(name, path)


@pytest.mark.parametrize("extension", GOOD)
def test_a_picture_is_known_by_its_content(extension, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(GOOD[extension])
    kind = TYPES[SAME.get(extension, extension)]
    assert picture(path) == (kind if kind.mime.startswith("image/") else None)


def test_every_type_of_the_contract_is_known():
    contract = (
        "jpg png heic webp gif pdf doc docx xls xlsx ppt pptx wps et ofd txt mp4 mov m4a amr ogg"
    )
    assert " ".join(TYPES) == contract


@pytest.mark.parametrize("extension", GOOD)
def test_a_good_file_is_what_its_extension_says(extension, tmp_path):
    kind = accepted(tmp_path, f"材料.{extension.upper()}", GOOD[extension])
    assert kind == TYPES[SAME.get(extension, extension)]


FAMILIES = (
    {"jpg", "jpeg"},
    {"heic", "heif"},
    {"doc", "wps"},
    {"xls", "et"},
    {"mp4", "m4a", "mov"},
)
# WPS writes the newer formats under its own extensions too
ALSO = {("wps", "docx"), ("et", "xlsx")}


@pytest.mark.parametrize("extension", GOOD)
def test_no_type_passes_as_another(extension, tmp_path):
    """Each extension with the bytes of all others: only relatives of one format get through."""
    passed = set()
    for other, data in GOOD.items():
        try:
            accepted(tmp_path, f"x.{extension}", data)
        except FileMismatch:
            continue
        passed.add(other)
    family = next((names for names in FAMILIES if extension in names), {extension})
    expected = family | {other for name, other in ALSO if name == extension}
    assert passed == expected


def test_the_refusal_names_what_the_file_really_is(refused):
    error = refused("照片.jpg", samples.png())
    assert (error.code, error.facts()) == (
        "file.mismatch",
        {"name": "照片.jpg", "extension": "jpg", "actual": "PNG 图片"},
    )


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.jpg", b"<html><script>alert(1)</script></html>"),
        ("poly.pdf", b"junk %PDF-1.7"),
        ("late.docx", b"%PDF-1.4\n" + office("word")),
        ("program.txt", b"MZ\x90\0" + bytes(60)),
        ("script.txt", b"#!/bin/sh\nrm -rf /\n"),
        ("nul.txt", b"abc\0def"),
        ("latin.txt", b"caf\xe9 \xff\xff"),
        ("cut.docx", office("word")[:40]),
        ("empty.docx", zipped({"a.txt": b"x"})),
        ("avif.heic", media(b"avif", b"mif1")),
        ("picture.mp4", media(b"heic", b"mif1")),
        ("short.png", b"\x89PN"),
        ("one.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("other.doc", compound("Something")),
    ],
)
def test_bytes_that_belie_their_name(name, data, refused):
    assert refused(name, data).code == "file.mismatch"


def test_a_document_with_a_password_is_named_as_one(refused):
    error = refused("密件.docx", compound("EncryptionInfo", "EncryptedPackage"))
    assert error.facts()["actual"] == "设有打开密码的文件"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_texts_of_chinese_offices(encoding, tmp_path):
    assert accepted(tmp_path, "说明.txt", "窗口延时服务说明\n".encode(encoding)) == TYPES["txt"]


def test_nothing_in_it(refused):
    error = refused("空.pdf", b"")
    assert (type(error), error.facts()) == (FileEmpty, {"name": "空.pdf"})


@pytest.mark.parametrize(
    "name", ["a.exe", "a.docm", "a.zip", "a.html", "a.svg", "noextension", ".docx"]
)
def test_other_types(name, refused):
    error = refused(name, b"PK\x03\x04")
    assert type(error) is FileTypeRefused
    assert error.facts()["accepted"] == " ".join(TYPES)


def test_size_is_told_before_the_bytes_are_here():
    with pytest.raises(FileTooBig) as caught:
        check_announced("录像.mp4", 21 * 1024**2, limit=20 * 1024**2)
    assert caught.value.facts() == {"name": "录像.mp4", "limit": 20 * 1024**2}
    assert check_announced("录像.mp4", 20 * 1024**2, limit=20 * 1024**2) == TYPES["mp4"]
    assert check_announced("录像.mp4", None, limit=1) == TYPES["mp4"]


# ---------------------------------------------------------------- documents that aren't harmless


def bomb_by_ratio() -> bytes:
    return office("xl", {"xl/sheet.xml": b"<c/>" * 4_000_000})


def bomb_by_members() -> bytes:
    return office("word", {f"word/{number}.xml": b"" for number in range(2_001)})


def bomb_by_size() -> bytes:
    parts = {f"word/media/{number}.bin": bytes(12 * 1024**2) for number in range(9)}
    return office("word", parts)


def bomb_by_overlap() -> bytes:
    """The directory names the same packed bytes many times over."""
    noise = bytes(range(256)) * 64
    data = zipped({"[Content_Types].xml": b"<x/>", "word/a": noise}, packing=zipfile.ZIP_STORED)
    directory = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = data[data.index(b"PK\x01\x02", directory + 4) : end]
    more = b"".join(entry[:-1] + bytes([98 + n]) for n in range(20))
    count, size = 2 + 20, end - directory + len(more)
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, size, directory, 0)
    return data[:end] + more + tail


def bomb_by_directory() -> bytes:
    """A directory of members too large to be read at all; the end record says so."""
    data = bytearray(office("word"))
    struct.pack_into("<I", data, data.rindex(b"PK\x05\x06") + 12, 200 * 1024**2)
    return bytes(data)


def climbing() -> bytes:
    return office("word", {"../../etc/passwd": b"x"})


@pytest.mark.parametrize(
    "make",
    [
        bomb_by_ratio,
        bomb_by_members,
        bomb_by_size,
        bomb_by_overlap,
        bomb_by_directory,
        climbing,
    ],
)
def test_bombs(make, refused):
    assert type(refused("x.docx", make())) is FileBomb


def test_two_members_of_one_name(refused):
    one = office("word", {"word/first": b"x", "word/other": b"y"})
    assert type(refused("x.docx", one.replace(b"word/other", b"word/first"))) is FileBomb


def test_a_macro_under_a_name_without_one(refused):
    error = refused("表.xlsx", office("xl", {"xl/vbaProject.bin": b"x"}))
    assert (type(error), error.facts()) == (FileMacro, {"name": "表.xlsx"})


def test_well_packed_but_honest(tmp_path):
    data = office("xl", {"xl/sheet.xml": b"<c>" + bytes(range(256)) * 2_000})
    assert accepted(tmp_path, "x.xlsx", data) == TYPES["xlsx"]


@pytest.mark.parametrize("filler", [0, 1, 60])
def test_an_old_document_wherever_its_directory_lies(filler, tmp_path):
    data = compound(*[f"Storage {n}" for n in range(40)], "WordDocument", filler=filler)
    assert accepted(tmp_path, "x.doc", data) == TYPES["doc"]


def test_an_old_document_whose_directory_bites_its_tail(refused):
    data = bytearray(compound("Workbook"))
    struct.pack_into("<I", data, 512 + 4, 1)  # the directory's sector follows itself
    assert refused("x.xls", bytes(data)).code == "file.mismatch"


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("材料.docx", "材料.docx"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system32\\a.exe", "a.exe"),
        ("C:\\fakepath\\照片.jpg", "照片.jpg"),
        ("/etc/shadow", "shadow"),
        ("a\0b.pdf", "ab.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie x=1.pdf"),
        ("合同\u202efdp.exe", "合同fdp.exe"),
        ("\u200b\ufeff零宽\u2066.txt", "零宽.txt"),
        ("e\u0301tude.txt", "\u00e9tude.txt"),
        ('<img src=x onerror="1">.png', "img src=x onerror=1.png"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1 .docx", "_com1.docx"),
        ("...", "文件"),
        ("", "文件"),
        (" . ", "文件"),
        (".docx", "docx"),
        ("a.pdf. . ", "a.pdf"),
        ("两  个\u3000空格.txt", "两 个 空格.txt"),
        ("\ud800half.txt", "half.txt"),
        ("生僻字𠮷.txt", "生僻字𠮷.txt"),
        ("表情😀.txt", "表情😀.txt"),
        ("no.extension_at_all_here", "no.extension_at_all_here"),
    ],
)
def test_names(raw, name):
    assert display_name(raw) == name


def test_long_names_keep_their_extension():
    assert display_name("长" * 300 + ".docx") == "长" * (NAME_LENGTH - 5) + ".docx"
    assert display_name("x" * 300) == "x" * NAME_LENGTH
