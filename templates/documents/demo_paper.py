"""The demonstration's PDF files: one page with a few paragraphs and perhaps a table."""

from __future__ import annotations

from templates.documents import Arguments
from templates.typesetting import typeset


def from_arguments(arguments: Arguments) -> bytes:
    """`title`, `unit`, `date`; `body`: paragraphs by line; `table`: rows by line, cells by |."""
    return typeset(
        "demo_page", {name: str(value) for name, value in arguments.items()}, form="pdf"
    )
