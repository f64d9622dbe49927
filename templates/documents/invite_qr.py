"""An invite's link as a QR code to be scanned from a screen or a print-out."""

from __future__ import annotations

import io

import segno

from templates.documents import Arguments

_SCALE = 8  # pixels a module
_QUIET = 4  # modules of white around it, as the standard asks


def from_arguments(arguments: Arguments) -> bytes:
    """A PNG of `text`."""
    picture = io.BytesIO()
    segno.make_qr(str(arguments["text"]), error="m").save(
        picture, kind="png", scale=_SCALE, border=_QUIET
    )
    return picture.getvalue()
