"""The cipher of files that people send to the bot; the double's own, not the program's.

AES-256-CBC, the vector is the key's first half, padding to whole blocks of 32 bytes.
"""

from __future__ import annotations

import base64
import secrets
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK: Final = 32


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def encrypted(data: bytes, key: str) -> bytes:
    raw = base64.b64decode(key)
    missing = _BLOCK - len(data) % _BLOCK
    whole = data + bytes((missing,)) * missing
    worker = Cipher(algorithms.AES256(raw), modes.CBC(raw[:16])).encryptor()
    return worker.update(whole) + worker.finalize()
