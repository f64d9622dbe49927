"""Rules about the repository itself that no linter knows. What breaks one is listed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "handlers", "rubric", "storage", "templates")
LOCKS = ("requirements.lock", "requirements-dev.lock")
# "about 400"; tests may be longer: a table of cases is read row by row
MOST_LINES, MOST_LINES_OF_TESTS = 420, 600
# longer files, each with the reason why its subject can't be split
LONGER = {
    "storage/models.py": "every table in one place, read like a map",
    "tests/handlers/scripts.py": "what every dialog is tried with, in one list",
    "tests/handlers/test_publish.py": "one quarter's end from all sides",
    "tests/handlers/test_score.py": "one dialog, rule by rule",
}
# where an unforeseen failure ends, and what becomes of it
EDGES = {
    "bot/__main__.py": "one sentence for the operator",
    "bot/channels/telegram/polling.py": "the poller begins anew, with a pause",
    "bot/channels/wecom_bot/lines.py": "one person's message is tried again; the others go on",
    "bot/doctor/__init__.py": "a line that says so; the other looks are taken all the same",
    "bot/database.py": "what a job raised is handed to who waits for it",
    "bot/delivery.py": "a marked row; the next one is sent",
    "bot/app.py": "a channel that is started again",
    "bot/intake.py": "a parked update",
    "bot/marking.py": "outcomes are kept and written again",
    "bot/reading_child.py": "a file that cannot be read, to whoever sent it",
    "bot/render_child.py": "the parent is told",
    "bot/scheduler.py": "the other jobs are done all the same",
    "handlers/dispatch.py": "an apology and an audit row",
    "handlers/reminding.py": "an audit row; the others are reminded all the same",
}
# one home for each thing that would make the rest depend on the machine it runs on
HOMES = {
    "os.environ": "bot/config.py",
    "os.getenv": "bot/config.py",
    "asyncio.create_task": "bot/app.py",
    "datetime.now": "bot/clock.py",
}
# addresses that may be named: the Bot API, WeCom, this machine, made-up ones, XML name spaces
ADDRESSES = re.compile(
    r"(api\.telegram\.org|t\.me|(qyapi|open|openws\.work|work)\.weixin\.qq\.com"
    r"|127\.\d+\.\d+\.\d+|\[::1\]|localhost"
    r"|([\w-]+\.)*example(\.[\w.]+)?|[\w.-]+\.(test|invalid)"
    r"|schemas\.(openxmlformats\.org|microsoft\.com)|purl\.org|www\.w3\.org)"
)


@cache
def tracked() -> tuple[str, ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = listed.stdout.decode().split("\0")
    return tuple(name for name in names if name and (ROOT / name).exists())


@cache
def texts() -> dict[str, str]:
    found = {}
    for name in tracked():
        data = (ROOT / name).read_bytes()
        if b"\0" not in data[:8192]:
            found[name] = data.decode("utf-8")
    return found


def sources() -> Iterator[tuple[str, ast.Module]]:
    for name, text in texts().items():
        if name.endswith(".py") and name.split("/")[0] in PACKAGES:
            yield name, ast.parse(text)


def matches(pattern: str, names: tuple[str, ...] | None = None) -> list[str]:
    return [
        f"{name}:{number}: {match[0]}"
        for name, text in texts().items()
        if names is None or name in names
        for number, line in enumerate(text.splitlines(), start=1)
        for match in re.finditer(pattern, line)
    ]


def test_there_is_something_to_guard():
    assert {"Makefile", "pyproject.toml", *LOCKS} <= set(texts())


def test_no_address_but_known_ones():
    hosts = [
        (found, re.sub(r".*://(?:[^/@\s]*@)?", "", found).rstrip(".:"))
        for found in matches(
            r"\bhttps?://(?:[^/@\s\"'`]*@)?(?:\[[\w:]+\]|[a-zA-Z][\w.-]*\.[\w.-]+)"
        )
    ]
    assert [found for found, host in hosts if not ADDRESSES.fullmatch(host)] == []


def test_no_place_of_one_machine():
    assert matches(r"(?<![\w.])/(?:work|root|home|Users)/\w+") == []
    assert matches(r"\.\./shared\b|\.librar[y]\b") == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_pins_and_hashes_and_nothing_else(lock):
    """So no index, no file location and no header can be in it."""
    text = texts()[lock]
    where = r"[a-z_]+ [!=]= '\w+'"
    pin = (
        r"[a-z0-9][a-z0-9-]*(\[[a-z0-9,-]+\])?==[0-9][0-9a-z.]*"
        rf"( ; {where}( and {where})*)? \\\n"
    )
    hashes = r"(    --hash=sha256:[0-9a-f]{64} \\\n)*    --hash=sha256:[0-9a-f]{64}\n"
    assert re.fullmatch(f"({pin}{hashes})+", text) is not None


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[\S+\])?==(\S+)", texts()[lock], re.MULTILINE))


def names_of(requirements: list[str]) -> list[str]:
    return [re.split(r"[\[<>=~! ]", requirement)[0].lower() for requirement in requirements]


def test_the_locks_hold_what_the_project_asks_for():
    project = tomllib.loads(texts()["pyproject.toml"])
    runtime = names_of(project["project"]["dependencies"])
    dev = names_of(project["dependency-groups"]["dev"])
    assert [name for name in runtime if name not in pins(LOCKS[0])] == []
    assert [name for name in dev if name not in pins(LOCKS[1])] == []


def test_the_locks_name_the_extras_that_packages_ask_for():
    """pip before 23.3 takes the newest release for a name with extras that is pinned without
    them, and then finds no hash for it."""
    named = re.findall(r"^([a-z0-9-]+)\[(\S+)\]==", texts()[LOCKS[1]], re.MULTILINE)
    asked = set()
    for name in pins(LOCKS[1]):
        with suppress(metadata.PackageNotFoundError):  # pinned for another system
            for line in metadata.requires(name) or ():
                wanted = re.match(r"([A-Za-z0-9._-]+)\[([a-z0-9,-]+)\]", line)
                if wanted and "extra ==" not in line:
                    asked.add((re.sub(r"[._-]+", "-", wanted[1].lower()), wanted[2]))
    assert ("coverage", "toml") in asked <= set(named)


def test_what_is_tested_is_what_runs():
    assert dict(pins(LOCKS[1]).items() & pins(LOCKS[0]).items()) == pins(LOCKS[0])


def test_files_stay_short():
    long = {
        name: text.count("\n")
        for name, text in texts().items()
        if name.endswith((".py", ".js", ".css", ".j2"))
        and not name.startswith("storage/migrations/versions/")
        and text.count("\n") > (MOST_LINES_OF_TESTS if name.startswith("tests/") else MOST_LINES)
    }
    assert {name: lines for name, lines in long.items() if name not in LONGER} == {}
    assert [name for name in LONGER if name not in long] == []


def test_no_file_is_named_after_nothing():
    vague = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}
    assert [name for name in tracked() if Path(name).stem in vague] == []


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("thing", HOMES)
def test_each_has_one_home(thing):
    used = {
        name
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (dotted(node) == thing or dotted(node).endswith(f".{thing}"))
    }
    assert used - {HOMES[thing]} == set()


def test_a_wide_except_stands_at_an_edge():
    def wide(node: ast.ExceptHandler) -> bool:
        if isinstance(last := node.body[-1], ast.Raise) and last.exc is None:
            return False  # tidies up and lets it go on
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        return any(
            kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in kinds
        )

    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and wide(node) and name not in EDGES
    ]
    assert found == []


def test_the_rules_import_the_standard_library_and_themselves():
    allowed = sys.stdlib_module_names | {"rubric"}
    imported = {
        (name, module)
        for name, tree in sources()
        if name.startswith("rubric/")
        for module in modules(tree)
    }
    assert {pair for pair in imported if pair[1].split(".")[0] not in allowed} == set()


def test_the_program_imports_only_what_is_installed_to_run_it():
    """Not what only the tests need: `make demo` installs no more than the first lock."""
    own = sys.stdlib_module_names | set(PACKAGES)
    known = {
        module
        for module, distributions in metadata.packages_distributions().items()
        for distribution in distributions
        if re.sub(r"[-_.]+", "-", distribution).lower() in pins(LOCKS[0])
    }
    imported = {
        (name, module.split(".")[0]) for name, tree in sources() for module in modules(tree)
    }
    assert {pair for pair in imported if pair[1] not in own | known} == set()


def modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_every_file_says_why_it_exists():
    silent = [name for name, tree in sources() if tree.body and not ast.get_docstring(tree)]
    assert silent == []
