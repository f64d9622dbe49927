"""Everything people read. `say` turns a block of `messages/<dialog>.j2` and facts into markup.

Markup is a small HTML subset: <b> <i> <code> <a href> <blockquote>, lines by newline; each channel
converts it. Facts are escaped, so nobody's text can become a tag; a missing fact is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from templates import words

if TYPE_CHECKING:
    from rubric.errors import UserError

MESSAGES = Path(__file__).parent / "messages"
SECRET = re.compile(r'<secret invite="(\d+)" show="(code|telegram|web)"/>')
UPLOAD = re.compile(r'<upload item="(\d+)"/>')
_BLANK_LINES = re.compile(r"\n{3,}")
_TRAILING = re.compile(r"[ \t]+\n")


def secret(invite_id: int, show: str = "code") -> Markup:
    """A placeholder for an invite's code or link; delivery fills it in, so no row holds it."""
    return Markup('<secret invite="{}" show="{}"/>').format(int(invite_id), show)


def upload(item_id: int) -> Markup:
    """A placeholder for the link to a draft's upload page, of whoever reads it and when."""
    return Markup('<upload item="{}"/>').format(int(item_id))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(MESSAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters |= words.FILTERS
    # asked at each rendering: a constant's title would be settled when the template is compiled
    environment.filters["role"] = pass_context(lambda _context, code: words.role(code))
    environment.globals["secret"] = secret
    environment.globals["upload"] = upload
    if (MESSAGES / "parts.j2").exists():
        environment.globals["parts"] = environment.get_template("parts.j2").module
    return environment


@cache
def _block(name: str) -> tuple[Template, Callable[[Context], Iterator[str]]]:
    file, _, block = name.rpartition(".")
    template = _environment().get_template(f"{file}.j2")
    return template, template.blocks[block]


def say(name: str, /, **facts: object) -> str:
    """Block `saved` of `messages/score.j2` for `score.saved`, as markup."""
    template, block = _block(name)
    text = "".join(block(template.new_context(facts)))
    return _BLANK_LINES.sub("\n\n", _TRAILING.sub("\n", text)).strip()


def say_error(error: UserError) -> str:
    """The words for a broken rule: block `<code with dots as __>` of `errors.j2`."""
    return say("errors." + error.code.replace(".", "__"), **error.facts())


def has(name: str) -> bool:
    """Whether there is such a block; reads its own file only."""
    file, _, block = name.rpartition(".")
    return block in _environment().get_template(f"{file}.j2").blocks


def block_names() -> list[str]:
    """Every block of every message file, for the guard that renders them all."""
    environment = _environment()
    return sorted(
        f"{file.stem}.{block}"
        for file in MESSAGES.glob("*.j2")
        for block in environment.get_template(file.name).blocks
    )
