"""WeCom's cipher as its servers use it, written apart from the program's own, so that each is a
check on the other: the padding is the library's, to blocks of 256 bits."""

from __future__ import annotations

import hashlib
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7


class Unsound(Exception):
    """What came back is not sealed as WeCom expects it."""


@dataclass(frozen=True, slots=True)
class Lock:
    """One app's token and key; `receiver` is the CorpID."""

    token: str
    aes_key: str
    receiver: str

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        joined = "".join(sorted([self.token, timestamp, nonce, encrypted]))
        return hashlib.sha1(joined.encode()).hexdigest()  # noqa: S324 - the protocol's

    def seal(self, text: str, salt: bytes = b"") -> str:
        body = text.encode()
        whole = (salt or os.urandom(16)) + len(body).to_bytes(4, "big") + body
        padder = PKCS7(256).padder()
        padded = padder.update(whole + self.receiver.encode()) + padder.finalize()
        aes = self._aes().encryptor()
        return b64encode(aes.update(padded) + aes.finalize()).decode()

    def open(self, encrypted: str) -> str:
        """The text inside. Raises Unsound."""
        try:
            aes = self._aes().decryptor()
            padded = aes.update(b64decode(encrypted, validate=True)) + aes.finalize()
            unpadder = PKCS7(256).unpadder()
            whole = unpadder.update(padded) + unpadder.finalize()
            end = 20 + int.from_bytes(whole[16:20], "big")
            text = whole[20:end].decode()
        except ValueError as error:
            raise Unsound(f"not to be decrypted: {error}") from None
        if whole[end:] != self.receiver.encode():
            raise Unsound("sealed for another receiver")
        return text

    def _aes(self) -> Cipher[modes.CBC]:
        key = b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
