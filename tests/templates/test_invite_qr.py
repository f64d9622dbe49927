"""The picture of an invite's link."""

from __future__ import annotations

import struct

import segno

from templates import documents

LINK = "https://t.me/kaohe_bot?start=ABCDEFGHJKMNPQRSTV"


def size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_the_picture_holds_the_link_with_its_quiet_zone():
    picture = documents.render("invite_qr", {"text": LINK})
    code = segno.make_qr(LINK, error="m")
    assert size(picture) == code.symbol_size(scale=8, border=4)
    assert picture == documents.render("invite_qr", {"text": LINK})
    assert picture != documents.render("invite_qr", {"text": LINK[:-1] + "W"})


def test_a_bare_code_makes_a_picture_too():
    assert size(documents.render("invite_qr", {"text": "ABCDEF-GHJKMN-PQRSTV"})) == (232, 232)
