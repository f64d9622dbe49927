"""Which files are taken in, and by what right: first bytes, extension and inner structure agree.

Nothing is decoded or unpacked here. Of zip-based documents only the directory of members is read,
under limits; of the older office files only the list of streams. What passes is stored and handed
out again, never run; but people will open it, so a bomb or a macro in disguise is refused.
"""

from __future__ import annotations

import codecs
import re
import struct
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, ClassVar

from rubric.errors import UserError, shown
from storage.compound import NotCompound, stream_names

NAME_LENGTH = 120
SOME_PICTURE = "image/*"  # said where a messenger does not tell which, and the name is a guess
MEMBERS = 2_000
UNPACKED = 100 * 1024**2  # declared bytes of all members of an office file
RATIO = 150  # unpacked to packed; only asked of files that unpack to more than a megabyte
_HEAD = 512
_CHUNK = 1024**2


@dataclass(frozen=True, slots=True)
class FileType:
    """`extension` without its dot; `inline` pictures may be shown by a browser in a page."""

    extension: str
    mime: str
    words: str
    inline: bool = False


@dataclass(eq=False)
class FileRefused(UserError):
    """A file that isn't taken in. `name` is fit to be shown."""

    name: str


@dataclass(eq=False)
class FileEmpty(FileRefused):
    code: ClassVar[str] = "file.empty"


@dataclass(eq=False)
class FileTooBig(FileRefused):
    """`limit` in bytes."""

    limit: int
    code: ClassVar[str] = "file.too_big"


@dataclass(eq=False)
class FileTypeRefused(FileRefused):
    """Not a kind of file that is accepted; `extension` may be empty."""

    extension: str
    accepted: str
    code: ClassVar[str] = "file.type"


@dataclass(eq=False)
class FileMismatch(FileRefused):
    """The content isn't what the extension says; `actual` names what it is, if that is known."""

    extension: str
    actual: str
    code: ClassVar[str] = "file.mismatch"


@dataclass(eq=False)
class FileBomb(FileRefused):
    """Unpacks to more than any real document does, or its directory of members lies."""

    code: ClassVar[str] = "file.bomb"


@dataclass(eq=False)
class FileMacro(FileRefused):
    """A document with a program in it under the extension of one without."""

    code: ClassVar[str] = "file.macro"


_OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES: dict[str, FileType] = {
    kind.extension: kind
    for kind in (
        FileType("jpg", "image/jpeg", "JPG 图片", inline=True),
        FileType("png", "image/png", "PNG 图片", inline=True),
        FileType("heic", "image/heic", "HEIC 图片"),
        FileType("webp", "image/webp", "WebP 图片", inline=True),
        FileType("gif", "image/gif", "GIF 图片", inline=True),
        FileType("pdf", "application/pdf", "PDF 文件"),
        FileType("doc", "application/msword", "Word 文件（doc）"),
        FileType("docx", f"{_OFFICE}.wordprocessingml.document", "Word 文件（docx）"),
        FileType("xls", "application/vnd.ms-excel", "Excel 文件（xls）"),
        FileType("xlsx", f"{_OFFICE}.spreadsheetml.sheet", "Excel 文件（xlsx）"),
        FileType("ppt", "application/vnd.ms-powerpoint", "PPT 文件（ppt）"),
        FileType("pptx", f"{_OFFICE}.presentationml.presentation", "PPT 文件（pptx）"),
        FileType("wps", "application/wps-office.wps", "WPS 文字（wps）"),
        FileType("et", "application/wps-office.et", "WPS 表格（et）"),
        FileType("ofd", "application/ofd", "OFD 文件"),
        FileType("txt", "text/plain", "文本文件（txt）"),
        FileType("mp4", "video/mp4", "MP4 视频"),
        FileType("mov", "video/quicktime", "MOV 视频"),
        FileType("m4a", "audio/mp4", "M4A 录音"),
        FileType("amr", "audio/amr", "AMR 录音"),
        FileType("ogg", "audio/ogg", "OGG 录音"),
    )
}
_ALIASES = {"jpeg": "jpg", "heif": "heic"}
ACCEPTED = " ".join(TYPES)

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_IMAGE_BRANDS = _HEIC_BRANDS | {b"avif", b"avis"}
_OLD_MOVIE = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def check(name: str, path: Path, *, limit: int | None = None) -> FileType:
    """What the file at `path`, sent under `name`, is. Raises a FileRefused; `limit` in bytes."""
    kind = check_announced(name, path.stat().st_size, limit=limit)
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if head.startswith(_ZIP):
            _look_over(display_name(name), file)  # first: the rest reads all of its directory
        if not _LOOKS[kind.extension](head, file):
            raise FileMismatch(display_name(name), kind.extension, _guess(head, file))
    return kind


def check_announced(name: str, size: int | None, *, limit: int | None = None) -> FileType:
    """The same by name and size alone, before the bytes are here; an unknown size passes."""
    extension = PurePosixPath(display_name(name)).suffix[1:].lower()
    kind = TYPES.get(_ALIASES.get(extension, extension))
    if size == 0:
        raise FileEmpty(display_name(name))
    if kind is None:
        raise FileTypeRefused(display_name(name), shown(extension), ACCEPTED)
    if limit is not None and size is not None and size > limit:
        raise FileTooBig(display_name(name), limit)
    return kind


def display_name(raw: str) -> str:
    """A name as people may see it and a browser may save it: one line, no path, no tricks.

    Never empty, at most NAME_LENGTH characters, the extension kept.
    """
    text = unicodedata.normalize("NFC", raw.replace("\\", "/"))
    text = "".join(char for char in text.rsplit("/", 1)[-1] if _harmless(char))
    text = " ".join(text.split()).strip(" .")
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension) > 10:
        stem, extension = text, ""
    if not stem:
        stem = "文件"
    if stem.split(".", 1)[0].strip().upper() in _DEVICES:
        stem = f"_{stem}"
    suffix = f".{extension}" if extension else ""
    return stem[: NAME_LENGTH - len(suffix)].rstrip(" .") + suffix


_DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
)


def _harmless(char: str) -> bool:
    """Controls, bidi and other invisible marks and lone surrogates fall away.

    Unassigned and private characters stay: rare characters of names are found among them.
    """
    if char in '<>:"|?*' or ord(char) & 0xFFFE == 0xFFFE:
        return False
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


# ---------------------------------------------------------------- looks: first bytes, structure

_ZIP = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
Look = Callable[[bytes, BinaryIO], bool]


def _starts(*beginnings: bytes) -> Look:
    return lambda head, _file: head.startswith(beginnings)


def _webp(head: bytes, _file: BinaryIO) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _brands(head: bytes) -> frozenset[bytes]:
    """Major and compatible brands of an ISO media file; none for anything else."""
    if head[4:8] != b"ftyp":
        return frozenset()
    end = min(struct.unpack(">I", head[:4])[0], len(head))
    spots = [8, *range(16, end - 3, 4)]
    return frozenset(head[spot : spot + 4] for spot in spots)


def _heic(head: bytes, _file: BinaryIO) -> bool:
    return head[8:12] not in (b"avif", b"avis") and bool(_brands(head) & _HEIC_BRANDS)


def _media(head: bytes, _file: BinaryIO) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] not in _IMAGE_BRANDS


def _movie(head: bytes, file: BinaryIO) -> bool:
    return _media(head, file) or head[4:8] in _OLD_MOVIE


def _compound(*streams: str) -> Look:
    def look(head: bytes, file: BinaryIO) -> bool:
        if not head.startswith(_COMPOUND):
            return False
        try:
            return not stream_names(file).isdisjoint(streams)
        except NotCompound:
            return False

    return look


def _zipped(*members: str) -> Look:
    """A zip at offset 0 that has all these members (a trailing slash: something below)."""

    def look(head: bytes, file: BinaryIO) -> bool:
        if not head.startswith(_ZIP):
            return False
        names = _member_names(file)
        return all(
            member in names
            or (member[-1] == "/" and any(name.startswith(member) for name in names))
            for member in members
        )

    return look


def _either(*looks: Look) -> Look:
    return lambda head, file: any(look(head, file) for look in looks)


def _text(head: bytes, file: BinaryIO) -> bool:
    """Readable as UTF-8, UTF-16 with its mark, or GB 18030, without control characters."""
    if any(head.startswith(magic) for magic in _NEVER_TEXT):
        return False
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decodes(file, "utf-16")
    return _decodes(file, "utf-8") or _decodes(file, "gb18030")


_NEVER_TEXT = (b"%PDF-", b"{\\rtf", b"MZ", b"#!")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            if not _CONTROLS.isdisjoint(decoder.decode(chunk)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


_CONTROLS = frozenset(map(chr, range(32))) - set("\t\n\v\f\r\x1a")  # the last: end of a DOS text

_ENCRYPTED = _compound("EncryptedPackage")
_DOC = _compound("WordDocument")
_XLS = _compound("Workbook", "Book")
_DOCX = _zipped("[Content_Types].xml", "word/")
_XLSX = _zipped("[Content_Types].xml", "xl/")
_LOOKS: dict[str, Look] = {
    "jpg": _starts(b"\xff\xd8\xff"),
    "png": _starts(b"\x89PNG\r\n\x1a\n"),
    "heic": _heic,
    "webp": _webp,
    "gif": _starts(b"GIF87a", b"GIF89a"),
    "pdf": _starts(b"%PDF-"),
    "doc": _DOC,
    "docx": _DOCX,
    "xls": _XLS,
    "xlsx": _XLSX,
    "ppt": _compound("PowerPoint Document"),
    "pptx": _zipped("[Content_Types].xml", "ppt/"),
    "wps": _either(_DOC, _DOCX),
    "et": _either(_XLS, _XLSX),
    "ofd": _zipped("OFD.xml"),
    "txt": _text,
    "mp4": _media,
    "mov": _movie,
    "m4a": _media,
    "amr": _starts(b"#!AMR"),
    "ogg": _starts(b"OggS"),
}


def picture(path: Path) -> FileType | None:
    """Which picture it is by its first bytes; None if it is none."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        pictures = (kind for kind in TYPES.values() if kind.mime.startswith("image/"))
        return next((k for k in pictures if _LOOKS[k.extension](head, file)), None)


def encrypted(path: Path) -> bool:
    """Whether it is an office file that opens with a password only."""
    with path.open("rb") as file:
        return _ENCRYPTED(file.read(_HEAD), file)


def recognised(path: Path) -> FileType | None:
    """What a file is by its content alone, for one that came without a name."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if head.startswith(_ZIP) and not _modest_directory(file, file.seek(0, 2)):
            return None
        return _by_content(head, file)


def _guess(head: bytes, file: BinaryIO) -> str:
    """What a file really is, in words; of no use beyond the sentence that refuses it."""
    if _ENCRYPTED(head, file):
        return "设有打开密码的文件"
    kind = _by_content(head, file)
    return kind.words if kind else ""


def _by_content(head: bytes, file: BinaryIO) -> FileType | None:
    """Anything may be read as text, so text is not among them."""
    for extension, look in _LOOKS.items():
        if extension != "txt" and look(head, file):
            return TYPES[extension]
    return None


# ---------------------------------------------------------------- zip-based documents


_END_SEARCH = 22 + 65_535
_DIRECTORY_SIZE = 2 * 1024**2


def _members(file: BinaryIO) -> list[zipfile.ZipInfo]:
    """The directory of members; empty where there is none that can be read."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error):
        return []


def _member_names(file: BinaryIO) -> frozenset[str]:
    return frozenset(member.filename for member in _members(file))


def _look_over(shown_name: str, file: BinaryIO) -> None:
    """Raises FileBomb or FileMacro. Packed sizes beyond the file's own mean members overlap."""
    size = file.seek(0, 2)
    if not _modest_directory(file, size):
        raise FileBomb(shown_name)
    members = _members(file)
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    names = {member.filename for member in members}
    if (
        len(members) > MEMBERS
        or len(names) < len(members)
        or unpacked > UNPACKED
        or packed > size
        or (unpacked > _CHUNK and unpacked > RATIO * size)
        or any(".." in PurePosixPath(member).parts or member[:1] == "/" for member in names)
    ):
        raise FileBomb(shown_name)
    if any(member.lower().endswith("vbaproject.bin") for member in names):
        raise FileMacro(shown_name)


def _modest_directory(file: BinaryIO, size: int) -> bool:
    """Whether the directory of members is of a size that may be read into memory at all.

    A record at the file's end says so. Whatever may be that record is asked, since `zipfile`
    chooses by rules of its own; a file without one is no zip and fails the look at its structure.
    """
    file.seek(max(0, size - _END_SEARCH))
    tail = file.read()
    for end in re.finditer(b"PK\x05\x06(?=.{18})", tail, re.DOTALL):
        entries, length = struct.unpack_from("<HI", tail, end.start() + 10)
        if entries > MEMBERS or length > _DIRECTORY_SIZE:
            return False
    return True
