"""The cipher against vectors made with Tencent's own library, byte for byte, both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.wecom.crypto import Cipher, Forged, MediaCipher, key_of

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors.json").read_text("utf-8")
)
MESSAGES = [vector for vector in VECTORS if "encrypt" in vector]
[MEDIA] = [vector for vector in VECTORS if "cipher_hex" in vector]
by_name = pytest.mark.parametrize("vector", MESSAGES, ids=lambda vector: vector["name"])


def cipher(vector: dict[str, Any], **changed: str) -> Cipher:
    given = {
        "token": vector["token"],
        "aes_key": vector["encoding_aes_key"],
        "receiver": vector["receiveid"],
    }
    return Cipher(**{**given, **changed})


def envelope(vector: dict[str, Any]) -> dict[str, str]:
    return {
        "signature": vector["msg_signature"],
        "timestamp": vector["timestamp"],
        "nonce": vector["nonce"],
        "encrypted": vector["encrypt"],
    }


def test_there_are_as_many_as_were_given():
    assert len(MESSAGES) == 5


@by_name
def test_opens(vector):
    assert cipher(vector).open(**envelope(vector)) == vector["plaintext"]


@by_name
def test_seals_byte_for_byte(vector):
    sealed = cipher(vector).seal(
        vector["plaintext"],
        timestamp=vector["timestamp"],
        nonce=vector["nonce"],
        salt=vector["random_ascii"].encode(),
    )
    assert (sealed.encrypted, sealed.signature) == (vector["encrypt"], vector["msg_signature"])


@by_name
@pytest.mark.parametrize("field", ["signature", "timestamp", "nonce", "encrypted"])
def test_one_field_changed_is_refused(vector, field):
    given = envelope(vector)
    last = given[field][0]
    given[field] = ("1" if last != "1" else "2") + given[field][1:]
    with pytest.raises(Forged, match="signature"):
        cipher(vector).open(**given)


@by_name
@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"token": "another"}, "signature"),
        ({"receiver": "ww0000000000000000"}, "receiver"),
        ({"aes_key": "A" * 43}, "padding|length|receiver"),
    ],
)
def test_another_installation_can_not_read_it(vector, changed, why):
    with pytest.raises(Forged, match=why):
        cipher(vector, **changed).open(**envelope(vector))


@pytest.mark.parametrize(
    "encrypted", ["", "!", "AAAA", "A" * 44, "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=", "\ud800"]
)
def test_what_is_no_ciphertext_is_refused_even_if_it_is_signed(encrypted):
    here = cipher(MESSAGES[0])
    signature = here.signature("1", "2", encrypted)
    with pytest.raises(Forged):
        here.open(signature=signature, timestamp="1", nonce="2", encrypted=encrypted)


def test_a_fresh_salt_each_time():
    here = cipher(MESSAGES[0])
    first, second = (here.seal("您好", timestamp="1", nonce="2") for _ in range(2))
    assert first.encrypted != second.encrypted
    assert here.open(
        signature=first.signature, timestamp="1", nonce="2", encrypted=first.encrypted
    ) == ("您好")


@pytest.mark.parametrize("pieces", [1, 5, 16, 31, 1000])
def test_a_file_whatever_pieces_it_comes_in(pieces):
    data = bytes.fromhex(MEDIA["cipher_hex"])
    media = MediaCipher(MEDIA["aeskey_base64"])
    parts = [media.update(data[at : at + pieces]) for at in range(0, len(data), pieces)]
    assert b"".join([*parts, media.finish()]) == MEDIA["plain_utf8"].encode()


def test_a_key_whose_sign_at_the_end_is_missing():
    text = MEDIA["aeskey_base64"]
    assert key_of(text) == key_of(text.rstrip("="))


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 32])
def test_a_damaged_file_is_refused(data):
    media = MediaCipher(MEDIA["aeskey_base64"])
    media.update(data)
    with pytest.raises(Forged):
        media.finish()


@pytest.mark.parametrize("key", ["", "short", "not base64 at all!", "A" * 60])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(Forged):
        MediaCipher(key)
