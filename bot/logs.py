"""Logging: what operators read, and what nobody may find in it.

Promises: one event is one line, whatever a message holds; tokens, passwords and registered
secrets never appear, nor local variables, SQL parameters or the texts and numbers of people
inside an error. Redaction works on the finished line in the handler's formatter, since a filter
on a logger does not see the records of its children. Libraries that print request URLs (the
token is part of Telegram's) or statements stay at WARNING even when we are verbose.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from bot.config import LogFormat

log = logging.getLogger(__name__)

_QUIET = (
    "aiohttp.access", "alembic", "apscheduler", "asyncio", "httpcore", "httpx",
    "sqlalchemy", "telegram",
)  # fmt: skip
_OURS = Path(__file__).parents[1]
_HIDDEN = "***"
# shorter ones would blot out innocent words; nobody should have such a secret
_SHORTEST_SECRET = 6
_TOKENS = re.compile(
    r"(?P<bot>\b(?:bot)?\d{3,}:)[\w-]{30,}"
    r"|(?P<named>\b(?:access_token|corpsecret|secret|token|aeskey|password)\"?'?\s*[=:]\s*\"?'?)"
    r"[^\s&\"',;)}]+"
    r"|(?P<login>://[^\s/:@]*:)[^\s/@]+(?=@)"
    # one-time codes, and by the same shape the numbers of citizens and of their companies
    r"|\b(?-i:[0-9A-Z]{6}-?[0-9A-Z]{6}-?[0-9A-Z]{6})\b",
    re.IGNORECASE,
)
# what libraries quote from rows and messages inside the text of an exception
_QUOTED = re.compile(
    r"\[parameters: .*?\](?=\s*(?:\(Background|\n|$))|DETAIL:[^\n]*|CONTEXT:[^\n]*"
    r"|\s*\(Background on this error at: [^)]*\)",
    re.DOTALL,
)
_PERSONAL = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|\d{7,}|\S+@\S+")

_values: set[str] = set()
_patterns: list[re.Pattern[str]] = []


def hide(*values: str) -> None:
    """From now on these texts are shown as asterisks."""
    _values.update(value for value in values if len(value) >= _SHORTEST_SECRET)


def hide_matching(pattern: str) -> None:
    """From now on whatever matches is shown as asterisks: codes that are not known beforehand."""
    _patterns.append(re.compile(pattern))


def redact(text: str) -> str:
    for value in sorted(_values, key=len, reverse=True):
        text = text.replace(value, _HIDDEN)
    for pattern in _patterns:
        text = pattern.sub(_HIDDEN, text)
    return _TOKENS.sub(_kept, text)


def start(
    *,
    log_format: LogFormat = "console",
    zone: ZoneInfo | None = None,
    level: int = logging.INFO,
    stream: TextIO | None = None,
) -> None:
    """Send everything to `stream` (stderr), times in `zone`. Again replaces what was before."""
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(_Json(zone) if log_format == "json" else _Console(zone))
    root = logging.getLogger()
    for old in [item for item in root.handlers if isinstance(item, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_died


def _kept(match: re.Match[str]) -> str:
    return (match["bot"] or match["named"] or match["login"] or "") + _HIDDEN


def _one_line(text: str) -> str:
    """Everything that could end a line or steer a terminal is written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _trace(error: BaseException) -> str:
    """An exception with its causes in one line: places and words, never values."""
    return " <- ".join(_links(traceback.TracebackException.from_exception(error)))


def _links(error: traceback.TracebackException | None) -> Iterator[str]:
    while error is not None:
        frames = list(_places(error.stack))
        # secrets first: with its digits gone a token would no longer look like one
        words = redact("".join(error.format_exception_only()).strip())
        words = _PERSONAL.sub("…", _QUOTED.sub("…", words))
        yield " > ".join([*frames, words])
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(stack: traceback.StackSummary) -> Iterator[str]:
    """Our own places, and where it happened in the end if that is somebody else's."""
    for number, frame in enumerate(stack, start=1):
        file = Path(frame.filename)
        if file.is_relative_to(_OURS) and "site-packages" not in file.parts[len(_OURS.parts) :]:
            yield f"{file.relative_to(_OURS)}:{frame.lineno} {frame.name}"
        elif number == len(stack):
            yield f"{'/'.join(file.parts[-2:])}:{frame.lineno} {frame.name}"


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:
        """A line that could not be written: say where it comes from, not what was in it."""
        error = sys.exc_info()[1]
        self.stream.write(
            f"log line lost: {record.pathname}:{record.lineno} ({type(error).__name__})\n"
        )


class _Formatter(logging.Formatter):
    def __init__(self, zone: ZoneInfo | None) -> None:
        super().__init__()
        self._zone = zone

    def _time(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, tz=self._zone).astimezone(self._zone)
        return moment.isoformat(timespec="milliseconds")

    def _error(self, record: logging.LogRecord) -> str:
        return _trace(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ""


class _Console(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        parts = [self._time(record), record.levelname, record.name, record.getMessage()]
        if error := self._error(record):
            parts.append(f"| {error}")
        return _one_line(redact(" ".join(parts)))


class _Json(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": self._time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if error := self._error(record):
            event["error"] = error
        lines = {key: _one_line(redact(value)) for key, value in event.items()}
        return json.dumps(lines, ensure_ascii=False)


def _thread_died(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        log.critical("a thread died", exc_info=args.exc_value)
