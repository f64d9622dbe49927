"""Documents by name: to add one, add a file.

A document is a module here with `from_arguments(arguments) -> bytes`, a pure function: the same
arguments give the same bytes, and all it needs to know is in them. A frozen report comes as its
canonical JSON under `report`; who loads it is the caller's affair.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, TypeAlias

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PNG: Final = "image/png"
Arguments: TypeAlias = Mapping[str, str | int]


@cache
def names() -> frozenset[str]:
    """Every document there is."""
    return frozenset(module.name for module in pkgutil.iter_modules(__path__))


def render(document: str, arguments: Arguments) -> bytes:
    """The document's bytes; KeyError for a name that no document has."""
    if document not in names():
        raise KeyError(document)
    module = importlib.import_module(f"{__name__}.{document}")
    make: Callable[[Arguments], bytes] = module.from_arguments
    return make(arguments)
