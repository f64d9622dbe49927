"""WeCom's cipher: AES-256-CBC with padding to 32 bytes, and a SHA-1 signature over sorted parts.

Promises: nothing is decrypted whose signature does not fit, and signatures are compared in
constant time; whatever is wrong with a message is one error, `Forged`, that names no content.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher as Aes
from cryptography.hazmat.primitives.ciphers import CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK: Final = 32
_SALT: Final = 16
_LENGTH: Final = 4


class Forged(Exception):
    """Not from WeCom, or not for us, or damaged on the way."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted text with its signature, as a passive answer carries it."""

    encrypted: str
    signature: str
    timestamp: str
    nonce: str


class Cipher:
    """`receiver` is whose messages these are: the CorpID of an app, '' of a bot."""

    def __init__(self, *, token: str, aes_key: str, receiver: str) -> None:
        """`aes_key` as the console shows it: 43 characters. Raises ValueError."""
        self._token = token
        key = key_of(aes_key)
        self._aes = Aes(AES256(key), CBC(key[:16]))
        self._receiver = receiver.encode()

    def signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        parts = sorted(map(_bytes, (self._token, timestamp, nonce, encrypted)))
        return hashlib.sha1(b"".join(parts)).hexdigest()  # noqa: S324 - WeCom's rule

    def open(self, *, signature: str, timestamp: str, nonce: str, encrypted: str) -> str:
        """The text inside. Raises Forged."""
        wanted = self.signature(timestamp, nonce, encrypted)
        if not hmac.compare_digest(wanted.encode(), _bytes(signature)):
            raise Forged("signature")
        try:
            ciphertext = binascii.a2b_base64(encrypted, strict_mode=True)
        except ValueError:
            raise Forged("base64") from None
        plain = _unpadded(_decrypted(self._aes.decryptor(), ciphertext))
        end = _SALT + _LENGTH + int.from_bytes(plain[_SALT : _SALT + _LENGTH], "big")
        if len(plain) < _SALT + _LENGTH or end > len(plain):
            raise Forged("length")
        if not hmac.compare_digest(plain[end:], self._receiver):
            raise Forged("receiver")
        try:
            return plain[_SALT + _LENGTH : end].decode()
        except UnicodeDecodeError:
            raise Forged("encoding") from None

    def seal(self, text: str, *, timestamp: str, nonce: str, salt: bytes = b"") -> Sealed:
        """`salt`: 16 bytes, random unless a test says which."""
        message = text.encode()
        plain = (
            (salt or secrets.token_bytes(_SALT))
            + len(message).to_bytes(_LENGTH, "big")
            + message
            + self._receiver
        )
        pad = BLOCK - len(plain) % BLOCK
        aes = self._aes.encryptor()
        ciphertext = aes.update(plain + bytes([pad]) * pad) + aes.finalize()
        encrypted = base64.b64encode(ciphertext).decode()
        return Sealed(encrypted, self.signature(timestamp, nonce, encrypted), timestamp, nonce)


class MediaCipher:
    """Decrypts a bot's file piece by piece, with the key that came with it."""

    def __init__(self, aes_key: str) -> None:
        """Raises Forged when this is no key."""
        try:
            key = key_of(aes_key)
        except ValueError:
            raise Forged("key") from None
        self._aes: CipherContext = Aes(AES256(key), CBC(key[:16])).decryptor()
        self._kept = b""
        self._read = 0

    def update(self, piece: bytes) -> bytes:
        """What is certain so far: the padding at the end is kept back."""
        self._read += len(piece)
        plain = self._kept + self._aes.update(piece)
        sure = max(0, len(plain) - BLOCK)
        self._kept = plain[sure:]
        return plain[:sure]

    def finish(self) -> bytes:
        """The rest. Raises Forged when the file is damaged."""
        if not self._read or self._read % 16:
            raise Forged("length")
        return _unpadded(self._kept + self._aes.finalize())


def key_of(aes_key: str) -> bytes:
    """32 bytes; the `=` at the end of the base64 text may be missing. Raises ValueError."""
    text = aes_key.rstrip("=")
    key = base64.b64decode(text + "=" * (-len(text) % 4))
    if len(key) != BLOCK:
        raise ValueError("not a key of 32 bytes")
    return key


def _decrypted(aes: CipherContext, ciphertext: bytes) -> bytes:
    if not ciphertext or len(ciphertext) % 16:
        raise Forged("length")
    return aes.update(ciphertext) + aes.finalize()


def _unpadded(plain: bytes) -> bytes:
    count = plain[-1]
    if not 1 <= count <= BLOCK or plain[-count:] != bytes([count]) * count:
        raise Forged("padding")
    return plain[:-count]


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
