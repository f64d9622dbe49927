"""Offsets: what confirms a batch, also when ids are missing, odd or begin anew."""

from __future__ import annotations

import pytest

from bot.channels.telegram.cursor import Cursor, usable_id


@pytest.mark.parametrize(
    ("raw", "id_"),
    [
        ({"update_id": 17}, 17),
        ({"update_id": 2**31 - 1}, 2**31 - 1),
        ({"update_id": 2**31}, None),
        ({"update_id": 0}, None),
        ({"update_id": -3}, None),
        ({"update_id": "17"}, None),
        ({"update_id": True}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_usable_ids(raw: object, id_: int | None):
    assert usable_id(raw) == id_


@pytest.mark.parametrize(
    ("offset", "ids", "after", "sure"),
    [
        (None, [501], 502, True),
        (None, [501, 502, 503], 504, True),
        (502, [502, 503], 504, True),
        (502, [503, 501, 502], 504, True),  # out of order
        (504, [501, 502, 503, 504, 504], 505, True),  # confirmed ones once more
        (502, [None], 503, False),
        (502, [None, None], 504, False),
        (502, [502, None, 504], 505, False),
        (502, [502, None], 503, False),  # the one without an id comes again, alone
        (None, [None], None, False),
        (502, [2_000_000_000], 503, False),
        (502, [502, 2_000_000_000], 503, False),
        (846_210_001, [5], 846_210_002, False),
        (None, [5, 846_210_002, 846_210_003], 846_210_004, False),
    ],
)
def test_behind_a_batch(offset: int | None, ids: list[int | None], after: int | None, sure: bool):
    cursor = Cursor()
    cursor.offset = offset
    assert cursor.pass_over(ids) is sure
    assert cursor.offset == after


def test_numbers_that_begin_anew_are_believed_when_they_come_again():
    cursor = Cursor()
    cursor.pass_over([846_210_001])
    assert not cursor.pass_over([77])
    assert cursor.pass_over([77])
    assert cursor.offset == 78
