"""What may stand in a log line, and what never does."""

from __future__ import annotations

import io
import json
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest

from bot import logs
from bot.config import LogFormat

TOKEN = "123456789:AAcanarycanarycanarycanarycanary1234"
SHANGHAI = ZoneInfo("Asia/Shanghai")
log = logging.getLogger("handlers.canary")

Started = Callable[..., Callable[[], list[str]]]


@pytest.fixture
def started(monkeypatch) -> Iterator[Started]:
    """Starts logging into memory; the call it returns gives the lines so far, without times."""
    root, hook = logging.getLogger(), threading.excepthook
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(logs, "_values", set())
    monkeypatch.setattr(logs, "_patterns", [])

    def start(log_format: LogFormat = "console", level: int = logging.DEBUG) -> object:
        stream = io.StringIO()
        logs.start(log_format=log_format, zone=SHANGHAI, level=level, stream=stream)
        return lambda: [line.partition(" ")[2] for line in stream.getvalue().splitlines()]

    yield start  # type: ignore[misc]  # the inner call's type says more than Callable can
    root.handlers[:] = before
    root.setLevel(level)
    threading.excepthook = hook
    logging.captureWarnings(capture=False)


def fail(text: str, *, cause: Exception | None = None) -> None:
    person = "张三 13800138000"  # a local that no line may show
    assert person
    raise ValueError(text) from cause


def test_one_event_is_one_line(started):
    lines = started()
    log.info("name %s", "a\nERROR fake \x1b[31m\u202ered\x85\x00 好　的 \ud800")
    assert lines() == [
        r"INFO handlers.canary name a\nERROR fake \x1b[31m\u202ered\x85\x00 好\u3000的 \ud800"
    ]


def test_json_is_one_object_a_line():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs._Json(SHANGHAI))
    record = log.makeRecord("x", logging.WARNING, "f", 1, "two\n%s", ("lines",), None)
    record.created = 1_800_000_000.25
    handler.emit(record)
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {
            "time": "2027-01-15T16:00:00.250+08:00",
            "level": "WARNING",
            "logger": "x",
            "message": r"two\nlines",
        }
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"POST /bot{TOKEN}/getMe", "POST /bot123456789:***/getMe"),
        (f"token {TOKEN}.", "token 123456789:***."),
        ("?access_token=abcDEF-1&x=2", "?access_token=***&x=2"),
        ("corpsecret=s3cret_value", "corpsecret=***"),
        ('"aeskey":"BRAbJjE8R1Jda="', '"aeskey":"***"'),
        ('{"secret": "s3cret", "n": 1}', '{"secret": "***", "n": 1}'),
        ("password='p w'", "password='*** w'"),
        ("postgresql://kaohe:hunter22@db/kaohe", "postgresql://kaohe:***@db/kaohe"),
        ("code YBYASX-ZXR0P1-ZVD9FZ.", "code ***."),
        ("#code=YBYASXZXR0P1ZVD9FZ", "#code=***"),
        ("citizen 110101199001011234", "citizen ***"),
        ("at 10:30 quarter 2026Q4", "at 10:30 quarter 2026Q4"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(started, text, shown):
    lines = started()
    log.warning("%s", text)
    assert lines() == [f"WARNING handlers.canary {shown}"]


def test_places_of_others_are_left_out_but_for_the_last(started):
    lines = started()
    try:
        json.loads("{")
    except ValueError:
        log.exception("failed")
    [line] = lines()
    places = line.partition(" | ")[2].split(" > ")[:-1]
    assert [place.split(":")[0] for place in places] == [
        "tests/bot/test_logs.py",
        "json/decoder.py",
    ]


def test_what_was_registered_is_hidden_wherever_it_stands(started):
    lines = started()
    logs.hide("opensesame", "opensesame-longer", "abc")
    logs.hide_matching(r"\bKH-[0-9A-Z-]{8,}")
    log.info("opensesame-longer opensesame abc KH-ABCD-EFGH")
    assert lines() == ["INFO handlers.canary *** *** abc ***"]


def test_an_exception_is_told_with_its_causes_in_one_line(started):
    lines = started()
    try:
        try:
            fail("inner")
        except ValueError as error:
            fail(f"outer {TOKEN}\nsecond line", cause=error)
    except ValueError:
        log.exception("step %s failed", "ask_file")
    here = fail.__code__
    place = f"tests/bot/test_logs.py:{here.co_firstlineno + 3} fail"
    [line] = lines()
    message, outer, inner = line.replace(" | ", " <- ").split(" <- ")
    assert message == "ERROR handlers.canary step ask_file failed"
    assert outer.split(" > ")[1:] == [place, r"ValueError: outer …:***\nsecond line"]
    assert inner.split(" > ")[1:] == [place, "ValueError: inner"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("invalid literal: '李四 13900139000'", "ValueError: invalid literal: '… …'"),
        ("from li.si@example.org", "ValueError: from …"),
        (
            "boom\n[SQL: INSERT INTO t VALUES (?)]\n[parameters: ('Li Si', 7)]\n"
            "(Background on this error at: /e/20/1)",
            r"ValueError: boom\n[SQL: INSERT INTO t VALUES (?)]\n……",
        ),
        ("duplicate key\nDETAIL:  Key (name)=(Li Si)", r"ValueError: duplicate key\n…"),
    ],
)
def test_people_in_an_exceptions_text_are_left_out(started, text, shown):
    lines = started("json")
    try:
        fail(text)
    except ValueError:
        log.exception("failed")
    [line] = lines()
    assert json.loads("{" + line.partition(", ")[2])["error"].split(" > ")[-1] == shown


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "telegram.Bot", "sqlalchemy.engine"])
def test_libraries_that_print_requests_stay_quiet_at_debug(started, name):
    lines = started(level=logging.DEBUG)
    logging.getLogger(name).info("HTTP Request: POST /bot%s/sendMessage", TOKEN)
    log.debug("mine")
    assert lines() == ["DEBUG handlers.canary mine"]


def test_a_line_that_cannot_be_made_says_where_it_is_from_and_nothing_else(started):
    lines = started()
    record = log.makeRecord("x", logging.INFO, "step.py", 7, "%d", (TOKEN,), None)
    logging.getLogger().handlers[-1].handle(record)
    assert lines() == ["line lost: step.py:7 (TypeError)"]


def test_a_dying_thread_ends_up_in_the_log(started):
    lines = started()
    thread = threading.Thread(target=fail, args=(f"died of {TOKEN}",))
    thread.start()
    thread.join()
    [line] = lines()
    assert line.startswith("CRITICAL bot.logs a thread died | ")
    assert line.endswith(" > ValueError: died of …:***")


def test_warnings_of_libraries_go_to_the_log(started):
    lines = started()
    with warnings.catch_warnings():
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.simplefilter("always")
        warnings.warn("old way", UserWarning, stacklevel=1)
    [line] = lines()
    assert line.split(":")[0] + line.split(": ")[1] == f"WARNING py.warnings {__file__}UserWarning"


def test_starting_again_replaces_the_handler(started):
    first, second = started(), started()
    log.info("once")
    assert (first(), second()) == ([], ["INFO handlers.canary once"])
