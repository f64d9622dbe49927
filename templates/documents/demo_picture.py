"""The demonstration's photographs, screenshots and charts: drawn, so that nobody is in them."""

from __future__ import annotations

from templates.documents import Arguments
from templates.typesetting import typeset


def from_arguments(arguments: Arguments) -> bytes:
    """A PNG of the `scene`; the other arguments are the words in it, see demo_scenes.typ."""
    return typeset(
        "demo_scenes", {name: str(value) for name, value in arguments.items()}, form="png"
    )
