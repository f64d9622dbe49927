"""The smallest files that are what their extension says, made here: nothing is read from disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

FREE, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def png(width: int = 2, height: int = 2, colour: tuple[int, int, int] = (29, 87, 173)) -> bytes:
    rows = (b"\0" + bytes(colour) * width) * height
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        )
    )


def zipped(members: Mapping[str, bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target.getvalue()


def office(folder: str, members: Mapping[str, bytes] | None = None) -> bytes:
    """docx with `word`, xlsx with `xl`, pptx with `ppt`."""
    types = {"[Content_Types].xml": b"<Types/>", f"{folder}/document.xml": b"<x/>"}
    return zipped({**types, **(members or {})})


def compound(*streams: str, filler: int = 0) -> bytes:
    """An old office file with these entries in its directory, which begins after `filler` sectors.

    Built for 512-byte sectors: header, one table of sectors, filler, the directory.
    """
    names = ["Root Entry", *streams]
    directory = b"".join(_entry(name) for name in names)
    directory += bytes(-len(directory) % 512)
    sectors = len(directory) // 512
    first = 1 + filler
    table = [FAT_SECTOR, *[FREE] * filler, *range(first + 1, first + sectors), END]
    table += [FREE] * (128 - len(table))
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<I", header, 44, 1)
    struct.pack_into("<I", header, 48, first)
    struct.pack_into("<II", header, 68, END, 0)
    struct.pack_into("<109I", header, 76, 0, *[FREE] * 108)
    return bytes(header) + struct.pack("<128I", *table) + bytes(512 * filler) + directory


def _entry(name: str) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    return raw.ljust(64, b"\0") + struct.pack("<H", len(raw)) + bytes(62)


def media(brand: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + brand + bytes(4) + b"".join(compatible)
    return struct.pack(">I", len(body) + 4) + body + b"\0\0\0\x08free"


GOOD: Mapping[str, bytes] = {
    "jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(40),
    "jpeg": b"\xff\xd8\xff\xe1" + bytes(40),
    "png": png(),
    "heic": media(b"heic", b"mif1", b"heic"),
    "heif": media(b"mif1", b"mif1", b"heic"),
    "webp": b"RIFF\x1a\0\0\0WEBPVP8 " + bytes(14),
    "gif": b"GIF89a" + bytes(20),
    "pdf": b"%PDF-1.7\n%%EOF\n",
    "doc": compound("WordDocument", "1Table"),
    "docx": office("word"),
    "xls": compound("Workbook"),
    "xlsx": office("xl"),
    "ppt": compound("PowerPoint Document"),
    "pptx": office("ppt"),
    "wps": compound("WordDocument"),
    "et": compound("Workbook"),
    "ofd": zipped({"OFD.xml": b"<ofd/>", "Doc_0/Document.xml": b"<d/>"}),
    "txt": "政务服务中心\r\n第二行".encode(),
    "mp4": media(b"isom", b"isom", b"mp42"),
    "mov": media(b"qt  "),
    "m4a": media(b"M4A "),
    "amr": b"#!AMR\n" + bytes(30),
    "ogg": b"OggS\0\x02" + bytes(40),
}
