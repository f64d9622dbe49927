"""The double's own cipher against the vectors made with Tencent's library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.wecom.cipher import Lock, Unsound

ROOT = Path(__file__).resolve().parents[3]
VECTORS: list[dict[str, Any]] = [
    vector
    for vector in json.loads((ROOT / "tests/bot/wecom/vectors.json").read_text("utf-8"))
    if "encrypt" in vector
]
by_name = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])


def lock(vector: dict[str, Any]) -> Lock:
    return Lock(vector["token"], vector["encoding_aes_key"], vector["receiveid"])


@by_name
def test_byte_for_byte_both_ways(vector):
    here = lock(vector)
    assert here.seal(vector["plaintext"], vector["random_ascii"].encode()) == vector["encrypt"]
    assert here.open(vector["encrypt"]) == vector["plaintext"]
    signature = here.sign(vector["timestamp"], vector["nonce"], vector["encrypt"])
    assert signature == vector["msg_signature"]


@by_name
def test_another_key_or_receiver_is_unsound(vector):
    with pytest.raises(Unsound):
        Lock(vector["token"], "A" * 43, vector["receiveid"]).open(vector["encrypt"])
    with pytest.raises(Unsound, match="receiver"):
        Lock(vector["token"], vector["encoding_aes_key"], "wwother").open(vector["encrypt"])


@pytest.mark.parametrize("encrypted", ["", "!", "AAAA", "A" * 44])
def test_what_is_no_ciphertext_is_unsound(encrypted):
    with pytest.raises(Unsound):
        lock(VECTORS[0]).open(encrypted)
