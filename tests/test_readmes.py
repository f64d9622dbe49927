"""What the READMEs promise is there: verbs, variables, commands, labels, pictures, links."""

from __future__ import annotations

import re
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.__main__ import IMPORTS, _parser
from bot.config import examine
from handlers.discovery import discover

ROOT = Path(__file__).parents[1]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
BOTH = pytest.mark.parametrize("readme", [ENGLISH, CHINESE], ids=lambda path: path.name)
LARGEST = 150_000  # bytes of a picture: a page has ten
ADDRESSES = {"healthz", "readyz", "telegram", "wecom"}  # what stands behind / and is no command
LABEL = re.compile(r"「([^」]+)」")
SPAN = re.compile(r"`([^`\n]+)`")
SHOWN = ("handlers", "templates", "rubric")  # where words for people stand, those of settings too


def text(readme: Path) -> str:
    return readme.read_text("utf-8")


# ---------------------------------------------------------------- verbs


@cache
def verbs() -> dict[str, frozenset[str]]:
    """Each verb, `outbox list` with both its words, and its options."""
    return dict(_leaves(_parser(), ""))


def _leaves(parser: ArgumentParser, name: str) -> Iterator[tuple[str, frozenset[str]]]:
    inner = [action for action in parser._actions if isinstance(action, _SubParsersAction)]
    for action in inner:
        for verb, child in action.choices.items():
            yield from _leaves(child, f"{name} {verb}".strip())
    if not inner:
        yield name, frozenset(each for action in parser._actions for each in action.option_strings)


def verb_of(line: str) -> str:
    """The verb that a line begins with, '' if none."""
    words = line.replace("|", " ").split()
    return next((each for each in (" ".join(words[:2]), *words[:1]) if each in verbs()), "")


def typed(readme: Path) -> set[str]:
    """What is to be typed after `kaohe` or `python -m bot`."""
    return set(re.findall(r"(?:`kaohe|-m bot) ([^`\n']+)", text(readme)))


def rows(readme: Path, header: str) -> list[str]:
    """The first cells' code in the table with this header."""
    table = text(readme).split(header, 1)[1].split("\n\n", 1)[0]
    return [span for line in table.splitlines() for span in SPAN.findall(line.split(" | ")[0])]


def test_every_verb_that_is_named_exists_with_its_options():
    for line in {*typed(ENGLISH), *typed(CHINESE)}:
        assert verb_of(line), line
        options = set(re.findall(r"(?<!\S)--[a-z]+", line))
        assert options <= verbs()[verb_of(line)], line


def test_every_verb_is_described():
    english = {verb_of(row.removeprefix("kaohe ")) for row in rows(ENGLISH, "| verb | does |")}
    assert english == set(verbs())
    chinese = {verb_of(row) for row in rows(CHINESE, "| 命令 | 做什么 |")}
    assert chinese == set(verbs()) - {"demo", "run", "rubric check"}


def test_every_kind_of_import_is_described():
    kinds = "\\|".join(IMPORTS)
    assert f"import {kinds} " in text(ENGLISH)
    assert f"import {kinds} " in text(CHINESE)


# ---------------------------------------------------------------- variables, commands


def test_the_variables_are_those_that_the_program_reads():
    given = {name for name in examine({}).given if not name.endswith("_FILE")}
    assert set(re.findall(r"KAOHE_[A-Z_]*[A-Z]", text(ENGLISH))) - {"KAOHE_"} == given
    assert set(re.findall(r"KAOHE_[A-Z_]*[A-Z]", text(CHINESE))) <= given


@BOTH
def test_the_commands_are_in_the_program(readme):
    named = {span[1:] for span in SPAN.findall(text(readme)) if re.fullmatch("/[a-z]+", span)}
    assert named - ADDRESSES <= set(discover().commands)


# ---------------------------------------------------------------- what people press


@cache
def shown() -> str:
    """Everything people may read on a button; what is filled in there is a …"""
    files = [
        path
        for package in SHOWN
        for path in sorted((ROOT / package).rglob("*"))
        if path.suffix in (".py", ".j2", ".html")
    ]
    return re.sub(r"\{[^{}\n]*\}", "…", "\n".join(path.read_text("utf-8") for path in files))


@BOTH
def test_every_label_is_in_the_program(readme):
    unknown = {
        label
        for label in LABEL.findall(text(readme))
        if label not in shown() and re.sub(r"\d+分?", "…", label) not in shown()
    }
    assert unknown == set()


# ---------------------------------------------------------------- pictures, links


def links(readme: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", text(readme))


@BOTH
def test_links_lead_somewhere(readme):
    headings = re.findall(r"^#+ (.+)$", text(readme), re.MULTILINE)
    kept = [re.sub(r"[^\w -]", "", heading.lower()) for heading in headings]
    anchors = {heading.replace(" ", "-") for heading in kept}  # as code hosts make them
    for link in links(readme):
        file, _, anchor = link.partition("#")
        if file:
            assert (ROOT / file).is_file(), link
        elif anchor:
            assert anchor in anchors, link


def test_every_picture_is_shown_and_small():
    pictures = set((ROOT / "templates" / "pictures").iterdir())
    assert pictures == {
        ROOT / link for link in {*links(ENGLISH), *links(CHINESE)} if link.endswith(".png")
    }
    assert [each.name for each in pictures if each.stat().st_size > LARGEST] == []
