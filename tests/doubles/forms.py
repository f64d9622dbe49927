"""Reading what a bot sends: query, urlencoded, multipart and JSON bodies as one `Params`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp.web_request import BaseRequest
from yarl import URL

from tests.doubles.world import ApiError, Json, bad

BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.I)
FIELD = re.compile(rb';\s*name="([^"]*)"', re.I)
FILENAME = re.compile(rb';\s*filename="((?:[^"\\]|\\.)*)"', re.I)
FILENAME_STAR = re.compile(rb";\s*filename\*=utf-8''([^;\s]+)", re.I)
PART_TYPE = re.compile(rb"^content-type:\s*([^\r\n]+)", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    mime: str
    data: bytes


@dataclass(slots=True)
class Params:
    """Values are strings as PTB sends them, or come from a JSON body; the readers take both."""

    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        return default if value is None else value if isinstance(value, str) else str(value)

    def number(self, name: str, default: int = 0) -> int:
        try:
            return int(self.values.get(name, default))
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        return str(self.values.get(name, "")).lower() in ("true", "yes", "1")

    def json(self, name: str) -> Any:
        """The parsed value, None where the field is absent or empty."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def json_object(self, name: str) -> Json:
        """A JSON object, empty where the field is."""
        value = self.json(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise bad(f"object expected as {name.replace('_', ' ')}")
        return value

    def json_array(self, name: str) -> list[Any]:
        value = self.json(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise bad(f"expected an Array of {name.replace('_', ' ')}")
        return value

    def json_objects(self, name: str) -> list[Json]:
        value = self.json_array(name)
        if not all(isinstance(item, dict) for item in value):
            raise bad(f"expected an Array of Objects as {name.replace('_', ' ')}")
        return value

    def chat_id(self) -> str:
        value = self.values.get("chat_id")
        return "" if value is None else str(value)

    def attached(self, value: object) -> Upload | str | None:
        """A file given by `attach://name` or under its own name; else the id or URL."""
        if not isinstance(value, str) or not value:
            return None
        if value.startswith("attach://"):
            found = self.files.get(value.removeprefix("attach://"))
            if found is None:
                raise bad("can't parse file: attached file not found")
            return found
        return value

    def file(self, name: str) -> Upload | str | None:
        return self.files.get(name) or self.attached(self.values.get(name))

    def logged(self) -> Json:
        """For the call log: the values themselves and what was attached, without its bytes."""
        if not self.files:
            return self.values
        shown = dict(self.values)
        shown["_files"] = {
            name: {
                "name": up.name, "mime": up.mime, "size": len(up.data),
            }
            for name, up in self.files.items()
        }  # fmt: skip
        return shown


async def read_params(request: BaseRequest, limit: int) -> Params:
    """Raises 413 for a body over `limit` bytes (the front proxy's doing at Telegram)."""
    values: dict[str, Any] = dict(request.query) if request.query_string else {}
    length = request.content_length
    if length is not None and length > limit:
        raise ApiError(413, "Request Entity Too Large")
    if not request.can_read_body:
        return Params(values)
    body = await request.content.read()
    if len(body) > limit:
        raise ApiError(413, "Request Entity Too Large")
    kind = request.headers.get("Content-Type", "")
    if kind.startswith("multipart/"):
        params = Params(values)
        _read_multipart(body, kind, params)
        return params
    if kind.startswith("application/json"):
        try:
            given = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise bad("can't parse request JSON object") from None
        if not isinstance(given, dict):
            raise bad("can't parse request JSON object")
        values |= given
        return Params(values)
    if body and kind.startswith("application/x-www-form-urlencoded"):
        # yarl's decoder is five times as fast as urllib's on Chinese; this is a hot spot
        values.update(URL.build(query_string=body.decode("ascii", "replace"), encoded=True).query)
    return Params(values)


def _read_multipart(body: bytes, kind: str, params: Params) -> None:
    found = BOUNDARY.search(kind)
    if found is None:
        raise bad("boundary is missing in the multipart body")
    mark = b"\r\n--" + found.group(1).encode()
    at = (b"\r\n" + body).find(mark) - 2
    if at < -2:
        return
    start = at + len(mark)
    while start < len(body) and body[start : start + 2] != b"--":
        end = body.find(mark, start)
        if end < 0:
            break
        head_end = body.find(b"\r\n\r\n", start, end)
        if head_end >= 0:
            _read_part(body[start:head_end], body[head_end + 4 : end], params)
        start = end + len(mark)


def _read_part(head: bytes, data: bytes, params: Params) -> None:
    name = FIELD.search(head)
    if name is None:
        return
    key = name.group(1).decode()
    starred = FILENAME_STAR.search(head)
    plain = FILENAME.search(head)
    if starred is None and plain is None:
        params.values[key] = data.decode()
        return
    if starred is not None:
        filename = dict(parse_qsl("n=" + starred.group(1).decode())).get("n", "")
    else:
        filename = _unquoted(plain.group(1)) if plain else ""
    mime = PART_TYPE.search(head)
    kind = mime.group(1).decode().strip() if mime else "application/octet-stream"
    params.files[key] = Upload(filename, kind, data)


def _unquoted(name: bytes) -> str:
    """httpx percent-escapes quotes and line ends in file names, others use backslashes."""
    text = name.decode("utf-8", "replace").replace('\\"', '"').replace("\\\\", "\\")
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
