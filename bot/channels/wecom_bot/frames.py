"""Frames of the long connection: JSON texts, ours made and theirs read. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from bot.fields import Unparsable, obj, present, text

Json = dict[str, Any]
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f]")
_ID_LENGTH = 256


def command(cmd: str, req_id: str, body: Json | None = None) -> str:
    frame: Json = {"cmd": cmd, "headers": {"req_id": req_id}}
    if body is not None:
        frame["body"] = body
    return orjson.dumps(frame).decode()


def decode(frame: str) -> object:
    """JSON, also with what orjson refuses (half surrogate pairs, bare line ends in a text); None
    for anything else. Control characters are no part of any message and go."""
    frame = _CONTROLS.sub("", frame)
    try:
        return orjson.loads(frame)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(frame, strict=False)
    except (ValueError, RecursionError):
        return None


def req_id_of(frame: Json) -> str:
    """'' where there is none. Raises Unparsable."""
    if not present(frame, "headers") or not present(obj(frame, "headers"), "req_id"):
        return ""
    found = text(obj(frame, "headers"), "req_id")
    if len(found) > _ID_LENGTH:
        raise Unparsable("req_id")
    return found


def is_answer(frame: Json) -> bool:
    """To one of our commands: those carry no command of their own."""
    return "cmd" not in frame
