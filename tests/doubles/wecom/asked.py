"""One request to the API: its query, and its body as JSON or as a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from tests.doubles.wecom.world import Json, WecomError, bad

# an escaped character is refused, an escaped backslash before a u is none
ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
FILENAME = re.compile(rb';\s*filename="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
FIELD = re.compile(rb';\s*name="?([^";]+)"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class File:
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """`number` is that of the call in the log."""

    query: Mapping[str, str]
    body: bytes = b""
    content_type: str = ""
    number: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Json:
        if ESCAPED.search(self.body):
            raise WecomError(40033, r"invalid charset, must not contain \uxxxx")
        try:
            given = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise WecomError(47001, "data format error") from None
        if not isinstance(given, dict):
            raise bad("an object is expected")
        return given

    def file(self) -> File:
        """The part named `media`. WeCom takes the name as it stands between the quotes: it knows
        neither `filename*` nor percent signs."""
        found = BOUNDARY.search(self.content_type)
        if not self.content_type.startswith("multipart/form-data") or found is None:
            raise WecomError(41005, "media data missing")
        for part in (b"\r\n" + self.body).split(b"\r\n--" + found[1].encode())[1:]:
            head, _, data = part.partition(b"\r\n\r\n")
            name = FIELD.search(head)
            if name is not None and name[1] == b"media":
                filename = FILENAME.search(head)
                if filename is None:
                    raise WecomError(41005, "media data missing, no filename")
                return File(filename[1].decode().replace('\\"', '"'), data)
        raise WecomError(41005, "media data missing, no part named media")

    def logged(self) -> Json:
        """For the call log: no token, and of a file only its name and size."""
        shown: Json = {k: v for k, v in self.query.items() if k != "access_token"}
        if self.content_type.startswith("multipart/"):
            try:
                file = self.file()
            except WecomError:
                return shown
            return shown | {"_file": {"name": file.name, "size": len(file.data)}}
        try:
            body = orjson.loads(self.body) if self.body else {}
        except orjson.JSONDecodeError:
            return shown | {"_body": self.body.decode(errors="replace")}
        return shown | body if isinstance(body, dict) else shown
