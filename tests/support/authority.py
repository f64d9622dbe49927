"""A private certificate authority, of the tests: it vouches for bots.example and loopback."""

from __future__ import annotations

import ssl
from pathlib import Path

HOST = "bots.example"
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBrzCCAVWgAwIBAgIUVq21z4IXkKIyoH4uJqR9K7+k2ewwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMYm90cy5leGFtcGxlMCAXDTI2MTEyODAzNTgwM1oYDzIxMjYx
MTA0MDM1ODAzWjAXMRUwEwYDVQQDDAxib3RzLmV4YW1wbGUwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQmOBcjzUl0UV5BnGtvQVDM03h8TFvZzZv08uY6nE5En4i9
8nmlNniqK2TDwnjEIBCBUL8m7Iz2iBB5cY/W43jXo30wezAdBgNVHQ4EFgQU7jGo
rVGmOUcv9oEpWawxyfqTaDMwHwYDVR0jBBgwFoAU7jGorVGmOUcv9oEpWawxyfqT
aDMwDwYDVR0TAQH/BAUwAwEB/zAoBgNVHREEITAfggxib3RzLmV4YW1wbGWCCWxv
Y2FsaG9zdIcEfwAAATAKBggqhkjOPQQDAgNIADBFAiBzdO0hGEbpEUlKL4L89qPv
NdLIbiyW1B/d1o4+p76ckwIhANByhnXjFG0psWtM5FJnJW9Fsop5x/cwulLBrvIC
6RYB
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsRvHfsyBout/lnnA
znBisdIavQIxxwe5oXbQlZ2+kCWhRANCAAQmOBcjzUl0UV5BnGtvQVDM03h8TFvZ
zZv08uY6nE5En4i98nmlNniqK2TDwnjEIBCBUL8m7Iz2iBB5cY/W43jX
-----END PRIVATE KEY-----
"""


def written(folder: Path) -> Path:
    """The file that an operator would name in KAOHE_CA_BUNDLE."""
    path = folder / "ca.pem"
    path.write_text(CERTIFICATE)
    return path


def for_server(folder: Path) -> ssl.SSLContext:
    key = folder / "key.pem"
    key.write_text(KEY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(written(folder), key)
    return context
